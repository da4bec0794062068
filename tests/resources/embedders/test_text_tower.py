"""The demo's texts in numpy: the tokens and the vectors are open_clip's."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from museum_assets.core.failures import Failure
from museum_assets.simulator.captions import caption, record_text
from museum_assets.simulator.dice import mix
from museum_assets.simulator.lexicon import LANGUAGES
from museum_assets.simulator.scenes import scene_of
from resources.embedders.byte_pairs import BytePairs
from resources.embedders.text_tower import LightTexts
from resources.embedders.weights import DEMO, DEMO_FOLDER, resolve

CONTEXT = 32
ODD = [
    "Købke's ÆBLE, 1848 – “winter” & <b>storm</b> &amp;amp; it'll",
    "飛行機 over İstanbul 🛶🛶 ½ ﬁn\u00a0ÃƒÂ¸",
    "a <end_of_text> b <START_OF_TEXT>",
    "aaaa" * 3,
    "ships in a storm, " * 12,
    "!?",
]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    dice = Random(5)
    scenes = [scene_of(mix(number), "painting") for number in range(100)]
    said = [caption(scene, dice, dice.randrange(len(LANGUAGES))) for scene in scenes]
    return [
        *said,
        *(record_text(scene, dice, dice.randrange(3), ["Christen Købke", "Anna Ancher"]) for scene in scenes),
        *ODD,
    ]


@pytest.mark.slow
def test_tokens_and_vectors_are_those_of_open_clip(texts: list[str]) -> None:
    import open_clip
    import torch

    tokenizer = open_clip.SimpleTokenizer(str(DEMO_FOLDER / f"{DEMO}.txt.gz"), context_length=CONTEXT)
    pairs = BytePairs(DEMO_FOLDER / f"{DEMO}.txt.gz", CONTEXT)
    expected = tokenizer(texts)
    for text, tokens in zip(texts, expected.tolist(), strict=True):
        made = pairs.tokens(text)
        assert [*made, *[0] * (CONTEXT - len(made))] == tokens, text
    open_clip.add_model_config(DEMO_FOLDER)
    model = open_clip.create_model(DEMO, pretrained=str(DEMO_FOLDER / f"{DEMO}.safetensors"), precision="fp32").eval()
    with torch.inference_mode():
        theirs = model.encode_text(expected, normalize=True).numpy()
    light = LightTexts(DEMO, resolve(DEMO, demo=True), model_configs=DEMO_FOLDER)
    ours = np.stack([vector for vector in light.embed_texts(texts) if not isinstance(vector, Failure)])
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    assert (ours * theirs).sum(1).min() >= 0.9999


def test_a_text_with_nothing_in_it_fails_alone() -> None:
    light = LightTexts(DEMO, resolve(DEMO, demo=True), model_configs=DEMO_FOLDER)
    empty, ships = light.embed_texts([" \n", "ships"])
    assert isinstance(empty, Failure)
    assert isinstance(ships, np.ndarray)
