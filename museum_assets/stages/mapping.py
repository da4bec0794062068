"""Reading one raw record into the row of its artwork. Pure, and quick to import: other processes do it too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

import museum_assets.museums as museums_package
from museum_assets.failures import Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.museum import Museum
from museum_assets.museums.years import this_year
from resources.binary_rows import binary, columns, int4, int8, text, texts

COLUMNS: dict[str, Callable[[Any], bytes]] = {
    "museum": text,
    "record_id": text,
    "record_seq": int8,
    "object_number": text,
    "museum_db_id": text,
    "title": text,
    "artists": texts,
    "production_date_start": int4,
    "production_date_end": int4,
    "period": text,
    "work_types": texts,
    "searchable_work_types": texts,
    "thumbnail_url": text,
    "image_url": text,
    "rights": text,
    "source_url": text,
    "search_text": text,
    "row_hash": binary,
}
"""staging.artwork as it is copied, and what packs each value. All but record_id, record_seq and the last two are fields
of Artwork."""


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


def staged_row(artwork: Artwork, record_id: str, seq: int) -> tuple[Any, ...]:
    """Return the values of COLUMNS of an artwork, the last of them its content hash."""
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
_START, _PACKERS = columns(len(COLUMNS)), tuple(COLUMNS.values())


def read_records(
    museum: Museum, record_ids: Sequence[str], seqs: Sequence[int], payloads: Sequence[bytes]
) -> list[Reading]:
    """Read stored payloads (JSON). Never raises: a bug in the mapping costs its record, not the museum."""
    return [_read(museum, *record) for record in zip(record_ids, seqs, payloads, strict=True)]


def _read(museum: Museum, record_id: str, seq: int, payload: bytes) -> Reading:
    try:
        artwork = museum.read(orjson.loads(payload))
        values = staged_row(artwork, record_id, seq)
        return artwork.object_number, _START + b"".join(
            [pack(value) for pack, value in zip(_PACKERS, values, strict=True)]
        )
    except Rejected as rejection:
        return rejection.code, str(rejection)
    except Exception as error:  # noqa: BLE001 - see read_records
        message = (
            f"the mapping in museums/{museum.slug}.py stumbled over {record_id}: {type(error).__name__}: {error}. Mend "
            f"it (`museum try {museum.slug} FILE` reads one record); a changed mapping reads it again by itself"
        )
        return STUMBLED, message


def mapping_contract(slug: str) -> str:
    """Return a digest of the source that maps this museum's records: editing it re-reads the records, a new year
    those of a museum that asks for it.

    A version number kept by hand is forgotten sooner or later; a digest cannot be.
    """
    folder = Path(museums_package.__file__).parent
    others = {f"{other}.py" for other in (*museums_package.MUSEUMS, *museums_package.KIOSK_MUSEUMS) if other != slug}
    files = sorted(p for p in folder.iterdir() if p.suffix in {".py", ".csv"} and p.name not in others)
    digest = hashlib.sha256()
    for file in [*files, Path(__file__)]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    if museums_package.museum(slug).yearly:
        digest.update(str(this_year()).encode())
    return f"mapping:{digest.hexdigest()[:16]}"
