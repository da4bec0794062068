"""The model's queue: what is remembered, batched, late, and broken."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from museum_assets.core.failures import Failure, MuseumError
from museum_assets.readers import model as module
from museum_assets.readers.model import Model, NotReady
from resources.embedders.embedder import Vector
from tests.support.clock import wait_until


class Slow:
    """An embedder that works when it is let to, and keeps what it was given."""

    name, dimension, contract = "slow", 2, "slow-1"

    def __init__(self) -> None:
        self.go = threading.Event()
        self.batches: list[list[str]] = []
        self.broken = False

    def embed_texts(self, texts: Sequence[str]) -> list[Vector | Failure]:
        self.go.wait()
        self.batches.append(list(texts))
        if self.broken:
            raise MemoryError
        return [np.array([len(text), 1], dtype=np.float32) for text in texts]

    def embed_images(self, images: Sequence[bytes]) -> list[Vector | Failure]:
        return [np.array([0, 1], dtype=np.float32) for _ in images]


@pytest.fixture
def embedder() -> Slow:
    return Slow()


@pytest.fixture
def model(embedder: Slow) -> Iterator[Model]:
    with Model(lambda: embedder, patience=60) as made:
        made.start()
        yield made
        embedder.go.set()


def ready(model: Model, embedder: Slow) -> None:
    embedder.go.set()
    wait_until(lambda: model.state == "ready")


def test_nothing_waits_for_a_model_that_loads(model: Model) -> None:
    assert (model.state, model.of_words("ships")) == ("loading", None)
    with pytest.raises(NotReady, match="still loads"):
        model.of_image(b"jpeg")


def test_a_query_is_embedded_once_and_remembered(model: Model, embedder: Slow) -> None:
    ready(model, embedder)
    for words in ("ships", " ships ", "ships"):
        found = model.of_words(words)
        assert found
        assert (found.model, found.contract, found.vector.tolist()) == ("slow", "slow-1", [5, 1])
    assert embedder.batches[1:] == [["ships"]]
    assert (model.embedded, model.remembered) == (1, 2)


def test_queries_that_come_together_are_one_batch(model: Model, embedder: Slow) -> None:
    ready(model, embedder)
    embedder.go.clear()
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(model.of_words, "first")
        wait_until(lambda: "first" in model._asked)
        wait_until(model._queue.empty)
        later = [threads.submit(model.of_words, f"later {number % 3}") for number in range(6)]
        wait_until(lambda: model._queue.qsize() == 3)
        embedder.go.set()
        assert all(each.result() for each in [first, *later])
    assert embedder.batches[1] == ["first"]
    assert sorted(embedder.batches[2]) == ["later 0", "later 1", "later 2"]


def test_a_query_that_takes_long_goes_on_without_and_is_there_for_the_next(embedder: Slow) -> None:
    with Model(lambda: embedder, patience=0) as model:
        model.start()
        ready(model, embedder)
        embedder.go.clear()
        assert model.of_words("ships") is None
        embedder.go.set()
        wait_until(lambda: model.of_words("ships"))
        assert embedder.batches[1:] == [["ships"]]


def test_too_many_queries_go_on_without(model: Model, embedder: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(model, embedder)
    embedder.go.clear()
    monkeypatch.setattr(model, "_patience", 0)
    for number in range(module.WAITING + 5):
        assert model.of_words(f"ships {number}") is None
    assert len(model._asked) <= module.WAITING + 1


def test_a_query_that_fails_spoils_no_other(model: Model, embedder: Slow) -> None:
    ready(model, embedder)
    embedder.broken = True
    assert model.of_words("ships") is None
    embedder.broken = False
    assert model.of_words("ships")


def test_a_model_that_cannot_be_loaded_says_so() -> None:
    def nothing() -> Slow:
        raise MuseumError("no weights")

    with Model(nothing) as model:
        model.start()
        wait_until(lambda: model.state == "failed")
        assert model.of_words("ships") is None
        with pytest.raises(NotReady, match="could not be loaded"):
            model.of_image(b"jpeg")
