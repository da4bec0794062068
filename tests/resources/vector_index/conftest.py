"""The vector indexes that keep one contract, and no waiting for servers that stay away."""

import pytest

from resources.vector_index.qdrant_failures import PATIENTLY
from tests.support.vector_indexes import index, session, three

__all__ = ["index", "session", "three"]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PATIENTLY, "sleep", lambda _: None)
