"""What `museum run` does with `--jobs`: museums side by side, each in one of several worker processes.

Processes, not threads: a run that is told to stop finishes its batch, and Dagster hears that in a main thread alone.
What a worker is asked for and answers are lines of JSON on its standard input and output.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import orjson

from museum_assets.cli.run_results import RunResult
from museum_assets.core.failures import MuseumError
from museum_assets.core.parent import lines_of_parent
from museum_assets.core.progress import watcher
from resources.embedded.services import unwinding_on_signals

Assets = Mapping[str, Mapping[str, Any]]
"""The assets to run, each with its launchpad config."""
PROGRESS_SECONDS = 0.2
"""Between two reports of a worker about one stage."""


def run_side_by_side(museums: Sequence[str], assets: Assets, jobs: int) -> list[RunResult]:
    """Run assets for each museum, `jobs` museums at a time; return what each run did, in the museums' order.

    A worker that is killed fails its museum; the others go on. Raises MuseumError as a run in this process does; the
    other workers are stopped then.
    """
    waiting, found = deque(museums), dict[str, RunResult]()
    on_progress = watcher.get()
    with ThreadPoolExecutor(jobs) as threads, ExitStack() as stack:
        workers = [Worker(on_progress) for _ in range(min(jobs, len(museums)))]
        for worker in workers:
            stack.callback(worker.stop)
        stack.callback(waiting.clear)  # first, so that no thread starts another one
        work = [threads.submit(_work, worker, waiting, assets, found) for worker in workers]
        done, _ = wait(work, return_when=FIRST_EXCEPTION)
        for each in done:
            each.result()
    return [found[slug] for slug in museums]


def _work(worker: Worker, waiting: deque[str], assets: Assets, found: dict[str, RunResult]) -> None:
    while True:
        try:
            slug = waiting.popleft()
        except IndexError:
            return
        found[slug] = worker.run(slug, assets)


class Worker:
    """A process that runs museums one after the other. `on_progress` hears of its stages."""

    def __init__(self, on_progress: Callable[[str, int, int | None], None] | None = None) -> None:
        self.on_progress = on_progress
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        # In a session of its own: Ctrl-C is for this process, which then stops it. The pipe ends it when this process
        # is killed.
        return subprocess.Popen(
            [sys.executable, "-m", "museum_assets", "run-museums"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def run(self, slug: str, assets: Assets) -> RunResult:
        """Run assets for one museum. Raises MuseumError."""
        if self.process.poll() is not None:
            self.process = self._started()
        assert self.process.stdin
        assert self.process.stdout
        with suppress(BrokenPipeError):  # its output ends as well
            self.process.stdin.write(orjson.dumps({"museum": slug, "assets": assets}) + b"\n")
            self.process.stdin.flush()
        for line in self.process.stdout:
            answer = orjson.loads(line)
            if "error" in answer:
                raise MuseumError(answer["error"])
            if "ran" in answer:
                return RunResult(**answer["ran"])
            if self.on_progress:
                self.on_progress(*answer["progress"])
        status = self.process.wait()
        how = f"signal {-status}" if status < 0 else f"status {status}"
        why = (
            f"the process that ran it ended with {how}: see what it said above, or whether memory ran out. Finished "
            f"work is kept: `museum run {' '.join(assets)} --museum {slug}` goes on from there"
        )
        return RunResult(slug, "", success=False, errors=[why])

    def stop(self) -> None:
        """Have it finish its batch and end, and wait for that."""
        assert self.process.stdin
        # Not by a signal: a run would take that for its own, and the worker would wait for its next museum.
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


def run_museums() -> None:
    """Run museums as the lines of standard input say, and answer each with one line on standard output."""
    from museum_assets.cli.run import run_museum

    # A run that is stopped ends the worker, too.
    with unwinding_on_signals(), suppress(KeyboardInterrupt), _answering() as answer:
        for line in lines_of_parent():
            asked = orjson.loads(line)
            try:
                answer({"ran": vars(run_museum(asked["museum"], asked["assets"]))})
            except MuseumError as error:
                answer({"error": str(error)})


@contextmanager
def _answering() -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Yield what writes an answer. What libraries print goes to standard error, and progress is an answer too."""
    with os.fdopen(os.dup(1), "wb") as wire:
        os.dup2(2, 1)

        def answer(said: Mapping[str, Any]) -> None:
            wire.write(orjson.dumps(said, default=str) + b"\n")
            wire.flush()

        last: dict[str, float] = {}

        def watch(label: str, finished: int, total: int | None) -> None:
            now = time.monotonic()
            if finished == total or now - last.get(label, 0) >= PROGRESS_SECONDS:
                last[label] = now
                answer({"progress": [label, finished, total]})

        token = watcher.set(watch)
        try:
            yield answer
        finally:
            watcher.reset(token)
