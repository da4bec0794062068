"""What a record says of its places, materials and subjects is stored, changed and removed with its artwork."""

from __future__ import annotations

from typing import Any

from museum_assets.loop.stage import Options
from resources.postgres import Database
from tests.support.transforms import payload, put, run, withdraw


def of(record_id: str, number: str, *materials: str, **said: Any) -> dict[str, Any]:
    return {**payload(record_id, number), "materials": list(materials), "techniques": [], **said}


def stored(database: Database) -> tuple[list[tuple[str, str]], ...]:
    """Return (object number, what is said) of the places, the materials and the subjects."""
    with database.connect() as conn:
        return tuple(
            [
                (row["object_number"], row[said])
                for row in conn.execute(f"SELECT * FROM staging.{table} ORDER BY object_number, position")
            ]
            for table, said in (("places", "name"), ("materials", "term"), ("subjects", "name"))
        )


def test_what_is_said_beside_goes_the_way_of_their_artwork(database: Database) -> None:
    put(
        database,
        of("a", "1", "lærred", "olie", geo_location="1.5,2.5"),
        of("b", "2", "papir", content_person=["A", "B"]),
    )
    run(database)
    before = [("1", "1.5,2.5")], [("1", "lærred"), ("1", "olie"), ("2", "papir")], [("2", "A"), ("2", "B")]
    assert stored(database) == before
    run(database, Options(force=True))
    assert stored(database) == before
    # One material less, a place and a subject that come, one that goes, and a record that goes.
    put(database, of("a", "1", "olie", content_person=["C"]),
        of("b", "2", "papir", geo_location="3.5,4.5", content_person=["B"]))  # fmt: skip
    run(database)
    assert stored(database) == ([("2", "3.5,4.5")], [("1", "olie"), ("2", "papir")], [("1", "C"), ("2", "B")])
    withdraw(database, "b")
    run(database)
    assert stored(database) == ([], [("1", "olie")], [("1", "C")])
