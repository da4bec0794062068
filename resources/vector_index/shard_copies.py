"""Copies of an embedded index of production, which readers open while the index itself belongs to its writers.

A release never changes, so a copy made after its points were verified is good for as long as anybody reads it. It is
made before the release's pointer moves. A note beside the shard says which releases are whole in it. It is written
under the shard's lock, so that the newest copy always holds every release that any process has verified.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import orjson

from museum_assets.core.failures import Unavailable
from resources.vector_index.edge import EdgeVectorIndex
from resources.vector_index.sparse_files import copy_with_holes

Whole = dict[str, list[int]]
"""The releases of each museum whose points are all there."""

SWITCH_SECONDS = 10
"""How long a promotion waits until every process that reads has opened the new copy, which takes them a second."""
OWN_FILES = ("edge_config.json", "segment.json")
"""What the engine writes although nobody writes to it, besides its log: a process that opens a copy has its own."""


@dataclass(frozen=True, slots=True)
class ShardCopy:
    """One copy: its number, higher than those of older ones, and the releases that are whole in it."""

    directory: Path
    number: int
    whole: Whole

    def holds(self, releases: Mapping[str, int]) -> bool:
        """Say whether all these releases are whole here."""
        return all(release in self.whole.get(museum, ()) for museum, release in releases.items())


class ShardCopies:
    """The copies of one embedded index, made by its writers and opened by its readers."""

    def __init__(self, index: EdgeVectorIndex) -> None:
        self.index = index
        self._note = index.directory / "whole.json"
        self._copies = index.directory / "copies"
        self._opened = index.directory / "opened"

    def publish(self, releases: Mapping[str, int]) -> None:
        """Note that these releases are whole, and give readers a copy that has them. Raises Unavailable."""
        with self.index.locked():
            self.index.create()
            whole = self._whole()
            for museum, release in releases.items():
                whole[museum] = sorted({*whole.get(museum, ()), release})
            self._write(whole)
            copy = self._copied(whole)
        self._remove_old(copy)
        self._wait_for_readers(copy)

    def keep(self, museum: str, releases: Sequence[int]) -> None:
        """Note that no other release of a museum is whole any more. Copies go on holding what they hold."""
        self._only(museum, lambda each: each in releases)

    def withdraw(self, museum: str, release: int) -> None:
        """Note that a release is not whole any more."""
        self._only(museum, lambda each: each != release)

    def _only(self, museum: str, stays: Callable[[int], bool]) -> None:
        with self.index.locked():
            whole = self._whole()
            whole[museum] = [each for each in whole.get(museum, ()) if stays(each)]
            self._write(whole)

    def newest(self) -> ShardCopy | None:
        """Return the newest copy; None when there is none."""
        return max(self._all(), key=lambda copy: copy.number, default=None)

    def discard(self, copy: ShardCopy) -> None:
        """Remove a copy that cannot be opened, as after a power failure in the middle of writing it."""
        shutil.rmtree(copy.directory, ignore_errors=True)

    @contextmanager
    def opened(self, copy: ShardCopy) -> Iterator[Path]:
        """Lend a copy to this process: the path of a shard that shares its large files.

        The engine lets one process open a shard. Raises FileNotFoundError when the copy has been replaced meanwhile.
        """
        own = self._opened / f"{copy.number:08}-{uuid4().hex}"
        with self._gate():
            self._remove_abandoned()
            held = own.with_suffix(".lock").open("w")
            fcntl.flock(held, fcntl.LOCK_EX)
        try:
            shutil.copytree(copy.directory / "shard", own, copy_function=_shared)
            yield own
        finally:
            shutil.rmtree(own, ignore_errors=True)
            own.with_suffix(".lock").unlink(missing_ok=True)
            held.close()

    def _whole(self) -> Whole:
        return orjson.loads(self._note.read_bytes()) if self._note.exists() else {}

    def _write(self, whole: Whole) -> None:
        new = self._note.with_suffix(".new")
        new.write_bytes(orjson.dumps(whole))
        new.replace(self._note)

    def _all(self) -> Iterator[ShardCopy]:
        for directory in self._copies.glob("[0-9]*"):
            try:
                yield ShardCopy(directory, int(directory.name), orjson.loads((directory / "whole.json").read_bytes()))
            except FileNotFoundError:
                continue  # it is being removed

    def _copied(self, whole: Whole) -> ShardCopy:
        newest = self.newest()
        number = newest.number + 1 if newest else 1
        half = self._copies / "unfinished"
        try:
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(self.index.shard, half / "shard", copy_function=copy_with_holes)
            (half / "whole.json").write_bytes(orjson.dumps(whole))
            half.rename(self._copies / f"{number:08}")
        except OSError as error:
            shutil.rmtree(half, ignore_errors=True)
            raise Unavailable(
                f"The vector index at {self.index.shard} could not be copied for readers: {error}. Free as much space "
                "as it takes on its disk, then run this again: what readers see has not changed."
            ) from error
        return ShardCopy(self._copies / f"{number:08}", number, whole)

    def _remove_old(self, newest: ShardCopy) -> None:
        for copy in self._all():
            if copy.number < newest.number:
                shutil.rmtree(copy.directory, ignore_errors=True)

    def _wait_for_readers(self, newest: ShardCopy) -> None:
        """Wait until no process reads an older copy; one that does not come is left to answer by words."""
        give_up = time.monotonic() + SWITCH_SECONDS
        while time.monotonic() < give_up:
            with self._gate():
                self._remove_abandoned()
                older = [lock for lock in self._opened.glob("*.lock") if int(lock.name[:8]) < newest.number]
            if not older:
                return
            time.sleep(0.05)

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """Let one process at a time look who has opened what."""
        self._opened.mkdir(parents=True, exist_ok=True)
        with (self._opened / "gate").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _remove_abandoned(self) -> None:
        """Remove what processes had opened that were killed: their locks went with them."""
        for path in self._opened.glob("*.lock"):
            # Gone already, or still held.
            with suppress(FileNotFoundError, BlockingIOError), path.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path.with_suffix(""), ignore_errors=True)
                path.unlink(missing_ok=True)


def _shared(source: str, target: str) -> None:
    """Share a file that no reader writes to; copy the others, and where the file system cannot share."""
    path = Path(source)
    if path.name not in OWN_FILES and path.parent.name != "wal":
        with suppress(OSError):
            os.link(source, target)
            return
    copy_with_holes(source, target)
