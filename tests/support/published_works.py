"""Works that are live in production with vectors of their own, as a promotion would leave them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from museum_assets.collection.vectors.embedding import keep_vectors
from resources.embedders.embedder import Vector
from sql import query
from tests.support.little_production import LittleProduction, insert


@dataclass(frozen=True)
class PublishedWork:
    """What the table of artworks says of a work, and its vectors by name."""

    row: dict[str, Any]
    vectors: Mapping[str, Vector]

    @property
    def contents(self) -> list[bytes]:
        """Digests that stand for what the vectors were made of."""
        return [sha256(vector.tobytes()).digest() for vector in self.vectors.values()]


def publish(
    little: LittleProduction,
    museum: str,
    works: Mapping[str, PublishedWork],
    contract: str,
    artists: Mapping[str, tuple[str, str, list[str]]] | None = None,
) -> None:
    """Make works by their object numbers a museum's first release, with vectors of one contract.

    `artists` are (identity, label, spellings) of works by their numbers.
    """
    common: dict[str, Any] = {"museum": museum, "slot": 1, "row_hash": b"x"}
    with little.database.connect() as conn, conn.transaction():
        conn.execute(
            "INSERT INTO production.release (museum, release_id, slot, made_by, why) VALUES (%s, 1, 1, 'x', 'x')",
            (museum,),
        )
        insert(conn, "artwork", [common | {"object_number": number} | work.row for number, work in works.items()])
        insert(conn, "index_status", [
            common | {"object_number": number, "digest": sha256(number.encode()).digest(),
                      "vectors": list(work.vectors), "contracts": [contract] * len(work.vectors),
                      "contents": work.contents} for number, work in works.items()])  # fmt: skip
        who = artists or {}
        insert(conn, "artist_identity", [
            common | {"identity": identity, "label": label, "names": names, "method": "inferred", "birth_year": 1606,
                      "artworks": sum(each[0] == identity for each in who.values())}
            for identity, label, names in {each[0]: each for each in who.values()}.values()])  # fmt: skip
        insert(conn, "artwork_identity", [
            common | {"object_number": number, "position": 1, "identity": each[0], "name": each[2][0]}
            for number, each in who.items()])  # fmt: skip
        conn.execute(query("releases.fill_search"), {"museum": museum, "slot": 1})
    with little.outside.platform.connect() as conn:
        made = {c: v for work in works.values() for c, v in zip(work.contents, work.vectors.values(), strict=True)}
        keep_vectors(conn, contract, made)
    little.outside.add(museum, 1, None)
    little.outside.show(museum, 1)
    little.ready(museum, 1)
    little.commit(museum, 1)
