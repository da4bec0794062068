"""What must be true when everything is quiet, counted in Postgres, S3 and the index without the platform's checks."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from resources.postgres import Connection
from resources.vector_index.index import PointRecord, point_id
from tests.robustness.embedder import vector_of
from tests.robustness.truth import Expected, expected, image_codes
from tests.robustness.world import World
from tests.support.fake_jina import vector_of as jina_vector_of

VECTORS = {"clip": vector_of, "jina": jina_vector_of}
"""How each model makes a vector of a content."""


class Oracle:
    """Holds one museum of a world against the model; each method yields what differs."""

    def __init__(self, world: World, slug: str) -> None:
        self.world, self.slug = world, slug
        self.models = ("clip", "jina") if world.plan.jina else ("clip",)
        self.listed = expected(world.simulator.simulator, slug, world.base)
        store = world.platform.thumbnails()
        self.objects = {item.key: store.get(item.key) for item in store.list(f"{slug}_")}
        with world.platform.vector_index().open() as session:
            session.ensure_collection({})
            ids = list(session.ids(slug))
            self.points = {record.id: record for record in session.retrieve(ids, with_vectors=True)}

    def differences(self, conn: Connection) -> Iterator[str]:
        """Yield everything that is not as it must be."""
        yield from self.records(conn)
        yield from self.artworks(conn)
        yield from self.thumbnails(conn)
        yield from self.vectors(conn)
        yield from self.letters(conn)
        yield from self.leftovers(conn)

    def records(self, conn: Connection) -> Iterator[str]:
        """The records stored are those that the museum lists."""
        rows = conn.execute("SELECT record_id FROM raw.record WHERE museum = %s AND withdrawn_at IS NULL", (self.slug,))
        yield from compared("records", {row["record_id"] for row in rows}, set(self.listed))
        row = conn.execute(
            "SELECT state FROM ops.harvest WHERE museum = %s ORDER BY id DESC LIMIT 1", (self.slug,)
        ).fetchone()
        if row != {"state": "complete"}:
            yield f"the last harvest is {row}"

    def artworks(self, conn: Connection) -> Iterator[str]:
        """Every record is an artwork, a rejection that a rule explains, or a duplicate of the one stored first."""
        ledger = ledger_of(conn, self.slug, "transformed_artworks")
        yield from compared("ledger of transformed_artworks", set(ledger), set(self.listed))
        order = {
            row["record_id"]: row["seq"]
            for row in conn.execute("SELECT record_id, seq FROM raw.record WHERE museum = %s", (self.slug,))
        }
        numbers: dict[str, list[str]] = defaultdict(list)
        for record in self.listed.values():
            if not record.reasons:
                numbers[record.number].append(record.id)
        winners = {number: min(ids, key=lambda id_: order.get(id_, 1 << 62)) for number, ids in numbers.items()}
        for id_, row in ledger.items():
            if id_ in self.listed and (wrong := _fate(self.listed[id_], row, winners)):
                yield wrong
        staged = {row["record_id"]: row for row in conn.execute(
            "SELECT record_id, object_number, title FROM staging.artwork WHERE museum = %s", (self.slug,))}  # fmt: skip
        yield from compared("artworks", set(staged), set(winners.values()))
        made = {id_ for id_, row in ledger.items() if row["outcome"] == "done" or row["outcome"] == "failed"}
        yield from (f"{id_} is staged and not made" for id_ in staged.keys() - made)
        for id_, row in staged.items():
            listed = self.listed.get(id_)
            if listed and (row["object_number"], row["title"]) != (listed.number, listed.title):
                yield f"{id_} is staged as {row}, the museum says {listed.number}, {listed.title!r}"

    def thumbnails(self, conn: Connection) -> Iterator[str]:
        """Ledger, rows and objects name the same thumbnails, with the recorded bytes; the others failed by code."""
        staged = {row["record_id"]: row["thumbnail_url"] for row in conn.execute(
            "SELECT record_id, thumbnail_url FROM staging.artwork WHERE museum = %s", (self.slug,))}  # fmt: skip
        codes = {
            id_: image_codes(self.world.simulator.simulator, self.slug, url) for id_, url in staged.items()
        }  # fmt: skip
        ledger = ledger_of(conn, self.slug, "stored_thumbnails")
        yield from compared("ledger of stored_thumbnails", set(ledger), set(staged))
        for id_, row in ledger.items():
            allowed = codes.get(id_)
            fine = row["code"] in allowed if allowed else row["outcome"] == "done"
            if not fine:
                yield f"the thumbnail of {id_} is {row['outcome']} {row['code']}: {row['message']}"
        rows = {row["record_id"]: row for row in conn.execute(
            "SELECT record_id, s3_key, sha256 FROM staging.thumbnail WHERE museum = %s", (self.slug,))}  # fmt: skip
        # A record whose image broke after it was stored keeps what it had.
        kept = {id_ for id_, row in ledger.items() if row["outcome"] == "done" or row["output"] is not None}
        yield from compared("thumbnails", set(rows), kept)
        keys = {row["s3_key"]: row for row in rows.values()}
        yield from compared("objects", set(self.objects), set(keys))
        for key, body in self.objects.items():
            if key in keys and hashlib.sha256(body).digest() != keys[key]["sha256"]:
                yield f"object {key} has not the recorded bytes"
        outputs = {row["output"] for row in ledger.values()} - {None}
        yield from compared("keys in the ledger", outputs, set(keys))

    def vectors(self, conn: Connection) -> Iterator[str]:
        """Every artwork has one point, which carries exactly the vectors of its image and its title."""
        rows = conn.execute(
            "SELECT a.record_id, a.object_number, a.title, a.search_text, t.s3_key FROM staging.artwork AS a"
            " LEFT JOIN staging.thumbnail AS t USING (museum, record_id) WHERE a.museum = %s",
            (self.slug,),
        ).fetchall()
        wanted = {point_id(self.slug, row["object_number"]): row for row in rows}
        yield from compared("points", set(self.points), set(wanted))
        columns = {"indexed_artworks": None} | {
            f"{kind}_{model}": column
            for kind, column in (("image", "s3_key"), ("text", "search_text"))
            for model in self.models
        }
        for stage, named in columns.items():
            ledger = ledger_of(conn, self.slug, stage)
            due = {row["record_id"] for row in rows if named is None or row[named] is not None}
            yield from compared(f"ledger of {stage}", set(ledger), due)
            for id_, found in ledger.items():
                if found["outcome"] != "done":
                    yield f"{stage} of {id_} is {found['outcome']} {found['code']}: {found['message']}"
        for id_ in self.points.keys() & wanted.keys():
            yield from self._point(self.points[id_], wanted[id_])

    def _point(self, point: PointRecord, row: dict[str, Any]) -> Iterator[str]:
        if (point.payload.get("title"), point.payload["object_number"]) != (row["title"], row["object_number"]):
            yield f"the point of {row['record_id']} says {point.payload.get('title')!r}, the row {row['title']!r}"
        text = row["search_text"].encode() if row["search_text"] else None
        contents = {"image": self.objects.get(row["s3_key"]), "text": text}
        for model, (kind, content) in itertools.product(self.models, contents.items()):
            name = f"{kind}_{model}"
            vector: Any = point.vectors.get(name)
            if (vector is None) != (content is None):
                yield f"the point of {row['record_id']} has {'no' if vector is None else 'a'} vector {name}"
            elif (
                vector is not None
                and content is not None
                and not np.allclose(vector, VECTORS[model](content), atol=1e-4)
            ):
                yield f"the vector {name} of {row['record_id']} is of something else"

    def letters(self, conn: Connection) -> Iterator[str]:
        """A letter is open for each permanent failure, and for nothing else."""
        failed = conn.execute(
            "SELECT stage, record_id FROM ops.ledger WHERE museum = %s AND outcome = 'failed' AND permanent",
            (self.slug,),
        )
        wanted = {f"{row['stage']} {row['record_id']}" for row in failed}
        letters = conn.execute(
            "SELECT source, place FROM ops.dead_letter WHERE museum = %s AND state = 'open'", (self.slug,)
        )
        yield from compared("open letters", {f"{row['source']} {row['place']}" for row in letters}, wanted)

    def leftovers(self, conn: Connection) -> Iterator[str]:
        """Nothing is noted for removal, no ledger row is of a stage that there is not, no harvest is open."""
        for statement, what in (
            ("SELECT output FROM ops.abandoned_output WHERE museum = %s", "abandoned output"),
            ("SELECT id FROM ops.harvest WHERE museum = %s AND state = 'open'", "open harvest"),
            ("SELECT record_id, code FROM ops.ledger WHERE museum = %s AND stage = 'raw_metadata'", "unfetched record"),
        ):
            yield from (f"{what}: {row}" for row in conn.execute(statement, (self.slug,)))


def ledger_of(conn: Connection, slug: str, stage: str) -> dict[str, dict[str, Any]]:
    """Return the ledger's rows of a museum's stage by record."""
    rows = conn.execute(
        "SELECT record_id, outcome, code, message, output FROM ops.ledger WHERE museum = %s AND stage = %s",
        (slug, stage),
    )
    return {row["record_id"]: row for row in rows}


def _fate(record: Expected, row: dict[str, Any], winners: dict[str, str]) -> str | None:
    found = row["outcome"], row["code"], row["output"]
    if record.reasons:
        fine = row["outcome"] == "rejected" and row["code"] in record.reasons
        wanted = f"rejected with one of {', '.join(sorted(record.reasons))}"
    elif winners[record.number] == record.id:
        fine, wanted = row["outcome"] == "done", "an artwork"
    else:
        winner = winners[record.number]
        fine = row["outcome"] == "duplicate" and row["output"] == winner
        wanted = f"a duplicate of {winner}"
    return None if fine else f"{record.id} is {found} and should be {wanted}"


def compared(what: str, found: set[Any], wanted: set[Any]) -> Iterator[str]:
    """Yield how two sets differ."""
    if missing := wanted - found:
        yield f"{len(missing)} {what} are missing, such as {', '.join(sorted(map(str, missing))[:3])}"
    if extra := found - wanted:
        yield f"{len(extra)} {what} too many, such as {', '.join(sorted(map(str, extra))[:3])}"


def locks(conn: Connection) -> list[str]:
    """Return the advisory locks that somebody still holds in this database."""
    rows = conn.execute(
        "SELECT pid, objid FROM pg_locks WHERE locktype = 'advisory'"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return [f"process {row['pid']} holds lock {row['objid']}" for row in rows]


def fingerprint(conn: Connection, slug: str) -> Counter[str]:
    """Return what a run would change if it did anything: when each record was last attempted, and by which outcome."""
    rows = conn.execute("SELECT stage, record_id, outcome, attempted_at FROM ops.ledger WHERE museum = %s", (slug,))
    return Counter(f"{row['stage']} {row['record_id']} {row['outcome']} {row['attempted_at']}" for row in rows)
