"""Running a stage over one museum: the loop that makes every stage incremental, resumable and accountable."""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from museum_assets.core.progress import OnProgress, silent
from museum_assets.loop.concurrently import overlapped
from museum_assets.loop.isolation import StallGuard, in_halves, is_of_a_record, isolated
from museum_assets.loop.ledger import Ledger
from museum_assets.loop.letters import keep_letters, settle_letters
from museum_assets.loop.outputs import abandon, announced, discard_abandoned, forget_announced
from museum_assets.loop.stage import Counts, Options, Outcome, Stage
from resources.postgres import Connection, Database
from resources.tracing import batch_traced, stage_traced

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger(__name__)


def run_stage(
    database: Database,
    slug: str,
    stage: Stage,
    options: Options | None = None,
    on_progress: OnProgress = silent,
) -> Counts:
    """Bring one museum's stage up to date and return the books of the run.

    Outputs are made durable first, then a batch's rows and ledger entries commit together; so a kill at any point
    repeats at most the work of the batches in flight. A record that makes the stage raise what no rule foresees, or
    that Postgres refuses, is a failure and the run goes on. Raises StageStalled, Busy, DatabaseUnavailable, and any
    MuseumError of a stage that cannot go on; everything committed until then is kept.
    """
    options = options or Options()
    started = time.monotonic()
    ledger = Ledger(slug, stage)
    with stage_traced(slug, stage.name), streaming(), database.lock(slug, stage.name) as conn:
        discard_abandoned(conn, slug, stage)  # those that a killed run noted
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
                works = announced(database, slug, stage, ledger.work(reader, options))
                outcomes = StallGuard(slug, stage.name).watch(isolated(stage, works))
                batches = batched(outcomes, stage.batch_size)
                _write_all(conn, ledger, batches, counts, options.max_attempts, lambda done: on_progress(done, due))
        discard_abandoned(conn, slug, stage)
        stage.finish(counts)
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
    on_progress: Callable[[int], None],
) -> None:
    """Commit batch after batch, counting what is committed."""
    slug, stage = ledger.slug, ledger.stage
    guard = StallGuard(slug, stage.name)

    def write(batch: Sequence[Outcome]) -> Sequence[Outcome]:
        with batch_traced(len(batch)), writer.transaction():
            final = stage.write(writer, slug, batch)
            ledger.record(writer, final, max_attempts)
            forget_announced(writer, slug, stage, final)
            keep_letters(writer, slug, stage, final, max_attempts)
        return final

    def commit(batch: Sequence[Outcome]) -> Sequence[Outcome]:
        try:
            return write(batch)
        except Exception as error:
            if not is_of_a_record(error):
                raise
            made = [o.output for o in batch if o.output]
            final = list(guard.watch(in_halves(batch, error, write)))
            kept = {o.output for o in final}
            abandon(writer, slug, stage, [output for output in made if output not in kept])
            return final

    for final in overlapped(batches, commit):
        counts.add(final)
        _log_failures(final)
        on_progress(counts.processed)


def _log_failures(outcomes: Sequence[Outcome]) -> None:
    """Write a line for each record that failed, where lines of this kind are wanted (LOG_FORMAT=json)."""
    if log.isEnabledFor(logging.INFO):
        for outcome in outcomes:
            if outcome.status == "failed":
                ids = {"record": outcome.work.record_id, "code": outcome.code}
                log.info("a record failed: %s", outcome.message, extra=ids)


def _remove_leftovers(writer: Connection, ledger: Ledger) -> int:
    removed = 0
    while True:
        with writer.transaction():
            batch = ledger.leftovers(writer)
            if not batch:
                return removed
            ledger.stage.remove(writer, ledger.slug, batch)
            ledger.forget(writer, batch)
            settle_letters(writer, ledger.slug, ledger.stage.name, [leftover.record_id for leftover in batch], "closed")
        removed += len(batch)


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
    """Tune Python, within the block, for one thread that makes rows while another sends them to Postgres.

    The garbage collector runs seldom: records hold no cycles, and it took a quarter of a transform. Threads switch
    often: after each buffer it sends, a thread waits for the other to give way, by default for 5 ms, in which Postgres
    could have stored 400 records; a harvest waited a third of its time.
    """
    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(50_000, 20, 100)
    sys.setswitchinterval(0.0002)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        sys.setswitchinterval(interval)
