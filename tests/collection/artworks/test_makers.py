"""What a record says of its makers is stored, changed and removed with its artwork."""

from __future__ import annotations

from typing import Any

from museum_assets.loop.stage import Options
from resources.postgres import Database
from tests.support.transforms import payload, put, run, withdraw

JUEL = {"creator": "Juel, Jens", "creator_date_of_birth": "1745-05-12T00:00:00.000Z", "creator_lref": "29316_person"}
AFTER = {"creator": "Denner, Balthasar", "creator_role": "efter forlæg af"}


def by(record_id: str, number: str, *production: dict[str, Any]) -> dict[str, Any]:
    return {**payload(record_id, number), "production": list(production)}


def stored(database: Database) -> list[tuple[Any, ...]]:
    with database.connect() as conn:
        rows = conn.execute("SELECT * FROM staging.makers ORDER BY object_number, position").fetchall()
    return [(row["object_number"], row["position"], row["name"], row["qualifier"], row["birth_year"]) for row in rows]


def test_makers_go_the_way_of_their_artwork(database: Database) -> None:
    put(database, by("a", "1", JUEL, AFTER), by("b", "2", JUEL), by("c", "3"))
    run(database)
    first = [("1", 1, "Juel, Jens", None, 1745), ("1", 2, "Denner, Balthasar", "after", None)]
    assert stored(database) == [*first, ("2", 1, "Juel, Jens", None, 1745)]
    run(database, Options(force=True))
    assert stored(database) == [*first, ("2", 1, "Juel, Jens", None, 1745)]
    # One maker less, another number, and one that comes.
    put(database, by("a", "1", AFTER), by("b", "20", JUEL), by("c", "3", JUEL))
    run(database)
    juels = [("20", 1, "Juel, Jens", None, 1745), ("3", 1, "Juel, Jens", None, 1745)]
    assert stored(database) == [("1", 1, "Denner, Balthasar", "after", None), *juels]
    withdraw(database, "b")
    put(database, {**by("c", "3", JUEL), "public_domain": False})
    run(database)
    assert stored(database) == [("1", 1, "Denner, Balthasar", "after", None)]


def test_of_two_records_with_one_number_the_winners_makers_stay(database: Database) -> None:
    put(database, by("a", "1", JUEL), by("b", "1", AFTER))
    run(database)
    assert stored(database) == [("1", 1, "Juel, Jens", None, 1745)]
    withdraw(database, "a")
    run(database)
    run(database)
    assert stored(database) == [("1", 1, "Denner, Balthasar", "after", None)]
