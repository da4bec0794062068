"""All history files of a museum as one Parquet file, sorted by `at`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from museum_assets.dead_letters.letters import Letter
from museum_assets.failures import MuseumError
from museum_assets.kiosk.clock import Array
from museum_assets.kiosk.combine_exhibitions import Made
from museum_assets.kiosk.combined import SOURCE, Combined, ReadFile, place, writing
from museum_assets.kiosk.history import NONE, History, read_history
from museum_assets.kiosk.history_text import UnreadableFile
from museum_assets.kiosk.merge import MOST_FILES, ROW, gathered, merged, packed
from museum_assets.kiosk.museum import KioskMuseum
from museum_assets.kiosk.source_files import Fetched, SourceFiles
from museum_assets.loop.concurrently import ahead, concurrently
from resources.s3 import ObjectStore

if TYPE_CHECKING:
    import pyarrow as pa

READERS = 2
"""Files read at a time; twice as many are fetched."""
KEPT_BYTES = 1 << 20
"""Of a file that cannot be read at all, so much goes into its dead letter."""


def history_schema() -> pa.Schema:
    """Return the columns: those of the files, which of identical rows of its file it is, and where it stood."""
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
) -> Made:
    """Read every history file of the museum's bucket; `check` gets the rows as frames, and may refuse by raising.

    `sites` are those with an exhibition; rows of others are rejected as `unknown_site`. A few files are in memory at
    a time, then some rows of each: it stays flat in files and rows. Raises as S3 does.
    """
    files: list[ReadFile] = []
    parts: list[Path] = []
    rows = 0
    sources = SourceFiles(source, museum, "history")
    with writing(history_schema()) as (writer, folder):

        def read(numbered: tuple[int, Fetched | ReadFile]) -> _Read:
            number, each = numbered
            if number > MOST_FILES:
                raise MuseumError(f"{museum.slug} has more than {MOST_FILES:,} history files: combine some of them")
            if isinstance(each, ReadFile):
                return _Read(each)
            return _read(each, museum, sites, now, folder / f"{number}.rows", number)

        # Arrow and numpy let go of the interpreter: two files at a time take little longer than one.
        for done in concurrently(read, enumerate(sources), READERS):
            files.append(done.file)
            writer.reject(done.letters)
            if done.rows is not None:
                parts.append(done.rows)
        names = [file.key for file in files]
        # A thread merges, one makes tables, this one writes them.
        for table in ahead(_table(piece, names, check) for piece in ahead(gathered(merged(parts)))):
            # One row group, so that it is read as it was written: no instant is cut in two.
            writer.rows.write_table(table, row_group_size=len(table))
            rows += len(table)
        writer.publish(target, museum.slug, "history", files)
    return Made(tuple(files), rows, sum(file.rejected for file in files), sources.unreadable)


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of a file, what of it was rejected, and where its sorted rows lie if it has any."""

    file: ReadFile
    letters: tuple[Letter, ...] = ()
    rows: Path | None = None


def _read(each: Fetched, museum: KioskMuseum, sites: AbstractSet[int], now: datetime, path: Path, number: int) -> _Read:
    try:
        read = read_history(each.body, museum, sites, now)
    except UnreadableFile as error:
        if error.reason == "empty":
            return _Read(each.read("empty", str(error)))
        body, cut = each.body[:KEPT_BYTES], len(each.body) > KEPT_BYTES
        context = {"kind": "file", "file": each.file.key, "etag": each.file.etag, "cut": cut}
        letter = Letter(SOURCE, museum.slug, place(each.file), (error.reason,), body, str(error), context)
        return _Read(each.read("refused", str(error)), (letter,))
    if not read.rows:
        return _Read(each.read("empty", "the file has a header and no rows"))
    file = each.read("loaded", rows=read.rows, rejected=len(read.refused))
    packed(read.presses, number).tofile(path)
    return _Read(file, tuple(_letters(museum.slug, each, read)), path)


def _letters(slug: str, each: Fetched, read: History) -> Iterator[Letter]:
    for row in read.refused:
        context = {"kind": "row", "file": each.file.key, "etag": each.file.etag, "line": row.line,
                   "header": read.header, "occurrence": row.occurrence}  # fmt: skip
        if row.site is not None:
            context["site"] = row.site  # so that it is found when the site's exhibition is loaded
        yield Letter(SOURCE, slug, place(each.file, row.line), row.reasons, row.text.encode(), context=context)


def _table(rows: Array, names: list[str], check: Callable[[Any], None]) -> pa.Table:
    import pyarrow as pa

    plain = {name: np.ascontiguousarray(rows[name]) for name in rows.dtype.names or ()}
    schema = history_schema()
    table = pa.table(
        {
            "at": pa.array(plain["at"]).cast(schema.field("at").type),
            "site": plain["site"],
            "val": plain["val"],
            "type": pa.array(plain["type"], mask=plain["type"] == NONE),
            "occurrence": plain["occurrence"],
            "file": pa.DictionaryArray.from_arrays(plain["file"], names),
            "line": plain["line"],
        },
        schema=schema,
    )
    check(table.to_pandas())
    return table


def rows_of(table: pa.Table, numbers: dict[str, int]) -> Array:
    """Return a piece of the combined file as rows again; `numbers` gives the number of each file."""
    rows = np.empty(table.num_rows, ROW)
    rows["at"] = table.column("at").cast("int64").to_numpy()
    for name in ("site", "val", "occurrence", "line"):
        rows[name] = table.column(name).to_numpy()
    rows["type"] = table.column("type").fill_null(NONE).to_numpy()
    file = table.column("file").combine_chunks()
    known = np.array([numbers[name] for name in file.dictionary.to_pylist()] or [0], np.int16)
    rows["file"] = known[file.indices.to_numpy()]
    return rows


def pieces(combined: Combined, numbers: dict[str, int]) -> Iterator[Array]:
    """Yield the rows of a combined history in their order, those of one instant in one piece."""
    return (rows_of(table, numbers) for table in combined.pieces())
