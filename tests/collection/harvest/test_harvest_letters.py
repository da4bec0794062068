"""The dead letters that a harvest writes, and what settles them."""

from __future__ import annotations

import pytest

from museum_assets.catalogue import letter_sources
from museum_assets.collection.harvest.harvest import HarvestInterrupted
from museum_assets.core.failures import Failure, Malformed, RequestRefused, SlowDown, Unavailable
from museum_assets.dead_letters.letters import LetterFilter
from museum_assets.dead_letters.replay import replay_letters
from resources.postgres import Database
from tests.support.planned_museum import Planned, page, walk


class Single(Planned):
    """A museum that can be asked for single records."""

    refetches = True

    def refetch(self, api, ids):
        return iter(())


def letters(database: Database) -> list[tuple[str, list[str], str]]:
    with database.connect() as conn:
        rows = conn.execute(
            "SELECT place, reasons, state FROM ops.dead_letter WHERE source = 'raw_metadata' ORDER BY id"
        )
        return [(row["place"], row["reasons"], row["state"]) for row in rows]


def test_a_record_of_a_whole_page_that_cannot_be_read_is_a_letter_until_it_can(database: Database) -> None:
    walk(database, Planned(page("a", failed={"b": Malformed("cut off")})))
    assert letters(database) == [("b", ["malformed"], "open")]
    walk(database, Planned(page("a", failed={"b": Malformed("cut off")})))
    assert letters(database) == [("b", ["malformed"], "open")]
    walk(database, Planned(page("a", "b")))
    assert letters(database) == [("b", ["malformed"], "replayed")]
    walk(database, Planned(page("a", failed={"b": Malformed("cut off")})))
    assert letters(database) == [("b", ["malformed"], "open")]


def test_a_record_that_the_museum_no_longer_lists_needs_nobody(database: Database) -> None:
    walk(database, Planned(page("a", failed={"all@0+1": Failure("no id", code="no_id")})))
    assert letters(database) == [("all@0+1", ["no_id"], "open")]
    walk(database, Planned(page("a")))
    assert letters(database) == [("all@0+1", ["no_id"], "closed")]


def test_what_is_asked_for_again_by_itself_is_a_letter_once_it_is_given_up(database: Database) -> None:
    walk(database, Single(page("a", failed={"b": Unavailable("503")})))
    assert letters(database) == []
    walk(database, Single(page("a", failed={"b": RequestRefused("400")})), force=True)
    assert letters(database) == [("b", ["refused"], "open")]
    assert replay_letters(database, letter_sources(), LetterFilter("raw_metadata"), "ann").due == 1


@pytest.mark.parametrize(
    ("failure", "code"), [(Malformed("HTML for JSON"), "malformed"), (RequestRefused("400"), "refused")]
)
def test_a_listing_that_cannot_be_walked_on_is_a_letter_until_it_can(
    database: Database, failure: Failure, code: str
) -> None:
    plan = Planned(page("a"), failure, page("c"))
    for _ in range(2):
        with pytest.raises(HarvestInterrupted):
            walk(database, plan)
        assert letters(database) == [("listing", [code], "open")]
    plan.pages[1] = page("b")
    assert walk(database, plan).state == "complete"
    assert letters(database) == [("listing", [code], "replayed")]


@pytest.mark.parametrize("failure", [Unavailable("503"), SlowDown("429")])
def test_a_museum_that_is_away_for_now_needs_nobody(database: Database, failure: Failure) -> None:
    with pytest.raises(HarvestInterrupted):
        walk(database, Planned(page("a"), failure))
    assert letters(database) == []
