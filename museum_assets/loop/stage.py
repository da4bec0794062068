"""What a stage of the loop is: the work it is given, the outcomes it yields, and the three things it can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple

from museum_assets.core.failures import Failure, Rejected
from resources.postgres import Connection

Status = Literal["done", "rejected", "duplicate", "failed"]


@dataclass(frozen=True, slots=True)
class Options:
    """The operator's controls, the same on every stage.

    `force` ignores stored fingerprints, `retry_failed` includes permanent failures, `limit` bounds the records. A
    transient failure `max_attempts` times over is permanent until someone asks for it with `retry_failed`.
    """

    force: bool = False
    retry_failed: bool = False
    limit: int | None = None
    max_attempts: int = 5


class Work(NamedTuple):
    """One input of a stage. `data` holds the columns of its view `ops.input_<stage>`.

    A jsonb column is bytes, as Postgres sends it: one byte with the version of the format, then the JSON. `recorded`
    says whether the ledger has a row of the record.
    """

    record_id: str
    input_hash: bytes
    attempts: int
    previous_output: str | None
    data: dict[str, Any]
    recorded: bool = True


class Outcome(NamedTuple):
    """What came of one Work. `value` is what `Stage.write` stores; `output` what was made outside Postgres.

    `output_hash` is the hash of the row, where the stage knows it before Postgres does. `trace` is the traceback of a
    failure that no rule foresees.
    """

    work: Work
    status: Status
    code: str | None = None
    message: str | None = None
    permanent: bool = False
    output: str | None = None
    value: Any = None
    output_hash: bytes | None = None
    trace: str | None = None


def done(work: Work, *, output: str | None = None, value: Any = None) -> Outcome:
    """Return the outcome of a record that was processed."""
    return Outcome(work, "done", output=output, value=value)


def failed(work: Work, failure: Failure) -> Outcome:
    """Return the outcome of a record that failed; unless `failure.permanent`, a later run tries again by itself."""
    return Outcome(work, "failed", failure.code, str(failure), permanent=failure.permanent)


def rejected(work: Work, rejection: Rejected) -> Outcome:
    """Return the outcome of a record that a rule keeps out of the platform."""
    return Outcome(work, "rejected", rejection.code, str(rejection))


@dataclass
class Counts:
    """The books of one run of a stage: `inputs` = done + rejected + duplicate + failed + unchanged + left."""

    inputs: int = 0
    unchanged: int = 0
    done: int = 0
    rejected: int = 0
    duplicate: int = 0
    failed: int = 0
    left: int = 0
    removed: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def processed(self) -> int:
        """Records that this run worked on."""
        return self.done + self.rejected + self.duplicate + self.failed

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count a committed batch."""
        for status, count in Counter([outcome.status for outcome in outcomes]).items():
            setattr(self, status, getattr(self, status) + count)
        self.codes.update([outcome.code for outcome in outcomes if outcome.code])


@dataclass(frozen=True, slots=True)
class Leftover:
    """A ledger row whose input is gone: the record was withdrawn, rejected since, or lost what the stage needs."""

    record_id: str
    output: str | None


class Stage(ABC):
    """One per-record stage at work. Its spec gives it its name, its view and its contract (`StageSpec.bind`)."""

    name: str
    """Names its ledger rows, lock and dead letters."""
    view: str
    """The view in `ops` that lists its inputs."""
    output_view: str | None = None
    """The view in `ops` that hashes the rows it wrote, for the ledger."""
    contract: str
    """What decides the output besides the input: model, settings, mapping. A change makes every record due."""
    batch_size: int = 1000
    """Records per ledger transaction: also the most work a kill can make a later run repeat."""
    external: ClassVar[bool] = True
    """Whether an outcome's `output` names something outside Postgres, to be discarded when no record stands for it."""

    @abstractmethod
    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Work through the inputs, in any order, making external outputs durable before yielding.

        A foreseen fault of a record is a yielded outcome. A MuseumError means that the stage itself cannot go on. After
        any other exception the loop calls this for each unanswered record alone, so that only the bad one fails
        (`museum_assets/loop/isolation.py`): processing a record twice must do no harm.
        """

    def write(self, conn: Connection, slug: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:  # noqa: ARG002
        """Store the batch's values in the transaction that also writes its ledger rows; may revise outcomes."""
        return outcomes

    def remove(self, conn: Connection, slug: str, leftovers: Sequence[Leftover]) -> None:  # noqa: B027
        """Delete the rows that the stage wrote for these records, in the transaction that drops their ledger rows."""

    def evidence(self, outcome: Outcome) -> tuple[bytes, Mapping[str, Any]]:  # noqa: ARG002
        """Return (body, context): the bytes and the JSON that a failed record's dead letter holds besides its code."""
        return b"", {}

    def output_of(self, work: Work) -> str | None:  # noqa: ARG002
        """Return the name of the external output that the work makes when it is done; None where nobody can know.

        It is noted before it is made, so that what a killed run made is found and removed.
        """
        return None

    def discard(self, conn: Connection, slug: str, outputs: Sequence[str]) -> None:  # noqa: B027
        """Remove external outputs that no record stands for; those already gone are no error."""

    def finish(self, counts: Counts) -> None:  # noqa: B027
        """Do what follows the last batch of a run, such as building a search structure."""

    def facts(self, conn: Connection, slug: str) -> Mapping[str, Any]:  # noqa: ARG002
        """Return what the asset's page shows of a run besides its books; `Markdown` is shown as such."""
        return {}
