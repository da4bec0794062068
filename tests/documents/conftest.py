from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "resources"))

from fake_llm import KEY, FakeLlm

from resources.llm import Llm


@pytest.fixture
def fake() -> Iterator[FakeLlm]:
    server = FakeLlm()
    yield server
    server.close()


@pytest.fixture
def model(fake: FakeLlm) -> Iterator[Llm]:
    with Llm(fake.url, "m", KEY, timeout=5, retries=0) as client:
        yield client
