"""Every mode in every format becomes a clean RGB JPEG; whatever else comes in fails with one of three codes."""

from __future__ import annotations

import hashlib
import io
import itertools
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from museum_assets.core.failures import Failure
from museum_assets.images.thumbnail import MAX_PIXELS, make_thumbnail, thumbnail_settings_id

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 200, 30), (30, 30, 220), (230, 220, 40)
CODES = {"undecodable_image": True, "decompression_bomb": True, "truncated_image": False}

MODES = {
    "JPEG": ["L", "RGB", "CMYK", "YCbCr"],
    "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
    "TIFF": ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"],
    "WEBP": ["RGB", "RGBA"],
    "GIF": ["1", "L", "P"],
    "BMP": ["1", "L", "P", "RGB"],
    "JPEG2000": ["L", "LA", "RGB", "RGBA", "I;16"],
}
MODE_AND_FORMAT = [(mode, name) for name, modes in MODES.items() for mode in modes]


def quarters(width: int = 120, height: int = 80) -> Image.Image:
    """Red, green over blue, yellow: any turn, flip or lost channel shows."""
    image = Image.new("RGB", (2, 2))
    image.putdata([RED, GREEN, BLUE, YELLOW])
    return image.resize((width, height), Image.Resampling.NEAREST)


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    if mode == "I;16":
        return image.convert("L").convert("I").point(lambda value: value * 257).convert("I;16")
    if mode == "PA":
        return image.convert("RGBA").convert("PA")
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        return cast(Image.Image, ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB"))
    return image.convert(mode)


def encode(image: Image.Image, name: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, name, **options)
    return out.getvalue()


def thumb(body: bytes, max_dimension: int = 60) -> Image.Image:
    made = make_thumbnail(body, max_dimension=max_dimension, quality=90)
    image = Image.open(io.BytesIO(made.jpeg))
    assert image.size == (made.width, made.height)
    return image


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    found = image.convert("RGB").getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    x, y = image.width // 4, image.height // 4
    spots = itertools.product((y, image.height - y), (x, image.width - x))
    return [pixel(image, left, top) for top, left in spots]


def close(found: tuple[int, ...], wanted: tuple[int, ...], tolerance: int = 24) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize(("mode", "name"), MODE_AND_FORMAT)
def test_every_mode_in_every_format(mode: str, name: str) -> None:
    source = in_mode(quarters(), mode)
    image = thumb(encode(source, name))
    assert (image.mode, image.format, image.size) == ("RGB", "JPEG", (60, 40))
    if mode == "1":  # dithered: only the mean brightness survives
        return
    grey = mode in ("L", "LA", "I;16", "I", "F")
    wanted = [(luma,) * 3 if grey else colour for colour, luma in zip((RED, GREEN, BLUE, YELLOW), lumas(), strict=True)]
    assert all(close(found, want) for found, want in zip(corners(image), wanted, strict=True)), corners(image)


def lumas() -> list[int]:
    return [red for red, _, _ in corners(quarters().convert("L"))]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied_once(orientation: int, name: str) -> None:
    # Each entry: which corner of the stored pixels is seen top left, top right, bottom left, bottom right.
    seen = ["RGBY", "GRYB", "YBGR", "BYRG", "RBGY", "BRYG", "YGBR", "GYRB"][orientation - 1]
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = thumb(encode(quarters(), name, exif=exif))
    colours = {"R": RED, "G": GREEN, "B": BLUE, "Y": YELLOW}
    assert image.size == ((60, 40) if orientation < 5 else (40, 60))
    assert all(close(found, colours[want]) for found, want in zip(corners(image), seen, strict=True))


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "I;16"])
def test_orientation_survives_the_change_of_mode(mode: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert thumb(encode(in_mode(quarters(), mode), exif=exif)).size == (40, 60)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("exif", [b"", b"XX*\x00\xff\xff\xff\xff", b"MM\x00*\x02", b"II*\x00\x08\x00\x00\x00\xff\xff"])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_broken_exif_does_not_lose_the_picture(exif: bytes, name: str) -> None:
    assert thumb(encode(quarters(), name, exif=b"Exif\x00\x00" + exif)).size == (60, 40)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((30, 20), (30, 20)), ((60, 60), (60, 60)), ((61, 10), (60, 10)), ((4000, 1), (60, 1)), ((1, 4000), (1, 60))],
)
def test_never_enlarged_and_never_empty(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert thumb(encode(Image.new("RGB", size))).size == wanted


@pytest.mark.parametrize(
    ("mode", "name"), [("PA", "TIFF"), *itertools.product(("LA", "RGBA"), ("PNG", "TIFF", "JPEG2000"))]
)
def test_transparent_is_white(mode: str, name: str) -> None:
    image = thumb(encode(Image.new("RGBA", (40, 40)).convert(mode), name))
    assert close(pixel(image, 20, 20), (255, 255, 255), 2)


@pytest.mark.parametrize(("mode", "colour", "transparent"), [("RGB", (9, 9, 9), (9, 9, 9)), ("L", 9, 9), ("P", 0, 0)])
def test_one_transparent_colour_is_white(mode: str, colour: Any, transparent: Any) -> None:
    body = encode(Image.new(mode, (40, 40), colour), transparency=transparent)
    assert close(pixel(thumb(body), 20, 20), (255, 255, 255), 2)


@pytest.mark.parametrize(
    ("mode", "values", "wanted"),
    [
        ("F", (0.0, 1.0), (0, 255)),
        ("F", (0.0, 255.0), (0, 255)),
        ("F", (0.0, 65535.0), (0, 255)),
        ("F", (-3.0, 5.0), (0, 255)),
        ("F", (float("nan"), 1.0), (0, 255)),
        ("F", (-7.0, -7.0), (0, 0)),
        ("I", (0, 200), (0, 200)),
        ("I", (0, 65535), (0, 255)),
        ("I", (100_000, 300_000), (0, 255)),
    ],
)
def test_deep_values_are_scaled_not_clipped(mode: str, values: tuple[float, float], wanted: tuple[int, int]) -> None:
    deep = Image.new(mode, (40, 40), values[0])
    deep.paste(values[1], (20, 0, 40, 40))
    image = thumb(encode(deep, "TIFF"))
    assert close(pixel(image, 5, 20), (wanted[0],) * 3, 4)
    assert close(pixel(image, 35, 20), (wanted[1],) * 3, 4)


def test_the_embedded_profile_is_converted_to_srgb() -> None:
    # In a profile with red and green swapped (its TRC-matrix columns), pure red is sRGB's green.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    swapped = bytearray(profile)
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    body = encode(Image.new("RGB", (40, 40), (255, 0, 0)), icc_profile=bytes(swapped))
    assert close(pixel(thumb(body), 20, 20), (0, 255, 0), 8)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "P", "RGBA"])
@pytest.mark.parametrize("profile", ["sRGB", "XYZ", "garbage"])
def test_an_unusable_profile_is_passed_over(mode: str, profile: Literal["sRGB", "XYZ", "garbage"]) -> None:
    icc = b"garbage" if profile == "garbage" else ImageCms.ImageCmsProfile(ImageCms.createProfile(profile)).tobytes()
    image = thumb(encode(in_mode(quarters(), mode), icc_profile=icc))
    assert close(pixel(image, 45, 30), YELLOW if mode in ("RGB", "P", "RGBA") else (lumas()[3],) * 3)


def test_metadata_is_stripped_and_the_bytes_are_reproducible() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description"
    body = encode(quarters(), "JPEG", exif=exif, comment=b"a comment", dpi=(300, 300), quality=95)
    one, two = (make_thumbnail(body, max_dimension=60, quality=90) for _ in range(2))
    image = Image.open(io.BytesIO(one.jpeg))
    assert one == two
    assert one.sha256 == hashlib.sha256(one.jpeg).digest()
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_the_first_frame_counts() -> None:
    body = encode(
        Image.new("RGB", (40, 40), RED), "GIF", save_all=True, append_images=[Image.new("RGB", (40, 40), BLUE)]
    )
    assert close(pixel(thumb(body), 20, 20), RED)


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("width", [MAX_PIXELS // 1000 + 1, MAX_PIXELS // 1000 * 3, 2**31 - 1])
def test_a_bomb_is_refused_before_it_is_decoded(width: int) -> None:
    with pytest.raises(Failure, match="200 megapixels") as caught:
        make_thumbnail(png_header(width, 1000), max_dimension=60, quality=90)
    assert (caught.value.code, caught.value.permanent) == ("decompression_bomb", True)


def test_the_largest_allowed_image_is_no_bomb() -> None:
    with pytest.raises(Failure) as caught:  # it has no pixels, but its size is not what is wrong with it
        make_thumbnail(png_header(MAX_PIXELS // 1000, 1000), max_dimension=60, quality=90)
    assert caught.value.code != "decompression_bomb"


@pytest.mark.filterwarnings("ignore:Tag data larger")
@pytest.mark.parametrize(("mode", "name"), MODE_AND_FORMAT)
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_cut_off_file_is_truncated_and_may_be_tried_again(mode: str, name: str, kept: float) -> None:
    body = encode(in_mode(Image.effect_noise((120, 80), 90).convert("RGB"), mode), name)
    with pytest.raises(Failure) as caught:
        thumb(body[: int(len(body) * kept)])
    assert (caught.value.code, caught.value.permanent) == ("truncated_image", False)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html>Just a moment...</html>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encode(quarters(), "ICO"),
        encode(quarters(), "PPM"),
    ],
)
def test_anything_else_is_undecodable(body: bytes) -> None:
    with pytest.raises(Failure, match="Readable are JPEG") as caught:
        thumb(body)
    assert (caught.value.code, caught.value.permanent) == ("undecodable_image", True)


ENCODED = {name: encode(quarters(), name) for name in MODES}


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(sorted(ENCODED)),
    cut=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=8)), max_size=6),
)
def test_hostile_bytes_make_a_thumbnail_or_a_failure(name: str, cut: float, changes: list[tuple[float, bytes]]) -> None:
    body = bytearray(ENCODED[name])
    for where, new in changes:
        start = int(where * len(body))
        body[start : start + len(new)] = new
    try:
        made = make_thumbnail(bytes(body[: int(cut * len(body)) + 1]), max_dimension=60, quality=90)
    except Failure as failure:
        assert CODES[failure.code] == failure.permanent
    else:
        assert 1 <= max(made.width, made.height) <= 60


def test_threads_do_not_disturb_each_other() -> None:
    bodies = [encode(in_mode(quarters(), mode), name) for mode, name in MODE_AND_FORMAT] * 4
    with ThreadPoolExecutor(8) as threads:
        side_by_side = list(threads.map(lambda body: make_thumbnail(body, max_dimension=60, quality=90), bodies))
    assert side_by_side == [make_thumbnail(body, max_dimension=60, quality=90) for body in bodies]


def test_real_images(shared: Path) -> None:
    paths = sorted((shared / "data" / "images").rglob("*.jpg"))
    assert paths
    for path in paths:
        made = make_thumbnail(path.read_bytes(), max_dimension=400, quality=85)
        with Image.open(path) as original:
            assert abs(made.width / made.height - original.width / original.height) < 0.02, path
        assert max(made.width, made.height) == 400, path


def test_the_settings_id_tells_every_setting_apart() -> None:
    ids = {thumbnail_settings_id(size, quality) for size, quality in itertools.product((400, 800), (80, 85))}
    assert len(ids) == 4
