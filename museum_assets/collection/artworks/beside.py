"""The rows that stand beside an artwork's own: its makers, places, materials and subjects, packed for COPY. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from museum_assets.museums.artwork import Artwork
from museum_assets.museums.maker import Maker
from museum_assets.museums.material import Material
from museum_assets.museums.place import Place
from museum_assets.museums.subject import Subject
from resources.binary_rows import Packer, columns, int4, text, texts

Said = Maker | Place | Material | Subject


class BesideTable(NamedTuple):
    """A table of what museums say beside their artworks, a row for each position.

    `said` are its columns that are fields of the model of that name; `key` is the one that the model's key goes to.
    """

    name: str
    key: str
    said: dict[str, Packer]

    @property
    def table(self) -> str:
        """The table with its schema."""
        return f"staging.{self.name}"

    @property
    def columns(self) -> list[str]:
        """All columns, in the order of a packed row."""
        return ["museum", "object_number", "position", self.key, *self.said]


TABLES = (
    BesideTable("makers", "maker_key", {
        "name": text, "role": text, "qualifier": text, "birth_year": int4, "death_year": int4, "dates": text,
        "nationality": text, "museum_id": text, "links": texts,
    }),
    BesideTable("places", "place_key", {
        "name": text, "role": text, "relation": text, "within": text, "museum_id": text, "links": texts,
    }),
    BesideTable("materials", "material_key", {"term": text, "language": text, "museum_id": text, "links": texts}),
    BesideTable("subjects", "subject_key", {
        "name": text, "language": text, "kind": text, "museum_id": text, "links": texts,
    }),
)  # fmt: skip

Rows = tuple[tuple[bytes, ...], ...]
"""The packed rows of each of TABLES, in the museum's order."""


def packed_beside(artwork: Artwork) -> Rows:
    """Return the rows of what the museum says beside an artwork."""
    start = text(artwork.museum) + text(artwork.object_number)
    return tuple([
        tuple([
            columns(len(table.columns)) + start + int4(position) + _packed(place, artwork.museum, each)
            for position, each in enumerate(getattr(artwork, table.name), 1)
        ])
        for place, table in enumerate(TABLES)
    ])  # fmt: skip


# The works of a collection share their makers, places, materials and subjects.
@lru_cache(maxsize=32_768)
def _packed(table: int, slug: str, said: Said) -> bytes:
    return b"".join((text(said.key(slug)), *(pack(getattr(said, name)) for name, pack in TABLES[table].said.items())))
