"""JSON: one record a line, or one a member."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from museum_assets.archives.block import BLOCK_BYTES, Block, Place, Refused
from museum_assets.archives.delimited import as_columns
from museum_assets.archives.header import Fields, names_of
from museum_assets.archives.lines import UTF8_MARK, line_blocks, skip, trouble
from museum_assets.archives.schema import Source
from museum_assets.archives.unpack import Member
from museum_assets.failures import Failure

LARGEST = 16 << 20
"""Bytes of a record that is a member of its own."""


def json_line_blocks(source: Source, stream: io.RawIOBase, file: str, start: Place) -> Iterator[Block]:
    """Yield the records of a member with one a line, from a place on."""
    skip(stream, start.offset)
    offset, line = start.offset, start.line
    for body in line_blocks(stream):
        records = body.removesuffix(b"\n").split(b"\n")
        offset += len(body)
        end = Place(start.file, start.member, offset, line + len(records))
        yield _block(source, file, enumerate(records, line + 1), end)
        line = end.line


def json_member_blocks(source: Source, members: Iterable[Member], file: int) -> Iterator[Block]:
    """Yield the records of members that are one each. `file` is the archive's number."""
    records: list[tuple[int, bytes]] = []
    names: list[str] = []
    size = last = 0
    for member in members:
        body = read_member(member)
        records.append((len(names), body))
        names.append(member.name)
        size, last = size + len(body), member.index
        if size >= BLOCK_BYTES:
            yield _block(source, "", records, Place(file, last + 1), names)
            records, names, size = [], [], 0
    if records:
        yield _block(source, "", records, Place(file, last + 1), names)


def read_member(member: Member) -> bytes:
    """Return all bytes of a member that is one record. Raises Failure(record_too_large)."""
    body = bytearray()
    while part := member.stream.read(LARGEST + 1):
        body += part
        if len(body) > LARGEST:
            raise Failure(f"the member {member.name} has more than {LARGEST:,} bytes, which is no record.",
                          code="record_too_large", permanent=True)  # fmt: skip
    return bytes(body)


def _block(source: Source, file: str, records: Iterable[tuple[int, bytes]], end: Place,
           names: Sequence[str] | None = None) -> Block:  # fmt: skip
    """Read numbered records. With `names` each is a file of its own, and its number is the place there."""
    fields = Fields(len(source.columns), {name: place for place, name in enumerate(source.columns)})
    known = {name: names_of(source, name) for name in source.columns}
    rows: list[list[str]] = []
    numbers: list[int] = []
    bodies: list[bytes] = []
    refused: list[Refused] = []
    for number, raw in records:
        body = raw.removeprefix(UTF8_MARK)
        if not body.strip():
            continue
        values, fault = _values(source, known, body)
        if fault:
            where, line = (names[number], 1) if names else (file, number)
            refused.append(Refused(where, line, *fault, body))
        else:
            rows.append(values)
            numbers.append(number)
            bodies.append(body)
    files = [names[number] for number in numbers] if names else None
    lines = [1] * len(rows) if names else numbers
    return Block(file, as_columns(rows, fields), lines, bodies.__getitem__, end, refused=refused, files=files)


def _values(source: Source, names: dict[str, tuple[str, ...]], body: bytes) -> tuple[list[str], tuple[str, str] | None]:
    if fault := trouble(body, "utf-8"):
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
    """Return a value as text; what is a list or an object stays JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
