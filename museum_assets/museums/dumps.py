"""Harvesting from a museum's dump: pages with checkpoints, like those of any API."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

import orjson

from museum_assets.core.failures import CheckpointExpired
from museum_assets.museums.entries import Shape, as_failure, sort_out
from museum_assets.museums.keys import is_too_long, shortened
from museum_assets.museums.museum import BadEntry, Dump, DumpFile, Json, Page, Place, RawRecord

T = TypeVar("T")

FILES_PER_PAGE = 500
"""Records of a page: what a kill makes the next run read again."""


def file_pages(
    dump: Dump,
    pattern: str,
    shape: Shape,
    checkpoint: dict[str, Json] | None,
    limit: int | None,
) -> Iterator[Page]:
    """Yield the dump's matching JSON files in pages; `shape` makes the record.

    A file that is no record is a failed entry under its name. Raises CheckpointExpired.
    """
    start = dump_start(dump, checkpoint)
    total = dump.count(pattern)
    for files in chunks(dump.files(pattern, start), page_size(limit)):
        records, failed = sort_out(files, pattern, lambda file: _shaped(file, shape))
        yield Page(pattern, records, dump_checkpoint(dump, files[-1].index + 1), len(files), total, failed=failed)
    if total == 0:
        yield Page(pattern, [], dump_checkpoint(dump, start), 0, 0)


def _shaped(file: DumpFile, shape: Shape) -> RawRecord:
    """Return a file's record. Raises BadEntry under the file's name for whatever is wrong with it."""
    try:
        return shape(_object(file))
    except Exception as error:
        failure = as_failure(error, file.body)
        bad = BadEntry(f"{file.name}: {failure}", code=failure.code, name=_name(file), evidence=failure.evidence)
        bad.trace = failure.trace
        raise bad from error


def dump_checkpoint(dump: Dump, start: int) -> dict[str, Json]:
    """Return the checkpoint after all that stands before the index `start` of this edition was read."""
    return {"dump": dump.version, "start": start}


def dump_start(dump: Dump, checkpoint: dict[str, Json] | None) -> int:
    """Return the index to go on from. Raises CheckpointExpired when the checkpoint is of another edition."""
    match checkpoint:
        case None:
            return 0
        case {"dump": version, "start": int(start)} if version == dump.version:
            return start
    raise CheckpointExpired(f"the checkpoint {checkpoint!r:.200} is not of the dump {dump.version[:12]}: start over")


def page_size(limit: int | None) -> int:
    """Return how many records a page has."""
    return max(1, min(FILES_PER_PAGE, limit or FILES_PER_PAGE))


def chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most `size` items (itertools.batched came with Python 3.12)."""
    while chunk := list(islice(items, size)):
        yield chunk


def _object(file: DumpFile) -> dict[str, Json]:
    if file.fault:
        code, reason = file.fault
        raise BadEntry(f"{file.name}: {reason}", code=code, name=_name(file), evidence=file.body)
    try:
        found = orjson.loads(file.body.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise BadEntry(f"{file.name} is not JSON: {error}", name=_name(file), evidence=file.body) from error
    if not isinstance(found, dict):
        raise BadEntry(f"{file.name} is not one JSON object", name=_name(file), evidence=file.body)
    return found


def _name(file: DumpFile) -> Place:
    return Place(shortened(file.name) if is_too_long(file.name) else file.name)
