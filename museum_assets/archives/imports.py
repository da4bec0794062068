"""Imports as wholes: begun or found again, finished, given up, rolled back; and the pointer to the current one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from museum_assets.archives.block import Place
from museum_assets.archives.schema import Source
from museum_assets.archives.tables import Tables, drop
from museum_assets.archives.transfer import Downloaded
from museum_assets.dead_letters.letters import Chosen, close_letters
from museum_assets.failures import Failure, MuseumError
from resources.postgres import Connection, Database
from sql import query

SOURCE = "archive_import"
"""Of dead letters, whose museum is the declared source; also the name of the asset and of the lock."""
State = Literal["loading", "held", "loaded", "failed", "rolled_back"]
Did = Literal["imported", "resumed", "unchanged", "published"]
NEWEST = 1_000
MOST_LOST = 0.2
"""An import that has lost more than this share of the current one's rows is likelier to be short than right."""


@dataclass(slots=True)
class Import:
    """One import with its books: rows_read = loaded + rejected + duplicate."""

    id: int
    source: str
    year: int | None
    files: list[dict[str, Any]]
    content_hash: bytes
    contract: str
    state: State
    partial: bool
    checkpoint: dict[str, Any] | None
    rows_read: int
    loaded: int
    rejected: int
    duplicate: int
    codes: dict[str, int]
    message: str | None
    started_at: datetime
    ended_at: datetime | None
    current: bool
    outcome: Did = "imported"
    """What this run did with it."""
    seconds: float = 0.0

    @property
    def place(self) -> Place:
        """Where the reading goes on."""
        return Place.of(self.checkpoint)


def imports(
    conn: Connection,
    *,
    source: str | None = None,
    id: int | None = None,  # noqa: A002 - the column's name
    states: Sequence[str] | None = None,
    content_hash: bytes | None = None,
    limit: int = NEWEST,
) -> list[Import]:
    """Return imports, newest first."""
    chosen = {"source": source, "id": id, "states": None if states is None else list(states), "limit": limit}
    rows = conn.execute(query("archive_find"), {**chosen, "content_hash": content_hash})
    return [Import(**row) for row in rows]


def find(conn: Connection, import_id: int) -> Import:
    """Return one import. Raises MuseumError when there is none."""
    found = imports(conn, id=import_id)
    if not found:
        raise MuseumError(f"there is no import {import_id}: `museum archive list` shows them")
    return found[0]


def content_hash(files: Sequence[Downloaded]) -> bytes:
    """Return what tells two contents apart, wherever they came from."""
    return hashlib.sha256("\n".join(each.sha256 for each in files).encode()).digest()


def begin(
    conn: Connection, declared: Source, files: Sequence[Downloaded], year: int | None, *, partial: bool
) -> Import:
    """Note a new import and make its table, in one transaction."""
    tables = Tables(declared)
    with conn.transaction():
        tables.prepare(conn)
        row = conn.execute(
            query("archive_begin"),
            {
                "source": declared.name,
                "year": year,
                "files": Jsonb([{"url": f.url, "sha256": f.sha256, "bytes": f.path.stat().st_size} for f in files]),
                "content_hash": content_hash(files),
                "contract": declared.contract(),
                "partial": partial,
            },
        ).fetchone()
        assert row is not None
        tables.create(conn, row["id"])
        return find(conn, row["id"])


def check_year(conn: Connection, declared: Source, content: bytes, year: int | None) -> None:
    """Raise Failure(stale_year) when this very content was imported as another year's."""
    for found in imports(conn, source=declared.name, states=["held", "loaded"], content_hash=content):
        if declared.yearly and found.year != year:
            raise Failure(
                f"the files of {declared.name} for {year} are byte for byte those imported as {found.year} (import "
                f"{found.id}): {year} is not published yet. Nothing is loaded as {year}.",
                code="stale_year",
                permanent=True,
            )


def finish(conn: Connection, declared: Source, found: Import, *, partial: bool) -> None:
    """Take out duplicates, and publish the import, unless it is to be held and nobody wants a partial one.

    Raises Failure(no_rows): an empty file must not empty what readers see.
    """
    if not found.rows_read:
        raise Failure(f"the files of {declared.name} hold no rows. Nothing is loaded.", code="no_rows", permanent=True)
    tables = Tables(declared)
    with conn.transaction():
        if found.state == "loading":
            tables.deduplicate(conn, found.id)
            found = find(conn, found.id)
        if (doubt := _doubt(conn, found)) and not partial:
            _end(conn, found, "held", f"{doubt}: mend the source, or import it with --partial")
            return
        tables.attach(conn, found.id)
        _end(conn, found, "loaded", None, partial=doubt is not None)
        conn.execute(query("archive_point"), {"source": declared.name})
        for older in imports(conn, source=declared.name, states=["held", "loaded"]):
            if older.id < found.id and older.year == found.year:
                _close_letters(conn, older, f"import {found.id} took its place")


def _doubt(conn: Connection, found: Import) -> str | None:
    """Say why an import should not take the current one's place unasked."""
    if found.rejected:
        return f"{found.rejected:,} rows were rejected"
    current = next((each for each in imports(conn, source=found.source, states=["loaded"]) if each.current), None)
    if current and (found.year or 0) >= (current.year or 0) and found.loaded < (1 - MOST_LOST) * current.loaded:
        return f"it has {found.loaded:,} rows where import {current.id} has {current.loaded:,}"
    return None


def give_up(conn: Connection, found: Import, message: str) -> None:
    """End an import that cannot be finished; it leaves no rows."""
    with conn.transaction():
        drop(conn, found.source, found.id)
        _close_letters(conn, found, f"import {found.id} failed: {message}"[:500])
        _end(conn, found, "failed", message)


def roll_back(database: Database, import_id: int, by: str) -> Import:
    """Take an import out as a whole, whatever its state; the next best one is current again.

    Returns the import that is current now, or the one rolled back when there is none. Raises MuseumError.
    """
    with database.connect() as conn:
        found = find(conn, import_id)
        if found.state in ("failed", "rolled_back"):
            raise MuseumError(f"import {import_id} is {found.state.replace('_', ' ')} already: it has no rows")
        with database.lock(found.source, SOURCE), conn.transaction():
            drop(conn, found.source, found.id)
            conn.execute("DELETE FROM ops.archive_duplicate WHERE import_id = %s", (found.id,))
            _close_letters(conn, found, f"import {found.id} was rolled back by {by}")
            _end(conn, found, "rolled_back", f"by {by}")
            # The pointer refers to the import: it moves in the same transaction.
            conn.execute(query("archive_point"), {"source": found.source})
        current = [each for each in imports(conn, source=found.source, states=["loaded"]) if each.current]
        return current[0] if current else find(conn, import_id)


def _end(conn: Connection, found: Import, state: State, message: str | None, *, partial: bool = False) -> None:
    conn.execute(query("archive_end"), {"id": found.id, "state": state, "message": message, "partial": partial})


def _close_letters(conn: Connection, found: Import, note: str) -> None:
    close_letters(conn, Chosen(SOURCE, found.source, context={"import": found.id}), SOURCE, note)
