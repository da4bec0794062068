from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from resources.llm import Llm
from resources.platform import Platform
from tests.support.documents import LETTER, REPORT, Place
from tests.support.fake_llm import KEY, FakeLlm


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
def place(platform: Platform, model: Llm) -> Place:
    store = platform.bucket(f"documents-{os.getpid()}-{time.monotonic_ns()}")
    store.ensure_bucket()
    store.put("smk/condition/1.txt", REPORT, content_type="text/plain")
    store.put("smk/loan/2.txt", LETTER, content_type="")
    store.put("met/loan/3.txt", LETTER, content_type="text/plain")
    return Place(platform, store, model)
