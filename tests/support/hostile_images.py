"""Images of a few kilobytes that take gigabytes or hours to decode."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def webp(side: int) -> bytes:
    """A lossless WebP of one colour: every one of its codes has a single symbol, so no pixel takes a bit."""
    bits = [(0x2F, 8), (side - 1, 14), (side - 1, 14), (0, 1), (0, 3), (0, 1), (0, 1), (0, 1)]
    for symbol in (1, 0, 0, 255, 0):  # green, red, blue, alpha, distance
        bits += [(1, 1), (0, 1), (1, 1), (symbol, 8)]
    value = at = 0
    for number, width in bits:
        value |= number << at
        at += width
    chunk = value.to_bytes(at // 8 + 2, "little")
    chunk += b"\0" * (len(chunk) % 2)
    body = b"WEBPVP8L" + struct.pack("<I", len(chunk)) + chunk
    return b"RIFF" + struct.pack("<I", len(body)) + body


def float_tiff(side: int, rows: int = 100) -> bytes:
    """A deflated TIFF of floats, all of whose strips are the same bytes."""
    strip = zlib.compress(b"\0" * (side * rows * 4), 9)
    strips = side // rows
    first = 8 + 2 + 12 * 10 + 4
    data = first + 8 * strips
    offset, length = (first, first + 4 * strips) if strips > 1 else (data, len(strip))  # a single value stands inline
    fields = [
        (256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 32), (259, 3, 1, 8), (262, 3, 1, 1),
        (273, 4, strips, offset), (277, 3, 1, 1), (278, 4, 1, rows), (279, 4, strips, length),
        (339, 3, 1, 3),
    ]  # fmt: skip
    directory = struct.pack("<H", len(fields)) + b"".join(struct.pack("<HHII", *each) for each in fields) + b"\0" * 4
    offsets = struct.pack(f"<{strips}I", *[data] * strips)
    lengths = struct.pack(f"<{strips}I", *[len(strip)] * strips)
    return b"II*\0" + struct.pack("<I", 8) + directory + offsets + lengths + strip


def scans(side: int, repeated: int) -> bytes:
    """A progressive JPEG whose last scan comes that many times more. Each one is a pass over the whole image."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), (200, 30, 30)).save(out, "JPEG", progressive=True)
    body = out.getvalue()
    last = body.rindex(b"\xff\xda")
    scan = body[last:-2]
    return body[:last] + scan * (repeated + 1) + body[-2:]


def png(side: int, depth: int = 8) -> bytes:
    """A PNG of one colour."""
    line = b"\0" * (1 + side * 3 * depth // 8)
    # After a full flush nothing refers back, so that one line's bytes serve for each: packed one by one they took 8 s.
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed_line = packer.compress(line) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = zlib.adler32(b"")
    for _ in range(side):
        checksum = zlib.adler32(line, checksum)
    packed = b"\x78\xda" + packed_line * side + packer.flush() + struct.pack(">I", checksum)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


MAKERS = {
    "webp": lambda: webp(14_000),
    "float.tiff": lambda: float_tiff(14_000),
    "scans.jpg": lambda: scans(2000, 20_000),
    "large.png": lambda: png(14_000),
    "deep.png": lambda: png(14_000, 16),
}
CODES = {name: "too_many_scans" if name == "scans.jpg" else "image_too_large" for name in MAKERS}
"""What each of them ends in."""


def hostile(name: str) -> bytes:
    """One of the hostile images; they were seen to take 3 GB, 3.9 GB, hours, 1 GB and 1 GB."""
    return MAKERS[name]()


def greedy() -> dict[str, bytes]:
    """Images that are allowed, each of which takes most of the memory that all images may take together."""
    return {"webp": webp(4200), "png": png(7000), "float.tiff": float_tiff(6500), "scans.jpg": scans(5000, 40)}
