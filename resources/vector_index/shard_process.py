"""A copy of an embedded index that is open in a process of its own, for reading.

The engine holds Python's lock while it opens and closes a shard, 10 µs a point: in the process that answers readers,
everybody would wait for two seconds after each promotion of 200,000 works.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from museum_assets.core.failures import MuseumError, Unavailable
from resources.child_environment import child_environment
from resources.embedders.embedder import Vector
from resources.vector_index.index import Hit, PointRecord, Search, SearchFilter, Vectors

START_SECONDS, ANSWER_SECONDS = 120.0, 10.0
ASKED = frozenset({"vectors", "search_all", "scroll", "retrieve", "count"})


class ReadSession(Protocol):
    """What readers ask of an open index; `VectorSession` says what each method returns."""

    @property
    def vectors(self) -> Vectors:
        """The vectors that the collection has."""
        ...

    def search(
        self, name: str, vector: Vector, limit: int, where: SearchFilter | None = None, exclude: Sequence[str] = ()
    ) -> list[Hit]:
        """Return the nearest points."""
        ...

    def search_all(self, searches: Sequence[Search]) -> list[list[Hit]]:
        """Return the nearest points of each search."""
        ...

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[PointRecord]:
        """Return the points that exist among these ids."""
        ...

    def count(self, where: SearchFilter | None = None) -> int:
        """Count the points that match."""
        ...

    def matching(self, where: SearchFilter) -> list[str]:
        """Return the ids of the points that match, which should be few."""
        ...


class ShardProcess:
    """A process with an open shard; threads may share it. Raises MuseumError when the shard cannot be opened."""

    def __init__(self, directory: Path) -> None:
        near, far = socket.socketpair()
        with far:
            # In a session of its own: Ctrl-C stops the reader, and the process ends with its end of the connection.
            self._process = subprocess.Popen(  # noqa: S603 - this program itself
                [sys.executable, "-m", "resources.vector_index.shard_process", str(far.fileno()), str(directory)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[far.fileno()],
                env=child_environment(),
                start_new_session=True,
            )
        self._connection = Connection(near.detach())
        self._turn = threading.Lock()
        try:
            self._ask("vectors", seconds=START_SECONDS)
        except MuseumError:
            self.close()
            raise

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    @cached_property
    def vectors(self) -> Vectors:
        """The vectors that the collection has."""
        found: Vectors = self._ask("vectors")
        return found

    def search(
        self,
        name: str,
        vector: Vector,
        limit: int,
        where: SearchFilter | None = None,
        exclude: Sequence[str] = (),
    ) -> list[Hit]:
        """Return the nearest points."""
        return self.search_all([Search(name, vector, limit, where or SearchFilter(), tuple(exclude))])[0]

    def search_all(self, searches: Sequence[Search]) -> list[list[Hit]]:
        """Return the nearest points of each search."""
        found: list[list[Hit]] = self._ask("search_all", searches)
        return found

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[PointRecord]:
        """Return the points that exist among these ids."""
        found: list[PointRecord] = self._ask("retrieve", ids, with_vectors=with_vectors)
        return found

    def count(self, where: SearchFilter | None = None) -> int:
        """Count the points that match."""
        return int(self._ask("count", where))

    def matching(self, where: SearchFilter) -> list[str]:
        """Return the ids of the points that match, which should be few."""
        found: list[PointRecord] = self._ask("scroll", where, with_payload=False)
        return [record.id for record in found]

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.kill()
        self._process.wait()

    def _ask(self, what: str, *given: Any, seconds: float = ANSWER_SECONDS, **named: Any) -> Any:
        try:
            with self._turn:
                self._connection.send((what, given, named))
                if not self._connection.poll(seconds):
                    self._process.kill()
                    raise Unavailable(f"The vector index did not answer in {seconds:g} s", code="index_silent")
                answer = self._connection.recv()
        except (OSError, EOFError) as error:
            raise Unavailable("The process with the vector index has ended", code="index_ended") from error
        if isinstance(answer, MuseumError):
            raise answer
        return answer


def serve(connection: Connection, directory: Path) -> None:
    """Answer until the other end is closed."""
    from resources.vector_index.edge import EdgeSession, load_shard

    session: EdgeSession | None = None
    while True:
        try:
            what, given, named = connection.recv()
        except EOFError:
            return
        assert what in ASKED
        try:
            session = session or EdgeSession(load_shard(directory), directory)
            found = getattr(session, what)
            answer = found(*given, **named) if callable(found) else found
            connection.send(list(answer) if what == "scroll" else answer)
        except MuseumError as error:
            connection.send(MuseumError(str(error)))


if __name__ == "__main__":
    with Connection(int(sys.argv[1])) as end:
        serve(end, Path(sys.argv[2]))
    os._exit(0)  # closing the shard would flush it, and nothing was written
