"""The index of production for those who only read it: several threads at once, and nobody waits for a writer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from resources.vector_index.session import VectorIndex, VectorSession


class ReadersIndex(Protocol):
    """Where readers search. `close` gives back what it holds."""

    def open(self, releases: Mapping[str, int]) -> AbstractContextManager[VectorSession]:
        """Open a session in which these releases of museums are whole. Raises Unavailable when there is none yet."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


class ServerReaders:
    """A Qdrant server's collection: every session sees every release."""

    def __init__(self, index: VectorIndex) -> None:
        self.index = index

    @contextmanager
    def open(self, releases: Mapping[str, int]) -> Iterator[VectorSession]:  # noqa: ARG002 - it holds all of them
        """Open a session; the server has the points of a release before its pointer moves."""
        with self.index.open() as session:
            yield session

    def close(self) -> None:
        """Nothing stays open."""


def readers_of(index: VectorIndex) -> ReadersIndex:
    """Return the readers' side of an index."""
    return ServerReaders(index)
