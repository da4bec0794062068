"""What decoding an image takes, told by its header alone: a few kilobytes of file can claim gigabytes of memory.

The figures are the memory that Pillow 13 was seen to take, on images of 16 megapixels of every kind.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

REDUCING_GAP = 2.0
"""The decoder may leave an image this many times larger than the thumbnail; resampling does the rest."""
MOST_SCANS = 100
"""Scans of a JPEG that are decoded. Encoders write up to about 12; each one more is a pass over the whole image."""

_FIXED = 12 << 20
_NUMPY = 48 << 20
"""What loading numpy takes, which only images of more than 8 bits need."""
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)
_START_OF_SCAN, _START_OF_IMAGE, _END_OF_IMAGE, _TEMPORARY = 0xDA, 0xD8, 0xD9, 0x01
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WIDE_MODES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
"""Bytes of a pixel in memory where they are not four."""


def decoding_cost(image: PillowImage, body: bytes, max_dimension: int) -> int:
    """Return the bytes that making a thumbnail of an opened image takes, its file's own ones included."""
    width, height = image.size
    if image.format == "WEBP":
        return webp_cost(width * height, body, max_dimension)
    stored: int = _WIDE_MODES.get(image.mode, 4)
    decoded: int = width * height
    extra = _FIXED + 2 * len(body)
    if image.format == "JPEG":
        scale = next(by for by in (8, 4, 2, 1) if by <= max(1, _shrinkable(image, max_dimension)))
        decoded //= scale * scale
        extra += _coefficients(body)
    elif image.format == "JPEG2000":
        extra += 5 * len(image.getbands()) * _tile_pixels(body, decoded)
    elif image.format == "TIFF":
        extra += _strip(image)
    if image.mode.startswith(("I", "F")):
        extra += _NUMPY
    side: int = min(max_dimension, max(width, height))
    return extra + int(1.3 * decoded * (stored + _converted(image))) + 24 * side * side


def jpeg_scans(body: bytes) -> Iterator[int]:
    """Yield the number of components of each scan of a JPEG, up to its end or to what is no JPEG any more."""
    return (segment[0] for kind, segment in _segments(body) if kind == _START_OF_SCAN and segment)


def webp_pixels(body: bytes) -> int:
    """Return the pixels that a WebP claims, 0 for another file: Pillow takes memory for them when it opens one."""
    head = body[:30]
    if len(head) < 30 or head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return 0
    if head[12:16] == b"VP8X":
        return (int.from_bytes(head[24:27], "little") + 1) * (int.from_bytes(head[27:30], "little") + 1)
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
    width, height = struct.unpack_from("<HH", head, 26)
    return int(width & 0x3FFF) * int(height & 0x3FFF)


def webp_cost(pixels: int, body: bytes, max_dimension: int) -> int:
    """Return the bytes that making a thumbnail of a WebP takes: two canvases, the frame, its copy and the result."""
    return _FIXED + 2 * len(body) + 19 * pixels + 24 * max_dimension**2


def _shrinkable(image: PillowImage, max_dimension: int) -> int:
    """Return by how much libjpeg may shrink while it decodes, as `Image.thumbnail` asks it to."""
    gap = int(max_dimension * REDUCING_GAP)
    by: int = min(image.width // gap, image.height // gap)
    return by


def _converted(image: PillowImage) -> int:
    """Return the bytes of a pixel of the copies that are made before the image is small."""
    mode, transparent = image.mode, "transparency" in image.info
    if mode == "1" or mode.startswith(("I", "F")):
        return 1
    if mode in ("P", "PA"):
        return 8 if transparent or mode == "PA" else 4
    if mode in ("LA", "RGBA"):
        return 4
    return 8 if transparent else 0


class _Frame(NamedTuple):
    """A JPEG's start of frame: its components, and the bytes of all its coefficients."""

    components: int
    coefficients: int


def _coefficients(body: bytes) -> int:
    """Return the bytes that libjpeg keeps of a JPEG in several scans: two for each sample, at its full size."""
    frame = _Frame(0, 0)
    for kind, segment in _segments(body):
        if kind in _FRAMES and len(segment) > 6:
            frame = _frame(segment)
            if kind in (0xC2, 0xC6, 0xCA, 0xCE):  # progressive
                return frame.coefficients
        elif kind == _START_OF_SCAN:
            return frame.coefficients if segment and segment[0] < frame.components else 0
    return 0


def _frame(segment: bytes) -> _Frame:
    height, width, components = struct.unpack_from(">HHB", segment, 1)
    factors = [(segment[at] >> 4, segment[at] & 15) for at in range(7, min(len(segment), 6 + 3 * components), 3)]
    most = max((across for across, _ in factors), default=1) * max((down for _, down in factors), default=1)
    samples = sum(across * down for across, down in factors)
    return _Frame(components, 2 * (width + 64) * (height + 64) * samples // max(most, 1))


def _segments(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, content) of a JPEG's segments; between scans the coded data is skipped."""
    at = 2
    while found := _MARKER.search(body, at):
        at = found.end()
        kind = found[1][0]
        if kind == _END_OF_IMAGE:
            return
        if kind in (_START_OF_IMAGE, _TEMPORARY):
            continue
        length = int.from_bytes(body[at : at + 2], "big")
        yield kind, body[at + 2 : at + length]
        at += max(length, 2)


def _tile_pixels(body: bytes, decoded: int) -> int:
    """Return the pixels of one tile of a JPEG 2000, which are decoded at a time."""
    at = body.find(b"\xff\x4f\xff\x51", 0, 4096)
    if at < 0 or len(body) < at + 32:
        return decoded
    width, height = struct.unpack_from(">II", body, at + 24)
    return min(decoded, int(width) * int(height))


def _strip(image: PillowImage) -> int:
    """Return the bytes of one strip or tile of a TIFF, which are unpacked at a time."""
    tags: Any = getattr(image, "tag_v2", {})
    try:
        width, rows = int(tags.get(322, image.width)), int(tags.get(323, tags.get(278, image.height)))
        bits = sum(int(each) for each in tags.get(258, (8,)))
    except (TypeError, ValueError):  # tags of the wrong kind
        width, rows, bits = *image.size, 32
    return width * min(rows, image.height + 4096) * max(bits, 8) // 8
