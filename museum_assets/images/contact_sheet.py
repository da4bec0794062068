"""A few thumbnails on one small picture, for the metadata that a person sees in the UI."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

_GAP = 2
_BACKGROUND = (240, 240, 240)
_QUALITY = 60
"""24 cells of 96 px of real thumbnails come to about 40 kB, which travels inside every materialization's metadata."""


def contact_sheet(jpegs: Sequence[bytes], *, columns: int = 8, cell: int = 96) -> bytes:
    """Return one JPEG showing the images row by row, each within a square of `cell` pixels.

    Meant for stored thumbnails, up to about 24 of them. Raises ValueError without any.
    """
    from PIL import Image

    if not jpegs:
        raise ValueError("a contact sheet needs at least one image")
    across = min(columns, len(jpegs))
    rows = -(-len(jpegs) // across)
    sheet = Image.new("RGB", (across * cell, rows * cell), _BACKGROUND)
    for position, jpeg in enumerate(jpegs):
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            image.thumbnail((cell - 2 * _GAP, cell - 2 * _GAP), reducing_gap=2.0)
            row, column = divmod(position, across)
            sheet.paste(image, (column * cell + (cell - image.width) // 2, row * cell + (cell - image.height) // 2))
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def as_markdown(picture: bytes, alt: str, media_type: str = "image/jpeg") -> str:
    """Return Markdown that shows the picture by itself (a data URI), with `alt` as its text."""
    text = "".join(" " if sign in "[]\\\r\n" else sign for sign in alt)
    return f"![{text}](data:{media_type};base64,{base64.b64encode(picture).decode('ascii')})"
