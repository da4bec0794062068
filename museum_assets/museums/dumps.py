"""Harvesting from a museum's dump: pages with checkpoints, like those of any API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from museum_assets.failures import CheckpointExpired, Malformed
from museum_assets.museums.museum import Document, Dump, Json, Page, RawRecord

T = TypeVar("T")

PER_PAGE = 500
"""Records of a page: what a kill makes the next run read again."""


def document_pages(
    dump: Dump,
    pattern: str,
    shape: Callable[[dict[str, Json]], RawRecord],
    checkpoint: dict[str, Json] | None,
    limit: int | None,
) -> Iterator[Page]:
    """Yield the dump's matching JSON files in pages; `shape` makes the record and raises Malformed.

    A file that is no record is a failed entry under its name. Raises CheckpointExpired.
    """
    start = resume(dump, checkpoint)
    total = dump.count(pattern)
    for documents in chunks(dump.documents(pattern, start), page_size(limit)):
        page = Page(pattern, [], place(dump, documents[-1].index + 1), len(documents), total)
        for document in documents:
            try:
                page.records.append(shape(_object(document)))
            except Malformed as failure:
                page.failed[document.name] = failure
        yield page
    if total == 0:
        yield Page(pattern, [], place(dump, start), 0, 0)


def place(dump: Dump, start: int) -> dict[str, Json]:
    """Return the checkpoint of having read all before an index of this edition."""
    return {"dump": dump.version, "start": start}


def resume(dump: Dump, checkpoint: dict[str, Json] | None) -> int:
    """Return the index to go on from. Raises CheckpointExpired when the checkpoint is of something else."""
    match checkpoint:
        case None:
            return 0
        case {"dump": version, "start": int(start)} if version == dump.version:
            return start
    raise CheckpointExpired(f"the checkpoint {checkpoint!r:.200} is not of the dump {dump.version[:12]}: start over")


def page_size(limit: int | None) -> int:
    """Return how many records a page has."""
    return max(1, min(PER_PAGE, limit or PER_PAGE))


def chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most `size` items (itertools.batched came with Python 3.12)."""
    while chunk := list(islice(items, size)):
        yield chunk


def _object(document: Document) -> dict[str, Json]:
    try:
        found = json.loads(document.body)
    except ValueError as error:
        raise Malformed(f"{document.name} is not JSON: {error}", permanent=True) from error
    if not isinstance(found, dict):
        raise Malformed(f"{document.name} is not one JSON object", permanent=True)
    return found


def identified(record: dict[str, Json], key: str = "id") -> RawRecord:
    """Return the record under its own id. Raises Malformed without one."""
    id_ = record.get(key)
    if isinstance(id_, bool) or not isinstance(id_, int | str) or not str(id_).strip():
        raise Malformed(f"the record has no {key}: {record!r:.200}", code="no_id", permanent=True)
    return RawRecord(str(id_).strip(), record)
