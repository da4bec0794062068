"""Keeping one record's fault from all others, whatever that fault is.

Stages foresee what they can and yield it as outcomes. What none foresees is met here, once for all of them: the
records that a stage had in hand when it raised are processed one by one, so that only the poison fails; a batch that
cannot be written is written in halves, down to the record. What concerns every record alike goes through as it is: a
`MuseumError` that is no permanent `Failure`, a lost connection, a full disk.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError

import psycopg

from museum_assets.core.crashes import INTERNAL, Crash
from museum_assets.core.failures import Failure, MuseumError
from museum_assets.loop.stage import Outcome, Stage, Work, failed
from resources.postgres import refuses_data

REFUSED = "refused_by_database"
"""The code of a record that Postgres refuses for its data."""
STALLED_AFTER = 50
"""That many failures in a row that may pass mean that the other side is down, and that many which no rule foresees mean
that the code or its set-up is broken: the records are not bad."""
_MACHINE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EROFS})
"""What the machine lacks: room on a disk, open files."""


class StageStalled(MuseumError):
    """A stage stopped early because everything it asked for failed; the rest stays pending."""


def isolated(stage: Stage, works: Iterable[Work]) -> Iterator[Outcome]:
    """Yield the outcomes of `stage.process`, which goes on after a record that makes it raise."""
    handed = _HandedOut(works)
    while True:
        try:
            for outcome in stage.process(handed):
                handed.unanswered.pop(outcome.work.record_id, None)
                yield outcome
        except Exception as error:
            suspects = list(handed.unanswered.values())
            if handed.broken or not suspects or not is_of_a_record(error):
                raise
            handed.unanswered.clear()
            if len(suspects) == 1:
                yield crashed(suspects[0], error)
                continue
        else:
            return
        for suspect in suspects:
            yield from _alone(stage, suspect)


def _alone(stage: Stage, work: Work) -> list[Outcome]:
    try:
        return list(stage.process(iter((work,))))
    except Exception as error:
        if not is_of_a_record(error):
            raise
        return [crashed(work, error)]


class _HandedOut(Iterator[Work]):
    """The works of a stage, and which of them it has taken and not answered."""

    def __init__(self, works: Iterable[Work]) -> None:
        self._works = iter(works)
        self.unanswered: dict[str, Work] = {}
        self.broken = False
        """Whether the work list itself could not be read on."""

    def __next__(self) -> Work:
        try:
            work = next(self._works)
        except StopIteration:
            raise
        except BaseException:
            self.broken = True
            raise
        self.unanswered[work.record_id] = work
        return work


def is_of_a_record(error: Exception) -> bool:
    """Say whether an exception may be one record's fault, and not that of the stage, the machine or the other side."""
    if isinstance(error, Failure):
        return error.permanent
    if isinstance(error, psycopg.Error):
        return refuses_data(error)
    if isinstance(error, OSError) and error.errno in _MACHINE:
        return False
    return not isinstance(error, MuseumError | CancelledError)


def crashed(work: Work, error: Exception) -> Outcome:
    """Return the permanent failure of a record that raised."""
    crash = Crash.of(error)
    if isinstance(error, Failure):
        return failed(work, error)._replace(trace=crash.traceback)
    if isinstance(error, psycopg.Error):
        return failed(work, refusal(error))._replace(trace=crash.traceback)
    message = f"{crash.message}. No rule foresees this: the dead letter holds the traceback"
    return Outcome(work, "failed", INTERNAL, message, permanent=True, trace=crash.traceback)


def refusal(error: psycopg.Error) -> Failure:
    """Return the failure of a record that Postgres refuses for its data."""
    return Failure(f"Postgres refuses it: {' '.join(str(error).split()):.500}", code=REFUSED, permanent=True)


def in_halves(
    batch: Sequence[Outcome], error: Exception, write: Callable[[Sequence[Outcome]], Sequence[Outcome]]
) -> Iterator[Outcome]:
    """Write the halves of a batch that was not taken whole, and yield what was written.

    A single outcome that is not taken is written as a failure. `write` writes all or nothing.
    """
    if len(batch) == 1:
        yield from write([crashed(batch[0].work, error)])
        return
    middle = len(batch) // 2
    for half in batch[:middle], batch[middle:]:
        try:
            written = write(half)
        except Exception as again:
            if not is_of_a_record(again):
                raise
            yield from in_halves(half, again, write)
        else:
            yield from written


class StallGuard:
    """Counts failures in a row, and stops a stage in which everything fails."""

    def __init__(self, slug: str, stage: str) -> None:
        self.slug = slug
        self.stage = stage
        self._failures = 0

    def watch(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Yield the outcomes. Raises StageStalled after STALLED_AFTER failures in a row that no record explains."""
        for outcome in outcomes:
            telling = outcome.status != "failed" or (outcome.permanent and outcome.trace is None)
            self._failures = 0 if telling else self._failures + 1
            yield outcome
            if self._failures >= STALLED_AFTER:
                raise StageStalled(self._reason(outcome))

    def _reason(self, last: Outcome) -> str:
        said = (
            f"{self.stage} of {self.slug} stopped: {self._failures} records in a row failed, the last with "
            f"{last.code}: {last.message}. The rest is left pending; "
        )
        if last.trace is None:
            return f"{said}run again when the other side answers."
        return (
            f"{said}no rule foresees this, so the code or its set-up is broken and not the records. `museum "
            f"dead-letters list --source {self.stage}` names the letters that hold the traceback; once it is mended, "
            f"run `museum run {self.stage} --museum {self.slug} --retry-failed`."
        )
