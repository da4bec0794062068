from __future__ import annotations

from hashlib import sha256
from io import BytesIO

import pytest
from PIL import Image

from museum_assets.simulator import drawing
from museum_assets.simulator.scenes import STYLES, SUBJECTS, Scene, scene_of


def test_the_same_work_is_the_same_picture():
    first = drawing.jpeg(scene_of(7, "painting"), 300, 200)
    drawing.jpeg.cache_clear()
    assert drawing.jpeg(scene_of(7, "painting"), 300, 200) == first
    assert drawing.jpeg(scene_of(8, "painting"), 300, 200) != first


@pytest.mark.parametrize(
    ("bits", "kind", "pixels"), [(7, "painting", "a0222c6d614518d9"), (9, "print", "120fe2228bb6df2c")]
)
def test_the_pixels_are_the_same_on_every_machine(bits, kind, pixels):
    # Of the picture before its encoding, which is the JPEG library's.
    drawn = drawing.picture(scene_of(bits, kind), 320, 240).tobytes()
    assert sha256(drawn).hexdigest()[:16] == pixels


@pytest.mark.parametrize("size", [(1200, 900), (1, 1), (60, 2400)])
def test_the_picture_has_the_size_asked_for(size):
    assert drawing.dimensions(drawing.jpeg(scene_of(3, "print"), *size)) == size


def test_every_subject_is_drawn_in_every_style_and_none_looks_like_another():
    for style in set(STYLES.values()):
        seen = {drawing.picture(Scene(subject, style, bits=5), 48, 64).tobytes() for subject in SUBJECTS}
        assert len(seen) == len(SUBJECTS), style


@pytest.mark.parametrize("change", [{"time": "night"}, {"time": "evening"}, {"weather": "storm"}, {"season": "winter"}])
def test_when_it_is_can_be_seen(change):
    day = Scene("trees", "oil", season="summer", bits=5)
    other = Scene("trees", "oil", **{"season": "summer", **change}, bits=5)
    assert difference(drawing.picture(day, 300, 300), drawing.picture(other, 300, 300)) > 10


def test_line_drawings_and_prints_have_no_colour():
    for style in ("line", "hatched"):
        drawn = drawing.picture(Scene("flowers", style, bits=5), 200, 200).convert("HSV").getchannel("S")
        assert max(drawn.histogram()[140:]) == 0, style


@pytest.mark.parametrize("kind", ["painting", "drawing", "print"])
def test_a_small_size_shows_the_same_picture_as_a_large_one(kind):
    large = Image.open(BytesIO(drawing.jpeg(scene_of(5, kind), 1200, 800)))
    small = Image.open(BytesIO(drawing.jpeg(scene_of(5, kind), 300, 200)))
    assert difference(large, small) < 12


def test_fitted_resizes():
    assert drawing.dimensions(drawing.fitted(drawing.jpeg(scene_of(3, "painting"), 400, 200), 100, 50)) == (100, 50)


def difference(one, other):
    """Return how far the pixels of two pictures lie apart on average, of 255."""
    one, other = (image.resize((30, 20)).tobytes() for image in (one, other))
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)
