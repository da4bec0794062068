"""CLIP vectors, made by a model of the real architecture that is small enough to run in milliseconds."""

from __future__ import annotations

import io
import logging
import threading
from functools import cache

import numpy as np
import pytest

from museum_assets.core.failures import Failure, MuseumError
from resources.embedders import clip
from resources.embedders.clip import ClipEmbedder
from resources.embedders.weights import DEMO_FOLDER, Weights, resolve
from tests.support.places import FIXTURES

pytestmark = pytest.mark.slow  # torch alone takes seconds to import

RANDOM = Weights(None, "random")


def tiny(weights=RANDOM, model="tiny-clip", batch=None):
    return ClipEmbedder(model, weights, batch=batch, model_configs=FIXTURES)


def jpeg(colour="navy", size=(90, 60), mode="RGB", kind="JPEG"):
    from PIL import Image, ImageDraw

    image = Image.new(mode, size, colour)
    ImageDraw.Draw(image).ellipse((5, 5, 40, 40), fill="white")
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def test_vectors_are_float32_of_unit_length_and_tell_inputs_apart():
    vectors = tiny().embed_images([jpeg("navy"), jpeg("orange")]) + tiny().embed_texts(["a bust", "a winter landscape"])
    for vector in vectors:
        assert vector.dtype == np.float32
        assert vector.shape == (768,)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert vectors[0] @ vectors[1] < 0.9999
    assert vectors[2] @ vectors[3] < 0.9999


def test_weights_that_are_not_given_are_the_same_in_every_process(monkeypatch):
    import torch

    # Measured once: on a busy machine the second process may find the other precision faster.
    monkeypatch.setattr(clip, "fastest_precision", cache(clip.fastest_precision))
    clip._load.cache_clear()
    (before,) = tiny().embed_images([jpeg()])
    clip._load.cache_clear()
    torch.manual_seed(7)
    state = torch.get_rng_state()
    (after,) = tiny().embed_images([jpeg()])
    np.testing.assert_allclose(before, after, atol=1e-6)
    assert torch.equal(torch.get_rng_state(), state), "loading changed the caller's random numbers"


@pytest.mark.parametrize("batch", [1, 2, 3, 8])
def test_a_vector_does_not_depend_on_its_batch_and_keeps_its_place(batch):
    images = [jpeg(colour) for colour in ("red", "green", "blue", "yellow", "black")]
    alone = [tiny().embed_images([image])[0] for image in images]
    np.testing.assert_allclose(tiny(batch=batch).embed_images(images), alone, atol=1e-5)


@pytest.mark.parametrize(
    "broken",
    [b"", b"<html>not found</html>", jpeg()[:400], b"\xff\xd8\xff\xe0" + bytes(100), jpeg(kind="PNG")],
    ids=["empty", "html", "cut off", "only a header", "not a JPEG"],
)
def test_an_image_that_cannot_be_decoded_fails_alone(broken):
    first, failure, last = tiny(batch=2).embed_images([jpeg("red"), broken, jpeg("blue")])
    assert isinstance(failure, Failure)
    assert failure.code == "undecodable_image"
    assert failure.permanent
    np.testing.assert_allclose([first, last], tiny().embed_images([jpeg("red"), jpeg("blue")]), atol=1e-5)


@pytest.mark.parametrize("mode, colour", [("L", 90), ("CMYK", (0, 90, 200, 0))])
def test_images_in_other_colours_are_embedded(mode, colour):
    from PIL import Image

    buffer = io.BytesIO()
    Image.new(mode, (50, 80), colour).save(buffer, "JPEG")
    assert tiny().embed_images([buffer.getvalue()])[0].shape == (768,)


def test_a_text_without_words_fails_alone_and_a_long_one_is_cut():
    empty, long, word = tiny().embed_texts(["  \n", "winter " * 500, "winter"])
    assert isinstance(empty, Failure)
    assert empty.code == "empty_text"
    assert long.shape == word.shape == (768,)


def test_nothing_gives_nothing():
    assert tiny().embed_images([]) == []
    assert tiny().embed_texts([]) == []


def test_the_model_is_loaded_once_however_many_ask(caplog):
    clip._load.cache_clear()
    with caplog.at_level(logging.INFO, "resources.embedders.clip"):
        threads = [threading.Thread(target=lambda: tiny().embed_texts(["a"])) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert caplog.text.count("tiny-clip loaded") == 1
    assert "No pretrained weights" not in caplog.text


def test_trained_weights_come_from_a_file_and_change_the_contract(tmp_path):
    import open_clip
    from safetensors.torch import save_file

    tiny().embed_texts(["a"])  # makes the configuration known to open_clip
    state = open_clip.create_model("tiny-clip").state_dict()
    file = tmp_path / "weights.safetensors"
    save_file({key: (value.float() * 1.5 if "proj" in key else value.float()) for key, value in state.items()}, file)
    weights = resolve(str(file), demo=False)
    trained = tiny(weights)
    assert trained.contract == f"tiny-clip:{weights.digest[:16]}:clip-v1"
    assert trained.contract != tiny().contract
    (mine,), (random,) = trained.embed_images([jpeg()]), tiny().embed_images([jpeg()])
    assert np.abs(mine - random).max() > 1e-3


def test_weights_of_another_model_say_what_to_set(tmp_path):
    import torch
    from safetensors.torch import save_file

    file = tmp_path / "weights.safetensors"
    save_file({"nonsense": torch.zeros(2)}, file)
    with pytest.raises(MuseumError, match=r"weights\.safetensors.*CLIP_MODEL=tiny-clip"):
        tiny(Weights(file, "0" * 64)).embed_texts(["a"])


@pytest.mark.parametrize(
    "model, says", [("ViT-Z-99", "no model 'ViT-Z-99'"), ("ViT-B-32", "vectors of 512 numbers.*768")]
)
def test_a_model_that_cannot_serve_says_so_before_it_is_built(model, says):
    with pytest.raises(MuseumError, match=rf"{says}.*ViT-L-14"):
        tiny(model=model).embed_texts(["a"])


@pytest.mark.parametrize(
    "cuda, mps, chosen", [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_a_gpu_is_taken_where_there_is_one(monkeypatch, cuda, mps, chosen):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert clip.fastest_device() == chosen
    assert clip.BATCHES[chosen] > 0


def test_apples_gpu_computes_in_full_width():
    import torch

    assert clip.fastest_precision("mps") == torch.float32


@pytest.mark.parametrize("says", ["MPS backend out of memory (9 GB)", "CUDA out of memory"])
def test_a_full_gpu_names_the_setting(says):
    import torch

    kind = torch.OutOfMemoryError if "CUDA" in says else RuntimeError
    with pytest.raises(MuseumError, match=rf"{says.split()[0]}.*CLIP_BATCH"), clip.explained_memory(clip.CLIP):
        raise kind(says)
    with pytest.raises(RuntimeError, match="shape"), clip.explained_memory(clip.CLIP):
        raise RuntimeError("shape")


@pytest.mark.parametrize(
    "bf16, fp32, chosen", [(0.02, 0.10, "bfloat16"), (0.08, 0.10, "float32"), (6.0, 0.1, "float32")]
)
def test_half_the_width_is_taken_only_where_it_measures_faster(monkeypatch, bf16, fp32, chosen):
    import torch

    monkeypatch.setattr(clip, "_multiply", {torch.bfloat16: bf16, torch.float32: fp32}.__getitem__)
    assert clip.fastest_precision("cpu") == getattr(torch, chosen)


def test_bfloat16_and_float32_vectors_may_share_an_index(monkeypatch, real_images):
    import torch

    texts = ["a ship in a storm", "a bust"]
    exact = tiny().embed_images(real_images), tiny().embed_texts(texts)
    monkeypatch.setattr(clip, "fastest_precision", lambda _: torch.bfloat16)
    clip._load.cache_clear()
    rough = tiny().embed_images(real_images), tiny().embed_texts(texts)
    clip._load.cache_clear()
    for one, other in zip(exact, rough, strict=True):
        assert (np.stack(one) * np.stack(other)).sum(axis=1).min() > 0.99


def test_the_demos_model_has_a_vocabulary_of_its_own_and_knows_no_other_words_by_heart():
    demo = ClipEmbedder("demo", resolve("demo", demo=True), model_configs=DEMO_FOLDER)
    vectors = demo.embed_texts(["skib i storm", "quantum 量子 ✈", "x" * 3000])
    assert not any(isinstance(vector, Failure) for vector in vectors)
    # With open_clip's own vocabulary `skib` would be 3 tokens.
    assert (demo._load().tokens("skib i storm") != 0).sum() == 3 + 2


@pytest.mark.gpu
def test_a_gpu_gives_the_vectors_that_a_processor_gives(monkeypatch, real_images):
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    clip._load.cache_clear()
    on_gpu = tiny().embed_images(real_images)
    monkeypatch.setattr(clip, "fastest_device", lambda: "cpu")
    clip._load.cache_clear()
    on_cpu = tiny().embed_images(real_images)
    clip._load.cache_clear()
    assert (np.stack(on_gpu) * np.stack(on_cpu)).sum(axis=1).min() > 0.99


@pytest.fixture
def real_images(shared):
    return [path.read_bytes() for path in sorted((shared / "data" / "images").rglob("*.jpg"))[:8]]
