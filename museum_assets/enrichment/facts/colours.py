"""thumbnail_colours: the colours that a thumbnail consists of, and its shape."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from museum_assets.core.failures import Failure, Gone
from museum_assets.enrichment.facts.enriching import EnrichingStage
from museum_assets.loop.concurrently import concurrently
from museum_assets.loop.stage import Outcome, Work, done, failed

VERSION = "colours:1"
COLOURS, SIDE = 5, 96
"""Colours that are named, and the side of the square that they are counted in: more pixels name the same ones."""
LEAST_SHARE = 0.02
"""Of the picture. What is less is an accident of compression."""
SQUARE = 0.05
"""How far from 1 the aspect of a square may be."""
READERS = 4


class Thumbnails(Protocol):
    """The bucket that the pictures are read from."""

    def get(self, key: str) -> bytes:
        """Return an object's bytes. Raises Gone when it is missing."""
        ...


class ThumbnailColours(EnrichingStage):
    """Looks at each thumbnail once: another picture is another input."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        self.thumbnails = thumbnails

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Look at the thumbnails, some at a time."""
        yield from concurrently(self._looked_at, works, READERS)

    def _looked_at(self, work: Work) -> Outcome:
        key = work.data["s3_key"]
        try:
            jpeg = self.thumbnails.get(key)
        except Gone:
            missing = f"the thumbnail {key} is recorded but not in S3: `museum status` names the stage that stores it"
            return failed(work, Failure(missing, code="thumbnail_missing"))
        if hashlib.sha256(jpeg).digest() != work.input_hash:
            changed = f"the thumbnail {key} in S3 is not the recorded one: run its stage, then this one again"
            return failed(work, Failure(changed, code="thumbnail_changed"))
        return done(work, value=self.row(work, picture_facts(jpeg)))


def picture_facts(jpeg: bytes) -> dict[str, Any]:
    """Return {aspect, shape, colours}: width over height, and each colour as #rrggbb with its share of the picture."""
    from PIL import Image

    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
        aspect = image.width / image.height
        small = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    palette = small.quantize(COLOURS, Image.Quantize.MEDIANCUT)
    rgb = palette.getpalette() or []
    counts = Counter(palette.tobytes())
    named = [
        {"colour": "#{:02x}{:02x}{:02x}".format(*rgb[3 * place : 3 * place + 3]), "share": round(count / SIDE**2, 2)}
        for place, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        if count / SIDE**2 >= LEAST_SHARE
    ]
    return {"aspect": round(aspect, 3), "shape": shape_of(aspect), "colours": named}


def shape_of(aspect: float) -> str:
    """Return landscape, portrait or square."""
    if abs(aspect - 1) <= SQUARE:
        return "square"
    return "landscape" if aspect > 1 else "portrait"
