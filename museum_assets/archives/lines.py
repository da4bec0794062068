"""Reading a stream in blocks of whole lines, and looking at single ones."""

from __future__ import annotations

import io
from collections.abc import Iterator

from museum_assets.archives.block import BLOCK_BYTES, LONGEST_LINE
from museum_assets.failures import Failure

UTF8_MARK = b"\xef\xbb\xbf"


def line_blocks(stream: io.RawIOBase, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield bytes that end with a line's end, but for the last ones. Raises Failure(line_too_long)."""
    rest = bytearray()
    while body := stream.read(size):
        cut = body.rfind(b"\n") + 1
        if cut:
            yield bytes(rest) + body[:cut]
            rest = bytearray(body[cut:])
        else:
            rest += body
            if len(rest) > LONGEST_LINE:
                raise Failure(f"a line has more than {LONGEST_LINE:,} bytes: is this the format that was declared?",
                              code="line_too_long", permanent=True)  # fmt: skip
    if rest:
        yield bytes(rest)


def first_line(block: bytes) -> bytes:
    """Return the first line with its end."""
    return block[: block.find(b"\n") + 1 or len(block)]


def skip(stream: io.RawIOBase, count: int) -> None:
    """Read over bytes: what comes out of a decompressor cannot be jumped over."""
    while count > 0 and (body := stream.read(min(count, BLOCK_BYTES))):
        count -= len(body)


def trouble(line: bytes, encoding: str) -> tuple[str, str] | None:
    """Return code and message of a line that is no text; None for one that is."""
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
