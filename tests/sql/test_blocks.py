"""Every block of `sql/queries/` can be planned on a migrated database, is used, and is named in code by a literal."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain

import psycopg
import pytest
from psycopg import sql

from museum_assets.releases.schema import prepare
from resources.embedded.services import Environment
from resources.migrations import migrate_platform
from resources.postgres import Connection, Database
from sql import QUERIES
from tests.support.new_database import at
from tests.support.product_code import modules
from tests.support.sql_blocks import BLOCKS, plan

MUSEUMS = {"collection": ["smk"], "kiosk": ["lmnh"]}


@pytest.fixture(scope="module")
def databases(services: Environment) -> Iterator[dict[str, Connection]]:
    """The platform's database and production's, migrated apart: neither has the other's tables."""
    names = {"platform": "blocks_platform", "production": "blocks_production"}
    places = {use: Database(at(services["DATABASE_URL"], name)) for use, name in names.items()}
    with psycopg.connect(at(services["DATABASE_URL"], "postgres"), autocommit=True) as conn, ExitStack() as stack:
        for name in names.values():
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            stack.callback(conn.execute, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        migrate_platform(places["platform"], MUSEUMS)
        prepare(places["platform"], places["production"], MUSEUMS)
        yield {use: stack.enter_context(place.connect()) for use, place in places.items()}


@pytest.mark.parametrize("name", [name for name, block in BLOCKS.items() if not block.is_fragment])
def test_a_block_can_be_planned(databases: dict[str, Connection], name: str) -> None:
    plan(databases[BLOCKS[name].database], BLOCKS[name])


def test_a_wrong_block_cannot_be_planned(databases: dict[str, Connection]) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        plan(databases["production"], BLOCKS["notices.list"])


def test_every_block_says_what_it_does() -> None:
    silent = [name for name, block in BLOCKS.items() if not block.header.strip().startswith("-- ")]
    assert silent == []


def test_a_block_is_named_by_a_literal_and_every_block_is_used() -> None:
    """So one search for a block's name finds who uses it."""
    arguments = list(chain.from_iterable(map(_asked, modules())))
    assembled = [where for where, name in arguments if name is None]
    assert assembled == []
    used = {name for _, name in arguments}
    assert used - BLOCKS.keys() == set(), "unknown blocks"
    assert BLOCKS.keys() - used == set(), "unused blocks"


def test_files_and_lines_are_short() -> None:
    files = {path.name: path.read_text(encoding="utf-8").splitlines() for path in QUERIES.glob("*.sql")}
    assert [name for name, lines in files.items() if len(lines) > 300] == []
    assert [f"{name}: {line}" for name, lines in files.items() for line in lines if len(line) > 120] == []


def _asked(code: tuple[str, ast.Module]) -> Iterator[tuple[str, str | None]]:
    """Yield where `sql.query` is called and the name it is called with, None for anything but a literal."""
    path, tree = code
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "sql"
        for alias in node.names
        if alias.name == "query"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            [argument] = node.args
            named = argument.value if isinstance(argument, ast.Constant) else None
            yield f"{path}:{node.lineno}", named if isinstance(named, str) else None
