"""Local files with a museum's records, for `museum try`, `museum new` and `museum conform`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import orjson

from museum_assets.archive_files.download.transfer import Downloaded
from museum_assets.archive_files.read.block import LARGEST_RECORD
from museum_assets.archive_files.read.dump import ArchiveDump
from museum_assets.archive_files.unpack.unpack import members
from museum_assets.core.failures import Failure, MuseumError
from museum_assets.museums.declared.museum import DUMPS, DeclaredMuseum
from museum_assets.museums.entries import as_id
from museum_assets.museums.museum import Dump, Museum, RawRecord

HEAD = 1 << 20


@dataclass(frozen=True)
class Shape:
    """How a file holds records: the kind of a declared source, with what it needs to be read."""

    kind: str
    files: str = "**/*.json"
    records: str | None = None
    format: str | None = None


class LocalApi:
    """An `Api` of a museum whose dump is a file here; nothing else can be asked for."""

    def __init__(self, file: Path) -> None:
        self.base = file.resolve().as_uri()
        self.dump: Dump | None = local_dump(file, checked=False)

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:  # noqa: ARG002
        """Refuse: it is a file."""
        _refuse(path)

    def text(self, path: str, params: Mapping[str, Any] | None = None) -> str:  # noqa: ARG002
        """Refuse: it is a file."""
        _refuse(path)

    def json_each(self, paths: Iterable[str]) -> Iterator[tuple[str, Any | Failure]]:
        """Refuse: it is a file."""
        _refuse(str(paths))

    def text_each(self, paths: Iterable[str]) -> Iterator[tuple[str, str | Failure]]:
        """Refuse: it is a file."""
        _refuse(str(paths))


def _refuse(path: str) -> NoReturn:
    raise MuseumError(f"{path}: a file is read, and no API is asked")


def local_dump(file: Path, *, checked: bool = True) -> ArchiveDump:
    """Return a file as a dump, unchecked where nothing of it is kept. Raises MuseumError where there is none."""
    if not file.is_file():
        raise MuseumError(f"{file} is no file: give the museum's dump, or its sample")
    with file.open("rb") as body:
        digest = hashlib.file_digest(body, "sha256").hexdigest()
    return ArchiveDump(lambda: Downloaded(file, digest, file.resolve().as_uri()), checked=checked)


def records_of(museum: Museum, file: Path) -> Iterator[RawRecord | Failure]:
    """Yield a file's records as a harvest would store them; what is none is a Failure.

    A museum without a dump is tried on its saved records, whatever their container.
    """
    if isinstance(museum, DeclaredMuseum) and museum.declaration.source.kind in DUMPS and not _is_sample(file):
        for page in museum.harvest(LocalApi(file)):
            yield from page.records
            yield from page.failed.values()
        return
    for number, entry in enumerate(entries_of(file, shape_of(file)), 1):
        if isinstance(entry, dict):
            yield RawRecord(as_id(entry.get("id")) or f"record {number}", entry)
        else:
            yield entry if isinstance(entry, Failure) else Failure(f"record {number} is no object")


def _is_sample(file: Path) -> bool:
    return file.name.endswith(".sample.jsonl")


def entries_of(file: Path, shape: Shape) -> Iterator[Any]:
    """Yield every entry of a file; one that cannot be read is a Failure."""
    dump = local_dump(file, checked=False)
    if shape.kind == "json-files":
        for each in dump.files(shape.files):
            try:
                yield orjson.loads(each.body.removeprefix(b"\xef\xbb\xbf"))
            except orjson.JSONDecodeError as error:
                yield Failure(f"{each.name} is not JSON: {error}")
    elif shape.kind == "csv":
        yield from (row for _, row in dump.rows())
    elif shape.kind == "json-lines":
        yield from (value for _, value in dump.lines())
    else:
        yield from (value for _, value in dump.entries(shape.records))


def shape_of(file: Path) -> Shape:
    """Return how a file holds records, by its first bytes. Raises MuseumError when that cannot be told."""
    if not file.is_file():
        raise MuseumError(f"{file} is no file: give the museum's dump")
    for member in members(file):
        head = bytearray()
        while len(head) < HEAD and (part := member.stream.read(HEAD)):
            head += part
        name = member.name.lower()
        if not member.alone and name.endswith(".json"):
            return Shape("json-files")
        if member.alone or name.endswith((".jsonl", ".ndjson", ".csv")):
            return _by_content(bytes(head).removeprefix(b"\xef\xbb\xbf").lstrip(), file)
    raise MuseumError(f"{file} holds neither JSON nor CSV: a declaration reads those, OAI-PMH and JSON APIs")


def _by_content(head: bytes, file: Path) -> Shape:
    if head.startswith(b"["):
        return Shape("json")
    if not head.startswith(b"{"):
        if b"," in head.split(b"\n", 1)[0]:
            return Shape("csv")
        raise MuseumError(f"{file} begins {head[:40]!r}: neither JSON nor CSV with commas")
    first = head.split(b"\n", 1)[0]
    try:
        orjson.loads(first)
    except orjson.JSONDecodeError:
        return _list_within(head, file)
    if len(head) > len(first) + 1 or file.suffix in {".jsonl", ".ndjson"}:
        return Shape("json-lines")
    return _list_within(head, file)


def _list_within(head: bytes, file: Path) -> Shape:
    """Return the key under which a JSON document holds its records: the first that has a list of objects."""
    if match := re.search(rb'"([^"]{1,80})"\s*:\s*\[\s*\{', head[:LARGEST_RECORD]):
        return Shape("json", records=match[1].decode())
    raise MuseumError(f"{file} is JSON without a list of records in its first {HEAD:,} bytes")
