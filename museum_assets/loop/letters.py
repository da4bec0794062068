"""Dead letters of the stages: one for each permanent failure, settled when the record is processed after all.

The ledger alone says what state a record is in; a letter is a person's task about that record. One transaction writes
both, so they always agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from museum_assets.dead_letters.letters import Letter, StoredLetter, settle, write_letters
from museum_assets.dead_letters.sources import DUE, LetterSource, ReplayOutcome
from museum_assets.loop.ledger import is_permanent
from museum_assets.loop.stage import Outcome, Stage
from resources.postgres import Connection, scalar
from sql import query


def keep_letters(conn: Connection, slug: str, stage: Stage, outcomes: Sequence[Outcome], max_attempts: int) -> None:
    """Write a letter for each permanent failure of a batch, and settle those of records that were processed.

    A rejection gets none, since a rule decided it. A transient failure gets its letter with the last attempt: one of
    another input, such as a broken image address before it was mended, tells of what is no more.
    """
    failed = [o for o in outcomes if o.status == "failed"]
    permanent = [o for o in failed if is_permanent(o, max_attempts)]
    processed = [o.work.record_id for o in outcomes if o.status != "failed"]
    if len(permanent) < len(failed):
        passing = [o.work.record_id for o in failed if not is_permanent(o, max_attempts)]
        settle_letters(conn, slug, stage.name, passing, "closed", "it failed otherwise since, and is tried again")
    update_letters(conn, slug, stage.name, processed, [_letter(slug, stage, outcome) for outcome in permanent])


def update_letters(
    conn: Connection, slug: str, source: str, processed: Iterable[str], letters: Sequence[Letter]
) -> None:
    """Settle the letters of processed records as replayed and write new ones, all of one museum and source."""
    settle_letters(conn, slug, source, processed, "replayed")
    if letters:
        params = {"museum": slug, "source": source, "places": [letter.place for letter in letters]}
        # A record that was replayed, or gone for a time, and fails again gets a new letter. One that a person closed
        # stays closed.
        conn.execute(query("dead_letters.forget_outlived"), params)
        write_letters(conn, letters)


def settle_letters(
    conn: Connection,
    slug: str,
    source: str,
    record_ids: Iterable[str],
    state: Literal["replayed", "closed"],
    why: str = "its input is gone",
) -> None:
    """Settle the open letters of these records: replayed when they were processed, closed for the reason given."""
    # Mostly no letter is open; not sending 5,000 ids then saves 0.9 of the 22 µs that a transform takes a record.
    if not scalar(conn, query("dead_letters.any_open"), {"museum": slug, "source": source}):
        return
    # `TextArrayDumper` packs a tuple of texts, five times as fast as psycopg packs a list.
    params = {"museum": slug, "source": source, "places": tuple(record_ids)}
    ids = [row["id"] for row in conn.execute(query("dead_letters.open_at"), params)]
    if ids:
        settle(conn, ids, state, source, why if state == "closed" else None)


def make_due(conn: Connection, slug: str, stage: str, record_ids: Sequence[str]) -> int:
    """Make these failed records due, so that the next run tries them again; return how many they are.

    Their letters stay open until that run has gone through with them.
    """
    params = {"museum": slug, "stage": stage, "record_ids": list(record_ids)}
    return conn.execute(query("loop.make_due"), params).rowcount


def letter_source(name: str) -> LetterSource:
    """Return a stage as a source of dead letters: a replay makes its records due."""
    return LetterSource(name, lambda: _make_all_due)


def _make_all_due(conn: Connection, slug: str, letters: Sequence[StoredLetter]) -> list[ReplayOutcome]:
    """Make the records of a stage's letters due: its next run settles the letters of those that it can process."""
    make_due(conn, slug, letters[0].source, [letter.place for letter in letters])
    return [DUE for _ in letters]


def _letter(slug: str, stage: Stage, outcome: Outcome) -> Letter:
    body, context = _evidence(stage, outcome)
    reasons = (outcome.code or "failed",)
    return Letter(stage.name, slug, outcome.work.record_id, reasons, body, outcome.message, context)


def _evidence(stage: Stage, outcome: Outcome) -> tuple[bytes, Mapping[str, Any]]:
    if outcome.trace is None:
        return stage.evidence(outcome)
    try:
        body, context = stage.evidence(outcome)
    except Exception:  # noqa: BLE001 - what could not be processed may be past showing too
        body, context = b"", {}
    return body, {**context, "traceback": outcome.trace}
