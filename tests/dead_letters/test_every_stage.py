"""Whoever refuses something writes it to the one table, and everything there can be replayed and closed."""

from __future__ import annotations

import json
import pkgutil
from importlib import import_module

import pytest
from typer.testing import CliRunner

import museum_assets
from museum_assets import catalogue
from museum_assets.catalogue import letter_sources
from museum_assets.cli.app import app
from museum_assets.dead_letters.letters import Letter, LetterFilter, open_letters, write_letters
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.loop.spec import StageSpec
from museum_assets.sources.rehearsal import rehearse
from museum_assets.sources.simulated import SIMULATED
from resources.platform import Platform
from resources.postgres import Database


def stages() -> set[str]:
    """The names of all stages that any module of the platform says what they are."""
    names = [found.name for found in pkgutil.walk_packages(museum_assets.__path__, "museum_assets.")]
    modules = [import_module(name) for name in names if name.rpartition(".")[2] in {"stage", "stages"}]
    values = [value for module in modules for value in vars(module).values()]
    listed = [each for value in values for each in (value if isinstance(value, tuple) else (value,))]
    return {each.name for each in listed if isinstance(each, StageSpec)}


def test_every_stage_of_the_loop_is_a_source_that_can_be_replayed() -> None:
    assert stages()
    assert {spec.name for spec in catalogue.stages()} == stages()
    assert letter_sources().keys() >= stages() | {*SIMULATED}


@pytest.mark.parametrize("source", [spec.name for spec in catalogue.stages()])
def test_a_letter_of_a_stage_is_made_due(source: str, database: Database) -> None:
    with database.connect() as conn:
        write_letters(conn, [Letter(source, "smk", "r1", ("gone",), b"")])
        conn.execute(
            "INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, code, permanent,"
            " attempts) VALUES ('smk', %s, 'r1', '', '', 'failed', 'gone', true, 5)", (source,),
        )  # fmt: skip
    assert replay_letters(database, letter_sources(), LetterFilter(source), "ann").due == 1
    with database.connect() as conn:
        (row,) = conn.execute("SELECT permanent, attempts, next_attempt_at <= now() AS due FROM ops.ledger")
    assert (row["permanent"], row["attempts"], row["due"]) == (False, 0, True)


@pytest.mark.parametrize("kind", SIMULATED)
def test_a_rehearsed_letter_goes_through_its_whole_life(kind: str, platform: Platform, database: Database) -> None:
    with database.connect() as conn:
        rehearse(conn, SIMULATED[kind](10, 1, 20))
    (first, second) = json.loads(command("list", "--source", kind, "--json"))["letters"]
    assert "[DLQ]" in command("show", str(first["id"]))
    assert command("replay", str(first["id"])).strip() == "1 replayed, 0 refused again"
    assert command("close", str(second["id"]), "--note", "a rehearsal").strip() == "1 closed"
    with database.connect() as conn:
        assert not list(open_letters(conn, kind))


def test_letters_beyond_the_first_page_are_counted_listed_and_replayed(platform: Platform, database: Database) -> None:
    with database.connect() as conn:
        write_letters(conn, [Letter("simulated_logs", "rehearsal", str(n), ("r",), b"x") for n in range(1201)])
    listed = json.loads(command("list", "--limit", "150", "--json"))
    assert (listed["total"], len(listed["letters"]), listed["reasons"][0]["letters"]) == (1201, 150, 1201)
    assert command("replay", "--source", "simulated_logs").strip() == "1201 replayed, 0 refused again"


def command(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["dead-letters", *arguments])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output
