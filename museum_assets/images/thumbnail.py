"""Making a thumbnail: a small, clean sRGB JPEG of any image that museums publish.

Codes, permanent: `undecodable_image`, `decompression_bomb`, `image_too_large`, `too_many_scans`. Transient:
`truncated_image`. Bytes from strangers are decoded in a process of their own, see `decoder.py`.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from museum_assets.core.failures import Failure
from museum_assets.images.cost import MOST_SCANS, REDUCING_GAP, decoding_cost, jpeg_scans, webp_cost, webp_pixels

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

VERSION = 1
"""To be raised when thumbnails come out differently: the stage's contract holds it, so all are made anew."""

MAX_PIXELS = 200_000_000
"""The largest image that is decoded: 600 MB as RGB. Museums publish up to about 100 megapixels."""

# Only formats that museums publish: every other decoder of Pillow is attack surface.
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "JPEG2000")

_ORIENTATION_TAG = 0x0112
_STRIP = 64
"""Rows that are made 8 bits deep at a time."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A JPEG in sRGB without metadata; `width` and `height` in pixels, `sha256` the raw digest of `jpeg`."""

    jpeg: bytes
    width: int
    height: int
    sha256: bytes


def thumbnail_settings_id(max_dimension: int, quality: int) -> str:
    """Name the settings that a thumbnail depends on, for the stage's fingerprint."""
    return f"thumbnail-v{VERSION}-{max_dimension}px-q{quality}"


def make_thumbnail(
    body: bytes, *, max_dimension: int, quality: int, reserve: Callable[[int], None] = lambda _: None
) -> Thumbnail:
    """Return the image, its longest side at most `max_dimension` pixels (never enlarged), as JPEG of `quality`.

    The first frame counts. The same body and settings give the same bytes, under one version of Pillow. `reserve` is
    given the bytes that decoding will take before they are taken, and may raise a Failure.
    Raises Failure with one of the module's codes.
    """
    from PIL import Image

    # The same value every time, so threads cannot disturb each other. It makes Pillow itself refuse twice as much
    # already while it reads the header; what lies between is refused by _check_size, before a pixel is decoded.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        if pixels := webp_pixels(body):
            _check_size(pixels)
            reserve(webp_cost(pixels, body, max_dimension))
        with Image.open(io.BytesIO(body), formats=FORMATS) as image:
            _check_size(image.width * image.height)
            if image.format == "JPEG":
                _check_scans(body)
            reserve(decoding_cost(image, body, max_dimension))
            small = _shrunk(image, max_dimension)
            small = _in_srgb(_over_white(_upright(small)))
        return _encoded(small, quality)
    except Failure:
        raise
    except MemoryError as error:
        raise Failure(
            f"decoding the {len(body):,} bytes takes more memory than their header says. Is there a smaller rendition?",
            code="image_too_large",
            permanent=True,
        ) from error
    except Image.DecompressionBombError as error:
        raise Failure(
            f"the image is larger than {MAX_PIXELS // 1_000_000} megapixels, so it was not decoded: {error}. "
            "Is there a smaller rendition?",
            code="decompression_bomb",
            permanent=True,
        ) from error
    except Exception as error:  # on hostile bytes Pillow raises a dozen types, down to struct.error
        if _is_cut_off(body, error):
            raise Failure(
                f"the image is cut off after {len(body):,} bytes: {error}. Download it again.", code="truncated_image"
            ) from error
        raise Failure(
            f"the {len(body):,} bytes are not an image that can be read ({type(error).__name__}: {error}). "
            f"Readable are {', '.join(FORMATS)}.",
            code="undecodable_image",
            permanent=True,
        ) from error


def _check_size(pixels: int) -> None:
    from PIL import Image

    if pixels > MAX_PIXELS:
        raise Image.DecompressionBombError(f"{pixels:,} pixels")


def _check_scans(body: bytes) -> None:
    if sum(1 for _ in islice(jpeg_scans(body), MOST_SCANS + 1)) > MOST_SCANS:
        raise Failure(
            f"the JPEG has more than {MOST_SCANS} scans, which could take hours. Is there another rendition?",
            code="too_many_scans",
            permanent=True,
        )


def _shrunk(image: PillowImage, max_dimension: int) -> PillowImage:
    """Return the image within the square. Measured at 800 px on 12 megapixels: 13/s, without draft and gap 5.6/s."""
    from PIL import Image

    if image.mode == "1":
        image = image.convert("L")
    elif image.mode in ("P", "PA"):  # indexes into a palette cannot be averaged
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    elif image.mode.startswith(("I", "F")):
        image = _eight_bit(image)
    elif image.mode in ("L", "RGB") and "transparency" in image.info:  # PNG's one transparent colour
        image = image.convert("LA" if image.mode == "L" else "RGBA")
    image.thumbnail((max_dimension, max_dimension), Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)
    return image


def _eight_bit(image: PillowImage) -> PillowImage:
    """Return an image of 16 or 32 bits per pixel with 8, where Pillow itself would clip all above 255 to white.

    Such files do not say which value is white. It is taken to be the smallest usual one that holds all values: 1
    (floats), 255, 65535; for 16-bit images always 65535. Beyond these, or with negative values, the image's own range
    is stretched. The work is done in strips: whole arrays of a float image took 5 times its own memory.
    """
    import numpy as np
    from PIL import Image

    strips = [(0, top, image.width, min(image.height, top + _STRIP)) for top in range(0, image.height, _STRIP)]
    result = Image.new("L", image.size)
    if image.mode.startswith("I;16"):
        for strip in strips:
            result.paste(Image.fromarray((np.asarray(image.crop(strip)) // 257).astype(np.uint8)), strip)
        return _like(image, result)

    def values(strip: tuple[int, int, int, int]) -> Any:
        return np.nan_to_num(np.asarray(image.crop(strip)).astype(np.float32), posinf=0.0, neginf=0.0)

    ranges = [(float(found.min()), float(found.max())) for found in map(values, strips)]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    whites = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    white = next((white for white in whites if low >= 0 and high <= white), None)
    black, white = (0.0, white) if white else (low, high)
    for strip in strips:
        scaled = (values(strip) - black) * (255.0 / ((white - black) or 1.0))
        result.paste(Image.fromarray(scaled.clip(0, 255).round().astype(np.uint8)), strip)
    return _like(image, result)


def _like(source: PillowImage, image: PillowImage) -> PillowImage:
    image.info = dict(source.info)  # the EXIF orientation and the profile are still needed
    return image


def _upright(image: PillowImage) -> PillowImage:
    """Return the image turned as its EXIF orientation says. ImageOps would fail on EXIF that it cannot rewrite."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    try:
        turn = turns.get(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # noqa: BLE001 - broken EXIF (SyntaxError, struct.error, ...) is no reason to lose the picture
        turn = None
    return image if turn is None else image.transpose(turn)


def _over_white(image: PillowImage) -> PillowImage:
    from PIL import Image

    if image.mode not in ("LA", "La", "RGBA", "RGBa"):
        return image
    opaque = image.convert("LA" if image.mode.startswith("L") else "RGBA")
    white = Image.new("L" if opaque.mode == "LA" else "RGB", opaque.size, "white")
    white.paste(opaque.convert(white.mode), mask=opaque.getchannel("A"))
    return _like(image, white)


def _in_srgb(image: PillowImage) -> PillowImage:
    """Return the image as RGB in sRGB, through its embedded profile when that one is usable."""
    from PIL import ImageCms

    embedded = image.info.get("icc_profile")
    try:
        if image.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif embedded:
            source = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
        else:
            return image.convert("RGB")
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        # A profile that is broken, or made for another colour space than the image's: the plain colours are closer.
        return image.convert("RGB")
    return cast("PillowImage", converted)  # it is only None for inPlace=True


def _is_cut_off(body: bytes, error: Exception) -> bool:
    """Say whether the file ends too early. Pillow does for most formats, but not for WebP and JPEG 2000."""
    if "truncated" in str(error).lower():
        return True
    webp = body[:4] == b"RIFF" and body[8:12] == b"WEBP" and len(body) < 8 + int.from_bytes(body[4:8], "little")
    jpeg2000 = b"\xff\x4f\xff\x51" in body[:4096] and not body.endswith(b"\xff\xd9")
    return webp or jpeg2000


def _encoded(image: PillowImage, quality: int) -> Thumbnail:
    image.info.clear()  # JPEG comments would be copied otherwise
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    jpeg = out.getvalue()
    return Thumbnail(jpeg, image.width, image.height, hashlib.sha256(jpeg).digest())
