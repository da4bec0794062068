"""Replaying and closing, as function, as job and as command."""

from __future__ import annotations

import getpass
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import dagster as dg  # noqa: TID251 - jobs are tried here
import pytest
import typer
from typer.testing import CliRunner

from museum_assets.catalogue import letter_sources
from museum_assets.cli.app import app
from museum_assets.cli.dead_letters import asked_note, body_text, printable
from museum_assets.core.failures import MuseumError
from museum_assets.dead_letters.checks import dead_letter_ratio
from museum_assets.dead_letters.letters import (
    Letter,
    LetterFilter,
    StoredLetter,
    next_page,
    open_letters,
    write_letters,
)
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.dead_letters.sources import DUE, REPLAYED, LetterSource, ReplayOutcome, replay_for
from museum_assets.definitions import build_definitions
from museum_assets.kiosk.letters import KIOSK_STREAM
from resources.platform import Platform
from resources.postgres import Connection, Database

LETTER = Letter("echo", "lmnh", "1", ("first",), b"good")


def echo(conn: Connection, museum: str, letters: Sequence[StoredLetter]) -> list[ReplayOutcome]:
    """Keep the good ones as letters of another source, so that the effect is seen; fail on the fatal one."""
    kept = [letter for letter in letters if letter.body == b"good"]
    write_letters(conn, [Letter("kept", museum, letter.place, ("kept",), letter.body) for letter in kept])
    if any(letter.body == b"fatal" for letter in letters):
        raise MuseumError("the world ended")
    outcomes = {b"good": REPLAYED, b"later": DUE}
    return [outcomes.get(letter.body, ReplayOutcome("refused", ("second",), "still bad")) for letter in letters]


SOURCES = {**letter_sources(), "echo": LetterSource("echo", lambda: echo)}


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands and the jobs know the source of these tests."""
    monkeypatch.setattr("museum_assets.catalogue.letter_sources", lambda: SOURCES)


def write(database: Database, *bodies: bytes) -> list[int]:
    with database.connect() as conn:
        write_letters(conn, [replace(LETTER, place=str(n), body=body) for n, body in enumerate(bodies)])
        return [letter.id for letter in open_letters(conn, "echo")]


def states(database: Database) -> list[tuple[str, int, list[str]]]:
    with database.connect() as conn:
        return [(x.state, x.replays, x.reasons) for x in next_page(conn, LetterFilter("echo", state=None))]


def test_good_ones_are_settled_and_bad_ones_counted(database: Database) -> None:
    write(database, b"good", b"bad", b"later")
    done = replay_letters(database, SOURCES, LetterFilter("echo"), "ann")
    assert (done.replayed, done.refused, done.due, done.letters) == (1, 1, 1, 3)
    assert states(database) == [("replayed", 0, ["first"]), ("open", 1, ["second"]), ("open", 0, ["first"])]
    done = replay_letters(database, SOURCES, LetterFilter("echo"), "ann")
    assert (done.replayed, done.refused) == (0, 1)
    with database.connect() as conn:
        assert [letter.place for letter in open_letters(conn, "kept")] == ["0"]


def test_effect_and_settlement_are_one(database: Database) -> None:
    write(database, b"good", b"fatal")
    with pytest.raises(MuseumError, match="the world ended"):
        replay_letters(database, SOURCES, LetterFilter("echo"), "ann")
    assert states(database) == [("open", 0, ["first"])] * 2
    with database.connect() as conn:
        assert not list(open_letters(conn, "kept"))


def test_a_source_that_nothing_replays_is_named(database: Database) -> None:
    with database.connect() as conn:
        write_letters(conn, [replace(LETTER, source="logs")])
    with pytest.raises(MuseumError, match=r"nothing replays dead letters of 'logs': close them, or choose from .*echo"):
        replay_letters(database, SOURCES, LetterFilter(), "ann")


@pytest.mark.parametrize("name", [*SOURCES])
def test_every_source_has_its_replay(name: str) -> None:
    assert callable(replay_for(SOURCES, name))


def test_the_ratio_counts_open_letters_of_what_was_read(database: Database) -> None:
    with database.connect() as conn:
        unread = dead_letter_ratio(conn, "lmnh", KIOSK_STREAM, 0.2)
        assert (unread.passed, unread.warn, unread.empty) == (False, True, True)
        conn.execute(
            "INSERT INTO kiosk.stream_position (museum, topic, partition, next_offset, messages, loaded, rejected)"
            " VALUES ('lmnh', 'lmnh', 0, 10, 10, 8, 2)"
        )
        write_letters(conn, [replace(LETTER, source="kiosk_stream", place=str(n)) for n in range(2)])
        assert dead_letter_ratio(conn, "lmnh", KIOSK_STREAM, 0.2).passed
        finding = dead_letter_ratio(conn, "lmnh", KIOSK_STREAM, 0.1)
        assert (finding.passed, finding.warn, finding.metadata["first"]) == (False, True, 2)
        assert "museum dead-letters list --source kiosk_stream --museum lmnh" in finding.description
        assert dead_letter_ratio(conn, "lms", KIOSK_STREAM, 0).empty


def job(name: str, op: str, **config: Any) -> None:
    definition = build_definitions().resolve_job_def(name)
    with dg.DagsterInstance.ephemeral() as instance:
        definition.execute_in_process(run_config={"ops": {op: {"config": config}}}, instance=instance)


def test_the_jobs(platform: Platform, database: Database) -> None:
    ids = write(database, b"good", b"bad", b"bad")
    job("replay_dead_letters", "replay", source="echo", reason="first")
    job("close_dead_letters", "close", ids=[ids[1]], note="a test kiosk")
    assert [state for state, *_ in states(database)] == ["replayed", "closed", "open"]
    with database.connect() as conn:
        settled = [(x.settled_by, x.note) for x in next_page(conn, LetterFilter("echo", state=None))]
    assert str(settled[0][0]).startswith("replay_dead_letters, run ")
    assert str(settled[1][0]).startswith("close_dead_letters, run ")
    assert settled[1][1] == "a test kiosk"
    with pytest.raises(MuseumError, match="say which letters"):
        job("close_dead_letters", "close", note="all of them")


def command(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["dead-letters", *arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output or str(result.exception)


def test_the_commands(platform: Platform, database: Database) -> None:
    ids = write(database, b"good", b"bad", b"\xff\x00\x1b[31m")
    listed = json.loads(command("list", "--source", "echo", "--json"))
    assert (listed["total"], [row["id"] for row in listed["letters"]]) == (3, ids[::-1])
    assert listed["reasons"] == [{"reason": "first", "letters": 3, "example": "0"}]
    assert "Dead letters: 1 of 3" in command("list", "--limit", "1")
    with database.connect() as conn:
        write_letters(conn, [Letter("document_files", "smk", "0f1e", ("too_large",), b"", None, {"key": "smk/a.pdf"})])
    documents = command("list", "--source", "document_files")
    assert ("smk/a.pdf" in documents, "0f1e" in documents) == (True, False), "a UUID says nothing to a person"
    assert json.loads(command("show", str(ids[0]), "--json"))["body"] == "good"
    assert json.loads(command("show", str(ids[2]), "--json"))["body_base64"] == "/wAbWzMxbQ=="
    shown = command("show", str(ids[2]))
    assert "ff 00 1b 5b 33 31 6d" in shown
    assert "\x1b" not in shown
    assert command("replay", str(ids[0]), str(ids[1])).strip() == "1 replayed, 1 refused again"
    assert json.loads(command("close", "--reason", "second", "--note", "seen", "--json")) == {"closed": 1}
    assert command("close", str(ids[2]), "--note", "noise", "--by", "ann").strip() == "1 closed"
    settled = json.loads(command("list", "--state", "all", "--source", "echo", "--json"))["letters"]
    me = getpass.getuser()
    assert [(row["state"], row["settled_by"], row["note"]) for row in settled] == [
        ("closed", "ann", "noise"), ("closed", me, "seen"), ("replayed", me, None)]  # fmt: skip


def test_what_cannot_be_done_is_said(platform: Platform) -> None:
    assert "there is no dead letter 7" in command("show", "7", code=1)
    assert "say which letters" in command("replay", code=2)
    assert "say which letters" in command("close", "--note", "x", code=2)
    for note in ((), ("--note", " ")):
        said = " ".join(command("close", "1", *note, code=2).replace("│", " ").split())
        assert 'add --note "…", which is kept with each letter' in said
    assert "unknown state 'done'" in command("list", "--state", "done", code=2)
    assert "Error" in command("show", "9" * 20, code=2)


def test_bytes_are_shown_safely() -> None:
    assert body_text(b'{"at": 1}\nx') == '{"at": 1}\nx'
    assert body_text("é\x1b[2J\u202e\r\x00".encode()) == "é\\x1b[2J\\u202e\\r\\x00"
    assert body_text(b"\xffA" * 9).splitlines()[1].split("  ")[0] == "00000010"
    assert body_text(b"\xff" * 20, 16).endswith("… 4 more: --json shows all")
    assert body_text(b"abc", 2) == "ab\n… 1 more: --json shows all"
    assert printable("a\nb") == "a\\nb"


def test_the_note_is_asked_for_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: " noise of a test ")
    assert asked_note() == "noise of a test"
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "")
    with pytest.raises(typer.BadParameter, match="--note"):
        asked_note()
