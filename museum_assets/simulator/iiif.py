"""The part of the IIIF Image API that the museums' image URLs use: /{region}/{size}/{rotation}/{quality}.{format}."""

from __future__ import annotations

import re

_URL = re.compile(r"full/(?P<size>[^/]+)/0/(?:default|native)\.jpg")
_SIZE = re.compile(r"(?P<bang>!?)(?P<width>\d*),(?P<height>\d*)")


def size_of(rest: str) -> str | None:
    """Return the size of `full/{size}/0/default.jpg`, the only region, rotation and format that are served."""
    match = _URL.fullmatch(rest)
    return match["size"] if match else None


def target(size: str, full: tuple[int, int], *, at_most_full: bool = False) -> tuple[int, int]:
    """Return the pixels that a size asks for of an image of `full` pixels.

    `max` and `full`; `w,`; `,h`; `w,h`; `!w,h` (fits within, either may be missing, as in SMK's `!1024,`).
    Raises ValueError for anything else, for nothing, and for more pixels than the image has; with `at_most_full`
    the last gives the full image.
    """
    if size in ("max", "full"):
        return full
    match = _SIZE.fullmatch(size)
    if not match or not (match["width"] or match["height"]):
        raise ValueError(f"size {size!r} is not one of max, full, w, or ,h or w,h or !w,h")
    width, height = (int(text) if text else None for text in match.group("width", "height"))
    if match["bang"]:
        return _scaled(full, min(1.0, *(box / side for box, side in zip((width, height), full, strict=True) if box)))
    if width == 0 or height == 0:
        raise ValueError(f"size {size!r} has no pixels")
    if (width or 0) > full[0] or (height or 0) > full[1]:
        if at_most_full:
            return full
        raise ValueError(f"size {size!r} is beyond the image's {full[0]} x {full[1]} pixels")
    if width and height:
        return width, height
    return _scaled(full, width / full[0] if width else (height or 0) / full[1])


def _scaled(full: tuple[int, int], factor: float) -> tuple[int, int]:
    return max(1, round(full[0] * factor)), max(1, round(full[1] * factor))
