"""Reading one raw record into the row of its artwork. Pure, and quick to import: other processes do it too."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

import museum_assets.museums as museums_package
from museum_assets.failures import Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.museum import Museum
from resources.binary_rows import binary, columns, int4, int8, text, texts

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
    artists: tuple[str, ...]
    production_date_start: int | None
    production_date_end: int | None
    period: str | None
    work_types: tuple[str, ...]
    searchable_work_types: tuple[str, ...]
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
    return Row._make(_values(artwork, record_id, seq))


def _values(artwork: Artwork, record_id: str, seq: int) -> tuple[Any, ...]:
    shown = (
        artwork.object_number,
        artwork.museum_db_id,
        artwork.title,
        artwork.artists,
        artwork.production_date_start,
        artwork.production_date_end,
        artwork.period,
        artwork.work_types,
        artwork.searchable_work_types,
        artwork.thumbnail_url,
        artwork.image_url,
        artwork.rights,
        artwork.source_url,
        search_text(artwork),
    )
    # Without seq: a record that was withdrawn and came back is still the same artwork.
    row_hash = hashlib.sha256(orjson.dumps([artwork.museum, record_id, *shown])).digest()
    return (artwork.museum, record_id, seq, *shown, row_hash)


Reading = tuple[str, bytes] | tuple[str, str]
"""An artwork's object number and its row, packed for COPY; or of a record that is none, a code and a message.

Plain, since it goes from process to process by the million."""

STUMBLED = "mapping_error"


def _packed(values: tuple[Any, ...]) -> bytes:
    """Return the values of a Row, packed in the order of COLUMNS."""
    (museum, record_id, seq, object_number, museum_db_id, title, artists, start, end, period, work_types, searchable,
     thumbnail_url, image_url, rights, source_url, shown, row_hash) = values  # fmt: skip
    return b"".join(
        (
            _START,
            text(museum),
            text(record_id),
            int8(seq),
            text(object_number),
            text(museum_db_id),
            text(title),
            texts(artists),
            int4(start),
            int4(end),
            text(period),
            texts(work_types),
            texts(searchable),
            text(thumbnail_url),
            text(image_url),
            text(rights),
            text(source_url),
            text(shown),
            binary(row_hash),
        )
    )


_START = columns(len(COLUMNS))


def read_records(
    museum: Museum, record_ids: Sequence[str], seqs: Sequence[int], payloads: Sequence[bytes]
) -> list[Reading]:
    """Read stored payloads (JSON). Never raises: a bug in the mapping costs its record, not the museum."""
    return [_read(museum, *record) for record in zip(record_ids, seqs, payloads, strict=True)]


def _read(museum: Museum, record_id: str, seq: int, payload: bytes) -> Reading:
    try:
        artwork = museum.read(orjson.loads(payload))
        return artwork.object_number, _packed(_values(artwork, record_id, seq))
    except Rejected as rejection:
        return rejection.code, str(rejection)
    except Exception as error:  # noqa: BLE001 - see read_records
        message = (
            f"the mapping in museums/{museum.slug}.py stumbled over {record_id}: {type(error).__name__}: {error}. Mend "
            f"it (`museum try {museum.slug} FILE` reads one record); a changed mapping reads it again by itself"
        )
        return STUMBLED, message


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
