"""The combined files: what all of a museum's kiosk files say, as Parquet, with what became of each file.

A combined file is made anew from the museum's bucket each time and lies in another one, so that none is ever made of
itself: a step that read its own output once turned 2,137 rows into 68,384.
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

from museum_assets.dead_letters.letters import Letter
from museum_assets.failures import Gone, MuseumError
from museum_assets.kiosk.bucket import Kind, SourceFile
from museum_assets.kiosk.museum import site_of
from resources.s3 import ObjectStore

if TYPE_CHECKING:
    import pyarrow as pa

SOURCE = "kiosk_file"
"""The dead letters' source."""
Outcome = Literal["loaded", "empty", "same_content", "refused"]
BOOKS, BUILD = b"museum.files", b"museum.build"
LETTERS = 5_000
"""Rejected rows held in memory at a time."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What became of one version of a source file: rows_read = good + rejected. `sha256` is hexadecimal."""

    key: str
    etag: str
    kind: Kind
    bytes: int
    last_modified: datetime
    sha256: str
    outcome: Outcome
    message: str | None = None
    rows_read: int = 0
    rejected: int = 0

    @property
    def version(self) -> tuple[str, str]:
        """Key and ETag."""
        return self.key, self.etag


def place(file: ReadFile | SourceFile, line: int | None = None) -> str:
    """Return where a version of a file, or a line of it, is in the dead letters."""
    return f"{file.key}@{file.etag}" + ("" if line is None else f":{line}")


def keys(museum: str, kind: Kind) -> tuple[str, str]:
    """Return the keys of a museum's combined file of this kind and of its rejected rows."""
    name = "exhibitions" if kind == "exhibition" else "kiosk_data"
    return f"{museum}/{name}.parquet", f"{museum}/{name}.rejected.parquet"


def _encodings(schema: pa.Schema) -> dict[str, Any]:
    """Return how to write columns whose values hardly repeat: by their differences, which halves file and time.

    Which values a row group has is told of its times only: of all columns it took a fifth of the time.
    """
    import pyarrow.types as pt

    times = [each.name for each in schema if pt.is_timestamp(each.type)]
    differing = {*times, "line"} & set(schema.names)
    return {
        "use_dictionary": [each.name for each in schema if each.name not in differing],
        "column_encoding": dict.fromkeys(differing, "DELTA_BINARY_PACKED"),
        "write_statistics": times,
    }


class Writer:
    """Writes a combined file and its rejected rows to this machine's disk, then both to S3."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        self.good, self.bad = folder / "good.parquet", folder / "rejected.parquet"
        self.build = uuid4().hex
        self.rows = pq.ParquetWriter(self.good, schema, compression="zstd", compression_level=1, **_encodings(schema))
        self.rejected = pq.ParquetWriter(self.bad, letter_schema(), compression="zstd", compression_level=1)

    def reject(self, letters: Sequence[Letter]) -> None:
        """Write rejected rows, in bounded portions."""
        import pyarrow as pa

        for start in range(0, len(letters), LETTERS):
            rows = [
                {"place": each.place, "reasons": list(each.reasons), "message": each.message, "body": each.body,
                 "context": orjson.dumps(each.context).decode()}
                for each in letters[start : start + LETTERS]
            ]  # fmt: skip
            self.rejected.write_table(pa.Table.from_pylist(rows, schema=letter_schema()))

    def publish(self, store: ObjectStore, museum: str, kind: Kind, files: Sequence[ReadFile]) -> None:
        """Finish both with the files' books and store them. Raises as S3 does."""
        notes = {BUILD: self.build, BOOKS: orjson.dumps([asdict(file) for file in files])}
        for writer in (self.rejected, self.rows):
            writer.add_key_value_metadata(notes)
            writer.close()
        # The rejected rows first: a reader compares the builds, so it never takes one without the other.
        good, bad = keys(museum, kind)
        store.put_file(bad, self.bad, content_type="application/vnd.apache.parquet")
        store.put_file(good, self.good, content_type="application/vnd.apache.parquet")

    def close(self) -> None:
        """Let go of the files."""
        self.rows.close()
        self.rejected.close()


@contextmanager
def writing(schema: pa.Schema) -> Iterator[tuple[Writer, Path]]:
    """Yield a writer and a folder for what it needs meanwhile; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="museum-kiosk-") as name:
        writer = Writer(Path(name), schema)
        try:
            yield writer, Path(name)
        finally:
            writer.close()


def letter_schema() -> pa.Schema:
    """Return the columns of rejected rows: a dead letter's, without source and museum."""
    import pyarrow as pa

    texts = pa.list_(pa.string())
    return pa.schema([("place", pa.string()), ("reasons", texts), ("message", pa.string()), ("body", pa.binary()),
                      ("context", pa.string())])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Combined:
    """A combined file on this machine's disk, with the books of the files that it was made of."""

    museum: str
    good: Path
    bad: Path
    files: tuple[ReadFile, ...]

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the good rows in their order, as they were written."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.good) as file:
            for number in range(file.num_row_groups):
                yield file.read_row_group(number)

    def sites(self) -> set[int]:
        """Return the sites of a combined file of exhibitions."""
        return {site_of(code) for each in self.pieces() for code in each["exhibition_code"].to_pylist()}

    def letters(self, versions: set[tuple[str, str]]) -> Iterator[Letter]:
        """Yield the rejected rows of these versions of files as dead letters; memory stays flat."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.bad) as file:
            for batch in file.iter_batches(batch_size=LETTERS):
                for row in batch.to_pylist():
                    context = orjson.loads(row["context"])
                    if (context["file"], context["etag"]) in versions:
                        yield Letter(SOURCE, self.museum, row["place"], tuple(row["reasons"]), row["body"],
                                     row["message"], context)  # fmt: skip


@contextmanager
def opened(store: ObjectStore, museum: str, kind: Kind) -> Iterator[Combined]:
    """Fetch a combined file for as long as the block lasts. Raises MuseumError when it is not there or half there."""
    import pyarrow.parquet as pq

    asset = "combined_exhibitions" if kind == "exhibition" else "combined_kiosk_data"
    with tempfile.TemporaryDirectory(prefix="museum-kiosk-") as name:
        paths = [Path(name) / part for part in ("good.parquet", "rejected.parquet")]
        try:
            for key, path in zip(keys(museum, kind), paths, strict=True):
                store.get_file(key, path)
        except Gone as error:
            raise MuseumError(f"{error}: materialize {asset} of {museum} first") from error
        notes: list[Mapping[bytes, bytes]] = [pq.read_metadata(path).metadata or {} for path in paths]
        if BOOKS not in notes[0] or notes[0].get(BUILD) != notes[1].get(BUILD):
            raise MuseumError(f"the combined file of {asset} of {museum} is half written: materialize {asset} again")
        files = (_read_file(each) for each in orjson.loads(notes[0][BOOKS]))
        yield Combined(museum, paths[0], paths[1], tuple(files))


def _read_file(values: dict[str, Any]) -> ReadFile:
    modified = datetime.fromisoformat(values.pop("last_modified")).astimezone(UTC)
    return ReadFile(**values, last_modified=modified)
