"""Combines all history files of a museum into one Parquet file, sorted by `at`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from museum_assets.core.failures import MuseumError
from museum_assets.dead_letters.letters import Letter
from museum_assets.kiosk.files.clock import Array
from museum_assets.kiosk.files.combine_exhibitions import CombineReport
from museum_assets.kiosk.files.combined import CombinedFile, FileBooks, combined_writer, letter_place
from museum_assets.kiosk.files.history import ABSENT, HistoryFile, read_history
from museum_assets.kiosk.files.history_text import UnreadableFile
from museum_assets.kiosk.files.merge import MOST_FILES, PRESS_ROW, gather_pieces, merge_sorted, pack_presses
from museum_assets.kiosk.files.source_files import FetchedFile, SourceFiles
from museum_assets.kiosk.letters import KIOSK_FILE
from museum_assets.loop.concurrently import concurrently, read_ahead
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.s3 import ObjectStore

if TYPE_CHECKING:
    import pyarrow as pa

HELD_SHARE = 0.9
"""Share of a file's rows with a twin in the file from which on it is held. In the real bucket's files it is 0 to 0.7 %,
in one that repeats its rows, twice or 32 times, 100 %. With a clock of whole minutes 0.9 takes 2.3 presses a minute of
every button."""
FEWEST_HELD_ROWS = 20
"""A shorter file may hold a minute in which a child pressed one button all the time."""
ROWS_RECUR = "rows_recur"
FILES_AT_A_TIME = 2
"""Files read at a time. Twice as many are fetched ahead."""
KEPT_BYTES = 1 << 20
"""The first bytes of an unreadable file that its dead letter keeps."""


def history_schema() -> pa.Schema:
    """Return the frame's columns: the files' four, the number among identical rows of a file, the file and the line."""
    import pyarrow as pa

    return pa.schema([("at", pa.timestamp("us", "UTC")), ("site", pa.int32()), ("val", pa.int16()),
                      ("type", pa.int16()), ("occurrence", pa.int16()),
                      ("file", pa.dictionary(pa.int16(), pa.string())), ("line", pa.int32())])  # fmt: skip


def combine_history(
    source: ObjectStore,
    museum: KioskMuseum,
    target: ObjectStore,
    sites: AbstractSet[int],
    now: datetime,
    check: Callable[[Any], None] = lambda _: None,
    decided: Mapping[tuple[str, str], str] | None = None,
) -> CombineReport:
    """Write every history file of the museum's bucket into one sorted file; return what became of them.

    A file in which nearly every row recurs is held for a person. `decided` are the versions that need no such judgement
    and their outcomes; those that were taken back are left out.
    `sites` are those with an exhibition; rows of other sites are rejected as `unknown_site`. `check` gets each frame
    before it is written, and raises to stop. Memory does not grow with the files or rows: a few files are read at a
    time, then some rows of each are merged. Raises as S3 does.
    """
    files: list[FileBooks] = []
    parts: list[Path] = []
    rows = 0
    sources = SourceFiles(source, museum, "history")
    with combined_writer(history_schema()) as (writer, folder):

        def read(numbered: tuple[int, FetchedFile | FileBooks]) -> _SortedFile:
            number, each = numbered
            if number > MOST_FILES:
                raise MuseumError(f"{museum.slug} has more than {MOST_FILES:,} history files: combine some of them")
            if isinstance(each, FileBooks):
                return _SortedFile(each)
            outcome = (decided or {}).get((each.file.key, each.file.etag))
            if outcome == "unloaded":
                return _SortedFile(each.books("unloaded", "what it loaded was taken back"))
            found = _read(each, museum, sites, now)
            if isinstance(found, _SortedFile):
                return found
            if outcome is None and _is_held(found):
                return _held(museum.slug, each, found)
            pack_presses(found.presses, number).tofile(path := folder / f"{number}.rows")
            books = each.books("loaded", rows=found.rows, rejected=len(found.refused))
            return _SortedFile(books, tuple(_letters(museum.slug, each, found)), path)

        # Arrow and numpy release the interpreter: two files at a time take little longer than one.
        for done in concurrently(read, enumerate(sources), FILES_AT_A_TIME):
            files.append(done.file)
            writer.reject(done.letters)
            if done.rows is not None:
                parts.append(done.rows)
        names = [file.key for file in files]
        # One thread merges, one makes tables, and this one writes them.
        for table in read_ahead(
            _table(piece, names, check) for piece in read_ahead(gather_pieces(merge_sorted(parts)))
        ):
            # One row group for each piece, so that rows of one instant are read in one piece too.
            writer.rows.write_table(table, row_group_size=len(table))
            rows += len(table)
        writer.upload(target, museum.slug, "history", files)
    return CombineReport(tuple(files), rows, sum(file.rejected for file in files), sources.unreadable)


@dataclass(frozen=True, slots=True)
class _SortedFile:
    """A file's books, its rejected rows as letters, and the path of its sorted rows if it has any."""

    file: FileBooks
    letters: tuple[Letter, ...] = ()
    rows: Path | None = None


def _read(each: FetchedFile, museum: KioskMuseum, sites: AbstractSet[int], now: datetime) -> HistoryFile | _SortedFile:
    """Return a file's contents, or what became of it when it has none."""
    try:
        read = read_history(each.body, museum, sites, now)
    except UnreadableFile as error:
        if error.reason == "empty":
            return _SortedFile(each.books("empty", str(error)))
        letter = _file_letter(museum.slug, each, "file", error.reason, str(error))
        return _SortedFile(each.books("refused", str(error)), (letter,))
    if not read.rows:
        return _SortedFile(each.books("empty", "the file has a header and no rows"))
    return read


def _is_held(read: HistoryFile) -> bool:
    return read.rows >= FEWEST_HELD_ROWS and read.recurring >= HELD_SHARE * read.rows


def _held(slug: str, each: FetchedFile, read: HistoryFile) -> _SortedFile:
    message = (
        f"{read.recurring:,} of its {read.rows:,} rows stand in the file more than once, as if it held itself several "
        f"times: ask the museum. `museum dead-letters replay --source kiosk_file --museum {slug} --reason rows_recur` "
        f"loads such files all the same; `museum dead-letters close --source kiosk_file --museum {slug} --reason "
        "rows_recur` leaves them out"
    )
    letter = _file_letter(slug, each, "held", ROWS_RECUR, message)
    return _SortedFile(each.books("held", message, rows=read.rows, rejected=read.rows), (letter,))


def _file_letter(slug: str, each: FetchedFile, kind: str, reason: str, message: str) -> Letter:
    body, cut = each.body[:KEPT_BYTES], len(each.body) > KEPT_BYTES
    context = {"kind": kind, "file": each.file.key, "etag": each.file.etag, "cut": cut}
    return Letter(KIOSK_FILE.name, slug, letter_place(each.file), (reason,), body, message, context)


def _letters(slug: str, each: FetchedFile, read: HistoryFile) -> Iterator[Letter]:
    for row in read.refused:
        context = {"kind": "row", "file": each.file.key, "etag": each.file.etag, "line": row.line,
                   "header": read.header, "occurrence": row.occurrence}  # fmt: skip
        if row.site is not None:
            context["site"] = row.site  # the letter is replayed when this site gets an exhibition
        yield Letter(
            KIOSK_FILE.name, slug, letter_place(each.file, row.line), row.reasons, row.text.encode(), context=context
        )


def _table(rows: Array, names: list[str], check: Callable[[Any], None]) -> pa.Table:
    import pyarrow as pa

    plain = {name: np.ascontiguousarray(rows[name]) for name in rows.dtype.names or ()}
    schema = history_schema()
    table = pa.table(
        {
            "at": pa.array(plain["at"]).cast(schema.field("at").type),
            "site": plain["site"],
            "val": plain["val"],
            "type": pa.array(plain["type"], mask=plain["type"] == ABSENT),
            "occurrence": plain["occurrence"],
            "file": pa.DictionaryArray.from_arrays(plain["file"], names),
            "line": plain["line"],
        },
        schema=schema,
    )
    check(table.to_pandas())
    return table


def rows_of_table(table: pa.Table, numbers: dict[str, int]) -> Array:
    """Return a piece of the combined file as an array of PRESS_ROW; `numbers` has each file's number by key."""
    rows = np.empty(table.num_rows, PRESS_ROW)
    rows["at"] = table.column("at").cast("int64").to_numpy()
    for name in ("site", "val", "occurrence", "line"):
        rows[name] = table.column(name).to_numpy()
    rows["type"] = table.column("type").fill_null(ABSENT).to_numpy()
    file = table.column("file").combine_chunks()
    known = np.array([numbers[name] for name in file.dictionary.to_pylist()] or [0], np.int16)
    rows["file"] = known[file.indices.to_numpy()]
    return rows


def history_pieces(combined: CombinedFile, numbers: dict[str, int]) -> Iterator[Array]:
    """Yield a combined history as arrays of PRESS_ROW, sorted, with the rows of one instant in one piece."""
    return (rows_of_table(table, numbers) for table in combined.pieces())
