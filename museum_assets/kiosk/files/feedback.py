"""Loads combined files: exhibitions, presses, dead letters and the files' outcomes, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from museum_assets.core.failures import MuseumError
from museum_assets.dead_letters.letters import LetterFilter, write_letters
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.kiosk.files.clock import Array
from museum_assets.kiosk.files.combine_history import history_pieces
from museum_assets.kiosk.files.combined import CombinedFile, FileBooks, letter_place
from museum_assets.kiosk.files.exhibition_load import load_exhibitions
from museum_assets.kiosk.files.exhibitions import Exhibition
from museum_assets.kiosk.files.merge import repeats
from museum_assets.kiosk.letters import KIOSK_FILE, KIOSK_STREAM, SOURCES
from museum_assets.kiosk.load import (
    EncodedPresses,
    LoadCounts,
    encode_presses,
    ensure_labels,
    first_load,
    known_presses,
    known_sites,
    load_staged,
    stage_presses,
)
from museum_assets.kiosk.stream.batch import UNKNOWN_SITE
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.postgres import Connection, Database
from sql import query

ASSET = "visitor_feedback"
"""The asset's name. Its lock and the dead letters it settles carry the same name."""


@dataclass(slots=True)
class LoadReport:
    """What a load did: over all `files`, rows_read = loaded + duplicate + rejected.

    `files` are those that got an outcome. `exhibitions` counts new and changed ones, `replayed` the letters that had
    waited for their exhibition.
    """

    files: list[FileBooks] = field(default_factory=list)
    loaded: int = 0
    duplicate: int = 0
    rejected: int = 0
    exhibitions: int = 0
    replayed: int = 0

    @property
    def rows_read(self) -> int:
        """How many rows the files have."""
        return sum(file.rows_read for file in self.files)


def load_combined(
    database: Database,
    museum: KioskMuseum,
    exhibitions: CombinedFile,
    history: CombinedFile,
    on_progress: Callable[[int], None] = lambda _: None,
) -> LoadReport:
    """Load everything new in a museum's combined files; `on_progress` hears how many presses were read so far.

    It commits as a whole: a kill leaves the tables as they were, and the next load does all of it. Presses that
    waited for an exhibition loaded now are replayed after that. Raises Busy, MuseumError, DatabaseUnavailable.
    """
    report = LoadReport()
    with database.lock(museum.slug, ASSET), database.connect() as conn:
        with conn.transaction():
            ensure_labels(conn, museum)
            _load_exhibition_files(conn, museum, exhibitions, report)
            _load_history_files(conn, museum, history, report, on_progress)
            _settle_letters(conn, museum, report.files)
        sources = [KIOSK_FILE.name, KIOSK_STREAM.name]
        waiting = conn.execute(query("kiosk_files.waiting_sites"), {"museum": museum.slug, "sources": sources})
        for row in waiting.fetchall():
            letters = LetterFilter(row["source"], museum.slug, UNKNOWN_SITE, context={"site": row["site"]})
            report.replayed += replay_letters(database, SOURCES, letters, ASSET).replayed
    return report


def _load_exhibition_files(conn: Connection, museum: KioskMuseum, combined: CombinedFile, report: LoadReport) -> None:
    rows = conn.execute(query("kiosk_files.newest"), {"museum": museum.slug})
    newest = {row["key"]: (row["etag"], row["outcome"]) for row in rows}
    report.exhibitions = load_exhibitions(conn, museum, _exhibitions(combined))
    new = [file for file in combined.files if newest.get(file.key) != (file.etag, file.outcome)]
    write_letters(conn, combined.letters({file.version for file in new}))
    for file in new:
        _record(conn, museum, file, LoadCounts(file.rows_read - file.rejected, 0), report)


def _exhibitions(combined: CombinedFile) -> Iterator[Exhibition]:
    for table in combined.pieces():
        for row in table.to_pylist():
            yield Exhibition(row["exhibition_code"], row["exhibition_name"], row["floor"], row["department"],
                             row["start_date"], row["description"])  # fmt: skip


def _load_history_files(
    conn: Connection,
    museum: KioskMuseum,
    combined: CombinedFile,
    report: LoadReport,
    on_progress: Callable[[int], None],
) -> None:
    new = _new_versions(conn, museum, combined.files)
    numbers = {file.key: n for n, file in enumerate(new) if file.outcome == "loaded"}
    books: dict[int, LoadCounts] = {}
    if numbers:
        books = _load_presses(conn, museum, combined, numbers, on_progress)
    write_letters(conn, combined.letters({file.version for file in new if file.outcome != "same_content"}))
    for n, file in enumerate(new):
        _record(conn, museum, file, books.get(n, LoadCounts(0, 0)), report)


def _new_versions(conn: Connection, museum: KioskMuseum, files: Sequence[FileBooks]) -> list[FileBooks]:
    """Return the versions without an outcome. One with the content of a loaded file gets the outcome same_content."""
    known = {(row["key"], row["etag"]) for row in conn.execute(query("kiosk_files.versions"), {"museum": museum.slug})}
    new = [file for file in files if file.version not in known]
    digests = [bytes.fromhex(file.sha256) for file in new]
    rows = conn.execute(query("kiosk_files.same_content"), {"museum": museum.slug, "digests": digests})
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
    combined: CombinedFile,
    numbers: dict[str, int],
    on_progress: Callable[[int], None],
) -> dict[int, LoadCounts]:
    """Load the presses of the numbered files, piece by piece; return the counts by file number."""
    known = known_sites(conn, museum.slug)
    read: Counter[int] = Counter()
    duplicate: Counter[int] = Counter()
    inserted = 0
    loading: Future[LoadCounts] | None = None
    # The thread has the connection while Postgres inserts; meanwhile the next presses are encoded. Not during COPY,
    # which encoding slows by a quarter.
    with first_load(conn, museum) as first, ThreadPoolExecutor(1, thread_name_prefix="insert") as inserter:
        for rows, repeated, new in _new_rows(combined, numbers):
            if unknown := set(np.unique(rows["site"]).tolist()) - known:
                raise MuseumError(
                    f"the combined files of {museum.slug} do not belong together: sites {sorted(unknown)} have presses "
                    "and no exhibition. Materialize combined_exhibitions and combined_kiosk_data, then this again"
                )
            read.update(_counted(rows["file"]))
            duplicate.update(_counted(rows["file"][repeated]))
            inserted += _done(loading)
            staged = stage_presses(conn, museum, "f", new, first=first)
            duplicate.update(known_presses(conn, staged))
            loading = inserter.submit(load_staged, conn, staged)
            on_progress(read.total())
        inserted += _done(loading)
    books = {n: LoadCounts(read[n] - duplicate[n], duplicate[n]) for n in numbers.values()}
    if sum(each.loaded for each in books.values()) != inserted:
        raise MuseumError(f"{museum.slug}: the files' books say otherwise than the {inserted} rows that were inserted")
    return books


def _done(loading: Future[LoadCounts] | None) -> int:
    """Wait for the insert, if one runs; return how many presses were new."""
    return loading.result().loaded if loading else 0


def _new_rows(combined: CombinedFile, numbers: dict[str, int]) -> Iterator[tuple[Array, Array, EncodedPresses]]:
    """Yield (rows of the numbered files, which repeat the row before, the other rows encoded). Files overlap."""
    every = {file.key: numbers.get(file.key, -1) for file in combined.files}
    last: Array | None = None
    for piece in history_pieces(combined, every):
        rows = piece[piece["file"] >= 0]
        if len(rows):
            repeated = repeats(rows, last)
            last = rows[-1]
            yield rows, repeated, encode_presses(rows[~repeated])


def _counted(numbers: Array) -> dict[int, int]:
    values, counts = np.unique(numbers, return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def _record(conn: Connection, museum: KioskMuseum, file: FileBooks, loaded: LoadCounts, report: LoadReport) -> None:
    """Write a file's outcome, and add a history file's counts to the report."""
    if file.kind == "history":
        report.loaded += loaded.loaded
        report.duplicate += loaded.duplicate
        report.rejected += file.rejected
    report.files.append(file)
    conn.execute(
        query("kiosk_files.record"),
        {"museum": museum.slug, "key": file.key, "etag": file.etag, "kind": file.kind, "bytes": file.bytes,
         "last_modified": file.last_modified, "sha256": file.sha256, "outcome": file.outcome, "message": file.message,
         "rows_read": file.rows_read, "loaded": loaded.loaded, "duplicate": loaded.duplicate,
         "rejected": file.rejected},
    )  # fmt: skip


def _settle_letters(conn: Connection, museum: KioskMuseum, files: Sequence[FileBooks]) -> None:
    """Settle the letters of replaced versions, and of whole files that are loaded now."""
    params = {"museum": museum.slug, "keys": [f.key for f in files], "etags": [f.etag for f in files]}
    conn.execute(query("kiosk_files.close_replaced_letters"), params)
    accepted = [letter_place(file) for file in files if file.outcome == "loaded"]
    conn.execute(query("kiosk_files.settle_accepted_letters"), {"museum": museum.slug, "places": accepted})
