"""Mapping one raw record to the row of its artwork. Pure, and quick to import, as other processes do it too."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from museum_assets.collection.artworks import beside
from museum_assets.collection.artworks.beside import Rows, packed_beside
from museum_assets.collection.corrections import apply
from museum_assets.core.crashes import INTERNAL, Crash
from museum_assets.core.failures import Rejected
from museum_assets.museums import museum
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.contract import definition_digest
from museum_assets.museums.museum import Museum
from museum_assets.museums.work_types import map_terms
from museum_assets.museums.years import this_year
from resources.binary_rows import Packer, binary, columns, int4, int8, sent, sent_types, text, texts

HASHED_COLUMNS: dict[str, Packer] = {
    "museum": text,
    "record_id": text,
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
    "text_repairs": texts,
}
"""The columns of staging.artwork that say something of the work, each with what packs its values for COPY. All but
record_id and search_text are fields of Artwork."""
ARTWORK_COLUMNS: dict[str, Packer] = {**HASHED_COLUMNS, "record_seq": int8, "row_hash": binary}
"""The columns of staging.artwork as they are written."""
_START, _PACKERS = columns(len(ARTWORK_COLUMNS)), tuple(HASHED_COLUMNS.values())
_SENT_TYPES = sent_types(_PACKERS)
_HASH_BYTES = hashlib.sha256().digest_size


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


def staged_values(artwork: Artwork, record_id: str) -> tuple[Any, ...]:
    """Return an artwork's values of HASHED_COLUMNS."""
    return (
        artwork.museum,
        record_id,
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
        artwork.text_repairs,
    )


def packed_row(values: tuple[Any, ...], seq: int) -> bytes:
    """Return a row of ARTWORK_COLUMNS packed for COPY, of the values that `staged_values` returned.

    Its hash is that of `ops.output_transformed_artworks`. Without seq: a record that was withdrawn and came back is
    still the same artwork.
    """
    fields = [pack(value) for pack, value in zip(_PACKERS, values, strict=True)]
    digest = hashlib.sha256(sent(_SENT_TYPES, fields)).digest()
    return b"".join((_START, *fields, int8(seq), binary(digest)))


def row_hash(row: bytes) -> bytes:
    """Return the hash that a packed row ends with."""
    return row[-_HASH_BYTES:]


NO_TERMS: Mapping[str, str] = MappingProxyType({})

MappingResult = tuple[str, bytes, Rows] | tuple[str, str] | tuple[str, Crash]
"""(object number, row packed for COPY, rows beside it) of an artwork, or (code, message) of a record that is none,
or (code, crash) of one that the mapping stumbled over.

A plain tuple, since it goes from process to process by the million."""


def read_records(
    chosen: Museum,
    record_ids: Sequence[str],
    seqs: Sequence[int],
    payloads: Sequence[bytes],
    corrections: Sequence[bytes | None] | None = None,
    terms: Mapping[str, str] = NO_TERMS,
) -> list[MappingResult]:
    """Read stored payloads (JSON), with what people corrected of each (JSON), and the terms that they mapped.

    Never raises: a bug in the mapping costs its record, not the museum.
    """
    map_terms(terms)
    made = corrections or [None] * len(payloads)
    return [_read(chosen, *record) for record in zip(record_ids, seqs, payloads, made, strict=True)]


def _read(chosen: Museum, record_id: str, seq: int, payload: bytes, corrections: bytes | None) -> MappingResult:
    try:
        if corrections is None:
            artwork = chosen.read(orjson.loads(payload))
        else:
            made = apply.decisions(corrections)
            apply.refuse_excluded(made)
            artwork = apply.corrected(chosen.read(orjson.loads(payload)), made)
        return artwork.object_number, packed_row(staged_values(artwork, record_id), seq), packed_beside(artwork)
    except Rejected as rejection:
        return rejection.code, str(rejection)
    except apply.CorrectionRefused as failure:
        return failure.code, Crash(str(failure), "")
    except Exception as error:  # noqa: BLE001 - see read_records
        crash = Crash.of(error)
        message = (
            f"the mapping in {chosen.place} stumbled over {record_id}: {crash.message}. Mend it (`museum try "
            f"{chosen.slug} FILE` reads one record); a changed mapping reads it again by itself"
        )
        return INTERNAL, crash._replace(message=message)


def mapping_contract(slug: str) -> str:
    """Return a digest of all that maps this museum's records, so that editing it makes every record due.

    The year is part of it for a museum that is `yearly`. A version number kept by hand would be forgotten one day.
    """
    chosen = museum(slug)
    digest = hashlib.sha256(definition_digest(chosen).encode())
    for file in Path(__file__), Path(beside.__file__), Path(apply.__file__):
        digest.update(file.read_bytes())
    if chosen.yearly:
        digest.update(str(this_year()).encode())
    return f"mapping:{digest.hexdigest()[:16]}"
