"""The combined files into the tables: exhibitions, presses, dead letters and outcomes, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from museum_assets.dead_letters.letters import Chosen, write_letters
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.failures import MuseumError
from museum_assets.kiosk.clock import Array
from museum_assets.kiosk.combine_history import pieces
from museum_assets.kiosk.combined import SOURCE, Combined, ReadFile, place
from museum_assets.kiosk.exhibition_load import load_exhibitions
from museum_assets.kiosk.exhibitions import Exhibition
from museum_assets.kiosk.load import (
    LaidOut,
    Loaded,
    ensure_types,
    first_load,
    known_presses,
    known_sites,
    laid_out,
    load_staged,
    stage,
)
from museum_assets.kiosk.merge import repeats
from museum_assets.kiosk.museum import KioskMuseum
from museum_assets.kiosk.stream_batch import SOURCE as STREAM
from museum_assets.kiosk.stream_batch import UNKNOWN_SITE
from resources.postgres import Connection, Database
from sql import query

NAME = "visitor_feedback"
"""Of the asset: of its lock too, and who settled the letters that it replayed."""
Version = tuple[str, str]
"""Key and ETag."""


@dataclass(slots=True)
class Fed:
    """What a load did. `files` are those it gave an outcome: rows_read = loaded + duplicate + rejected of all of them.

    `exhibitions` are new or changed ones, `replayed` letters that had waited for their exhibition.
    """

    files: list[ReadFile] = field(default_factory=list)
    loaded: int = 0
    duplicate: int = 0
    rejected: int = 0
    exhibitions: int = 0
    replayed: int = 0

    @property
    def rows_read(self) -> int:
        """How many rows the files have."""
        return sum(file.rows_read for file in self.files)


def load(
    database: Database,
    museum: KioskMuseum,
    exhibitions: Combined,
    history: Combined,
    told: Callable[[int], None] = lambda _: None,
) -> Fed:
    """Load what the tables do not have of a museum's combined files; `told` hears how many presses it has met.

    Everything commits together: a kill leaves the tables as they were, and the next load does all of it. Then what
    waited for an exhibition that is there now is replayed. Raises Busy, MuseumError, DatabaseUnavailable.
    """
    fed = Fed()
    with database.lock(museum.slug, NAME), database.connect() as conn:
        with conn.transaction():
            ensure_types(conn, museum)
            _load_exhibition_files(conn, museum, exhibitions, fed)
            _load_history_files(conn, museum, history, fed, told)
            _settle_letters(conn, museum, fed.files)
        waiting = conn.execute(query("kiosk_waiting_sites"), {"museum": museum.slug, "sources": [SOURCE, STREAM]})
        for row in waiting.fetchall():
            chosen = Chosen(row["source"], museum.slug, UNKNOWN_SITE, context={"site": row["site"]})
            fed.replayed += replay_letters(database, chosen, NAME).replayed
    return fed


def _load_exhibition_files(conn: Connection, museum: KioskMuseum, combined: Combined, fed: Fed) -> None:
    rows = conn.execute(query("kiosk_file_newest"), {"museum": museum.slug})
    newest = {row["key"]: (row["etag"], row["outcome"]) for row in rows}
    fed.exhibitions = load_exhibitions(conn, museum, _exhibitions(combined))
    new = [file for file in combined.files if newest.get(file.key) != (file.etag, file.outcome)]
    write_letters(conn, combined.letters({file.version for file in new}))
    for file in new:
        _record(conn, museum, file, Loaded(file.rows_read - file.rejected, 0), fed)


def _exhibitions(combined: Combined) -> Iterator[Exhibition]:
    for table in combined.pieces():
        for row in table.to_pylist():
            yield Exhibition(row["exhibition_code"], row["exhibition_name"], row["floor"], row["department"],
                             row["start_date"], row["description"])  # fmt: skip


def _load_history_files(
    conn: Connection, museum: KioskMuseum, combined: Combined, fed: Fed, told: Callable[[int], None]
) -> None:
    new = _new_versions(conn, museum, combined.files)
    numbers = {file.key: n for n, file in enumerate(new) if file.outcome == "loaded"}
    books: dict[int, Loaded] = {}
    if numbers:
        books = _load_presses(conn, museum, combined, numbers, told)
    write_letters(conn, combined.letters({file.version for file in new if file.outcome != "same_content"}))
    for n, file in enumerate(new):
        _record(conn, museum, file, books.get(n, Loaded(0, 0)), fed)


def _new_versions(conn: Connection, museum: KioskMuseum, files: Sequence[ReadFile]) -> list[ReadFile]:
    """Return the versions without an outcome; what has the content of a loaded file needs no loading."""
    known = {(row["key"], row["etag"]) for row in conn.execute(query("kiosk_file_versions"), {"museum": museum.slug})}
    new = [file for file in files if file.version not in known]
    digests = [bytes.fromhex(file.sha256) for file in new]
    rows = conn.execute(query("kiosk_file_same_content"), {"museum": museum.slug, "digests": digests})
    owners = {row["sha256"]: row["key"] for row in rows}
    return [
        replace(file, outcome="same_content", message=f"its content is that of {owners[file.sha256]}", rows_read=0,
                rejected=0)
        if file.outcome == "loaded" and file.sha256 in owners
        else file
        for file in new
    ]  # fmt: skip


def _load_presses(
    conn: Connection,
    museum: KioskMuseum,
    combined: Combined,
    numbers: dict[str, int],
    told: Callable[[int], None],
) -> dict[int, Loaded]:
    """Stage and load the presses of the numbered files, some at a time; return what became of each file's."""
    known = known_sites(conn, museum.slug)
    read: Counter[int] = Counter()
    duplicate: Counter[int] = Counter()
    inserted = 0
    loading: Future[Loaded] | None = None
    # While Postgres inserts, and the connection is the thread's, the next presses are laid out: only then, since COPY
    # takes a quarter longer beside that.
    with first_load(conn, museum) as first, ThreadPoolExecutor(1, thread_name_prefix="insert") as beside:
        for rows, again, new in _new_rows(combined, numbers):
            if unknown := set(np.unique(rows["site"]).tolist()) - known:
                raise MuseumError(
                    f"the combined files of {museum.slug} do not belong together: sites {sorted(unknown)} have presses "
                    "and no exhibition. Materialize combined_exhibitions and combined_kiosk_data, then this again"
                )
            read.update(_counted(rows["file"]))
            duplicate.update(_counted(rows["file"][again]))
            inserted += _done(loading)
            staged = stage(conn, museum, "f", new, first=first)
            duplicate.update(known_presses(conn, staged))
            loading = beside.submit(load_staged, conn, staged)
            told(read.total())
        inserted += _done(loading)
    books = {n: Loaded(read[n] - duplicate[n], duplicate[n]) for n in numbers.values()}
    if sum(each.loaded for each in books.values()) != inserted:
        raise MuseumError(f"{museum.slug}: the files' books say otherwise than the {inserted} rows that were inserted")
    return books


def _done(loading: Future[Loaded] | None) -> int:
    """Wait until staged presses are loaded; return how many were new."""
    return loading.result().loaded if loading else 0


def _new_rows(combined: Combined, numbers: dict[str, int]) -> Iterator[tuple[Array, Array, LaidOut]]:
    """Yield the rows of the numbered files, which are the press of the row before (files overlap), and the rest."""
    every = {file.key: numbers.get(file.key, -1) for file in combined.files}
    last: Array | None = None
    for piece in pieces(combined, every):
        rows = piece[piece["file"] >= 0]
        if len(rows):
            again = repeats(rows, last)
            last = rows[-1]
            yield rows, again, laid_out(rows[~again])


def _counted(numbers: Array) -> dict[int, int]:
    values, counts = np.unique(numbers, return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def _record(conn: Connection, museum: KioskMuseum, file: ReadFile, loaded: Loaded, fed: Fed) -> None:
    """Write a file's outcome; exhibitions are counted by themselves."""
    if file.kind == "history":
        fed.loaded += loaded.loaded
        fed.duplicate += loaded.duplicate
        fed.rejected += file.rejected
    fed.files.append(file)
    conn.execute(
        query("kiosk_file_record"),
        {"museum": museum.slug, "key": file.key, "etag": file.etag, "kind": file.kind, "bytes": file.bytes,
         "last_modified": file.last_modified, "sha256": file.sha256, "outcome": file.outcome, "message": file.message,
         "rows_read": file.rows_read, "loaded": loaded.loaded, "duplicate": loaded.duplicate,
         "rejected": file.rejected},
    )  # fmt: skip


def _settle_letters(conn: Connection, museum: KioskMuseum, files: Sequence[ReadFile]) -> None:
    """Settle the letters of versions that were replaced, and of exhibition files that are accepted by now."""
    params = {"museum": museum.slug, "keys": [f.key for f in files], "etags": [f.etag for f in files]}
    conn.execute(query("kiosk_file_replaced_letters"), params)
    accepted = [place(file) for file in files if file.kind == "exhibition" and file.outcome == "loaded"]
    conn.execute(query("kiosk_file_accepted_letters"), {"museum": museum.slug, "places": accepted})
