"""Writing, finding and settling dead letters."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from psycopg.errors import CheckViolation

from museum_assets.dead_letters import letters as module
from museum_assets.dead_letters.letters import (
    Letter,
    LetterFilter,
    close_letters,
    count_by_reason,
    count_letters,
    list_letters,
    next_page,
    open_letters,
    refuse_again,
    settle,
    write_letters,
)
from resources.postgres import Connection, Database

LETTER = Letter("kiosk_stream", "lmnh", "lmnh[0]@17", ("missing_at",), b'{"val": 1}', "why", {"offset": 17})


def stored(conn: Connection, **filters: Any) -> list[tuple[str, str, list[str], bytes]]:
    return [(x.place, x.state, x.reasons, x.body) for x in next_page(conn, LetterFilter(**{"state": None, **filters}))]


def test_a_letter_comes_back_as_it_was_written(database: Database) -> None:
    with database.connect() as conn:
        assert write_letters(conn, [LETTER]) == 1
        (found,) = open_letters(conn)
    assert (found.source, found.museum, found.place) == ("kiosk_stream", "lmnh", "lmnh[0]@17")
    assert (found.reasons, found.body, found.message) == (["missing_at"], b'{"val": 1}', "why")
    assert (found.context, found.state, found.replays) == ({"offset": 17}, "open", 0)


def test_a_place_that_no_index_takes_is_its_beginning_and_its_hash(database: Database) -> None:
    long = "".join(random.Random(1).choices("0123456789abcdefghijklmnopqrstuvwxyzæ", k=3_000))
    with database.connect() as conn:
        assert write_letters(conn, [replace(LETTER, place=long), replace(LETTER, place=f"{long}:2")]) == 2
        places = [place for place, *_ in stored(conn)]
    assert len(set(places)) == 2
    assert all(place.startswith(long[:1_000]) and len(place.encode()) < 1_600 for place in places)


def test_the_same_place_twice_is_one_letter_and_the_last_one_counts(database: Database) -> None:
    other = replace(LETTER, reasons=("not_json",))
    with database.connect() as conn:
        assert write_letters(conn, [LETTER, other]) == 1
        assert stored(conn) == [("lmnh[0]@17", "open", ["not_json"], LETTER.body)]
        assert write_letters(conn, [other]) == 0


def test_what_a_person_closed_stays_closed_until_it_comes_back_different(database: Database) -> None:
    with database.connect() as conn:
        write_letters(conn, [LETTER])
        assert close_letters(conn, LetterFilter(museum="lmnh"), "ann", "a test kiosk") == 1
        assert write_letters(conn, [LETTER]) == 0
        assert stored(conn)[0][1] == "closed"
        assert write_letters(conn, [replace(LETTER, body=b"{}")]) == 1
        (letter,) = open_letters(conn)
        assert (letter.body, letter.settled_by, letter.note) == (b"{}", None, None)


def test_it_is_the_caller_s_transaction(database: Database) -> None:
    with database.connect() as conn:
        with pytest.raises(RuntimeError), conn.transaction():
            write_letters(conn, [LETTER])
            raise RuntimeError
        assert stored(conn) == []
        with conn.transaction():  # and it may be used twice in one
            write_letters(conn, [LETTER])
            write_letters(conn, [replace(LETTER, place="elsewhere")])
        assert len(stored(conn)) == 2


def test_hostile_texts_are_stored(database: Database) -> None:
    hostile = Letter(
        "s", "m", "a\x00b\ud800", ("r\x00",), b"\x00\xff", "m\x00\udfff", {"k\x00": ["\x00", {"x": "\ud800"}]}
    )
    with database.connect() as conn:
        assert write_letters(conn, [hostile, replace(LETTER, body=b"")]) == 2
        (found,) = open_letters(conn, source="s")
    assert found.body == b"\x00\xff"
    assert (found.place, found.context) == ("a\ufffdb?", {"k\ufffd": ["\ufffd", {"x": "?"}]})


def test_a_letter_without_a_reason_is_refused(database: Database) -> None:
    with database.connect() as conn, pytest.raises(CheckViolation):
        write_letters(conn, [replace(LETTER, reasons=())])


@pytest.fixture
def several(database: Database) -> Database:
    with database.connect() as conn:
        write_letters(
            conn,
            [
                replace(LETTER, place="1", reasons=("unknown_site",), context={"site": 7, "offset": 1}),
                replace(LETTER, place="2", reasons=("unknown_site", "missing_val"), context={"site": 8}),
                replace(LETTER, place="3", museum="lms", reasons=("missing_val",)),
                replace(LETTER, place="4", source="kiosk_file", reasons=("missing_val",)),
            ],
        )
    return database


@pytest.mark.parametrize(
    ("filters", "places"),
    [
        ({}, "1234"),
        ({"source": "kiosk_stream"}, "123"),
        ({"museum": "lms"}, "3"),
        ({"reason": "missing_val"}, "234"),
        ({"reason": "missing_val", "museum": "lmnh", "source": "kiosk_stream"}, "2"),
        ({"context": {"site": 7}}, "1"),
        ({"reason": "nothing"}, ""),
        ({"ids": []}, ""),
    ],
)
def test_every_given_filter_holds(several: Database, filters: dict[str, Any], places: str) -> None:
    with several.connect() as conn:
        assert "".join(letter.place for letter in open_letters(conn, **filters)) == places
        chosen = LetterFilter(**filters)
        assert count_letters(conn, chosen) == len(places)
        assert [row["place"] for row in list_letters(conn, chosen, 10)] == list(reversed(places))


def test_letters_by_number_and_by_reason(several: Database) -> None:
    with several.connect() as conn:
        ids = {letter.place: letter.id for letter in open_letters(conn)}
        assert [x.place for x in open_letters(conn, ids=[ids["4"], ids["1"]])] == ["1", "4"]
        counted = [(row["reason"], row["letters"]) for row in count_by_reason(conn, LetterFilter())]
        assert counted == [("missing_val", 3), ("unknown_site", 2)]


def test_settling_touches_open_letters_only(several: Database) -> None:
    with several.connect() as conn:
        ids = [letter.id for letter in open_letters(conn)]
        assert settle(conn, ids[:2], "replayed", "live_feedback") == 2
        assert settle(conn, ids, "closed", "ann", "seen") == 2
        states = {place: state for place, state, *_ in stored(conn)}
        assert states == {"1": "replayed", "2": "replayed", "3": "closed", "4": "closed"}
        assert refuse_again(conn, [(ids[0], ("other",), None)]) == 0


def test_a_refused_replay_is_counted_with_today_s_reasons(database: Database) -> None:
    with database.connect() as conn:
        write_letters(conn, [LETTER])
        (letter,) = open_letters(conn)
        assert refuse_again(conn, [(letter.id, ("not_json", "x"), "now")]) == 1
        (letter,) = open_letters(conn)
    assert (letter.replays, letter.reasons, letter.message) == (1, ["not_json", "x"], "now")


def test_pages_are_bounded_by_number_and_by_bytes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LETTERS_PER_PAGE", 3)
    monkeypatch.setattr(module, "BYTES_PER_PAGE", 1000)
    bodies = [b"x" * size for size in (10, 10, 10, 10, 5000, 600, 600, 10)]
    with database.connect() as conn:
        write_letters(conn, [replace(LETTER, place=str(n), body=body) for n, body in enumerate(bodies)])
        sizes, after = [], 0
        while page := next_page(conn, LetterFilter(), after):
            sizes.append([len(letter.body) for letter in page])
            after = page[-1].id
    assert sizes == [[10, 10, 10], [10, 5000], [600, 600], [10]]


def test_a_locked_letter_is_left_to_who_holds_it(several: Database) -> None:
    with several.connect() as one, several.connect() as other, one.transaction(), other.transaction():
        first = next_page(one, LetterFilter(museum="lms"), lock=True)
        assert [letter.place for letter in next_page(other, LetterFilter(), lock=True)] == ["1", "2", "4"]
        assert [letter.place for letter in first] == ["3"]
