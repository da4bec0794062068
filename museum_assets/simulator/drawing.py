"""Pictures for synthetic works: varied colours, shapes and proportions, the same bytes for the same work."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

SHAPES = 14


@lru_cache(maxsize=256)
def jpeg(bits: int, width: int, height: int) -> bytes:
    """Draw the work with these 64 bits at exactly width x height pixels.

    The picture is described in fractions of its sides and drawn at the size asked for, so that a server of small
    sizes never draws or resizes a large one.
    """
    from PIL import Image, ImageDraw

    dice = Random(bits)  # noqa: S311 - a picture, not a secret
    image = Image.new("RGB", (width, height), _colour(dice))
    pen = ImageDraw.Draw(image)
    for _ in range(SHAPES):
        _shape(pen, dice, width, height)
    return _encoded(image, "JPEG")


def fitted(picture: bytes, width: int, height: int) -> bytes:
    """Resize an encoded picture to exactly width x height pixels, as JPEG."""
    from PIL import Image

    with Image.open(BytesIO(picture)) as image:
        return _encoded(image.convert("RGB").resize((width, height)), "JPEG")


def as_tiff(picture: bytes) -> bytes:
    """Return an encoded picture as TIFF."""
    from PIL import Image

    with Image.open(BytesIO(picture)) as image:
        return _encoded(image, "TIFF")


def dimensions(picture: bytes) -> tuple[int, int]:
    """Return width and height in pixels of an encoded picture."""
    from PIL import Image

    with Image.open(BytesIO(picture)) as image:
        return image.size


def _encoded(image: Image, image_format: str) -> bytes:
    # Quality 85 gives about the bytes a pixel that the museums' own pictures have.
    buffer = BytesIO()
    image.save(buffer, image_format, quality=85)
    return buffer.getvalue()


def _shape(pen: ImageDraw, dice: Random, width: int, height: int) -> None:
    points = [(dice.uniform(-0.1, 1.1) * width, dice.uniform(-0.1, 1.1) * height) for _ in range(4)]
    box = [min(points[0][0], points[1][0]), min(points[0][1], points[1][1]),
           max(points[0][0], points[1][0]), max(points[0][1], points[1][1])]  # fmt: skip
    kind, colour = dice.randrange(4), _colour(dice)
    if kind == 0:
        pen.ellipse(box, fill=colour)
    elif kind == 1:
        pen.rectangle(box, fill=colour)
    elif kind == 2:
        pen.polygon(points, fill=colour)
    else:
        pen.line(points, fill=colour, width=max(2, min(width, height) // 40))


def _colour(dice: Random) -> tuple[int, int, int]:
    return dice.randrange(256), dice.randrange(256), dice.randrange(256)
