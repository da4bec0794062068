"""The index of production for those who only read it: several threads at once, and nobody waits for a writer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from museum_assets.core.failures import MuseumError, Unavailable
from museum_assets.core.memory import Memory
from resources.vector_index.edge import EdgeVectorIndex
from resources.vector_index.index import Hit, Search, SearchFilter, Vectors
from resources.vector_index.session import VectorIndex, VectorSession
from resources.vector_index.shard_copies import ShardCopies, ShardCopy
from resources.vector_index.shard_process import ReadSession, ShardProcess

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
"""How often a reading process looks for a newer copy. A promotion waits until it has found it."""
TROUBLE_SECONDS = 5
FIRST_PATIENCE, PATIENCE = 10.0, 0.2
"""How long a search waits for a copy: the first one of a process, and later ones."""


class ReadersIndex(Protocol):
    """Where readers search. `close` gives back what it holds."""

    def begin(self) -> None:
        """Begin to open what a first session waits for; without it that session begins."""
        ...

    def open(self, releases: Mapping[str, int]) -> AbstractContextManager[ReadSession]:
        """Open a session in which these releases of museums are whole. Raises Unavailable when there is none yet."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


class ServerSession:
    """A session of a server, of which only reading is passed on; `vectors` are those that its collection has."""

    def __init__(self, session: VectorSession, vectors: Vectors) -> None:
        self.vectors = vectors
        self.search, self.retrieve, self.count = session.search, session.retrieve, session.count
        self._session = session

    def search_all(self, searches: Sequence[Search]) -> list[list[Hit]]:
        """Return the nearest points of each search. Raises Unavailable when the collection is gone."""
        try:
            return self._session.search_all(searches)
        except MuseumError as error:
            if isinstance(error, Unavailable) or self._session.exists:
                raise
            raise Unavailable(str(error), code="index_gone") from error

    def matching(self, where: SearchFilter) -> list[str]:
        """Return the ids of the points that match, which should be few."""
        return [record.id for record in self._session.scroll(where, with_payload=False)]


class ServerReaders:
    """A Qdrant server's collection: every session sees every release."""

    def __init__(self, index: VectorIndex) -> None:
        self.index = index
        # Asked for with every question, they were two of its four requests. Only a promotion adds one.
        self._vectors: Memory[frozenset[tuple[str, int]], Vectors] = Memory(8)

    def begin(self) -> None:
        """Nothing takes long."""

    @contextmanager
    def open(self, releases: Mapping[str, int]) -> Iterator[ReadSession]:
        """Open a session; the server has the points of a release before its pointer moves."""
        key = frozenset(releases.items())
        with self.index.open() as session:
            vectors = self._vectors.get(key) or session.vectors
            if vectors:
                self._vectors.put(key, vectors)
            yield ServerSession(session, vectors)

    def close(self) -> None:
        """Nothing stays open."""


@dataclass(eq=False)
class Opened:
    """A copy that this process has open, and how many sessions use it; `replaced` ones are closed by their last."""

    copy: ShardCopy
    session: ShardProcess
    stack: ExitStack
    sessions: int = 0
    replaced: bool = field(default=False)


class EmbeddedReaders:
    """Copies of the embedded index, of which the newest is opened in the background as soon as it appears."""

    def __init__(self, index: EdgeVectorIndex) -> None:
        self._copies = ShardCopies(index)
        self._changed = threading.Condition()
        self._current: Opened | None = None
        self._wanted: Mapping[str, int] | None = None
        self._closing = threading.Event()
        self._watcher: threading.Thread | None = None

    def begin(self) -> None:
        """Look for copies from now on, and open the newest."""
        with self._changed:
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="index copies", daemon=True)
                self._watcher.start()

    @contextmanager
    def open(self, releases: Mapping[str, int]) -> Iterator[ReadSession]:
        """Open a session on the newest copy. Raises Unavailable when it does not have these releases yet."""
        opened = self._take(releases)
        try:
            yield opened.session
        finally:
            self._give_back(opened)

    def close(self) -> None:
        """Stop looking for copies and close the one that is open."""
        self._closing.set()
        if self._watcher:
            self._watcher.join()
        self._replace(None)

    def _take(self, releases: Mapping[str, int]) -> Opened:
        self.begin()
        with self._changed:
            patience = PATIENCE if self._current else FIRST_PATIENCE
            if self._current is None or not self._current.copy.holds(releases):
                self._wanted = releases
                self._changed.wait_for(lambda: self._current and self._current.copy.holds(releases), patience)
            if self._current is None or not self._current.copy.holds(releases):
                raise Unavailable(
                    "The copy of the vector index for readers is not ready: it is made by a promotion, and now by "
                    "whoever reads. Try again in a moment",
                    code="index_behind",
                )
            self._current.sessions += 1
            return self._current

    def _give_back(self, opened: Opened) -> None:
        with self._changed:
            opened.sessions -= 1
            done = opened.replaced and not opened.sessions
        if done:
            opened.stack.close()

    def _replace(self, new: Opened | None) -> None:
        with self._changed:
            old, self._current = self._current, new
            if old:
                old.replaced = True
            done = old is not None and not old.sessions
            self._changed.notify_all()
        if old and done:
            old.stack.close()

    def _watch(self) -> None:
        while not self._closing.is_set():
            pause = LOOK_SECONDS
            try:
                self._look()
            except FileNotFoundError:
                pass  # replaced while it was opened: there is a newer one
            except (MuseumError, OSError) as error:
                log.warning("readers go on with what they have of the vector index: %s", error)
                pause = TROUBLE_SECONDS
            self._closing.wait(pause)

    def _look(self) -> None:
        wanted, self._wanted = self._wanted, None
        newest = self._copies.newest()
        if wanted is not None and (newest is None or not newest.holds(wanted)):
            # From before there were copies, or lost with its directory. What is live was verified when promoted.
            self._copies.publish(wanted)
            newest = self._copies.newest()
        now = self._current
        if newest and (now is None or now.copy.number < newest.number or now.session.ended):
            try:
                opened = self._open(newest)
            except MuseumError:
                log.warning("copy %s of the vector index cannot be opened and is made anew", newest.directory)
                self._copies.discard(newest)
                self._wanted = self._wanted or wanted
                return
            self._replace(opened)

    def _open(self, copy: ShardCopy) -> Opened:
        with ExitStack() as stack:
            path = stack.enter_context(self._copies.opened(copy))
            process = ShardProcess(path)
            stack.callback(process.close)
            return Opened(copy, process, stack.pop_all())


def readers_of(index: VectorIndex) -> ReadersIndex:
    """Return the readers' side of an index."""
    return EmbeddedReaders(index) if isinstance(index, EdgeVectorIndex) else ServerReaders(index)


def copies_of(index: VectorIndex) -> ShardCopies | None:
    """Return the copies that readers of an embedded index open; None for a server, which needs none."""
    return ShardCopies(index) if isinstance(index, EdgeVectorIndex) else None
