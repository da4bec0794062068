"""Reading a stream in blocks of whole lines, and finding the fault of a line."""

from __future__ import annotations

import io
from collections.abc import Iterator

from museum_assets.archive_files.read.block import BLOCK_BYTES, LONGEST_LINE, MOST_ROWS
from museum_assets.core.failures import Failure

UTF8_MARK = b"\xef\xbb\xbf"


def line_blocks(stream: io.RawIOBase, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield blocks of at most MOST_ROWS whole lines; only the last may lack its end. Raises Failure(line_too_long)."""
    rest = bytearray()
    while body := stream.read(size):
        cut = body.rfind(b"\n") + 1
        if cut:
            yield from _few_lines(bytes(rest) + body[:cut])
            rest = bytearray(body[cut:])
        else:
            rest += body
            if len(rest) > LONGEST_LINE:
                raise Failure(f"a line has more than {LONGEST_LINE:,} bytes: is this the format that was declared?",
                              code="line_too_long", permanent=True)  # fmt: skip
    if rest:
        yield bytes(rest)


def _few_lines(block: bytes) -> Iterator[bytes]:
    """Yield a block of whole lines in parts of at most MOST_ROWS lines."""
    while block.count(b"\n") > MOST_ROWS:
        rest = block.split(b"\n", MOST_ROWS)[-1]
        yield block[: len(block) - len(rest)]
        block = rest
    yield block


def first_line(block: bytes) -> bytes:
    """Return the first line of a block with its line end."""
    return block[: block.find(b"\n") + 1 or len(block)]


def skip(stream: io.RawIOBase, count: int) -> None:
    """Read and drop `count` bytes: a decompressor cannot seek."""
    while count > 0 and (body := stream.read(min(count, BLOCK_BYTES))):
        count -= len(body)


def text_fault(line: bytes, encoding: str) -> tuple[str, str] | None:
    """Return (code, message) of why a line is not text in this encoding; None when it is."""
    if b"\0" in line:
        return "nul_character", f"a NUL character stands at byte {line.index(0) + 1} of the line"
    try:
        line.decode(encoding)
    except UnicodeDecodeError as error:
        return (
            "undecodable",
            f"byte {error.start + 1} of the line is 0x{line[error.start]:02x}, which is not {encoding}",
        )
    return None
