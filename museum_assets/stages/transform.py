"""transformed_artworks: every raw record becomes an artwork, a rejection with a code, or a duplicate of another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import orjson
from psycopg import sql

import museum_assets.museums as museums_package
from museum_assets.failures import Failure, Rejected
from museum_assets.loop.ledger import copy_rows
from museum_assets.loop.stage import Leftover, Outcome, Stage, Work, done, failed, rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.museum import Museum
from resources.postgres import Connection
from sql import query

DUPLICATE = "duplicate_object_number"

COLUMNS: dict[str, str] = {
    "museum": "text",
    "record_id": "text",
    "record_seq": "int8",
    "object_number": "text",
    "museum_db_id": "text",
    "title": "text",
    "artists": "text[]",
    "production_date_start": "int4",
    "production_date_end": "int4",
    "period": "text",
    "work_types": "text[]",
    "searchable_work_types": "text[]",
    "thumbnail_url": "text",
    "image_url": "text",
    "rights": "text",
    "source_url": "text",
    "search_text": "text",
    "row_hash": "bytea",
}
"""staging.artwork as it is copied; all but the last two and record_id, record_seq are the fields of Artwork."""


class Row(NamedTuple):
    """One staged artwork, in the order of COLUMNS."""

    museum: str
    record_id: str
    record_seq: int
    object_number: str
    museum_db_id: str
    title: str | None
    artists: list[str]
    production_date_start: int | None
    production_date_end: int | None
    period: str | None
    work_types: list[str]
    searchable_work_types: list[str]
    thumbnail_url: str
    image_url: str | None
    rights: str
    source_url: str | None
    search_text: str | None
    row_hash: bytes


def search_text(artwork: Artwork) -> str | None:
    """Return what the text embeddings read: title, artists, types and period; None for an untitled work.

    Without a title the rest describes a kind of work and not this one: such a work keeps its image vectors only.
    """
    if not artwork.title:
        return None
    parts = [artwork.title]
    if artwork.artists:
        parts.append("by " + ", ".join(artwork.artists))
    parts += artwork.searchable_work_types
    if artwork.period:
        parts.append(artwork.period)
    return ", ".join(parts)


def to_row(artwork: Artwork, record_id: str, seq: int) -> Row:
    """Return the staged row of an artwork with its content hash."""
    row = Row(
        artwork.museum,
        record_id,
        seq,
        artwork.object_number,
        artwork.museum_db_id,
        artwork.title,
        list(artwork.artists),
        artwork.production_date_start,
        artwork.production_date_end,
        artwork.period,
        list(artwork.work_types),
        list(artwork.searchable_work_types),
        artwork.thumbnail_url,
        artwork.image_url,
        artwork.rights,
        artwork.source_url,
        search_text(artwork),
        b"",
    )
    # Without seq: a record that was withdrawn and came back is still the same artwork.
    return row._replace(row_hash=hashlib.sha256(orjson.dumps([*row[:2], *row[3:-1]])).digest())


def mapping_contract(slug: str) -> str:
    """Return a digest of the source that maps this museum's records: editing it re-reads the records.

    A version number kept by hand is forgotten sooner or later; a digest cannot be.
    """
    folder = Path(museums_package.__file__).parent
    others = {f"{other}.py" for other in (*museums_package.MUSEUMS, *museums_package.KIOSK_MUSEUMS) if other != slug}
    files = sorted(p for p in folder.iterdir() if p.suffix in {".py", ".csv"} and p.name not in others)
    digest = hashlib.sha256()
    for file in [*files, Path(__file__)]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return f"mapping:{digest.hexdigest()[:16]}"


class Transform(Stage):
    """Raw records to staging.artwork."""

    name: ClassVar[str] = "transformed_artworks"
    # Its output is the record that a duplicate lost to.
    external: ClassVar[bool] = False
    batch_size: ClassVar[int] = 5000

    def __init__(self, museum: Museum) -> None:
        self.museum = museum
        self.contract = mapping_contract(museum.slug)

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Read each payload; what the museum module rejects is an outcome with its code."""
        for work in works:
            yield self._read(work)

    def _read(self, work: Work) -> Outcome:
        try:
            artwork = self.museum.read(work.data.pop("payload"))
        except Rejected as rejection:
            return rejected(work, rejection)
        except Exception as error:  # noqa: BLE001 - a bug in the mapping costs this record, not the museum
            slug = self.museum.slug
            message = (
                f"the mapping in museums/{slug}.py stumbled over {work.record_id}: {type(error).__name__}: {error}. "
                f"Mend it (`museum try {slug} FILE` reads one record); a changed mapping reads it again by itself"
            )
            return failed(work, Failure(message, code="mapping_error", permanent=True))
        return done(work, value=to_row(artwork, work.record_id, work.data["seq"]))

    def write(self, conn: Connection, museum: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Stage the artworks; of two records with one object number the one stored first wins."""
        rows: list[Row] = [o.value for o in outcomes if o.status == "done"]
        batch = {o.work.record_id for o in outcomes}
        staged = self._staged(conn, museum, rows, list(batch))
        winners = _winners(rows, {id_: place for id_, place in staged.items() if id_ not in batch})
        losers = {
            row.record_id: winners[row.object_number] for row in rows if winners[row.object_number] != row.record_id
        }
        final = [_as_duplicate(o, losers[o.work.record_id]) if o.work.record_id in losers else o for o in outcomes]
        kept = [o.value for o in final if o.status == "done"]
        self._clear(conn, museum, final, staged, winners)
        _upsert(conn, kept)
        return final

    def remove(self, conn: Connection, museum: str, leftovers: Sequence[Leftover]) -> None:
        """Delete the artworks of withdrawn records."""
        self._delete(conn, museum, [leftover.record_id for leftover in leftovers])

    def _staged(
        self, conn: Connection, museum: str, rows: Sequence[Row], record_ids: list[str]
    ) -> dict[str, tuple[str, int]]:
        """Return {record id: (object number, seq)} of staged artworks that this batch may touch."""
        found = conn.execute(
            "SELECT record_id, object_number, record_seq FROM staging.artwork"
            " WHERE museum = %(museum)s AND object_number = ANY(%(numbers)s)"
            " UNION SELECT record_id, object_number, record_seq FROM staging.artwork"
            " WHERE museum = %(museum)s AND record_id = ANY(%(ids)s)",
            {"museum": museum, "numbers": [row.object_number for row in rows], "ids": record_ids},
        )
        return {row["record_id"]: (row["object_number"], row["record_seq"]) for row in found}

    def _clear(
        self,
        conn: Connection,
        museum: str,
        outcomes: Sequence[Outcome],
        staged: dict[str, tuple[str, int]],
        winners: dict[str, str],
    ) -> None:
        """Take out staged rows that are no longer right: rejected, lost, renumbered or displaced."""
        numbers = {o.work.record_id: o.value.object_number for o in outcomes if o.status == "done"}
        batch = {o.work.record_id for o in outcomes}
        wrong = [id_ for id_ in batch & staged.keys() if numbers.get(id_) != staged[id_][0]]
        displaced = [
            id_ for id_, (number, _) in staged.items()
            if id_ not in batch and winners.get(number, id_) != id_
        ]  # fmt: skip
        self._delete(conn, museum, wrong + displaced)
        for id_ in displaced:
            number = staged[id_][0]
            params = {"museum": museum, "stage": self.name, "loser": id_, "winner": winners[number],
                      "code": DUPLICATE, "message": _duplicate_message(number, winners[number])}  # fmt: skip
            conn.execute(query("artwork_displace"), params)

    def _delete(self, conn: Connection, museum: str, record_ids: list[str]) -> None:
        if record_ids:
            params: dict[str, Any] = {"museum": museum, "stage": self.name, "record_ids": record_ids}
            conn.execute(query("artwork_delete"), params)


def _winners(rows: Sequence[Row], others: dict[str, tuple[str, int]]) -> dict[str, str]:
    """Return {object number: record id} of the record stored first, among the batch and the other staged ones."""
    best: dict[str, tuple[int, str]] = {}
    contenders = [(row.object_number, row.record_seq, row.record_id) for row in rows]
    contenders += [(number, seq, id_) for id_, (number, seq) in others.items()]
    for number, seq, id_ in contenders:
        if number not in best or (seq, id_) < best[number]:
            best[number] = (seq, id_)
    return {number: id_ for number, (_, id_) in best.items()}


def _duplicate_message(number: str, winner: str) -> str:
    return f"object number {number} is already that of record {winner}, which was stored first"


def _as_duplicate(outcome: Outcome, winner: str) -> Outcome:
    return replace(
        outcome,
        status="duplicate",
        code=DUPLICATE,
        message=_duplicate_message(outcome.value.object_number, winner),
        output=winner,
    )


def _upsert(conn: Connection, rows: Sequence[Row]) -> None:
    if not rows:
        return
    conn.execute("CREATE TEMP TABLE IF NOT EXISTS artwork_batch (LIKE staging.artwork) ON COMMIT DELETE ROWS")
    # updated_at is NOT NULL in the copied shape; the default is not copied by LIKE, and the value not needed.
    conn.execute("ALTER TABLE artwork_batch DROP COLUMN IF EXISTS updated_at")
    copy_rows(conn, "artwork_batch", list(COLUMNS), list(COLUMNS.values()), rows)
    names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    excluded = sql.SQL(", ").join(sql.Identifier("excluded", name) for name in COLUMNS)
    conn.execute(sql.SQL(query("artwork_upsert")).format(columns=names, excluded=excluded))
