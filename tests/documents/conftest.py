from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "resources"))

from documents import LETTER, REPORT, Place
from fake_llm import KEY, FakeLlm

from museum_assets.settings import Settings
from resources.llm import Llm
from resources.s3 import ObjectStore


@pytest.fixture
def fake() -> Iterator[FakeLlm]:
    server = FakeLlm()
    yield server
    server.close()


@pytest.fixture
def model(fake: FakeLlm) -> Iterator[Llm]:
    with Llm(fake.url, "m", KEY, timeout=30, retries=0) as client:
        yield client


@pytest.fixture
def place(platform: Settings, model: Llm) -> Place:
    store = ObjectStore.from_settings(platform, f"documents-{os.getpid()}-{time.monotonic_ns()}")
    store.ensure_bucket()
    store.put("smk/condition/1.txt", REPORT, content_type="text/plain")
    store.put("smk/loan/2.txt", LETTER, content_type="")
    store.put("met/loan/3.txt", LETTER, content_type="text/plain")
    return Place(platform, store, model)
