"""The loop over the real ledger, with a small stage of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.core.failures import Failure, Rejected
from museum_assets.loop.books import books
from museum_assets.loop.checks import books_balance
from museum_assets.loop.run import batched, run_stage
from museum_assets.loop.stage import Counts, Options
from resources.postgres import Database, scalar
from tests.support.copying_stage import MUSEUM, Copying, add, books_of, drop, ledger

ALL_DONE = Counts(inputs=6, done=6)


def test_an_unchanged_input_is_not_touched_again(six: Database) -> None:
    stage = Copying()
    assert books_of(run_stage(six, MUSEUM, stage)) == ALL_DONE
    before = ledger(six)
    assert books_of(run_stage(six, MUSEUM, stage)) == Counts(inputs=6, unchanged=6)
    assert len(stage.seen) == 6
    assert ledger(six) == before


def test_a_changed_input_alone_is_redone(six: Database) -> None:
    stage = Copying()
    run_stage(six, MUSEUM, stage)
    add(six, "c", content="b")
    stage.seen.clear()
    assert books_of(run_stage(six, MUSEUM, stage)) == Counts(inputs=6, done=1, unchanged=5)
    assert stage.seen == ["c"]


def test_a_changed_contract_redoes_everything(six: Database) -> None:
    run_stage(six, MUSEUM, Copying())
    assert books_of(run_stage(six, MUSEUM, Copying(contract="v2"))) == ALL_DONE
    assert {row["contract"] for row in ledger(six).values()} == {"v2"}


def test_force_ignores_the_fingerprint(six: Database) -> None:
    run_stage(six, MUSEUM, Copying())
    assert books_of(run_stage(six, MUSEUM, Copying(), Options(force=True))) == ALL_DONE


def test_another_museum_and_another_stage_are_left_alone(six: Database) -> None:
    stage = Copying()
    assert run_stage(six, "met", stage).inputs == 0
    assert stage.seen == []


def test_limits_add_up_to_the_whole(six: Database) -> None:
    stage = Copying()
    first = books_of(run_stage(six, MUSEUM, stage, Options(limit=4)))
    assert (first.done, first.left) == (4, 2)
    second = books_of(run_stage(six, MUSEUM, stage, Options(limit=4)))
    assert (second.done, second.unchanged, second.left) == (2, 4, 0)
    assert sorted(stage.seen) == list("abcdef")


def test_leftovers_are_removed_with_what_was_made_of_them(six: Database) -> None:
    stage = Copying()
    run_stage(six, MUSEUM, stage)
    drop(six, "a", "b", "c")
    with six.connect() as conn:
        assert not books_balance(conn, MUSEUM, transformed_artworks).passed
    counts = books_of(run_stage(six, MUSEUM, stage))
    assert (counts.inputs, counts.removed, counts.unchanged) == (3, 3, 3)
    assert stage.made == set("def")
    assert set(ledger(six)) == set("def")


def test_progress_is_told_up_to_the_total(six: Database) -> None:
    told: list[tuple[int, int | None]] = []
    run_stage(six, MUSEUM, Copying(), Options(limit=5), lambda *numbers: told.append(numbers))
    assert told == [(2, 5), (4, 5), (5, 5)]


@given(st.lists(st.integers(), max_size=20), st.integers(1, 7), st.booleans())
def test_batched_loses_nothing_also_before_an_exception(items: list[int], size: int, broken: bool) -> None:
    def source() -> Iterator[int]:
        yield from items
        if broken:
            raise KeyError("end")

    got: list[list[int]] = []
    try:
        got.extend(batched(source(), size))
        assert not broken
    except KeyError:
        assert broken
    assert [item for batch in got for item in batch] == items
    assert all(0 < len(batch) <= size for batch in got)


FATES = st.sampled_from(["done", "slow", "gone", "rejected", "crash", "changed", "away"])


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.dictionaries(st.sampled_from("abcdef"), FATES), st.sampled_from([None, 1, 3]),
                          st.booleans(), st.booleans()), max_size=4))  # fmt: skip
def test_the_books_balance_whatever_happens(database: Database, rounds: list[Any]) -> None:
    with database.connect() as conn:
        conn.execute("TRUNCATE ops.ledger, raw.record")
    add(database, *"abcdef")
    fates = {"slow": Failure("slow"), "gone": Failure("gone", permanent=True), "rejected": Rejected("no", "no"),
             "crash": RuntimeError("crash")}  # fmt: skip
    stage = Copying()
    for number, (plan, limit, force, retry) in enumerate(rounds):
        drop(database, *(id_ for id_, fate in plan.items() if fate == "away"))
        add(database, *(id_ for id_, fate in plan.items() if fate == "changed"), content=str(number))
        stage.plan = {id_: fates[fate] for id_, fate in plan.items() if fate in fates}
        try:
            books_of(run_stage(database, MUSEUM, stage, Options(force, retry, limit)))
        except RuntimeError:
            assert "crash" in plan.values()
        with database.connect() as conn:
            found = books(conn, MUSEUM, transformed_artworks)
            assert found.accounted == found.inputs
    stage.plan = {}
    run_stage(database, MUSEUM, stage, Options(retry_failed=True))
    with database.connect() as conn:
        last = books(conn, MUSEUM, transformed_artworks)
        live = {row["record_id"] for row in conn.execute("SELECT record_id FROM raw.record")}
        waiting = scalar(conn, "SELECT count(*) FROM ops.ledger WHERE outcome = 'failed'")
    assert (last.pending, last.leftover, waiting) == (0, 0, 0)
    assert stage.made >= live - {id_ for id_, row in ledger(database).items() if row["outcome"] == "rejected"}
    assert set(ledger(database)) == live
