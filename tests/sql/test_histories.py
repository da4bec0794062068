"""A history is a line of revisions, each with its way up and down; sql/schema.sql shows where they lead."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from resources.embedded.services import Environment
from resources.migrations import downgrade, revision, upgrade
from resources.postgres import Database, scalar
from sql import migrations
from sql.migrations import PLATFORM, PRODUCTION, History
from tests.support.schema_file import HEADER, SCHEMA, dumped

HISTORIES = pytest.mark.parametrize("history", [PLATFORM, PRODUCTION], ids=lambda history: history.name)


@HISTORIES
def test_revisions_are_numbered_without_gaps_and_have_a_way_up_and_down(history: History) -> None:
    assert history.revisions == tuple(f"{number:04}" for number in range(1, len(history.revisions) + 1))
    folder = Path(migrations.__file__).parent / history.name
    for module in folder.glob("*.py"):
        up = module.with_suffix(".up")
        assert [*up.glob("*.sql"), *folder.glob(f"{up.name}.sql")], f"{module.name} has nothing to run"
        assert (folder / f"{module.stem}.down.sql").is_file()


@HISTORIES
def test_alembic_reads_the_same_line(history: History) -> None:
    found = list(ScriptDirectory.from_config(history.config()).walk_revisions())
    assert [script.revision for script in reversed(found)] == list(history.revisions)
    assert all(script.doc for script in found)


@pytest.mark.integration
def test_the_schema_file_is_what_the_migrations_make(bare: Database, services: Environment) -> None:
    with bare.connect() as conn:
        if conn.info.server_version < 180000:
            pytest.skip("the file is what PostgreSQL 18 says; older ones print views in other words")
    upgrade(bare, PLATFORM)
    upgrade(bare, PRODUCTION)
    made = HEADER + "\n" + dumped(Path(services["MUSEUM_HOME"]), bare.url)
    assert made == SCHEMA.read_text(encoding="utf-8"), "run `make schema`"


@pytest.mark.integration
@HISTORIES
def test_every_revision_is_the_same_from_below_and_from_above(
    bare: Database, services: Environment, history: History
) -> None:
    """Before the first one, nothing is left but the empty table of versions."""
    home = Path(services["MUSEUM_HOME"])
    from_below = {}
    for number in history.revisions:
        upgrade(bare, history, number)
        assert revision(bare, history) == number
        from_below[number] = dumped(home, bare.url)
    for number in reversed(history.revisions):
        downgrade(bare, history, number)
        assert dumped(home, bare.url) == from_below[number]
    downgrade(bare, history)
    assert revision(bare, history) is None
    with bare.connect() as conn:
        left = (
            "SELECT string_agg(oid::regclass::text, ' ') FROM pg_class WHERE relnamespace >= 16384 AND relkind <> 'i'"
        )
        assert scalar(conn, left) == history.version_table
        assert scalar(conn, "SELECT count(*) FROM pg_proc WHERE oid >= 16384") == 0
        assert scalar(conn, "SELECT count(*) FROM pg_namespace WHERE oid >= 16384") == 1
    upgrade(bare, history)
    assert dumped(home, bare.url) == from_below[history.newest]
