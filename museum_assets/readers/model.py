"""The model behind the search: loaded once, beside the pages that answer already, and asked in batches.

A page that waits for a vector waits for a bounded time. What comes later is remembered for the next one who asks.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Literal

from museum_assets.core.failures import Failure, MuseumError
from museum_assets.search.answer import QueryVector
from resources.closing import Closing
from resources.embedders.embedder import Embedder, Vector

log = logging.getLogger(__name__)

WAITING = 64
"""Queries that may wait for the model. The next ones are answered without it."""
BATCH = 16
"""Queries of one pass at the most; those that come while the model works are taken together."""
REMEMBERED = 4096
"""Vectors of queries that are kept: 12 MB at 768 numbers."""
PATIENCE = 2.0
"""Seconds that a search waits for its vector before it goes on with words alone."""
IMAGE_PATIENCE = 20.0
"""The same for an uploaded image, which has nothing else to be found by."""

State = Literal["loading", "ready", "failed"]


class NotReady(MuseumError):
    """The model still loads, could not be loaded, or has too much to do. The message says which."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One thing to embed, and where its vector goes."""

    content: str | bytes
    answer: Future[Vector]


class Model(Closing):
    """An embedder that loads in a thread of its own. Safe to share between threads."""

    def __init__(self, open_embedder: Callable[[], Embedder], *, patience: float = PATIENCE) -> None:
        self._open = open_embedder
        self._patience = patience
        self._embedder: Embedder | None = None
        self._error: str | None = None
        self._queue: Queue[_Asked | None] = Queue(WAITING)
        self._vectors: OrderedDict[tuple[str, str], Vector] = OrderedDict()
        self._asked: dict[str, Future[Vector]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self.remembered = 0
        """How often a query's vector was remembered."""
        self.embedded = 0
        """How many queries the model was asked for."""

    def start(self) -> None:
        """Begin to load, if that has not begun yet."""
        with self._lock:
            if self._thread.ident is None and not self._ended.is_set():
                self._thread.start()

    @property
    def state(self) -> State:
        """Whether the model loads, answers, or could not be loaded."""
        if self._embedder is not None:
            return "ready"
        return "failed" if self._error else "loading"

    def of_words(self, words: str) -> QueryVector | None:
        """Return the vector of a query, None when there is none in time. Never raises."""
        words, embedder = " ".join(words.split()), self._embedder
        if embedder is None or not words:
            return None
        vector = self._vector(words, embedder.contract)
        return None if vector is None else QueryVector(embedder.name, embedder.contract, vector)

    def _vector(self, words: str, contract: str) -> Vector | None:
        with self._lock:
            if (found := self._vectors.get((contract, words))) is not None:
                self._vectors.move_to_end((contract, words))
                self.remembered += 1
                return found
            answer = self._asked.get(words)
            if answer is None:
                answer = self._asked[words] = Future()
                try:
                    self._queue.put_nowait(_Asked(words, answer))
                except Full:
                    del self._asked[words]
                    return None
        try:
            return answer.result(self._patience)
        except (MuseumError, TookTooLong):
            return None

    def ready(self) -> Embedder:
        """Return the embedder. Raises NotReady while there is none."""
        if self._embedder is None:
            raise NotReady(
                "The model that looks at images still loads: try again in a minute"
                if self.state == "loading"
                else "The model that looks at images could not be loaded"
            )
        return self._embedder

    def of_image(self, jpeg: bytes) -> QueryVector:
        """Return the vector of an image. Raises NotReady, and the Failure of an image that cannot be embedded."""
        embedder = self.ready()
        answer = Future[Vector]()
        try:
            self._queue.put_nowait(_Asked(jpeg, answer))
            return QueryVector(embedder.name, embedder.contract, answer.result(IMAGE_PATIENCE))
        except (Full, TookTooLong):
            raise NotReady("The model has too much to do: try again in a minute") from None

    def close(self) -> None:
        """End the thread after what it has in hand."""
        self._ended.set()
        with suppress(Full):  # then it looks at `_ended` after its batch
            self._queue.put_nowait(None)
        if self._thread.ident is not None:
            self._thread.join(5)

    def _work(self) -> None:
        try:
            embedder = self._open()
            embedder.embed_texts(["a painting"])  # which loads it
        except Exception as error:
            # The pages go on without it, whatever it was.
            log.exception("The model could not be loaded: the pages answer with words alone")
            self._error = str(error) or type(error).__name__
            return
        self._embedder = embedder
        log.info("The model %s is ready", embedder.contract)
        while not self._ended.is_set():
            batch = self._batch()
            for kind, embed in ((str, embedder.embed_texts), (bytes, embedder.embed_images)):
                if asked := [each for each in batch if isinstance(each.content, kind)]:
                    self._answer(asked, embed, embedder.contract)  # type: ignore[arg-type]

    def _batch(self) -> list[_Asked]:
        """Wait for something to embed; return it with what else waits. Empty at the end."""
        found: list[_Asked] = []
        first = self._queue.get()
        while first is not None:
            found.append(first)
            if len(found) == BATCH:
                break
            try:
                first = self._queue.get_nowait()
            except Empty:
                break
        return found

    def _answer(
        self, asked: list[_Asked], embed: Callable[[Sequence[str | bytes]], list[Vector | Failure]], contract: str
    ) -> None:
        try:
            vectors: Sequence[Vector | BaseException] = embed([each.content for each in asked])
        except Exception as error:  # noqa: BLE001 - each of them is told, and the next batch may do
            log.warning("The model failed at %s queries: %s", len(asked), type(error).__name__)
            vectors = [NotReady("The model could not answer: try again in a minute")] * len(asked)
        with self._lock:
            self.embedded += len(asked)
            for each, vector in zip(asked, vectors, strict=True):
                if isinstance(each.content, str):
                    self._asked.pop(each.content, None)
                    if not isinstance(vector, BaseException):
                        self._vectors[contract, each.content] = vector
            while len(self._vectors) > REMEMBERED:
                self._vectors.popitem(last=False)
        for each, vector in zip(asked, vectors, strict=True):
            if isinstance(vector, BaseException):
                each.answer.set_exception(vector)
            else:
                each.answer.set_result(vector)
