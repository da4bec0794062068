"""Whoever refuses something writes it to the one table, and everything there can be replayed and closed."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.dead_letters.letters import Chosen, Letter, open_letters, write_letters
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.dead_letters.sources import SOURCES
from museum_assets.loop.stage import DOCUMENT_STAGES, NOTICE_STAGES, STAGES, Stage
from museum_assets.settings import Settings
from museum_assets.sources.rehearsal import rehearse
from museum_assets.sources.simulated import SIMULATED
from resources.postgres import Database


def stages(found: type[Stage] = Stage) -> set[str]:
    """The names of all stages of the loop."""
    below = set[str]().union(*(stages(each) for each in found.__subclasses__()))
    return below | ({found.name} if hasattr(found, "name") and found.__module__.startswith("museum_assets.") else set())


def test_every_stage_of_the_loop_is_a_source_that_can_be_replayed() -> None:
    import museum_assets.documents.stages
    import museum_assets.notices.stages
    import museum_assets.stages.index
    import museum_assets.stages.thumbnails
    import museum_assets.stages.transform  # noqa: F401

    assert stages() >= {"transformed_artworks", "indexed_artworks", "stored_thumbnails", "document_files"}
    assert SOURCES.keys() >= stages() | {"raw_metadata", *STAGES, *DOCUMENT_STAGES, *NOTICE_STAGES, *SIMULATED}


@pytest.mark.integration
@pytest.mark.parametrize("source", ["raw_metadata", *STAGES, *DOCUMENT_STAGES, *NOTICE_STAGES])
def test_a_letter_of_a_stage_is_made_due(source: str, database: Database) -> None:
    with database.connect() as conn:
        write_letters(conn, [Letter(source, "smk", "r1", ("gone",), b"")])
        conn.execute(
            "INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, code, permanent,"
            " attempts) VALUES ('smk', %s, 'r1', '', '', 'failed', 'gone', true, 5)", (source,),
        )  # fmt: skip
    assert replay_letters(database, Chosen(source), "ann").due == 1
    with database.connect() as conn:
        (row,) = conn.execute("SELECT permanent, attempts, next_attempt_at <= now() AS due FROM ops.ledger")
    assert (row["permanent"], row["attempts"], row["due"]) == (False, 0, True)


@pytest.mark.integration
@pytest.mark.parametrize("kind", SIMULATED)
def test_a_rehearsed_letter_goes_through_its_whole_life(kind: str, platform: Settings, database: Database) -> None:
    with database.connect() as conn:
        rehearse(conn, SIMULATED[kind](10, 1, 20))
    (first, second) = json.loads(command("list", "--source", kind, "--json"))["letters"]
    assert "[DLQ]" in command("show", str(first["id"]))
    assert command("replay", str(first["id"])).strip() == "1 replayed, 0 refused again"
    assert command("close", str(second["id"]), "--note", "a rehearsal").strip() == "1 closed"
    with database.connect() as conn:
        assert not list(open_letters(conn, kind))


@pytest.mark.integration
def test_letters_beyond_the_first_page_are_counted_listed_and_replayed(platform: Settings, database: Database) -> None:
    with database.connect() as conn:
        write_letters(conn, [Letter("simulated_logs", "rehearsal", str(n), ("r",), b"x") for n in range(1201)])
    listed = json.loads(command("list", "--limit", "150", "--json"))
    assert (listed["total"], len(listed["letters"]), listed["reasons"][0]["letters"]) == (1201, 150, 1201)
    assert command("replay", "--source", "simulated_logs").strip() == "1201 replayed, 0 refused again"


def command(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["dead-letters", *arguments])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output
