"""Running a stage over one museum: the loop that makes every stage incremental, resumable and accountable."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from museum_assets.failures import MuseumError
from museum_assets.loop.concurrently import one_behind
from museum_assets.loop.ledger import Ledger
from museum_assets.loop.letters import keep_letters, settle_letters
from museum_assets.loop.outputs import discard_abandoned
from museum_assets.loop.progress import silent
from museum_assets.loop.stage import Counts, Options, Outcome, Stage
from resources.postgres import Connection, Database

STALLED_AFTER = 50
"""That many transient failures in a row mean that the other side is down, not that the records are bad."""

T = TypeVar("T")
R = TypeVar("R")


class StageStalled(MuseumError):
    """A stage stopped early because everything it asked for failed; the rest stays pending."""


def run_stage(
    database: Database,
    museum: str,
    stage: Stage,
    options: Options | None = None,
    progress: Callable[[int, int | None], None] = silent,
) -> Counts:
    """Bring one museum's stage up to date and return the books of the run.

    Outputs are made durable first, then a batch's rows and ledger entries commit together; so a kill at any point
    repeats at most the work of the batches in flight. Raises StageStalled, Busy, DatabaseUnavailable, and whatever
    `stage.process` raises when it cannot go on; everything committed until then is kept.
    """
    options = options or Options()
    started = time.monotonic()
    ledger = Ledger(museum, stage)
    with streaming(), database.lock(museum, stage.name) as conn:
        discard_abandoned(conn, museum, stage)  # what a killed run noted
        books = ledger.books(conn, options)
        counts = Counts()
        if books["leftovers"]:
            counts.removed = _remove_leftovers(conn, ledger)
            # Removing an artwork makes the duplicates that lost to it due.
            books = ledger.books(conn, options)
        counts.inputs = books["inputs"]
        due = books["due"] if options.limit is None else min(books["due"], options.limit)
        if due:
            with database.connect(autocommit=False) as reader:
                outcomes = _stall_guard(stage.process(ledger.work(reader, options)), museum, stage.name)
                batches = batched(outcomes, stage.batch_size)
                _write_all(conn, ledger, batches, counts, options.max_attempts, lambda n: progress(n, due))
        discard_abandoned(conn, museum, stage)
        counts.unchanged = counts.inputs - books["due"]
        counts.left = books["due"] - counts.processed
        counts.seconds = time.monotonic() - started
    return counts


def _write_all(
    writer: Connection,
    ledger: Ledger,
    batches: Iterable[Sequence[Outcome]],
    counts: Counts,
    max_attempts: int,
    progress: Callable[[int], None],
) -> None:
    """Commit batch after batch, counting what is committed."""

    def commit(batch: Sequence[Outcome]) -> Sequence[Outcome]:
        with writer.transaction():
            final = ledger.stage.write(writer, ledger.museum, batch)
            ledger.record(writer, final, max_attempts)
            keep_letters(writer, ledger.museum, ledger.stage, final, max_attempts)
        return final

    for final in one_behind(batches, commit):
        counts.add(final)
        progress(counts.processed)


def _remove_leftovers(writer: Connection, ledger: Ledger) -> int:
    removed = 0
    while True:
        with writer.transaction():
            batch = ledger.leftovers(writer)
            if not batch:
                return removed
            ledger.stage.remove(writer, ledger.museum, batch)
            ledger.forget(writer, batch)
            settle_letters(
                writer, ledger.museum, ledger.stage.name, [leftover.record_id for leftover in batch], "closed"
            )
        removed += len(batch)


def _stall_guard(outcomes: Iterator[Outcome], museum: str, stage: str) -> Iterator[Outcome]:
    failures = 0
    for outcome in outcomes:
        transient = outcome.status == "failed" and not outcome.permanent
        failures = failures + 1 if transient else 0
        yield outcome
        if failures >= STALLED_AFTER:
            raise StageStalled(
                f"{stage} of {museum} stopped: {failures} records in a row failed, the last with {outcome.code}: "
                f"{outcome.message}. The rest is left pending; run again when the other side answers."
            )


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most `size` items; what was taken before an exception is yielded before it is raised."""
    iterator = iter(items)
    while True:
        batch: list[T] = []
        try:
            batch.extend(islice(iterator, size))
        except BaseException:
            if batch:
                yield batch
            raise
        if not batch:
            return
        yield batch


@contextmanager
def streaming() -> Iterator[None]:
    """Set Python for one thread that makes rows and another that sends them to Postgres.

    It looks for reference cycles seldom: records hold none, and looking took a quarter of a transform. And it lets
    threads change places often: after each buffer it sends, a thread waits for the other to give way, by default for
    5 ms, in which Postgres could have stored 400 records; a harvest waited a third of its time.
    """
    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(50_000, 20, 100)
    sys.setswitchinterval(0.0002)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        sys.setswitchinterval(interval)
