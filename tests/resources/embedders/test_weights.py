"""Weights are found and named without loading a model, and a machine without a network hears so at once."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import time
from contextlib import contextmanager

import huggingface_hub.constants
import pytest

from museum_assets.core.failures import MuseumError
from resources.embedders.weights import UNTRAINED_WEIGHTS, resolve
from tests.support.clock import Clock
from tests.support.web_server import Answer, web_server

HUB_FILE = "laion/CLIP-ViT-L-14/open_clip_model.safetensors"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def unreachable(monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")


@contextmanager
def hub_answering(monkeypatch, status):
    code = {401: "GatedRepo", 404: "EntryNotFound"}[status]
    refused = Answer(status, headers={"X-Error-Code": code})
    with web_server(lambda asked: Answer() if asked.path == "/" else refused) as hub:
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield


def test_a_local_file_is_named_by_its_content(tmp_path):
    file = tmp_path / "weights.safetensors"
    file.write_bytes(b"one")
    first = resolve(str(file), allow_untrained=False)
    assert first.digest == hashlib.sha256(b"one").hexdigest()
    assert first.path == file
    assert first.trained
    file.write_bytes(b"another")
    assert resolve(str(file), allow_untrained=False).digest == hashlib.sha256(b"another").hexdigest()


def test_a_cached_hub_file_needs_no_network_and_no_hashing(cache, unreachable):
    digest = "ab" * 32  # not the content's: it is read from the blob's name
    repository = cache / "models--laion--CLIP-ViT-L-14"
    (repository / "blobs").mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("c0ffee" * 6 + "c0ff")
    (repository / "blobs" / digest).write_bytes(b"x")
    snapshot = repository / "snapshots" / ("c0ffee" * 6 + "c0ff")
    snapshot.mkdir(parents=True)
    (snapshot / "open_clip_model.safetensors").symlink_to(repository / "blobs" / digest)
    weights = resolve(HUB_FILE, allow_untrained=False)
    assert weights.digest == digest
    assert weights.path
    assert weights.path.read_bytes() == b"x"


@pytest.mark.parametrize("switched_off", [False, True])
def test_an_unreachable_hub_is_an_error_at_once(cache, unreachable, monkeypatch, switched_off):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", switched_off)
    clock = Clock()
    monkeypatch.setattr(time, "sleep", clock.sleep)
    with pytest.raises(MuseumError, match="set CLIP_WEIGHTS") as caught:
        resolve(HUB_FILE, allow_untrained=False)
    assert clock.asked == [], "it waited to try again"
    assert ("HF_HUB_OFFLINE is set" in str(caught.value)) == switched_off


def test_the_demo_goes_on_untrained_and_says_so(cache, unreachable, caplog):
    with caplog.at_level(logging.WARNING):
        weights = resolve(HUB_FILE, allow_untrained=True)
    assert weights is UNTRAINED_WEIGHTS
    assert not weights.trained
    assert "UNTRAINED" in caplog.text


@pytest.mark.parametrize("status", [401, 404])
@pytest.mark.parametrize("allow_untrained", [False, True])
def test_a_hub_that_refuses_the_file_is_an_error_also_in_the_demo(cache, monkeypatch, status, allow_untrained):
    with hub_answering(monkeypatch, status), pytest.raises(MuseumError, match="Correct CLIP_WEIGHTS"):
        resolve(HUB_FILE, allow_untrained=allow_untrained)


@pytest.mark.parametrize("setting", ["", "no-such-file", "/no/such/file.safetensors", "./a/b.safetensors", "org/repo"])
@pytest.mark.parametrize("allow_untrained", [False, True])
def test_a_setting_that_names_nothing_is_an_error(setting, allow_untrained):
    with pytest.raises(MuseumError, match=r"CLIP_WEIGHTS is .*no such file"):
        resolve(setting, allow_untrained=allow_untrained)


def test_untrained_must_be_allowed():
    assert resolve("untrained", allow_untrained=True) is UNTRAINED_WEIGHTS
    with pytest.raises(MuseumError, match="only the demo profile"):
        resolve("untrained", allow_untrained=False)


def test_knowing_the_contract_loads_no_model_library():
    code = (
        "import sys; from resources.embedders.weights import resolve;"
        "from resources.embedders.clip import ClipEmbedder;"
        "print(ClipEmbedder('ViT-L-14', resolve('untrained', allow_untrained=True)).contract);"
        "sys.exit('torch' in sys.modules or 'open_clip' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "ViT-L-14:untrained-seed-0:clip-v1"
