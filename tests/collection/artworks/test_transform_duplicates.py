"""Of two records with one object number the one stored first wins, until it leaves."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.loop.stage import Options
from resources.postgres import Database, scalar
from tests.support.transforms import duplicate_of, fate, numbers, payload, put, run, settle, withdraw


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")], ids="".join)
def test_the_record_stored_first_wins_whatever_the_order(
    database: Database, order: tuple[str, str], together: bool
) -> None:
    put(database, payload("a", "1"), payload("b", "1"))
    if together:
        run(database)
    else:
        # The other record is closed at first, so that each comes to the transform in a run of its own.
        first, second = order
        put(database, payload(second, "1", open_=False))
        run(database)
        assert numbers(database) == {first: "1"}
        put(database, payload(second, "1"))
        run(database)
    assert numbers(database) == {"a": "1"}
    assert fate(database, "b") == duplicate_of("a")
    with database.connect() as conn:
        message = scalar(conn, "SELECT message FROM ops.ledger WHERE record_id = 'b'")
    assert message == "object number 1 is already that of record a, which was stored first"


def test_the_loser_takes_over_in_the_run_that_removes_a_withdrawn_winner(database: Database) -> None:
    put(database, payload("a", "1"), payload("b", "1"))
    run(database)
    withdraw(database, "a")
    counts = run(database)
    assert (counts.inputs, counts.removed, counts.done, counts.left) == (1, 1, 1, 0)
    assert numbers(database) == {"b": "1"}
    put(database, payload("a", "1"))
    run(database)
    assert numbers(database) == {"a": "1"}
    assert fate(database, "b") == duplicate_of("a")


@pytest.mark.parametrize("leaves", [payload("a", "9"), payload("a", "1", open_=False)])
def test_the_loser_takes_over_from_a_renumbered_or_rejected_winner(database: Database, leaves: dict[str, Any]) -> None:
    put(database, payload("a", "1"), payload("b", "1"), payload("c", "1"))
    run(database)
    put(database, leaves)
    settle(database)
    assert {id_ for id_, number in numbers(database).items() if number == "1"} == {"b"}
    assert fate(database, "c") == duplicate_of("b")


def test_two_records_swap_their_numbers(database: Database) -> None:
    put(database, payload("a", "1"), payload("b", "2"))
    run(database)
    put(database, payload("a", "2"), payload("b", "1"))
    settle(database)
    assert numbers(database) == {"a": "2", "b": "1"}
    put(database, payload("a", "1"), payload("b", "2"))
    for _ in range(4):
        run(database, Options(limit=1))
    assert numbers(database) == {"a": "1", "b": "2"}
