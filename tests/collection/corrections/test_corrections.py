"""What a curator corrects stays corrected, and is taken back as simply as it was made; the books balance throughout."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.corrections.listing import Correction, corrections, standing
from museum_assets.collection.corrections.make import correct, drop, keep
from museum_assets.collection.corrections.request import NotCorrected, from_text, requested
from museum_assets.core.failures import MuseumError
from museum_assets.loop.books import books
from resources.postgres import Database, scalar
from tests.support.transforms import duplicate_of, fate, numbers, payload, put, run, settle, withdraw

BY = "Ida"


def ask(database: Database, name: str, **values: Any) -> list[int | None]:
    """Make corrections of one artwork; return their numbers, None for what was so already."""
    until = values.pop("until", None)
    with database.connect() as conn:
        asked = [requested(f"smk:{name}", field, value, why="seen", until=until) for field, value in values.items()]
        return [each.id for each in correct(conn, asked, by=BY)]


def taken_back(database: Database, *ids: int | None) -> None:
    with database.connect() as conn:
        drop(conn, [each for each in ids if each], by=BY)


def listed(database: Database, **options: Any) -> list[Correction]:
    with database.connect() as conn:
        return corrections(conn, ["smk"], **options)


def titles(database: Database) -> dict[str, str]:
    with database.connect() as conn:
        return {row["record_id"]: row["title"] for row in conn.execute("SELECT record_id, title FROM staging.artwork")}


def ran(database: Database, *, processed: int) -> None:
    """Run the transform, which takes so many records and no others, and leaves books that balance."""
    assert run(database).processed == processed
    with database.connect() as conn:
        found = books(conn, "smk", transformed_artworks)
    assert (found.accounted, found.pending, found.made) == (found.inputs, 0, found.stored)


@pytest.fixture
def two(database: Database) -> Database:
    """Two artworks, transformed."""
    put(database, payload("a", "1"), payload("b", "2"))
    ran(database, processed=2)
    return database


def test_a_correction_takes_one_record_and_stays(two: Database) -> None:
    (number,) = ask(two, "1", title="Winter")
    assert [each.state for each in listed(two)] == ["with the next run"]
    ran(two, processed=1)
    assert titles(two) == {"a": "Winter", "b": "Title"}
    with two.connect() as conn:
        assert scalar(conn, "SELECT search_text FROM staging.artwork WHERE record_id = 'a'") == "Winter, painting"
    put(two, payload("a", "1", title="Vinter") | {"artist": ["Anna Ancher"]})
    ran(two, processed=1)
    assert titles(two)["a"] == "Winter"
    (found,) = listed(two)
    assert (found.value, found.replaced, found.source, found.state) == ("Winter", "Title", "Vinter", "in effect")
    assert found.news == (
        f"the museum now says Vinter: `museum corrections keep {number}`, `museum corrections drop {number}` or "
        f"`museum corrections review {number}`"
    )
    with two.connect() as conn:
        keep(conn, {found.id: found.source})
    assert (listed(two)[0].changed, listed(two)[0].news) == (False, "")
    ran(two, processed=0)
    taken_back(two, number)
    ran(two, processed=1)
    assert titles(two)["a"] == "Vinter"
    assert listed(two) == []
    (kept,) = listed(two, dropped=True)
    assert (kept.state, kept.by, kept.dropped_by, kept.why) == ("dropped", BY, BY, "seen")


def test_a_second_correction_stands_in_place_of_the_first(two: Database) -> None:
    (first,) = ask(two, "1", title="Winter")
    assert ask(two, "1", title="Winter") == [None], "the same again is none"
    (second,) = ask(two, "1", title="Frost")
    ran(two, processed=1)
    assert titles(two)["a"] == "Frost"
    assert {each.id: each.state for each in listed(two, dropped=True)} == {first: "dropped", second: "in effect"}
    with two.connect() as conn, pytest.raises(MuseumError, match=f"no correction {first} stands"):
        standing(conn, [first or 0])


def test_past_its_last_day_a_correction_holds_no_more(two: Database) -> None:
    ask(two, "1", title="On loan", until="2999-01-01")
    ran(two, processed=1)
    with two.connect() as conn:
        conn.execute("UPDATE ops.correction SET until = current_date - 1")
    assert [each.state for each in listed(two)] == ["over"]
    ran(two, processed=1)
    assert titles(two)["a"] == "Title"


def test_every_kind_of_field_can_be_corrected(two: Database) -> None:
    texts = {"title": "", "artists": "Anna Ancher; Michael Ancher", "production_date_start": "1890",
             "production_date_end": "1895", "searchable_work_types": "drawing", "object_number": "9"}  # fmt: skip
    ask(two, "1", **{field: from_text(field, text) for field, text in texts.items()})
    ran(two, processed=1)
    with two.connect() as conn:
        row = conn.execute(
            "SELECT title, artists, production_date_start, production_date_end, searchable_work_types, object_number,"
            " search_text FROM staging.artwork WHERE record_id = 'a'"
        ).fetchone()
    assert row == {
        "title": None, "artists": ["Anna Ancher", "Michael Ancher"], "production_date_start": 1890,
        "production_date_end": 1895, "searchable_work_types": ["drawing"], "object_number": "9", "search_text": None,
    }  # fmt: skip
    taken_back(two, *(each.id for each in listed(two)))
    ran(two, processed=1)
    assert numbers(two) == {"a": "1", "b": "2"}


def test_what_is_wrong_is_told_and_nothing_is_corrected(two: Database) -> None:
    put(two, payload("c", "3", open_=False))
    ran(two, processed=1)
    asked = [
        ("smk:1", "title", "Winter"),
        ("smk:1", "production_date_start", "about 1890"),
        ("smk:1", "artists", "Anna Ancher"),
        ("smk:2", "production_date_start", 1895),
        ("smk:2", "production_date_end", 1890),
        ("smk:2", "searchable_work_types", ["boat"]),
        ("smk:c", "title", "Closed"),
        ("smk:nobody", "title", "?"),
        ("smk:2", "wins", None),
        ("smk:2", "rights", None),
    ]
    requests = [requested(*each, why="x", until=None, place=f"line {n}") for n, each in enumerate(asked, start=2)]
    with two.connect() as conn, pytest.raises(NotCorrected) as refused:
        correct(conn, requests, by=BY)
    told = {
        "line 3: smk:1": "production_date_start: Input should be a valid integer, unable to parse",
        "line 4: smk:1": "artists: Input should be a valid tuple, and not 'Anna Ancher'",
        "line 5: smk:2": "the years would be 1895 to 1890, which is backwards",
        "line 6: smk:2": "the years would be 1895 to 1890, which is backwards",
        "line 7: smk:2": "searchable_work_types: boat cannot be searched for: choose from drawing, painting",
        "line 8: smk:c": "no artwork of the platform (not_public_domain: public_domain is False and not true)",
        "line 9: smk:nobody": "no record has this object number or id",
        "line 10: smk:2": "its record b is no duplicate of another",
        "line 11: smk:2": "rights: Input should be a valid string, and not None",
    }
    said = {":".join(problem.split(":")[:3]): problem for problem in refused.value.problems}
    assert said.keys() == told.keys()
    assert [place for place, part in told.items() if part not in said[place]] == []
    assert listed(two, dropped=True) == []


def test_an_excluded_work_stays_out_until_it_is_taken_back(two: Database) -> None:
    (number,) = ask(two, "1", exclude=None)
    ran(two, processed=1)
    assert numbers(two) == {"b": "2"}
    assert fate(two, "a") == ("rejected", "excluded", None)
    with two.connect() as conn:
        message = scalar(conn, "SELECT message FROM ops.ledger WHERE record_id = 'a'")
    assert message == f"excluded by Ida: seen (`museum corrections drop {number}` takes it back)"
    put(two, payload("a", "1", title="Changed"))
    ran(two, processed=1)
    assert numbers(two) == {"b": "2"}
    taken_back(two, number)
    ran(two, processed=1)
    assert titles(two) == {"a": "Changed", "b": "Title"}


def test_a_chosen_duplicate_wins_until_it_is_taken_back(database: Database) -> None:
    put(database, payload("a", "1"), payload("b", "1"), payload("c", "1"))
    ran(database, processed=3)
    with database.connect() as conn, pytest.raises(NotCorrected, match="that is to win: smk:b, smk:c"):
        correct(conn, [requested("smk:1", "wins", None, why="x", until=None)], by=BY)
    (number,) = ask(database, "b", wins=None)
    settle(database)  # the others lost to the one before, and are judged anew
    assert numbers(database) == {"b": "1"}
    assert fate(database, "a") == duplicate_of("b")
    with database.connect() as conn:
        message = scalar(conn, "SELECT message FROM ops.ledger WHERE record_id = 'a'")
    assert message == "object number 1 is that of record b, which a person chose: see `museum corrections list`"
    put(database, payload("a", "1", title="x"), payload("b", "1", title="y"))
    run(database)
    assert titles(database) == {"b": "y"}
    (other,) = ask(database, "c", wins=None)
    assert [each.id for each in listed(database)] == [other], "one at a time"
    settle(database)
    assert numbers(database) == {"c": "1"}
    taken_back(database, other)
    settle(database)
    ran(database, processed=0)
    assert numbers(database) == {"a": "1"}
    assert (fate(database, "b"), fate(database, "c")) == (duplicate_of("a"), duplicate_of("a"))
    assert number != other


def test_a_chosen_duplicate_that_leaves_gives_the_number_back(database: Database) -> None:
    put(database, payload("a", "1"), payload("b", "1"))
    ran(database, processed=2)
    ask(database, "b", wins=None)
    ran(database, processed=2)
    withdraw(database, "b")
    ran(database, processed=1)
    assert numbers(database) == {"a": "1"}
    (found,) = listed(database)
    assert (found.state, found.news[:30]) == ("no record", "the museum withdrew the record")


def test_a_correction_that_fits_no_more_fails_with_its_number(two: Database) -> None:
    (number,) = ask(two, "1", title="Winter")
    with two.connect() as conn:
        conn.execute("UPDATE ops.correction SET value = '5'")
    run(two)
    assert fate(two, "a")[:2] == ("failed", "correction_refused")
    with two.connect() as conn:
        message = scalar(conn, "SELECT message FROM ops.ledger WHERE record_id = 'a'")
    assert message.endswith(f"should be a valid string. `museum corrections drop {number}` takes it back")
