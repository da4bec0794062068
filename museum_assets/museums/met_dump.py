"""MET's bulk file, MetObjects.csv (https://github.com/metmuseum/openaccess): all objects, and which are open.

It has no addresses of images. So it replaces the listings and the search, and half of the objects: those that are not
in the public domain are taken from it, and only the open ones are asked for one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from museum_assets.core.failures import Failure, Malformed
from museum_assets.museums.dumps import chunks, dump_checkpoint, dump_start, page_size
from museum_assets.museums.museum import Dump, Json, Page, Place, RawRecord

DUMP_SCOPE = "dump"
DUMP_DEPARTMENTS = frozenset({"European Paintings", "Robert Lehman Collection", "Drawings and Prints"})
"""The departments that are harvested whole, by the names that the file has for them."""

CSV_TEXTS = {
    "accessionNumber": "Object Number", "department": "Department", "objectName": "Object Name", "title": "Title",
    "classification": "Classification", "artistDisplayName": "Artist Display Name", "period": "Period",
    "objectDate": "Object Date", "objectURL": "Link Resource", "metadataDate": "Metadata Date",
}  # fmt: skip
CSV_NUMBERS = {"objectBeginDate": "Object Begin Date", "objectEndDate": "Object End Date"}

OBJECT_ID, WHOLE = re.compile(r"[0-9]{1,18}"), re.compile(r"-?[0-9]{1,18}")
"""What int() certainly reads: it stumbles over --5 and over ², which is a digit too, and over 5,000 digits."""

CsvRow = tuple[int, dict[str, str] | Failure]
FetchObjects = Callable[[list[int]], Page]
"""Fetches the objects with these ids from the API, as one page."""


def dump_pages(
    dump: Dump, fetch: FetchObjects, checkpoint: dict[str, Json] | None, limit: int | None
) -> Iterator[Page]:
    """Yield the rows in scope in pages. Raises CheckpointExpired, Malformed for another file, and as `fetch` does."""
    start = dump_start(dump, checkpoint)
    rows = (row for row in dump.rows(start) if isinstance(row[1], Failure) or in_scope(row[1]))
    for chunk in chunks(rows, page_size(limit)):
        closed: list[RawRecord] = []
        failed: dict[str, Failure] = {}
        wanted: list[int] = []
        for number, row in chunk:
            if isinstance(row, Failure):
                failed[Place(f"row-{number}")] = row
            elif row["Is Public Domain"].strip().lower() == "true":
                wanted.append(int(row["Object ID"]))
            else:
                closed.append(closed_object(row))
        page = fetch(wanted)
        page.records.extend(closed)
        page.failed.update(failed)
        yield replace(
            page, scope=DUMP_SCOPE, checkpoint=dump_checkpoint(dump, chunk[-1][0]), listed=len(chunk), total=None
        )


def in_scope(row: dict[str, str]) -> bool:
    """Say whether a row is in scope: three departments, and paintings wherever they hang."""
    try:
        kind = f"{row['Classification']} {row['Object Name']}".lower()
        wanted = row["Department"] in DUMP_DEPARTMENTS or "painting" in kind
        return wanted and row["Is Public Domain"] is not None and OBJECT_ID.fullmatch(row["Object ID"]) is not None
    except KeyError as error:
        raise Malformed(f"the dump of MET has no column {error}: is this MetObjects.csv?", permanent=True) from error


def closed_object(row: dict[str, str]) -> RawRecord:
    """Return a row that is not in the public domain as the API writes an object."""
    payload: dict[str, Json] = {"objectID": int(row["Object ID"]), "isPublicDomain": False}
    payload |= {name: row.get(column, "") for name, column in CSV_TEXTS.items()}
    payload |= {name: _whole(row.get(column, "")) for name, column in CSV_NUMBERS.items()}
    return RawRecord(row["Object ID"], payload)


def _whole(text: str) -> int | None:
    return int(text) if WHOLE.fullmatch(text) else None
