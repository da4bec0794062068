"""What is said beside a work of a live release: its places, materials and subjects."""

from __future__ import annotations

from museum_assets.search.answer import Beside, MaterialOf, PlaceOf, SubjectOf
from museum_assets.search.production import Now
from sql import query


def beside(now: Now, museum: str, number: str) -> Beside:
    """Return what is said beside a work, each in the museum's order."""
    values = {"museum": museum, "number": number}
    terms: dict[str, MaterialOf] = {}
    for row in now.conn.execute(query("readers.materials_of_work"), values):
        # SMK says "papir" as a material and "Papir" as a medium.
        terms.setdefault(row["term"].casefold(), MaterialOf(**row))
    return Beside(
        [PlaceOf(**row) for row in now.conn.execute(query("readers.places_of_work"), values)],
        list(terms.values()),
        [SubjectOf(**row) for row in now.conn.execute(query("readers.subjects_of_work"), values)],
    )
