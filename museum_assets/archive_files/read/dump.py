"""A museum's dump, for harvests: downloaded when it is first read, and checked whole before any record is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, cached_property
from typing import Any

from museum_assets.archive_files.download.transfer import Downloaded
from museum_assets.archive_files.read.documents import read_record, too_large
from museum_assets.archive_files.read.json_dump import json_entries, json_lines
from museum_assets.archive_files.read.lines import UTF8_MARK, text_fault
from museum_assets.archive_files.read.quoted import QuotedRows
from museum_assets.archive_files.unpack.unpack import check, members
from museum_assets.core.failures import Failure, Malformed
from museum_assets.core.wildcards import compile_pattern
from museum_assets.museums.museum import DumpFile


class ArchiveDump:
    """Implements `museum_assets.museums.museum.Dump` over one file. Every method raises Failure.

    Without `checked`, for one of which nothing is kept, it is read once and counted by nobody.
    """

    def __init__(
        self,
        fetch: Callable[[], Downloaded],
        announced: Callable[[], int | None] = lambda: None,
        *,
        checked: bool = True,
    ) -> None:
        self._fetch = fetch
        self.announced = announced
        self._checked = checked
        self.count = cache(self._count)

    @cached_property
    def _file(self) -> Downloaded:
        return self._fetch()

    @property
    def version(self) -> str:
        """Return the SHA-256 of the file."""
        return self._file.sha256

    @property
    def fetched(self) -> int:
        """Return how many bytes came for it."""
        return self._file.fetched

    def _count(self, pattern: str) -> int | None:
        return None if not self._checked else check(self._file.path, compile_pattern(pattern).matches).matching

    def files(self, pattern: str, start: int = 0) -> Iterator[DumpFile]:
        """Yield the members that match, from the index `start` on."""
        self.count(pattern)
        wildcard = compile_pattern(pattern)
        for member in members(self._file.path):
            if member.index >= start and wildcard.matches(member.name):
                body = read_record(member)
                yield DumpFile(member.index, member.name, body, too_large(body))

    def lines(self, start: int = 0) -> Iterator[tuple[int, Any]]:
        """Yield (number, value) of a file with a JSON value a line, alone or the first in an archive."""
        self.count("**")
        for member in members(self._file.path):
            yield from json_lines(member.stream, start)
            return

    def entries(self, key: str | None, start: int = 0) -> Iterator[tuple[int, Any]]:
        """Yield (number, entry) of the list in a JSON document, alone or the first in an archive."""
        self.count("**")
        for member in members(self._file.path):
            yield from json_entries(member.stream, key, start)
            return

    def rows(self, start: int = 0) -> Iterator[tuple[int, dict[str, str] | Failure]]:
        """Yield (number, row) of a CSV file, alone or the first in an archive; the first line names the columns."""
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
    fault = text_fault(body, "utf-8")
    if fault is None and values is not None and len(values) == len(names):
        return dict(zip(names, values, strict=True))
    reason = fault[1] if fault else why or f"it has {len(values or [])} fields instead of {len(names)}"
    return Malformed(f"row {number} of the dump cannot be read: {reason}", permanent=True, evidence=body)
