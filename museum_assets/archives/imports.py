"""The life of an import: begun, finished, given up or rolled back; and which import of a source is current."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from museum_assets.archive_files.declared import DeclaredSource
from museum_assets.archive_files.download.transfer import Downloaded
from museum_assets.archive_files.read.block import Checkpoint
from museum_assets.archive_files.unpack.unpack import check
from museum_assets.archives.letters import ARCHIVE_IMPORT
from museum_assets.archives.tables import Tables, drop
from museum_assets.core.failures import Failure, MuseumError
from museum_assets.dead_letters.letters import LetterFilter, close_letters
from resources.postgres import Connection, Database
from sql import query

IMPORT_LETTERS = ARCHIVE_IMPORT.name
"""The source of imports' dead letters, whose `museum` is the declared source. The lock has the same name."""
ImportState = Literal["loading", "held", "loaded", "failed", "rolled_back"]
ImportOutcome = Literal["imported", "resumed", "unchanged", "published", "held"]
"""What a run did with an import. `held`: readers still see the import before it."""
NEWEST = 1_000
MOST_LOST = 0.2
"""An import that lacks more than this share of the current import's rows is held: it is probably incomplete."""


@dataclass(slots=True)
class Import:
    """One import with its books: rows_read = loaded + rejected + duplicate."""

    id: int
    source: str
    year: int | None
    files: list[dict[str, Any]]
    content_hash: bytes
    contract: str
    state: ImportState
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
    outcome: ImportOutcome | None = None
    """What this run did with it; None when it was only looked up."""
    seconds: float = 0.0

    def of_files(self, files: Sequence[Downloaded]) -> bool:
        """Say whether it was made of these files, byte for byte: then a checkpoint means the same place in them."""
        return [each["sha256"] for each in self.files] == [each.sha256 for each in files]

    @property
    def checkpoint_reached(self) -> Checkpoint:
        """The checkpoint after which reading continues."""
        return Checkpoint.of(self.checkpoint)


def imports(
    conn: Connection,
    *,
    source: str | None = None,
    id: int | None = None,  # noqa: A002 - the column's name
    states: Sequence[str] | None = None,
    content_hash: bytes | None = None,
    limit: int = NEWEST,
) -> list[Import]:
    """Return the imports that match every given filter, newest first."""
    filters = {"source": source, "id": id, "states": None if states is None else list(states), "limit": limit}
    rows = conn.execute(query("archives.find"), {**filters, "content_hash": content_hash})
    return [Import(**row) for row in rows]


def find(conn: Connection, import_id: int) -> Import:
    """Return the import with this number. Raises MuseumError when there is none."""
    matching = imports(conn, id=import_id)
    if not matching:
        raise MuseumError(f"there is no import {import_id}: `museum archive list` shows them")
    return matching[0]


def content_hash(conn: Connection, declared: DeclaredSource, files: Sequence[Downloaded]) -> bytes:
    """Return a hash of what the matching members hold, which does not depend on the archives around them.

    Archives are read whole for that, unless the same files were before. Raises BadArchive, and Failure(no_members) when
    no member matches.
    """
    for earlier in imports(conn, source=declared.name, states=["loading", "held", "loaded"]):
        if earlier.contract == declared.contract() and earlier.of_files(files):
            return earlier.content_hash
    digest = hashlib.sha256()
    for file in files:
        found = check(file.path, declared.member_pattern.matches, hashed=True)
        if not found.matching:
            raise Failure(f"no member of {file.path.name} matches {declared.members!r} of {declared.name}.toml.",
                          code="no_members", permanent=True)  # fmt: skip
        digest.update(b"".join(found.digests))
    return digest.digest()


def begin(
    conn: Connection,
    declared: DeclaredSource,
    files: Sequence[Downloaded],
    content: bytes,
    year: int | None,
    *,
    partial: bool,
) -> Import:
    """Record a new import, make its table in the same transaction, and return the import."""
    tables = Tables(declared)
    with conn.transaction():
        tables.prepare(conn)
        row = conn.execute(
            query("archives.begin"),
            {
                "source": declared.name,
                "year": year,
                "files": Jsonb([{"url": f.url, "sha256": f.sha256, "bytes": f.path.stat().st_size} for f in files]),
                "content_hash": content,
                "contract": declared.contract(),
                "partial": partial,
            },
        ).fetchone()
        assert row is not None
        tables.create(conn, row["id"])
        return find(conn, row["id"])


def check_year(conn: Connection, declared: DeclaredSource, content: bytes, year: int | None) -> None:
    """Raise Failure(stale_year) when the same content was imported as another year, in whatever archive."""
    for earlier in imports(conn, source=declared.name, states=["held", "loaded"], content_hash=content):
        if declared.yearly and earlier.year != year:
            raise Failure(
                f"the files of {declared.name} for {year} hold, byte for byte, what was imported as {earlier.year} "
                f"(import {earlier.id}): {year} is not published yet. Nothing is loaded as {year}. Once it is, run "
                f"`museum archive import {declared.name} --year {year}`",
                code="stale_year",
                permanent=True,
            )


def finish(conn: Connection, declared: DeclaredSource, import_: Import, *, partial: bool) -> None:
    """Remove duplicates, then make the import current, or hold it when it is doubtful and not wanted as `partial`.

    Raises Failure(no_rows) for empty files, which must not replace what readers see.
    """
    if not import_.rows_read:
        raise Failure(f"the files of {declared.name} hold no rows. Nothing is loaded.", code="no_rows", permanent=True)
    tables = Tables(declared)
    with conn.transaction():
        if import_.state == "loading":
            tables.deduplicate(conn, import_.id)
            import_ = find(conn, import_.id)
        if (doubt := _doubt(conn, import_)) and not partial:
            command = f"museum archive import {import_.source}{year_option(import_)} --partial"
            _end(conn, import_, "held", f"{doubt}: mend the source, or publish the same files with `{command}`")
            return
        tables.attach(conn, import_.id)
        _end(conn, import_, "loaded", None, partial=doubt is not None)
        conn.execute(query("archives.point"), {"source": declared.name})
        for older in imports(conn, source=declared.name, states=["held", "loaded"]):
            if older.id < import_.id and older.year == import_.year:
                _close_letters(conn, older, f"import {import_.id} took its place")


def year_option(import_: Import) -> str:
    """Return the command-line option for an import's year, such as ` --year 2026`; '' for a source without years."""
    return f" --year {import_.year}" if import_.year is not None else ""


def _doubt(conn: Connection, import_: Import) -> str | None:
    """Return why an import should be held; None when it may become current by itself."""
    if import_.rejected:
        return f"{import_.rejected:,} rows were rejected"
    current = next((each for each in imports(conn, source=import_.source, states=["loaded"]) if each.current), None)
    if current and (import_.year or 0) >= (current.year or 0) and import_.loaded < (1 - MOST_LOST) * current.loaded:
        return f"it has {import_.loaded:,} rows where import {current.id} has {current.loaded:,}"
    return None


def give_up(conn: Connection, import_: Import, message: str) -> None:
    """End an import that cannot be finished, and drop its rows."""
    with conn.transaction():
        drop(conn, import_.source, import_.id)
        _close_letters(conn, import_, f"import {import_.id} failed: {message}"[:500])
        _end(conn, import_, "failed", message)


def roll_back(database: Database, import_id: int, by: str) -> Import:
    """Remove an import as a whole; the latest one that is left becomes current.

    Returns the import that is current now, or the one rolled back when none is. Raises MuseumError for an import that
    failed or was rolled back before.
    """
    with database.connect() as conn:
        import_ = find(conn, import_id)
        if import_.state in ("failed", "rolled_back"):
            raise MuseumError(f"import {import_id} is {import_.state.replace('_', ' ')} already: it has no rows")
        with database.lock(import_.source, IMPORT_LETTERS), conn.transaction():
            drop(conn, import_.source, import_.id)
            conn.execute("DELETE FROM ops.archive_duplicate WHERE import_id = %s", (import_.id,))
            _close_letters(conn, import_, f"import {import_.id} was rolled back by {by}")
            _end(conn, import_, "rolled_back", f"by {by}")
            # What is current must not name an import without a table, so it changes in the same transaction.
            conn.execute(query("archives.point"), {"source": import_.source})
        current = [each for each in imports(conn, source=import_.source, states=["loaded"]) if each.current]
        return current[0] if current else find(conn, import_id)


def _end(conn: Connection, import_: Import, state: ImportState, message: str | None, *, partial: bool = False) -> None:
    conn.execute(query("archives.end"), {"id": import_.id, "state": state, "message": message, "partial": partial})


def _close_letters(conn: Connection, import_: Import, note: str) -> None:
    close_letters(
        conn, LetterFilter(IMPORT_LETTERS, import_.source, context={"import": import_.id}), IMPORT_LETTERS, note
    )
