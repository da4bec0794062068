"""What a stage of the loop is: the work it is given, the outcomes it yields, and the three things it can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple

from museum_assets.failures import Failure, Rejected
from resources.postgres import Connection

STAGES = (
    "transformed_artworks",
    "indexed_artworks",
    "stored_thumbnails",
    "image_clip",
    "text_clip",
    "image_jina",
    "text_jina",
)
"""The stages of the loop, in their order."""

DOCUMENT_STAGES = ("document_files", "document_records")
"""The stages of a museum's documents."""

NOTICE_STAGES = ("notice_mail", "notice_webhook")
"""The stages that tell notices, one per channel."""

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

    jsonb is what Postgres sends: the version of the format, a byte, and the JSON.

    `recorded` says whether the ledger has a row of it.
    """

    record_id: str
    input_hash: bytes
    attempts: int
    previous_output: str | None
    data: dict[str, Any]
    recorded: bool = True


class Outcome(NamedTuple):
    """What came of one Work. `value` is what `Stage.write` stores; `output` what was made outside Postgres."""

    work: Work
    status: Status
    code: str | None = None
    message: str | None = None
    permanent: bool = False
    output: str | None = None
    value: Any = None


def done(work: Work, *, output: str | None = None, value: Any = None) -> Outcome:
    """The record was processed."""
    return Outcome(work, "done", output=output, value=value)


def failed(work: Work, failure: Failure) -> Outcome:
    """The record could not be processed; `failure.permanent` says whether a later run tries by itself."""
    return Outcome(work, "failed", failure.code, str(failure), permanent=failure.permanent)


def rejected(work: Work, rejection: Rejected) -> Outcome:
    """The record is not for this platform, by a rule."""
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
    """One per-record stage. `name` names its view `ops.input_<name>` and its ledger rows."""

    name: ClassVar[str]
    batch_size: ClassVar[int] = 1000
    """Records per ledger transaction: also the most work a kill can make a later run repeat."""
    external: ClassVar[bool] = True
    """Whether an outcome's `output` names something outside Postgres, to be discarded when nobody stands for it."""
    contract: str
    """Everything besides the input that decides the output: model, settings, mapping. A change means redoing."""

    @abstractmethod
    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Work through the inputs, in any order, making external outputs durable before yielding.

        A record's fault is a yielded outcome; an exception means that the stage itself cannot go on.
        """

    def write(self, conn: Connection, museum: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:  # noqa: ARG002
        """Store the batch's values in the transaction that also writes its ledger rows; may revise outcomes."""
        return outcomes

    def remove(self, conn: Connection, museum: str, leftovers: Sequence[Leftover]) -> None:  # noqa: B027
        """Delete the rows that the stage wrote for these records, in the transaction that drops their ledger rows."""

    def evidence(self, outcome: Outcome) -> tuple[bytes, Mapping[str, Any]]:  # noqa: ARG002
        """Return what the dead letter of a failed record holds besides its code: bytes, and context for JSON."""
        return b"", {}

    def discard(self, conn: Connection, museum: str, outputs: Sequence[str]) -> None:  # noqa: B027
        """Remove external outputs that no record stands for; those already gone are no error."""
