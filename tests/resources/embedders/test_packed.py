"""Packed layers compute what they computed before."""

from __future__ import annotations

from typing import Any

import pytest

from resources.embedders.packed import pack
from tests.support.places import FIXTURES

pytestmark = pytest.mark.slow  # torch alone takes seconds to import


@pytest.fixture
def model() -> Any:
    import open_clip
    import torch

    open_clip.add_model_config(FIXTURES)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return open_clip.create_model("tiny-clip", precision="pure_bf16").eval()


@pytest.mark.parametrize("what", ["images", "texts"])
def test_packed_layers_compute_what_they_did(model: Any, what: str) -> None:
    """Texts attend to what comes before them only: they have a mask."""
    import torch

    size = model.visual.image_size[0]
    given = {
        "images": lambda: model.encode_image(torch.linspace(-1, 1, 9 * size * size).view(3, 3, size, size).bfloat16()),
        "texts": lambda: model.encode_text(torch.arange(3 * model.context_length).view(3, -1) % 400),
    }[what]
    with torch.inference_mode():
        before = given()
        pack(model)
        after = given()
    likeness = torch.nn.functional.cosine_similarity(before.float(), after.float())
    assert likeness.min() > 0.999
    assert (before - after).abs().max() < 0.05 * before.abs().max()


def test_weights_are_not_kept_twice(model: Any) -> None:
    weights = sum(each.numel() for each in model.visual.transformer.parameters() if each.dim() == 2)
    pack(model)
    assert weights > 0
    assert not sum(each.numel() for each in model.visual.transformer.parameters() if each.dim() == 2)
