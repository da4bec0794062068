"""Dumps that are one JSON document, or a JSON value a line, read entry by entry."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from museum_assets.archive_files.read.block import BLOCK_BYTES, LARGEST_RECORD
from museum_assets.archive_files.read.documents import too_large
from museum_assets.archive_files.read.lines import UTF8_MARK, line_blocks
from museum_assets.core.failures import Malformed

LONGEST_OPENING = 1 << 10
"""Characters that the key of the list and its bracket may take."""
_BETWEEN = re.compile(r"[\s,]*")
_JSON = json.JSONDecoder()


def json_lines(stream: io.RawIOBase, start: int) -> Iterator[tuple[int, Any]]:
    """Yield (number, value) of each line after the number `start`; a line that cannot be read is a Malformed."""
    number = 0
    for block in line_blocks(stream):
        for line in block.split(b"\n"):
            body = line.removeprefix(UTF8_MARK).strip()
            if not body:
                continue
            number += 1
            if number > start:
                yield number, _value(body, number)


def _value(body: bytes, number: int) -> Any:
    if fault := too_large(body):
        return Malformed(f"line {number}: {fault[1]}", code=fault[0], permanent=True, evidence=body[:LARGEST_RECORD])
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return Malformed(f"line {number} is not JSON: {error}", permanent=True, evidence=body)


def json_entries(stream: io.RawIOBase, key: str | None, start: int) -> Iterator[tuple[int, Any]]:
    """Yield (number, entry) of the document's list after the number `start`, holding one entry in memory at a time.

    The list is the document itself, or what stands under the last part of `key`. Raises Malformed where there is no
    such list, and where it breaks off: of what follows nothing can be told.
    """
    text = _Text(stream)
    name = key.rpartition(".")[2] if key else None
    opening = re.compile(rf'"{re.escape(name)}"\s*:\s*\[' if name else r"\s*\[")
    if not text.skip_to(opening, anywhere=name is not None):
        raise Malformed(f"the document holds no list {f'under {key!r}' if key else 'at its top'}", permanent=True)
    number = 0
    while (entry := text.entry(number)) is not None:
        number += 1
        if number > start:
            yield number, entry[0]


class _Text:
    """A stream of UTF-8 as text, with what was read and how much of it is used."""

    def __init__(self, stream: io.RawIOBase) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._read = ""
        self._place = 0
        self._at_end = False

    def skip_to(self, opening: re.Pattern[str], *, anywhere: bool) -> bool:
        """Go on behind the opening; say whether there is one."""
        while self._more():
            match = opening.search(self._read) if anywhere else opening.match(self._read)
            if match:
                self._place = match.end()
                return True
            if not anywhere:
                return False
            self._place = max(0, len(self._read) - LONGEST_OPENING)
        return False

    def entry(self, number: int) -> tuple[Any] | None:
        """Return the next entry of the list, None at the list's end. Raises Malformed."""
        while True:
            if match := _BETWEEN.match(self._read, self._place):
                self._place = match.end()
            if self._read.startswith("]", self._place):
                return None
            why = "the document breaks off"
            try:
                value, end = _JSON.raw_decode(self._read, self._place)
            except ValueError as error:
                why = str(error)
            except RecursionError as error:
                raise Malformed(f"entry {number + 1} of the dump is nested too deeply", permanent=True) from error
            else:
                # A number at the end of what was read may go on.
                if end < len(self._read):
                    self._place = end
                    return (value,)
            if len(self._read) - self._place > LARGEST_RECORD or not self._more():
                raise Malformed(f"entry {number + 1} of the dump cannot be read: {why}", permanent=True)

    def _more(self) -> bool:
        """Read on, and forget what is used; say whether there was more."""
        body = b"" if self._at_end else self._stream.read(BLOCK_BYTES) or b""
        self._at_end = not body
        self._read = self._read[self._place :] + self._decoder.decode(body, final=self._at_end)
        self._place = 0
        return bool(body)
