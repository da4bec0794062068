"""Reading records with more than one core: a mapping is Python, of which one process runs on one core at a time.

The other processes are started by the first run that has enough to read, kept for the runs after it, and end with this
process, however it ends: their standard input closes then.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from museum_assets.failures import MuseumError
from museum_assets.museums import MUSEUMS, museum
from museum_assets.museums.museum import Museum
from museum_assets.stages.mapping import Reading, read_records

if TYPE_CHECKING:
    from museum_assets.loop.stage import Work

ALONE = 2_000
"""So many records are read here before others help: a process takes as long to start."""
CHUNK = 250
MOST = 4
"""Processes. Writing the rows is one transaction after another, which this many keep busy."""

Records = tuple[list[str], list[int], list[bytes]]
"""Ids, places in the order of storing, and payloads."""


def read_all(source: Museum, works: Iterable[Work]) -> Iterator[tuple[Work, Reading]]:
    """Yield each work with what came of its record, in order. Takes the payloads out of the works."""
    remaining = iter(works)
    helpers = _helpers() if _registered(source) else None
    alone = CHUNK if helpers and helpers.started else ALONE
    waiting: deque[tuple[list[Work], Future[list[Reading]]]] = deque()
    here = 0
    while chunk := list(islice(remaining, CHUNK)):
        payloads = [work.data.pop("payload")[1:] for work in chunk]  # behind the version of the format
        records = [work.record_id for work in chunk], [work.data["seq"] for work in chunk], payloads
        if helpers and here >= alone:
            waiting.append((chunk, helpers.submit(source.slug, records)))
            if len(waiting) > 4 * helpers.count:
                yield from _finished(*waiting.popleft())
        else:
            here += len(chunk)
            yield from zip(chunk, read_records(source, *records), strict=True)
    while waiting:
        yield from _finished(*waiting.popleft())


def _registered(source: Museum) -> bool:
    """Whether another process finds the same museum by its slug."""
    return source.slug in MUSEUMS and type(museum(source.slug)) is type(source)


def _finished(chunk: list[Work], readings: Future[list[Reading]]) -> Iterator[tuple[Work, Reading]]:
    return zip(chunk, readings.result(), strict=True)


class Helpers:
    """The other processes, each with the thread that talks to it."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.started = False
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="mapping")
        self._own = threading.local()

    def submit(self, slug: str, records: Records) -> Future[list[Reading]]:
        """Have these records read. The result raises MuseumError when the process ends."""
        return self._threads.submit(self._read, slug, records)

    def _read(self, slug: str, records: Records) -> list[Reading]:
        process = self._process()
        assert process.stdin
        assert process.stdout
        try:
            pickle.dump((slug, records), process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            values: list[Reading] = pickle.load(process.stdout)  # noqa: S301 - written by this same program
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            process.kill()
            raise MuseumError(
                f"a process that read records of {slug} ended with {process.wait()}: see its message above, or whether "
                "memory ran out; then run again, finished work is kept"
            ) from error
        return values

    def _process(self) -> subprocess.Popen[bytes]:
        """Return this thread's process, a new one if it has none or it ended."""
        process: subprocess.Popen[bytes] | None = getattr(self._own, "process", None)
        if process is None or process.poll() is not None:
            # In a session of its own: Ctrl-C is for the run, at whose end the process ends.
            process = self._own.process = subprocess.Popen(
                [sys.executable, "-m", "museum_assets.stages.mapping_processes"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=Path(__file__).parents[2],
                start_new_session=True,
            )
            self.started = True
        return process


@cache
def _helpers() -> Helpers | None:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return Helpers(min(MOST, cores)) if cores > 1 else None


def main() -> None:
    """Answer chunk after chunk until standard input ends."""
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a mapping prints is no answer
    gc.set_threshold(50_000, 20, 100)
    while True:
        try:
            slug, records = pickle.load(questions)  # noqa: S301 - from the process that started this one
        except EOFError:
            return
        source = museum(slug)
        pickle.dump(read_records(source, *records), answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


if __name__ == "__main__":
    main()
