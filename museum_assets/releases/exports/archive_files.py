"""The files of an exported release: rows and vectors to Parquet and back, each with its SHA-256 in the manifest."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql
from pydantic import BaseModel, ConfigDict

from museum_assets.collection.vectors.embedding import cached_vectors, keep_vectors
from museum_assets.core.failures import Gone, MuseumError
from museum_assets.loop.run import batched
from museum_assets.releases.commands import promote, stage
from museum_assets.releases.record import Release
from museum_assets.releases.rows import TableDigest
from museum_assets.releases.schema import Table
from resources.embedders.embedder import Vector
from resources.postgres import Connection
from resources.s3 import ObjectStore
from sql import query

ROWS = 20_000
"""Rows per file: some 20 MB in memory."""
VECTORS = 5_000
"""Vectors per file: 20 MB of the largest."""
PARQUET = "application/vnd.apache.parquet"
Vectors = dict[str, dict[bytes, Vector]]
"""Contract -> content hash -> vector."""

ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "text[]": pa.list_(pa.string()),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "double precision": pa.float64(),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "bytea": pa.binary(),
    "bytea[]": pa.list_(pa.binary()),
    "uuid": pa.string(),
}
"""The types of columns as Postgres names them. A table with another one cannot be exported before it is added here."""

VECTOR_SCHEMA = pa.schema(
    {"contract": pa.string(), "content": pa.binary(), "vector": pa.list_(pa.float32())},
)


class ExportedFile(BaseModel):
    """One object of an export."""

    model_config = ConfigDict(frozen=True)

    key: str
    rows: int
    bytes: int
    sha256: str


class ExportedTable(BaseModel):
    """One table of an export; `checksum` is that of its content, whatever the files."""

    model_config = ConfigDict(frozen=True)

    name: str
    columns: list[str]
    types: list[str]
    rows: int
    checksum: str
    files: list[ExportedFile]


class Manifest(BaseModel):
    """What an export holds. `thumbnails` counts the objects under `thumbnails/<museum>/` that belong to it."""

    model_config = ConfigDict(frozen=True)

    format: int = 1
    museum: str
    release: int
    made_at: datetime
    made_by: str
    why: str
    exported_at: datetime
    tables: list[ExportedTable]
    vectors: list[ExportedFile]
    thumbnails: int
    counts: dict[str, int] = {}
    """What the release counted, its corrections among them."""
    warnings: list[str] = []


def write_rows(
    conn: Connection, archive: ObjectStore, prefix: str, table: Table, release: Release, content: TableDigest
) -> ExportedTable:
    """Write a table of a release, a file at a time. In the caller's transaction."""
    columns = (*table.columns, "row_hash")
    schema = _schema(table)
    statement = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), table.leaf(release.museum, release.slot)
    )
    files = []
    with conn.cursor(name=f"export_{table.name}") as cursor:
        cursor.itersize = ROWS // 4
        cursor.execute(statement)
        for number, rows in enumerate(batched(cursor, ROWS), start=1):
            arrays = {name: [_plain(row[name]) for row in rows] for name in columns}
            body = _parquet(pa.table(arrays, schema=schema))
            files.append(_put(archive, f"{prefix}/{table.name}-{number:05d}.parquet", body, len(rows)))
    return ExportedTable(name=table.name, columns=list(table.columns), types=list(table.types), rows=content.rows,
                     checksum=content.checksum, files=files)  # fmt: skip


def read_rows(conn: Connection, archive: ObjectStore, described: ExportedTable, table: Table, release: Release) -> None:
    """Copy the files of a table into a release's slot. Raises MuseumError for a file that is not the one written."""
    columns = ("museum", "slot", *table.columns, "row_hash")
    types = ["text", "smallint", *table.types, "bytea"]
    into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        table.leaf(release.museum, release.slot), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    uuids = [position for position, kind in enumerate(types) if kind == "uuid"]
    with conn.transaction(), conn.cursor() as cursor, cursor.copy(into) as copy:
        copy.set_types(types)
        for file in described.files:
            found = _get(archive, file).select([*table.columns, "row_hash"])
            for values in zip(*(column.to_pylist() for column in found.columns), strict=True):
                row = [release.museum, release.slot, *values]
                for position in uuids:
                    row[position] = row[position] and UUID(row[position])
                copy.write_row(row)


def write_vectors(
    conn: Connection, cache: Connection, archive: ObjectStore, prefix: str, params: dict[str, Any]
) -> list[ExportedFile]:
    """Write every vector of a release from the cache, each once. Raises MuseumError when one is missing there."""
    files, slug = [], params["museum"]
    with conn.cursor(name="export_vectors") as cursor:
        cursor.execute(query("releases_exports.vectors"), params)
        for number, rows in enumerate(batched(cursor, VECTORS), start=1):
            found = list(_cached(cache, rows))
            if len(found) != len(rows):
                raise MuseumError(
                    f"{len(rows) - len(found)} vectors of {slug} are not in ops.vector any more: run "
                    f"`museum run all --museum {slug} --force`, {stage(slug)} and {promote(slug)}, then "
                    "export that release"
                )
            arrays = dict(zip(VECTOR_SCHEMA.names, zip(*found, strict=True), strict=True))
            body = _parquet(pa.table({name: list(values) for name, values in arrays.items()}, schema=VECTOR_SCHEMA))
            files.append(_put(archive, f"{prefix}/vectors-{number:05d}.parquet", body, len(rows)))
    return files


def _cached(cache: Connection, rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, bytes, Vector]]:
    for contract, contents in _by_contract((row["contract"], row["content"]) for row in rows).items():
        for content, vector in cached_vectors(cache, contract, contents).items():
            yield contract, content, vector


def _by_contract(pairs: Iterable[tuple[str, bytes]]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for contract, content in pairs:
        found.setdefault(contract, []).append(content)
    return found


def read_vectors(archive: ObjectStore, files: Iterable[ExportedFile]) -> Iterator[Vectors]:
    """Yield the vectors of an export, a file at a time."""
    for file in files:
        found: Vectors = {}
        table = _get(archive, file)
        lists = table["vector"].combine_chunks()
        for number, (contract, content) in enumerate(
            zip(table["contract"].to_pylist(), table["content"].to_pylist(), strict=True)
        ):
            found.setdefault(contract, {})[content] = np.asarray(lists[number].values, np.float32)
        yield found


def stored_vectors(cache: Connection, vectors: Vectors) -> None:
    """Put vectors back into the cache, where a promotion finds them; those it has stay as they are."""
    for contract, by_content in vectors.items():
        keep_vectors(cache, contract, by_content)


def _schema(table: Table) -> pa.Schema:
    unknown = sorted(set(table.types) - ARROW.keys())
    if unknown:
        raise MuseumError(
            f"{table.name} has columns of type {', '.join(unknown)}, which exports do not know: add them to ARROW in "
            "museum_assets/releases/exports/archive_files.py"
        )
    fields = zip((*table.columns, "row_hash"), (*table.types, "bytea"), strict=True)
    return pa.schema([(name, ARROW[kind]) for name, kind in fields])


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _put(archive: ObjectStore, key: str, body: bytes, rows: int) -> ExportedFile:
    archive.put(key, body, content_type=PARQUET)
    return ExportedFile(key=key, rows=rows, bytes=len(body), sha256=sha256(body).hexdigest())


def _get(archive: ObjectStore, file: ExportedFile) -> pa.Table:
    try:
        body = archive.get(file.key)
    except Gone:
        raise MuseumError(f"{file.key} is missing in bucket {archive.bucket}: this export cannot be restored") from None
    if (len(body), sha256(body).hexdigest()) != (file.bytes, file.sha256):
        raise MuseumError(
            f"{file.key} in bucket {archive.bucket} is not the file that was exported (its SHA-256 differs): this "
            "export cannot be restored"
        )
    return pq.read_table(io.BytesIO(body))
