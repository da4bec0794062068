"""Sorting out the entries of a listing or a dump: records, and what is none, each by a name of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from museum_assets.core.crashes import INTERNAL, Crash
from museum_assets.core.failures import Failure, Malformed
from museum_assets.core.json_pages import UnreadableEntry
from museum_assets.museums.keys import is_too_long, shortened
from museum_assets.museums.museum import BadEntry, Json, Place, RawRecord

NONE_OF = 50
"""A page of so many entries of which none is a record is no page with bad records: the API has changed."""

Shape = Callable[[Json], RawRecord]
"""Makes an entry's record. Raises Failure."""


def sort_out(entries: Sequence[Json], where: str, shape: Shape) -> tuple[list[RawRecord], dict[str, Failure]]:
    """Return (records, failures by id). An entry without a known id is named by its Place in `where`.

    Whatever an entry makes `shape` raise is that entry's failure. Raises Malformed when none of many is a record.
    """
    records: list[RawRecord] = []
    failed: dict[str, Failure] = {}
    for position, entry in enumerate(entries):
        try:
            records.append(shape(entry))
        except Exception as error:  # noqa: BLE001 - no entry stops a listing
            failure = as_failure(error, entry)
            name = failure.name if isinstance(failure, BadEntry) else None
            failed[name or Place(f"{where}+{position}")] = failure
    if len(failed) >= NONE_OF and not records:
        first = next(iter(failed.values()))
        raise Malformed(f"none of the {len(failed)} entries at {where} is a record; the first: {first}")
    return records, failed


def as_failure(error: Exception, entry: Json) -> Failure:
    """Return an exception as the failure of an entry, with the entry as evidence."""
    if isinstance(error, Failure):
        error.evidence = error.evidence or evidence(entry)
        return error
    crash = Crash.of(error)
    return Failure(crash.message, code=INTERNAL, permanent=True, evidence=evidence(entry), trace=crash.traceback)


def record_with_id(entry: Json, key: str = "id") -> RawRecord:
    """Return an entry under its own id. Raises BadEntry when it is unreadable or has no id."""
    id_ = as_id(entry.get(key)) if isinstance(entry, dict) else None
    if isinstance(entry, UnreadableEntry):
        raise BadEntry(f"the record cannot be read: {entry.reason}", name=known_name(entry, key), evidence=entry.raw)
    if id_ is None:
        raise BadEntry(f"the listing's entry has no {key}: {entry!r:.200}", code="no_id")
    return RawRecord(id_, entry)


def known_name(entry: UnreadableEntry, key: str = "id") -> str | None:
    """Return the id of an entry that cannot be read, as the name of its failure, where the id can be."""
    id_ = as_id(entry.field(key))
    return id_ and (shortened(id_) if is_too_long(id_) else id_)


def as_id(value: object) -> str | None:
    """Return an id as text: a text without blanks around it or a whole number; None for anything else."""
    # Called for every record of a listing: the usual case is one of these two.
    if type(value) is str and value.isascii() and "\x00" not in value:
        return value.strip() or None
    if type(value) is not int and type(value) is not str:
        return None
    # As a number it has 4,300 digits at most: Python writes no more.
    text = str(value).replace("\x00", "").strip()
    return text.encode("utf-8", "replace").decode() or None


def evidence(entry: Json) -> bytes:
    """Return an entry as bytes for its dead letter: those that came where they are known, else it written anew."""
    if isinstance(entry, UnreadableEntry):
        return entry.raw
    if isinstance(entry, bytes):
        return entry
    try:
        return json.dumps(entry).encode()
    except (TypeError, ValueError, RecursionError):
        return repr(type(entry)).encode()
