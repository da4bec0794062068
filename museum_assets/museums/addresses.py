"""Addresses in records: of pictures, pages and IIIF image services."""

from __future__ import annotations

import re
from urllib.parse import quote

from museum_assets.museums.reading import malformed

SCHEMES = ("https://", "http://")
_IIIF_IMAGE = re.compile(r"(https?://[^\s?#]+)/full/[^/\s]+/0/default\.(?:jpg|png)")


def checked(url: str | None, field: str) -> str | None:
    """Return an address, None where there is none. Raises Rejected(malformed_record) for another text."""
    if url is not None and not url.startswith(SCHEMES):
        raise malformed(field, "a URL", url)
    return url


def quoted(value: str) -> str:
    """Return a value as one segment of a path, so that an odd one cannot lead to another path of the host."""
    return quote(value, safe="", errors="replace")


def is_iiif(url: str) -> bool:
    """Say whether an address asks a IIIF image service for a whole picture."""
    return _IIIF_IMAGE.fullmatch(url) is not None


def iiif_thumbnail(url: str) -> str:
    """Return the IIIF address of at most 800 x 800 pixels; another address as it is.

    `!w,h` fits the image inside and never enlarges it (IIIF Image API 3.0, 4.2), so it cannot be asked too wide;
    `800,` answers 400 for an image narrower than that, and is 8,000 high for a hanging scroll.
    """
    iiif = _IIIF_IMAGE.fullmatch(url)
    return f"{iiif[1]}/full/!800,800/0/default.jpg" if iiif else url
