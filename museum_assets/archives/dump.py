"""A museum's dump, for harvests: fetched when it is first asked for, and read whole before any of it is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, cached_property

from museum_assets.archives.documents import read_member
from museum_assets.archives.lines import UTF8_MARK, trouble
from museum_assets.archives.quoted import QuotedRows
from museum_assets.archives.transfer import Downloaded
from museum_assets.archives.unpack import check, members
from museum_assets.failures import Failure, Malformed
from museum_assets.museums.museum import Document
from museum_assets.sources.wildcard import compile_pattern


class ArchiveDump:
    """Implements `museum_assets.museums.museum.Dump` over one file. Every method raises Failure."""

    def __init__(self, fetch: Callable[[], Downloaded]) -> None:
        self._fetch = fetch
        self.count = cache(self._count)

    @cached_property
    def _file(self) -> Downloaded:
        return self._fetch()

    @property
    def version(self) -> str:
        """Return the file's SHA-256."""
        return self._file.sha256

    def _count(self, pattern: str) -> int:
        return check(self._file.path, compile_pattern(pattern).matches).wanted

    def documents(self, pattern: str, start: int = 0) -> Iterator[Document]:
        """Yield matching members from an index on."""
        self.count(pattern)
        wanted = compile_pattern(pattern)
        for member in members(self._file.path):
            if member.index >= start and wanted.matches(member.name):
                yield Document(member.index, member.name, read_member(member))

    def rows(self, start: int = 0) -> Iterator[tuple[int, dict[str, str] | Failure]]:
        """Yield the rows of a CSV file, alone or the only one in an archive, by the names in its first line."""
        self.count("**/*.csv")
        names: list[str] | None = None
        for member in members(self._file.path):
            number = 0
            for values, lines, why in QuotedRows(member.stream):
                if names is None:
                    names = [name.removeprefix(UTF8_MARK.decode()).strip() for name in values or []]
                    continue
                number += 1
                if number > start:
                    yield number, _row(names, values, b"".join(lines), why, number)
            return


def _row(names: list[str], values: list[str] | None, body: bytes, why: str, number: int) -> dict[str, str] | Failure:
    fault = trouble(body, "utf-8")
    if fault is None and values is not None and len(values) == len(names):
        return dict(zip(names, values, strict=True))
    told = fault[1] if fault else why or f"it has {len(values or [])} fields instead of {len(names)}"
    return Malformed(f"row {number} of the dump cannot be read: {told}", permanent=True)
