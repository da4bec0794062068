"""The styles of works: how a coloured picture becomes a print, a pastel, a plate or a bust."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from museum_assets.simulator.drawing.pen import Colour

if TYPE_CHECKING:
    from PIL.Image import Image

PAPER: Colour = (243, 235, 216)


def finished(image: Image, style: str) -> Image:
    """Return the picture as a work of this style."""
    finish = _FINISHES.get(style)
    return finish(image) if finish else image


def _hatched(image: Image) -> Image:
    """An etching: slanting lines, the closer to each other the darker, and paper around the plate."""
    from PIL import Image, ImageChops

    grey = _contrasting(image)
    # A line is there where the picture is darker than the pattern, which runs from 0 to 255 across its period.
    inked = ImageChops.subtract(grey, _hatching(*image.size), 1, 128).point(lambda value: 255 * (value > 128))
    print_ = Image.new("RGB", image.size, (38, 32, 30))
    print_.paste(PAPER, (0, 0), inked)
    return _margin(print_, PAPER, 0.03)


def _contrasting(image: Image) -> Image:
    """Return the picture in greys that use the whole scale, so that a night is more than a black sheet."""
    from PIL import Image, ImageOps

    grey = ImageOps.autocontrast(image.convert("L"), cutoff=(0, 3))
    return Image.blend(grey, ImageOps.equalize(grey), 0.3)


@lru_cache(maxsize=4)
def _hatching(width: int, height: int) -> Image:
    """Return a pattern of slanting waves between 0 and 255; its period is in fractions of the shorter side.

    Every level is there equally often, so that a tone is as dark at any size.
    """
    from PIL import Image

    period = max(6, min(width, height) // 90)
    levels = [round(255 * (step + 0.5) / period) for step in range(period)]
    rising_and_falling = bytes(levels[::2] + levels[1::2][::-1])
    wave = (rising_and_falling * ((width + height) // period + 1))[: width + height]
    # One row, shifted by one pixel for each row below it.
    rows = b"".join(wave[y : y + width] for y in range(height))
    return Image.frombytes("L", (width, height), rows)


def _wash(image: Image) -> Image:
    from PIL import Image

    return _margin(Image.blend(image, Image.new("RGB", image.size, (250, 246, 234)), 0.3), (250, 246, 234), 0.05)


def _chalk(image: Image) -> Image:
    from PIL import Image

    grain = Image.merge("RGB", [_hatching(*image.size)] * 3)
    soft = Image.blend(image, Image.new("RGB", image.size, (226, 206, 176)), 0.18)
    return Image.blend(soft, grain, 0.1)


def _flat(image: Image) -> Image:
    from PIL import Image

    return Image.blend(image, Image.new("RGB", image.size, (255, 250, 236)), 0.12)


def _tone(image: Image) -> Image:
    from PIL import ImageOps

    tones = ImageOps.posterize(_contrasting(image), 3)
    return _margin(ImageOps.colorize(tones, (36, 24, 16), PAPER), PAPER, 0.04)


def _plate(image: Image) -> Image:
    from PIL import Image, ImageDraw, ImageOps

    painted = ImageOps.colorize(image.convert("L"), (18, 40, 120), (250, 252, 255))
    mask, (width, height) = Image.new("L", image.size), image.size
    reach = min(width, height) * 0.46
    box = [width / 2 - reach, height / 2 - reach, width / 2 + reach, height / 2 + reach]
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    plate = Image.new("RGB", image.size, (148, 140, 130))
    plate.paste(painted, (0, 0), mask)
    ImageDraw.Draw(plate).ellipse(box, outline=(30, 56, 140), width=max(1, round(reach / 12)))
    return plate


def _oval(image: Image) -> Image:
    from PIL import Image, ImageDraw

    mask, (width, height) = Image.new("L", image.size), image.size
    side = min(width, height)
    box = [width / 2 - side * 0.47, height / 2 - side * 0.49, width / 2 + side * 0.47, height / 2 + side * 0.49]
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    framed = Image.new("RGB", image.size, (46, 30, 26))
    framed.paste(image, (0, 0), mask)
    ImageDraw.Draw(framed).ellipse(box, outline=(200, 162, 84), width=max(1, side // 40))
    return framed


def _plan(image: Image) -> Image:
    from PIL import ImageDraw

    pen, (width, height) = ImageDraw.Draw(image), image.size
    ink, step = (150, 170, 206), max(8, min(width, height) // 10)
    for x in range(step, width, step):
        pen.line([(x, 0), (x, height // 30)], fill=ink, width=max(1, step // 40))
    for y in range(step, height, step):
        pen.line([(0, y), (width // 30, y)], fill=ink, width=max(1, step // 40))
    return image


def _grey(image: Image) -> Image:
    return image.convert("L").convert("RGB")


def _margin(image: Image, colour: Colour, share: float) -> Image:
    """Paint a margin in a share of the shorter side."""
    from PIL import ImageDraw

    width, height = image.size
    thick = round(min(width, height) * share)
    if thick:
        ImageDraw.Draw(image).rectangle([0, 0, width - 1, height - 1], outline=colour, width=thick)
    return image


_FINISHES: dict[str, Callable[[Image], Image]] = {
    "hatched": _hatched, "wash": _wash, "chalk": _chalk, "flat": _flat, "tone": _tone, "plate": _plate,
    "oval": _oval, "plan": _plan, "grey": _grey, "stone": _grey,
}  # fmt: skip
