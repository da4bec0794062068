"""A pen that draws in fractions of a picture's middle square, in colour or as lines on paper."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from museum_assets.simulator.scenes import Scene

if TYPE_CHECKING:
    from PIL.Image import Image

Colour = tuple[int, int, int]
Point = tuple[float, float]

WHITE: Colour = (255, 255, 255)
_NIGHT, _DUSK, _GLOOM = (14, 20, 52), (150, 62, 40), (58, 64, 74)
LINED = ("line", "plan")
CONTOURED = ("hatched", "tone")
"""The styles that have tones and yet draw the outlines of things."""
_PAPERS = {"day": (244, 236, 217), "evening": (229, 178, 140), "night": (38, 46, 80)}
_INKS = {"day": (64, 42, 30), "evening": (92, 34, 24), "night": (236, 238, 246)}


class Pen:
    """Draws on an image; x and y run from 0 to 1 over the middle square, and beyond it to the picture's edges."""

    def __init__(self, image: Image, scene: Scene) -> None:
        from PIL import ImageDraw

        self.image = image
        self.scene = scene
        self.dice = Random(scene.bits)  # noqa: S311 - a picture, not a secret
        self.lined = scene.style in LINED
        self.paper, self.ink = _PAPERS[scene.time], _INKS[scene.time]
        if scene.style == "plan":
            self.ink = (170, 200, 250) if scene.time == "night" else (34, 66, 150)
        self._contour = None
        if scene.style in CONTOURED:
            self._contour = (196, 198, 206) if scene.time == "night" else (20, 18, 16)
        self._draw = ImageDraw.Draw(image)
        width, height = image.size
        self._mirrored = bool(self.dice.getrandbits(1))
        # Nothing stands in the same place twice, but all of it stays in the middle square.
        self._scale = self.dice.uniform(0.9, 1.05)
        self._unit = min(width, height) * self._scale
        self._left = width / 2 - (0.5 + self.dice.uniform(-0.03, 0.03)) * self._unit
        self._top = height / 2 - (0.5 + self.dice.uniform(-0.02, 0.02)) * self._unit
        self.west, self.east = -self._left / self._unit - 0.1, (width - self._left) / self._unit + 0.1
        if self._mirrored:
            self.west, self.east = 1 - self.east, 1 - self.west
        self.north, self.south = -self._top / self._unit - 0.01, (height - self._top) / self._unit + 0.01
        self._outline = max(1, round(self._unit / 150))

    def area(self, points: Sequence[Point], colour: Colour, *, glow: bool = False) -> None:
        """Fill a part of the background, which a line drawing leaves to the paper."""
        if self.lined:
            self.stroke(points, colour)
        else:
            self._draw.polygon(self._pixels(points), fill=self._lit(colour, glow=glow))

    def shape(self, points: Sequence[Point], colour: Colour, *, glow: bool = False) -> None:
        """Draw a filled shape."""
        pixels = self._pixels(points)
        self._draw.polygon(pixels, fill=self.paper if self.lined else self._lit(colour, glow=glow))
        if outline := self.ink if self.lined else self._contour:
            self._draw.line([*pixels, pixels[0]], fill=outline, width=self._outline, joint="curve")

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour, *, glow: bool = False) -> None:
        """Draw a filled ellipse around a point."""
        (left, top), (right, bottom) = self._pixels([(x - rx, y - ry), (x + rx, y + ry)])
        box = [min(left, right), top, max(left, right), bottom]
        if self.lined:
            self._draw.ellipse(box, fill=self.paper, outline=self.ink, width=self._outline)
        else:
            fill = self._lit(colour, glow=glow)
            self._draw.ellipse(box, fill=fill, outline=self._contour, width=self._outline if self._contour else 0)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, *, glow: bool = False) -> None:
        """Draw a filled rectangle."""
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], colour, glow=glow)

    def stroke(self, points: Sequence[Point], colour: Colour, width: float = 0.006, *, glow: bool = False) -> None:
        """Draw a line of a width in fractions of the square."""
        fill = self.ink if self.lined else self._lit(colour, glow=glow)
        thick = self._outline if self.lined else max(1, round(width * self._unit))
        self._draw.line(self._pixels(points), fill=fill, width=thick, joint="curve")

    def dot(self, x: float, y: float, radius: float, colour: Colour, *, glow: bool = True) -> None:
        """Draw a small full dot: a flake, a petal, a star."""
        (px, py), r = self._pixels([(x, y)])[0], max(0.6, radius * self._unit)
        fill = self.ink if self.lined else self._lit(colour, glow=glow)
        self._draw.ellipse([px - r, py - r, px + r, py + r], fill=fill)

    def gradient(self, above: Colour, below: Colour, horizon: float) -> None:
        """Fill the whole picture, from one colour above to another at the horizon; paper for a line drawing."""
        from PIL import Image

        width, height = self.image.size
        if self.lined:
            self.image.paste(self.paper, (0, 0, width, height))
            return
        line = max(1, min(height, round(self._top + horizon * self._unit)))
        column = Image.new("RGB", (1, 2))
        column.putdata([above, below])
        # From the middle of the first pixel to that of the second: beyond them there is nothing to go over to.
        sky = column.resize((1, max(2, line)), Image.Resampling.BILINEAR, box=(0, 0.5, 1, 1.5))
        self.image.paste(below, (0, 0, width, height))
        self.image.paste(sky.resize((width, max(2, line)), Image.Resampling.NEAREST), (0, 0))

    def _pixels(self, points: Sequence[Point]) -> list[Point]:
        turned = [(1 - x if self._mirrored else x, y) for x, y in points]
        return [(self._left + x * self._unit, self._top + y * self._unit) for x, y in turned]

    def _lit(self, colour: Colour, *, glow: bool) -> Colour:
        """Return a colour as it looks at the scene's time of day and in its weather."""
        if glow:
            return colour
        if self.scene.weather in ("storm", "rain"):
            return mixed(colour, _GLOOM, 0.45)
        if self.scene.time == "night":
            return mixed(colour, _NIGHT, 0.72)
        return mixed(colour, _DUSK, 0.42) if self.scene.time == "evening" else colour


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Return a colour with a share of another one in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
