"""Pictures for synthetic works: what a scene shows, in its style; the same bytes for the same work."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from museum_assets.simulator.drawing import animals, indoors, places
from museum_assets.simulator.drawing.pen import Pen
from museum_assets.simulator.drawing.styles import finished
from museum_assets.simulator.scenes import Scene

if TYPE_CHECKING:
    from PIL.Image import Image

_SUBJECTS: dict[str, Callable[[Pen], None]] = {
    "ship": places.ship, "woman": indoors.woman, "man": indoors.man, "still_life": indoors.still_life,
    "flowers": indoors.flowers, "trees": places.trees, "mountains": places.mountains, "street": places.street,
    "church": places.church, "horse": animals.horse, "cow": animals.cow, "dog": animals.dog, "bird": animals.bird,
    "cat": animals.cat,
}  # fmt: skip


@lru_cache(maxsize=256)
def jpeg(scene: Scene, width: int, height: int) -> bytes:
    """Draw a scene at exactly width x height pixels, as JPEG."""
    return _encoded(picture(scene, width, height), "JPEG")


def picture(scene: Scene, width: int, height: int) -> Image:
    """Draw a scene at exactly width x height pixels.

    It is described in fractions of the middle square and drawn at the size asked for, so that a server of small sizes
    never draws or resizes a large one.
    """
    from PIL import Image

    image = Image.new("RGB", (width, height))
    _SUBJECTS[scene.subject](Pen(image, scene))
    return finished(image, scene.style)


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
