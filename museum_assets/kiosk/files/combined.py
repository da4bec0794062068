"""Writes and opens combined files: all of a museum's kiosk files of one kind as Parquet, with each file's books.

A combined file is made anew from the museum's bucket each time. It lies in a bucket of its own, because a step that
read its own output once turned 2,137 rows into 68,384.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

import orjson

from museum_assets.core.failures import Gone, MuseumError
from museum_assets.dead_letters.letters import Letter
from museum_assets.kiosk.files.bucket import SourceFile
from museum_assets.kiosk.letters import KIOSK_FILE
from museum_assets.museums.kiosk_files import FileKind
from museum_assets.museums.kiosk_museum import site_of
from resources.s3 import ObjectStore

if TYPE_CHECKING:
    import pyarrow as pa

FileOutcome = Literal["loaded", "empty", "same_content", "refused", "held", "accepted", "unloaded"]
"""`held`: a person decides whether it is loaded. `accepted`: the next load loads it. `unloaded`: what it loaded was
taken back."""
BOOKS_KEY, BUILD_KEY = b"museum.files", b"museum.build"
"""Keys of the Parquet metadata with the files' books and with the build's id."""
LETTERS_HELD = 5_000
"""Rejected rows held in memory at a time."""


@dataclass(frozen=True, slots=True)
class FileBooks:
    """The books of one version of a source file: rows_read = good rows + rejected. `sha256` is hexadecimal."""

    key: str
    etag: str
    kind: FileKind
    bytes: int
    last_modified: datetime
    sha256: str
    outcome: FileOutcome
    message: str | None = None
    rows_read: int = 0
    rejected: int = 0

    @property
    def version(self) -> tuple[str, str]:
        """Key and ETag."""
        return self.key, self.etag


def letter_place(file: FileBooks | SourceFile, line: int | None = None) -> str:
    """Return the `place` of a dead letter: `key@etag` for a file, `key@etag:line` for one of its lines."""
    return f"{file.key}@{file.etag}" + ("" if line is None else f":{line}")


def combined_keys(slug: str, kind: FileKind) -> tuple[str, str]:
    """Return (the key of a museum's combined file, the key of its rejected rows)."""
    name = "exhibitions" if kind == "exhibition" else "kiosk_data"
    return f"{slug}/{name}.parquet", f"{slug}/{name}.rejected.parquet"


def _encodings(schema: pa.Schema) -> dict[str, Any]:
    """Return the Parquet options for a schema. Columns that hardly repeat are stored as differences: half the size.

    Only times get statistics. Those of all columns took a fifth of the time.
    """
    import pyarrow.types as pt

    times = [each.name for each in schema if pt.is_timestamp(each.type)]
    differing = {*times, "line"} & set(schema.names)
    return {
        "use_dictionary": [each.name for each in schema if each.name not in differing],
        "column_encoding": dict.fromkeys(differing, "DELTA_BINARY_PACKED"),
        "write_statistics": times,
    }


class CombinedWriter:
    """Writes a combined file and its rejected rows to the local disk, then puts both into S3."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        self.good, self.bad = folder / "good.parquet", folder / "rejected.parquet"
        self.build = uuid4().hex
        self.rows = pq.ParquetWriter(self.good, schema, compression="zstd", compression_level=1, **_encodings(schema))
        self.rejected = pq.ParquetWriter(self.bad, letter_schema(), compression="zstd", compression_level=1)

    def reject(self, letters: Sequence[Letter]) -> None:
        """Write rejected rows, LETTERS_HELD at a time."""
        import pyarrow as pa

        for start in range(0, len(letters), LETTERS_HELD):
            rows = [
                {"place": each.place, "reasons": list(each.reasons), "message": each.message, "body": each.body,
                 "context": orjson.dumps(each.context).decode()}
                for each in letters[start : start + LETTERS_HELD]
            ]  # fmt: skip
            self.rejected.write_table(pa.Table.from_pylist(rows, schema=letter_schema()))

    def upload(self, store: ObjectStore, slug: str, kind: FileKind, files: Sequence[FileBooks]) -> None:
        """Write the source files' books into both files, finish them, put them into S3. Raises as S3 does."""
        notes = {BUILD_KEY: self.build, BOOKS_KEY: orjson.dumps([asdict(file) for file in files])}
        for writer in (self.rejected, self.rows):
            writer.add_key_value_metadata(notes)
            writer.close()
        # A reader compares the builds of both objects, so it never takes half of an upload.
        good, bad = combined_keys(slug, kind)
        store.put_file(bad, self.bad, content_type="application/vnd.apache.parquet")
        store.put_file(good, self.good, content_type="application/vnd.apache.parquet")

    def close(self) -> None:
        """Close both files."""
        self.rows.close()
        self.rejected.close()


@contextmanager
def combined_writer(schema: pa.Schema) -> Iterator[tuple[CombinedWriter, Path]]:
    """Yield (a writer, a temporary folder). Both are gone after the block."""
    with tempfile.TemporaryDirectory(prefix="museum-kiosk-") as name:
        writer = CombinedWriter(Path(name), schema)
        try:
            yield writer, Path(name)
        finally:
            writer.close()


def letter_schema() -> pa.Schema:
    """Return the columns of rejected rows: a dead letter's, without its source and museum."""
    import pyarrow as pa

    texts = pa.list_(pa.string())
    return pa.schema([("place", pa.string()), ("reasons", texts), ("message", pa.string()), ("body", pa.binary()),
                      ("context", pa.string())])  # fmt: skip


@dataclass(frozen=True, slots=True)
class CombinedFile:
    """A combined file on the local disk: good rows, rejected rows, and the books of its source files."""

    slug: str
    good: Path
    bad: Path
    files: tuple[FileBooks, ...]

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the good rows, in the order and in the pieces in which they were written."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.good) as file:
            for number in range(file.num_row_groups):
                yield file.read_row_group(number)

    def sites(self) -> set[int]:
        """Return the sites of a combined file of exhibitions."""
        return {site_of(code) for each in self.pieces() for code in each["exhibition_code"].to_pylist()}

    def letters(self, versions: set[tuple[str, str]]) -> Iterator[Letter]:
        """Yield the rejected rows of these file versions as dead letters, LETTERS_HELD in memory at a time."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.bad) as file:
            for batch in file.iter_batches(batch_size=LETTERS_HELD):
                for row in batch.to_pylist():
                    context = orjson.loads(row["context"])
                    if (context["file"], context["etag"]) in versions:
                        yield Letter(KIOSK_FILE.name, self.slug, row["place"], tuple(row["reasons"]), row["body"],
                                     row["message"], context)  # fmt: skip


@contextmanager
def open_combined(store: ObjectStore, slug: str, kind: FileKind) -> Iterator[CombinedFile]:
    """Yield a museum's combined file, fetched for the block. Raises MuseumError when it is missing or half written."""
    import pyarrow.parquet as pq

    asset = "combined_exhibitions" if kind == "exhibition" else "combined_kiosk_data"
    with tempfile.TemporaryDirectory(prefix="museum-kiosk-") as name:
        paths = [Path(name) / part for part in ("good.parquet", "rejected.parquet")]
        try:
            for key, path in zip(combined_keys(slug, kind), paths, strict=True):
                store.get_file(key, path)
        except Gone as error:
            raise MuseumError(f"{error}: materialize {asset} of {slug} first") from error
        notes: list[Mapping[bytes, bytes]] = [pq.read_metadata(path).metadata or {} for path in paths]
        if BOOKS_KEY not in notes[0] or notes[0].get(BUILD_KEY) != notes[1].get(BUILD_KEY):
            raise MuseumError(f"the combined file of {asset} of {slug} is half written: materialize {asset} again")
        files = (_file_books(each) for each in orjson.loads(notes[0][BOOKS_KEY]))
        yield CombinedFile(slug, paths[0], paths[1], tuple(files))


def _file_books(values: dict[str, Any]) -> FileBooks:
    modified = datetime.fromisoformat(values.pop("last_modified")).astimezone(UTC)
    return FileBooks(**values, last_modified=modified)
