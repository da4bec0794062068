"""Dead letters of the stages: what failed for good waits for a person, and is settled when it no longer does.

The ledger stays the one place that says what state a record is in. A letter is a person's task about it, written and
settled in the transaction that writes the ledger; so both always tell the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from museum_assets.dead_letters.letters import Letter, settle, write_letters
from museum_assets.loop.ledger import is_permanent
from museum_assets.loop.stage import Outcome, Stage
from resources.postgres import Connection, scalar
from sql import query


def keep_letters(conn: Connection, museum: str, stage: Stage, outcomes: Sequence[Outcome], max_attempts: int) -> None:
    """Write a letter for each permanent failure of a batch, and settle those of records that went through.

    A rejection is a rule's work and needs nobody; a failure that is tried again by itself waits for its last attempt.
    """
    lost = [o for o in outcomes if o.status == "failed" and is_permanent(o, max_attempts)]
    through = [o.work.record_id for o in outcomes if o.status != "failed"]
    keep(conn, museum, stage.name, through, [_letter(museum, stage, outcome) for outcome in lost])


def keep(conn: Connection, museum: str, source: str, through: Iterable[str], lost: Sequence[Letter]) -> None:
    """Write letters, and settle those of the records that went through, all of one museum and source."""
    settle_letters(conn, museum, source, through, "replayed")
    if lost:
        params = {"museum": museum, "source": source, "places": [letter.place for letter in lost]}
        # Whoever went through and fails again is a new letter, whereas one that a person closed stays closed.
        conn.execute(query("dead_letter_outlived"), params)
        write_letters(conn, lost)


def settle_letters(
    conn: Connection, museum: str, source: str, record_ids: Iterable[str], state: Literal["replayed", "closed"]
) -> None:
    """Settle the open letters of these records: their stage went through, or their input is gone."""
    # Mostly nothing is open: then 5,000 ids need not be sent, which took a transform 0.9 of 22 µs a record.
    if not scalar(conn, query("dead_letter_any"), {"museum": museum, "source": source}):
        return
    # An array of texts is made five times as fast of a tuple.
    params = {"museum": museum, "source": source, "places": tuple(record_ids)}
    ids = [row["id"] for row in conn.execute(query("dead_letter_of_stage"), params)]
    if ids:
        settle(conn, ids, state, source, "its input is gone" if state == "closed" else None)


def make_due(conn: Connection, museum: str, stage: str, record_ids: Sequence[str]) -> int:
    """Let the next run of a stage try these failed records again; return how many there are.

    Their letters stay open until that run has gone through with them.
    """
    params = {"museum": museum, "stage": stage, "record_ids": list(record_ids)}
    return conn.execute(query("ledger_due"), params).rowcount


def _letter(museum: str, stage: Stage, outcome: Outcome) -> Letter:
    body, context = stage.evidence(outcome)
    reasons = (outcome.code or "failed",)
    return Letter(stage.name, museum, outcome.work.record_id, reasons, body, outcome.message, context)
