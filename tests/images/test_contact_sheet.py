"""The contact sheet shows every image in its own cell and stays small enough for metadata."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image

from museum_assets.images.contact_sheet import as_markdown, contact_sheet
from museum_assets.images.thumbnail import make_thumbnail


def jpeg(colour: tuple[int, int, int], size: tuple[int, int] = (200, 200)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def opened(sheet: bytes) -> Image.Image:
    return Image.open(io.BytesIO(sheet))


@pytest.mark.parametrize(
    ("count", "columns", "size"),
    [
        (1, 8, (96, 96)),
        (3, 8, (288, 96)),
        (8, 8, (768, 96)),
        (9, 8, (768, 192)),
        (24, 8, (768, 288)),
        (5, 2, (192, 288)),
    ],
)
def test_size_follows_from_the_number_of_images(count: int, columns: int, size: tuple[int, int]) -> None:
    assert opened(contact_sheet([jpeg((0, 0, 0))] * count, columns=columns)).size == size


def test_images_run_row_by_row_and_keep_their_shape() -> None:
    red, green, blue = (220, 20, 20), (20, 200, 20), (20, 20, 220)
    sheet = opened(contact_sheet([jpeg(red), jpeg(green, (400, 100)), jpeg(blue)], columns=2, cell=96))
    for spot, wanted in {
        (48, 48): red,
        (144, 48): green,
        (48, 144): blue,
        (144, 10): (240,) * 3,
        (144, 144): (240,) * 3,
    }.items():
        found = sheet.getpixel(spot)
        assert isinstance(found, tuple)
        assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) < 12, spot


def test_24_real_thumbnails_stay_under_60_kb(shared: Path) -> None:
    made = [
        make_thumbnail(path.read_bytes(), max_dimension=800, quality=85).jpeg
        for path in sorted((shared / "data" / "images").rglob("*.jpg"))
    ]
    assert len(contact_sheet((made * 24)[:24])) < 60_000


def test_24_images_of_noise_stay_under_60_kb() -> None:
    out = io.BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGB").save(out, "JPEG", quality=95)
    assert len(contact_sheet([out.getvalue()] * 24)) < 60_000


def test_nothing_to_show() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        contact_sheet([])


def test_markdown_holds_the_very_bytes_and_no_stray_bracket() -> None:
    body = jpeg((1, 2, 3))
    found = re.fullmatch(
        r"!\[([^\[\]\n]*)\]\(data:image/jpeg;base64,([A-Za-z0-9+/=]+)\)", as_markdown(body, "KMS1 [detail]\n](x)")
    )
    assert found
    assert base64.b64decode(found[2]) == body
