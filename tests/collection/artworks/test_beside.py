"""What a record says of its places and materials is stored, changed and removed with its artwork."""

from __future__ import annotations

from typing import Any

from museum_assets.loop.stage import Options
from resources.postgres import Database
from tests.support.transforms import payload, put, run, withdraw


def of(record_id: str, number: str, *materials: str, **said: str) -> dict[str, Any]:
    return {**payload(record_id, number), "materials": list(materials), "techniques": [], **said}


def stored(database: Database) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    with database.connect() as conn:
        places = conn.execute("SELECT * FROM staging.places ORDER BY object_number, position").fetchall()
        materials = conn.execute("SELECT * FROM staging.materials ORDER BY object_number, position").fetchall()
    return ([(row["object_number"], row["name"]) for row in places],
            [(row["object_number"], row["term"]) for row in materials])  # fmt: skip


def test_places_and_materials_go_the_way_of_their_artwork(database: Database) -> None:
    put(database, of("a", "1", "lærred", "olie", geo_location="1.5,2.5"), of("b", "2", "papir"))
    run(database)
    before = [("1", "1.5,2.5")], [("1", "lærred"), ("1", "olie"), ("2", "papir")]
    assert stored(database) == before
    run(database, Options(force=True))
    assert stored(database) == before
    # One material less, a place that comes, and a record that goes.
    put(database, of("a", "1", "olie"), of("b", "2", "papir", geo_location="3.5,4.5"))
    run(database)
    assert stored(database) == ([("2", "3.5,4.5")], [("1", "olie"), ("2", "papir")])
    withdraw(database, "b")
    run(database)
    assert stored(database) == ([], [("1", "olie")])
