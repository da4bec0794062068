"""JSON: one record per line, or one per member."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from museum_assets.archive_files.declared import DeclaredSource
from museum_assets.archive_files.read.block import BLOCK_BYTES, LARGEST_RECORD, MOST_ROWS, Block, Checkpoint, RowRefusal
from museum_assets.archive_files.read.delimited import as_columns
from museum_assets.archive_files.read.header import Fields, names_of
from museum_assets.archive_files.read.lines import UTF8_MARK, line_blocks, skip, text_fault
from museum_assets.archive_files.unpack.unpack import Member


def json_line_blocks(source: DeclaredSource, stream: io.RawIOBase, file: str, start: Checkpoint) -> Iterator[Block]:
    """Yield the records of a member that has one per line, after a checkpoint."""
    skip(stream, start.offset)
    offset, line = start.offset, start.line
    for body in line_blocks(stream):
        records = body.removesuffix(b"\n").split(b"\n")
        offset += len(body)
        end = Checkpoint(start.file, start.member, offset, line + len(records))
        yield _block(source, file, enumerate(records, line + 1), end)
        line = end.line


def json_member_blocks(source: DeclaredSource, members: Iterable[Member], file: int) -> Iterator[Block]:
    """Yield the records of members that hold one each. `file` is the archive's number."""
    records: list[tuple[int, bytes]] = []
    names: list[str] = []
    size = last = 0
    for member in members:
        body = read_record(member)
        records.append((len(names), body))
        names.append(member.name)
        size, last = size + len(body), member.index
        if size >= BLOCK_BYTES or len(records) >= MOST_ROWS:
            yield _block(source, "", records, Checkpoint(file, last + 1), names)
            records, names, size = [], [], 0
    if records:
        yield _block(source, "", records, Checkpoint(file, last + 1), names)


def read_record(member: Member) -> bytes:
    """Return the bytes of a member that holds one record; of a larger one so many that `too_large` refuses it."""
    body = bytearray()
    while len(body) <= LARGEST_RECORD and (part := member.stream.read(LARGEST_RECORD + 1 - len(body))):
        body += part
    return bytes(body)


def too_large(body: bytes) -> tuple[str, str] | None:
    """Return the code and the message for a record that is not parsed for its size, None for any other."""
    if len(body) <= LARGEST_RECORD:
        return None
    return "record_too_large", f"the record has more than {LARGEST_RECORD:,} bytes"


def _block(source: DeclaredSource, file: str, records: Iterable[tuple[int, bytes]], end: Checkpoint,
           names: Sequence[str] | None = None) -> Block:  # fmt: skip
    """Return a block of (number, bytes) records. The number is a line, or with `names` an index into those files."""
    fields = Fields(len(source.columns), {name: place for place, name in enumerate(source.columns)})
    known = {name: names_of(source, name) for name in source.columns}
    rows: list[list[str]] = []
    numbers: list[int] = []
    bodies: list[bytes] = []
    refused: list[RowRefusal] = []
    for number, raw in records:
        body = raw.removeprefix(UTF8_MARK)
        if not body.strip():
            continue
        values, fault = _values(source, known, body)
        if fault:
            where, line = (names[number], 1) if names else (file, number)
            refused.append(RowRefusal(where, line, *fault, body))
        else:
            rows.append(values)
            numbers.append(number)
            bodies.append(body)
    files = [names[number] for number in numbers] if names else None
    lines = [1] * len(rows) if names else numbers
    return Block(file, as_columns(rows, fields), lines, bodies.__getitem__, end, refused=refused, files=files)


def _values(
    source: DeclaredSource, names: dict[str, tuple[str, ...]], body: bytes
) -> tuple[list[str], tuple[str, str] | None]:
    if fault := too_large(body) or text_fault(body, "utf-8"):
        return [], fault
    try:
        record = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return [], ("bad_json", f"this is not JSON: {error}")
    if not isinstance(record, dict):
        return [], ("bad_json", f"this is a {type(record).__name__} and not an object")
    given = {key.lower(): value for key, value in record.items()}
    values: list[str] = []
    for column, known in names.items():
        name = next((name for name in known if name in given), None)
        if name is None and not source.columns[column].optional:
            return [], ("missing_field", f"the record has no {column}")
        text = _text(given[name]) if name else ""
        if "\0" in text:
            return [], ("nul_character", f"{column} holds a NUL character")
        values.append(text)
    return values, None


def _text(value: Any) -> str:
    """Return a value as text; lists and objects stay JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
