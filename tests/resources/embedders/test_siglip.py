"""SigLIP beside CLIP: its own settings, tokenizer and preparation of images, in the same embedder."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import numpy as np
import pytest

from museum_assets.core.failures import Failure, MuseumError
from museum_assets.core.settings import Settings
from resources.embedders.clip import CLIP, SIGLIP, ClipEmbedder, Family
from resources.embedders.embedder import Embedder, Vector
from resources.embedders.weights import Weights, resolve
from resources.platform import Platform
from tests.resources.embedders.test_clip import RANDOM, jpeg
from tests.support.places import FIXTURES
from tests.support.second_model import MODEL, second_model

pytestmark = pytest.mark.slow  # torch alone takes seconds to import

REAL = SIGLIP.example


def embedder(
    model: str = MODEL, weights: Weights = RANDOM, family: Family = SIGLIP, configs: Path = FIXTURES
) -> ClipEmbedder:
    return ClipEmbedder(model, weights, family=family, model_configs=configs)


def opened(folder: Path, **settings: str) -> Embedder:
    given: dict[str, Any] = {name.lower(): value for name, value in settings.items()}
    return Platform(Settings(museum_home=folder, **given)).siglip()


def texts(model: Embedder, *given: str) -> list[Vector]:
    return [vector for vector in model.embed_texts(given) if not isinstance(vector, Failure)]


def test_settings_open_it_with_its_own_name_weights_and_contract(tmp_path: Path) -> None:
    settings = second_model(tmp_path)
    made = opened(tmp_path, **settings)
    digest = resolve(settings["SIGLIP_WEIGHTS"], demo=False).digest
    assert (made.name, made.dimension, made.contract) == ("siglip", 768, f"{MODEL}:{digest[:16]}:siglip-v1")
    assert made.contract != embedder(weights=resolve(settings["SIGLIP_WEIGHTS"], demo=False), family=CLIP).contract
    lengths = [np.linalg.norm(each) for each in (*made.embed_images([jpeg()]), *texts(made, "et skib"))]  # type: ignore[arg-type]
    assert lengths == pytest.approx([1, 1], abs=1e-5)


def test_an_image_is_squeezed_and_not_cut_and_lies_between_minus_one_and_one() -> None:
    from PIL import Image

    wide = Image.new("RGB", (192, 64), "black")
    wide.paste("white", (0, 0, 30, 64))
    squeezed, cut = embedder()._load().preprocess(wide), embedder(family=CLIP)._load().preprocess(wide)
    assert (float(squeezed.min()), float(squeezed.max())) == (-1, 1)
    assert float(squeezed[:, :, :8].min()) > 0.9, "the left edge is there"
    assert float(cut.max()) < 0, "CLIP's crop has lost it"


def test_a_text_longer_than_the_context_is_cut() -> None:
    long, longer = texts(embedder(), "winter " * 20, "winter " * 20 + "summer")
    np.testing.assert_allclose(long, longer, atol=1e-5)


def test_a_tokenizer_of_the_hub_is_read_from_a_folder_and_cuts_too(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="the extra `siglip` is not installed")
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    (folder := tmp_path / "tokenizer").mkdir()
    words = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -9.0), ("▁", -2.0), ("▁skib", -1.0)]
    words += [(letter, -3.0) for letter in "abcdefghijklmnopqrstuvwxyzæøå"]
    made = Tokenizer(models.Unigram(words, unk_id=2))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    made.save(str(folder / "tokenizer.json"))
    kind = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>", "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(kind))
    config = json.loads((FIXTURES / f"{MODEL}.json").read_text())
    config["text_cfg"] |= {"hf_tokenizer_name": str(folder), "tokenizer_kwargs": {"clean": "canonicalize"}}
    (tmp_path / "tiny-hub.json").write_text(json.dumps(config))

    tokens = embedder("tiny-hub", configs=tmp_path)._load().tokens
    assert tokens("Skib, å!").tolist() == [4, 3, 33, 1, *[0] * 12]
    assert tokens("skib " * 50).tolist() == [4] * 15 + [1]


def test_without_the_extra_a_tokenizer_of_the_hub_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MuseumError, match=rf"SIGLIP_MODEL={REAL} needs the extra `siglip`.*install .*\[siglip\]'`"):
        embedder(REAL).embed_texts(["et skib"])


def test_a_tokenizer_that_cannot_be_had_is_an_error_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers", reason="the extra `siglip` is not installed")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(MuseumError, match=rf"timm/{REAL} of SIGLIP_MODEL={REAL} is not on.*SIGLIP_MODEL_CONFIGS"):
        embedder(REAL).embed_texts(["et skib"])


@pytest.mark.parametrize(
    "model, says",
    [("ViT-Z-99", "SIGLIP_MODEL to one"), ("ViT-B-32", "SIGLIP_MODEL=ViT-B-32 makes vectors of 512 numbers")],
)
def test_a_model_that_cannot_serve_names_its_own_setting(model: str, says: str) -> None:
    with pytest.raises(MuseumError, match=rf"{says}.*{REAL}"):
        embedder(model).embed_texts(["a"])


@pytest.mark.parametrize("weights", ["", "demo", "/no/such.safetensors"])
def test_weights_that_are_not_there_name_their_own_setting(tmp_path: Path, weights: str) -> None:
    with pytest.raises(MuseumError, match=r"^SIGLIP_WEIGHTS is .*no such file"):
        opened(tmp_path, museum_profile="demo", siglip_weights=weights)


def test_weights_of_another_model_name_both_settings(tmp_path: Path) -> None:
    settings = second_model(tmp_path)
    with pytest.raises(MuseumError, match=r"SIGLIP_MODEL=tiny-clip.*SIGLIP_WEIGHTS were trained"):
        opened(tmp_path, **{**settings, "SIGLIP_MODEL": "tiny-clip"}).embed_texts(["a"])


@pytest.mark.live
def test_the_real_model_knows_danish_and_dutch(tmp_path: Path) -> None:
    if os.environ.get("MUSEUM_LIVE") != "1" or "SIGLIP_WEIGHTS" not in os.environ:
        pytest.skip("MUSEUM_LIVE=1 and SIGLIP_WEIGHTS are not set")
    real = opened(tmp_path, siglip_weights=os.environ["SIGLIP_WEIGHTS"])
    english, danish, dutch, other = texts(
        real, "a ship in a storm", "et skib i storm", "een schip in de storm", "a bowl of fruit"
    )
    for same in (danish, dutch):
        assert english @ same > english @ other
