from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from museum_assets.simulator import drawing


def test_the_same_work_is_the_same_picture():
    first = drawing.jpeg(7, 300, 200)
    drawing.jpeg.cache_clear()
    assert drawing.jpeg(7, 300, 200) == first
    assert drawing.jpeg(8, 300, 200) != first


@pytest.mark.parametrize("size", [(1200, 900), (1, 1), (60, 2400)])
def test_the_picture_has_the_size_asked_for(size):
    assert drawing.dimensions(drawing.jpeg(3, *size)) == size


def test_a_small_size_shows_the_same_picture_as_a_large_one():
    large = Image.open(BytesIO(drawing.jpeg(5, 1200, 800))).resize((30, 20))
    small = Image.open(BytesIO(drawing.jpeg(5, 300, 200))).resize((30, 20))
    pixels = zip(large.tobytes(), small.tobytes(), strict=True)
    assert sum(abs(a - b) for a, b in pixels) / len(large.tobytes()) < 12


def test_fitted_resizes():
    assert drawing.dimensions(drawing.fitted(drawing.jpeg(3, 400, 200), 100, 50)) == (100, 50)
