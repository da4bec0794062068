from __future__ import annotations

import pytest

from museum_assets.simulator.iiif import size_of, target

FULL = (2000, 1000)


@pytest.mark.parametrize(
    ("size", "pixels"),
    [
        ("max", (2000, 1000)),
        ("full", (2000, 1000)),
        ("843,", (843, 422)),
        (",500", (1000, 500)),
        ("100,100", (100, 100)),
        ("!800,800", (800, 400)),
        ("!1024,", (1024, 512)),
        ("!9999,9999", (2000, 1000)),
    ],
)
def test_sizes(size, pixels):
    assert target(size, FULL) == pixels


@pytest.mark.parametrize("size", ["", ",", "!", "banana", "2001,", ",1001", "0,", "-5,", "^max", "pct:50"])
def test_sizes_that_are_refused(size):
    with pytest.raises(ValueError, match="size"):
        target(size, FULL)


def test_a_size_beyond_the_image_can_be_had_as_the_whole():
    assert target("2001,", FULL, at_most_full=True) == FULL


@pytest.mark.parametrize(
    ("rest", "size"),
    [("full/max/0/default.jpg", "max"), ("full/!800,800/0/default.jpg", "!800,800"), ("full/full/0/native.jpg", "full"),
     ("square/max/0/default.jpg", None), ("full/max/90/default.jpg", None), ("info.json", None)],
)  # fmt: skip
def test_addresses(rest, size):
    assert size_of(rest) == size
