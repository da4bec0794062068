"""Publishing that is stopped at any step: production goes on as it was, and the next start finishes or undoes it."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

import pytest

from museum_assets.core.failures import Unavailable
from museum_assets.releases.outside.outside import PointsAndThumbnails
from resources.platform import Platform
from resources.s3 import ObjectStore
from resources.vector_index.edge import EdgeVectorIndex
from resources.vector_index.index import SearchFilter
from tests.support.killable import Killable
from tests.support.little_production import LittleProduction, Work

MANY = 5000
"""More than two batches of points."""


class Stops(Exception):
    """The process ended here."""


class Counting:
    """Stands before the index and the bucket; the write with number `at` does not happen."""

    def __init__(self, at: int) -> None:
        self.at, self.writes = at, 0

    def write(self) -> None:
        self.writes += 1
        if self.writes == self.at:
            raise Stops


class StoppingSession:
    def __init__(self, session, counting: Counting) -> None:
        self._session, self._counting = session, counting

    def __getattr__(self, name):
        if name in {"put_records", "set_where", "delete_where", "optimise"}:
            self._counting.write()
        return getattr(self._session, name)


class StoppingIndex:
    def __init__(self, index, counting: Counting) -> None:
        self._index, self._counting = index, counting

    @contextmanager
    def open(self):
        with self._index.open() as session:
            yield StoppingSession(session, self._counting)


class StoppingStore:
    def __init__(self, store, counting: Counting) -> None:
        self._store, self._counting = store, counting

    def __getattr__(self, name):
        return getattr(self._store, name)

    def put_jpeg(self, *args) -> None:
        self._counting.write()
        self._store.put_jpeg(*args)


@pytest.fixture
def little(platform: Platform) -> LittleProduction:
    return LittleProduction(platform)


def works(count: int, word: str) -> dict[str, Work]:
    """Return works of which every other one differs by the word, the first few also in their image."""
    return {
        f"N{n}": Work(word, image=10 * len(word) + n if n < 4 else None, text=n % 5) if n % 2 else Work("same", text=1)
        for n in range(count)
    }


def stopping(little: LittleProduction, at: int) -> tuple[PointsAndThumbnails, Counting]:
    counting = Counting(at)
    outside = replace(
        little.outside,
        index=StoppingIndex(little.outside.index, counting),
        thumbnails=cast(ObjectStore, StoppingStore(little.outside.thumbnails, counting)),
    )
    return outside, counting


def interrupted(little: LittleProduction, at: int, base: int | None) -> bool:
    """Publish release 2 until write `at`; tell whether it got there."""
    outside, counting = stopping(little, at)
    try:
        outside.add("smk", 2, base)
    except Stops:
        return True
    assert counting.writes < at
    return False


def shown(little: LittleProduction) -> dict[str, str]:
    with little.now() as now:
        return {
            record.payload["object_number"]: record.payload["title"] for record in now.session.scroll(now.where("smk"))
        }


def test_stopped_at_any_write_it_is_finished_or_undone_and_nobody_sees_it(little: LittleProduction) -> None:
    first, second = works(20, "first"), works(21, "second")
    little.promote("smk", 1, first)
    before, reading = little.points(), shown(little)
    base = little.build("smk", 2, second)
    steps = 0
    while interrupted(little, steps + 1, base):
        steps += 1
        assert shown(little) == reading
        little.outside.undo("smk", 2)
        assert little.points() == before
        interrupted(little, steps, base)
        little.outside.add("smk", 2, base)
        assert little.outside.verify("smk", 2) == []
        assert shown(little) == reading
        outside, _ = stopping(little, 1)
        with pytest.raises(Stops):
            outside.undo("smk", 2)  # undoing can be stopped as well
        little.outside.undo("smk", 2)
        little.outside.prune("smk", [1])
    assert steps >= 5, "thumbnails, points, ends and the graph are written"
    little.ready("smk", 2)
    little.commit("smk", 2)
    assert shown(little) == {number: work.title for number, work in second.items()}


CHILD = """
from museum_assets.releases.outside.outside import points_and_thumbnails
from resources.platform import Platform
print("begins", flush=True)
points_and_thumbnails(Platform.from_settings()).add("smk", 2, 1, lambda line: print(line, flush=True))
print("done", flush=True)
"""


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_killed_publication_is_finished_by_the_next(little: LittleProduction, lines: int) -> None:
    first, second = works(MANY, "first"), works(MANY + 1, "second")
    little.promote("smk", 1, first)
    reading = shown(little)
    base = little.build("smk", 2, second)
    child = Killable(CHILD)
    said = [child.stdout.readline() for _ in range(lines)]
    child.send_signal(signal.SIGKILL)
    assert "done" not in child.stdout.read()
    child.wait()
    assert all(said), "it ended by itself"
    assert shown(little) == reading
    little.outside.add("smk", 2, base)
    assert little.outside.verify("smk", 2) == []
    little.ready("smk", 2)
    little.commit("smk", 2)
    assert shown(little) == {number: work.title for number, work in second.items()}
    with little.outside.index.open() as session:
        # No version twice, none too many: what changed twice, what did not once, and the new one.
        assert session.count(SearchFilter(museum="smk")) == MANY + MANY // 2 + 1


def test_an_index_in_use_is_waited_for_and_then_said(little: LittleProduction) -> None:
    little.promote("smk", 1, works(3, "first"))
    little.build("smk", 2, works(4, "second"))
    index = little.outside.index
    assert isinstance(index, EdgeVectorIndex)
    index.wait = 0.1
    other = replace(little.outside, index=EdgeVectorIndex(index.directory))
    with other.index.open(), pytest.raises(Unavailable, match="in use by process"):
        little.outside.add("smk", 2, 1)
    little.outside.add("smk", 2, 1)
    assert little.outside.verify("smk", 2) == []
