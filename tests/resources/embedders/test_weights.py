"""Weights are found and named without loading a model, and a machine without a network hears so at once."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import time
from contextlib import contextmanager

import huggingface_hub.constants
import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import Settings
from resources.embedders.weights import DEMO_FOLDER, resolve
from resources.platform import Platform
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
    first = resolve(str(file), demo=False)
    assert first.digest == hashlib.sha256(b"one").hexdigest()
    assert first.path == file
    file.write_bytes(b"another")
    assert resolve(str(file), demo=False).digest == hashlib.sha256(b"another").hexdigest()


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
    weights = resolve(HUB_FILE, demo=False)
    assert weights.digest == digest
    assert weights.path
    assert weights.path.read_bytes() == b"x"


@pytest.mark.parametrize("switched_off", [False, True])
def test_an_unreachable_hub_is_an_error_at_once(cache, unreachable, monkeypatch, switched_off):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", switched_off)
    clock = Clock()
    monkeypatch.setattr(time, "sleep", clock.sleep)
    with pytest.raises(MuseumError, match="set CLIP_WEIGHTS") as caught:
        resolve(HUB_FILE, demo=False)
    assert clock.asked == [], "it waited to try again"
    assert ("HF_HUB_OFFLINE is set" in str(caught.value)) == switched_off


def test_an_unreachable_hub_names_the_demos_own_model_where_it_may_be_used(cache, unreachable):
    with pytest.raises(MuseumError, match="CLIP_WEIGHTS=demo"):
        resolve(HUB_FILE, demo=True)
    with pytest.raises(MuseumError) as caught:
        resolve(HUB_FILE, demo=False)
    assert "demo" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 404])
@pytest.mark.parametrize("demo", [False, True])
def test_a_hub_that_refuses_the_file_is_an_error_also_in_the_demo(cache, monkeypatch, status, demo):
    with hub_answering(monkeypatch, status), pytest.raises(MuseumError, match="Correct CLIP_WEIGHTS"):
        resolve(HUB_FILE, demo=demo)


@pytest.mark.parametrize("setting", ["", "no-such-file", "/no/such/file.safetensors", "./a/b.safetensors", "org/repo"])
@pytest.mark.parametrize("demo", [False, True])
def test_a_setting_that_names_nothing_is_an_error(setting, demo):
    with pytest.raises(MuseumError, match=r"CLIP_WEIGHTS is .*no such file"):
        resolve(setting, demo=demo)


def test_only_the_demo_uses_its_model():
    weights = resolve("demo", demo=True)
    assert weights.path == DEMO_FOLDER / "demo.safetensors"
    with pytest.raises(MuseumError, match=r"only the demo profile accepts it.*or unset it"):
        resolve("demo", demo=False)


@pytest.mark.parametrize("profile", ["dev", "prod"])
def test_no_other_profile_opens_the_demos_model(tmp_path, profile):
    settings = Settings(museum_home=tmp_path, museum_profile=profile, clip_weights="demo")
    with pytest.raises(MuseumError, match="only the demo profile"):
        Platform(settings).clip()


def test_the_demos_model_is_the_demos_default_and_its_contract_says_so(tmp_path):
    assert "laion" in Settings(museum_home=tmp_path, museum_profile="dev").clip_weights
    clip = Platform(Settings(museum_home=tmp_path, museum_profile="demo")).clip()
    assert re.fullmatch(r"demo:[0-9a-f]{16}:clip-v1", clip.contract)


def test_the_demos_model_is_small():
    assert sum(file.stat().st_size for file in DEMO_FOLDER.iterdir()) < 8_000_000


def test_knowing_the_contract_loads_no_model_library():
    code = (
        "import sys; from resources.embedders.weights import resolve;"
        "from resources.embedders.clip import ClipEmbedder;"
        "print(ClipEmbedder('demo', resolve('demo', demo=True)).contract);"
        "sys.exit('torch' in sys.modules or 'open_clip' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("demo:")
