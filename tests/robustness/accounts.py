"""What must be true of a museum with hostile records: all are accounted for, and the good ones get through.

A harvest in which a record fails withdraws nothing, so what vanished meanwhile may still be there: that is judged when
the museum has corrected its records, by the oracle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from resources.postgres import Connection
from tests.robustness.oracle import ledger_of
from tests.robustness.truth import Expected, expected, image_codes
from tests.robustness.world import World

STAGES = {
    "transformed_artworks": "transformed_artworks", "indexed_artworks": "indexed_artworks",
    "stored_thumbnails": "stored_thumbnails", "image_clip": "image", "text_clip": "text",
}  # fmt: skip
"""Stages, with the view of each one's inputs."""
ENRICHING = ("artist_identities", "artist_facts", "place_coordinates", "subject_identities", "work_type_terms",
             "material_terms", "thumbnail_colours")  # fmt: skip
"""Those of enrichment, whose views are called as they are."""


class Accounts:
    """One museum's records, of which some are hostile."""

    def __init__(self, world: World, slug: str) -> None:
        self.world, self.slug = world, slug
        self.listed = expected(world.simulator.simulator, slug, world.base)
        self.hostile = set(world.simulator.simulator.faults.of(slug).hostile) & self.listed.keys()

    def differences(self, conn: Connection) -> Iterator[str]:
        """Yield every record that is not accounted for, and every good one that did not get through."""
        good = self.listed.keys() - self.hostile
        stored = {row["record_id"] for row in conn.execute(
            "SELECT record_id FROM raw.record WHERE museum = %s AND withdrawn_at IS NULL", (self.slug,))}  # fmt: skip
        if missing := good - stored:
            yield f"{len(missing)} good records are not stored, such as {min(missing)}"
        failed = ledger_of(conn, self.slug, "raw_metadata")
        kept = [id_ for id_ in stored if any(id_ == each or id_.startswith(f"{each}-") for each in self.hostile)]
        if len(kept) + len(failed) != len(self.hostile):
            yield f"of {len(self.hostile)} hostile records {len(kept)} are stored and {len(failed)} failed: {failed}"
        for stage, view in STAGES.items():
            yield from self._pending(conn, stage, view)
            if stage != "transformed_artworks":
                yield from self._good(conn, stage, good)
        if self.world.plan.authority:
            yield from self._enriched(conn)
        yield from self._fates(ledger_of(conn, self.slug, "transformed_artworks"), good)

    def _pending(self, conn: Connection, stage: str, view: str) -> Iterator[str]:
        rows = conn.execute(
            f"SELECT i.record_id FROM ops.input_{view} AS i LEFT JOIN ops.ledger AS l ON l.museum = i.museum"
            " AND l.stage = %s AND l.record_id = i.record_id AND l.input_hash = i.input_hash"
            " WHERE i.museum = %s AND l.record_id IS NULL",
            (stage, self.slug),
        )
        yield from (f"{row['record_id']} is pending at {stage}" for row in rows)

    def _enriched(self, conn: Connection) -> Iterator[str]:
        """Whatever a hostile record calls its makers, places and materials is a name like any other by then."""
        for stage in ENRICHING:
            yield from self._pending(conn, stage, stage)
            for key, row in ledger_of(conn, self.slug, stage).items():
                if row["outcome"] == "failed":
                    yield f"{stage} of {key} is failed {row['code']}: {row['message']}"

    def _fates(self, ledger: dict[str, dict[str, Any]], good: set[str]) -> Iterator[str]:
        for id_ in good & ledger.keys():
            record: Expected = self.listed[id_]
            found = ledger[id_]["outcome"], ledger[id_]["code"]
            fine = found[1] in record.reasons if record.reasons else found[0] in {"done", "duplicate"}
            if not fine:
                yield f"{id_} is {found}, and nothing is wrong with it"

    def _good(self, conn: Connection, stage: str, good: set[str]) -> Iterator[str]:
        urls = {row["record_id"]: row["thumbnail_url"] for row in conn.execute(
            "SELECT record_id, thumbnail_url FROM staging.artwork WHERE museum = %s", (self.slug,))}  # fmt: skip
        for id_, row in ledger_of(conn, self.slug, stage).items():
            broken = image_codes(self.world.simulator.simulator, self.slug, urls[id_]) if id_ in urls else ()
            if id_ in good and row["outcome"] != "done" and row["code"] not in broken:
                yield f"{stage} of {id_} is {row['outcome']} {row['code']}, and nothing is wrong with it"
