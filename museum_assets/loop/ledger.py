"""Reading and writing the ledger: the work list, the books, the leftovers and a batch's outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import RowMaker
from psycopg.types.string import ByteaBinaryLoader

from museum_assets.dead_letters.letters import storable
from museum_assets.loop.outputs import abandon
from museum_assets.loop.stage import Leftover, Options, Outcome, Stage, Status, Work
from resources.binary_rows import NULL, binary, boolean, columns, int4, text, timestamptz
from resources.copying import copy_packed
from resources.postgres import Connection, scalar
from sql import query

LEDGER_COLUMNS = ("record_id", "input_hash", "outcome", "code", "message", "permanent", "attempts",
                  "next_attempt_at", "output", "output_hash")  # fmt: skip
LONGEST_MESSAGE = 4_000
"""Characters of a failure's message that are kept. It may quote what a museum sent, at any length."""


class Ledger:
    """The ledger rows of one museum and stage."""

    def __init__(self, slug: str, stage: Stage) -> None:
        self.slug = slug
        self.stage = stage
        key = (slug, stage.name, stage.contract)
        self._start = columns(len(key) + len(LEDGER_COLUMNS)) + b"".join(map(text, key))

    def _params(self, options: Options, limit: int | None = None) -> dict[str, Any]:
        return _params(self.slug, self.stage.name, self.stage.contract, options) | {"limit": limit}

    def books(self, conn: Connection, options: Options) -> dict[str, int]:
        """Return {inputs, due, leftovers}: how many there are of each."""
        stage = self.stage
        return stage_books(conn, self.slug, stage.name, stage.view, stage.contract, options)

    def work(self, conn: Connection, options: Options) -> Iterator[Work]:
        """Stream the work list through a server-side cursor: memory stays flat however long it is."""
        with psycopg.ServerCursor(conn, "work_list", row_factory=_work) as cursor:
            # Raw records are read through this: 5,000 of Cleveland's, 16 kB each, took 800 MB.
            cursor.itersize = 500
            # jsonb stays bytes: decoding it takes as long as everything else here, and not every stage needs it.
            cursor.adapters.register_loader("jsonb", ByteaBinaryLoader)
            statement = _statement(query("loop.work"), self.stage.view)
            cursor.execute(statement, self._params(options, options.limit), binary=True)
            yield from cursor

    def leftovers(self, conn: Connection) -> list[Leftover]:
        """Return the next batch of ledger rows whose input is gone."""
        statement = _statement(query("loop.leftovers"), self.stage.view)
        rows = conn.execute(statement, self._params(Options(), self.stage.batch_size)).fetchall()
        return [Leftover(row["record_id"], row["output"]) for row in rows]

    def record(self, conn: Connection, outcomes: Sequence[Outcome], max_attempts: int) -> None:
        """Write a batch's rows in the caller's transaction: new records' by COPY, the others over the old ones."""
        hashes = self._hashes(conn, outcomes)
        # Postgres compares it with its own clock, and other machines' clocks need not agree with that.
        moment = scalar(conn, "SELECT now()") if any(o.status == "failed" for o in outcomes) else None
        new = [self._packed(self._start, o, max_attempts, hashes, moment) for o in outcomes if not o.work.recorded]
        if new:
            copy_packed(conn, "ops.ledger", ("museum", "stage", "contract", *LEDGER_COLUMNS), new)
        if len(new) < len(outcomes):
            start = columns(len(LEDGER_COLUMNS))
            old = [self._packed(start, o, max_attempts, hashes, moment) for o in outcomes if o.work.recorded]
            self._rewrite(conn, old)
        previous = {
            o.work.previous_output for o in outcomes if o.status != "failed" and o.work.previous_output != o.output
        }
        abandon(conn, self.slug, self.stage, [output for output in previous if output])

    def _hashes(self, conn: Connection, outcomes: Sequence[Outcome]) -> dict[str, bytes]:
        """Return {record id: hash} of the rows just written, as far as the stage did not know them itself."""
        if self.stage.output_view is None:
            return {}
        unknown = [o.work.record_id for o in outcomes if o.status == "done" and o.output_hash is None]
        if not unknown:
            return {}
        statement = sql.SQL(query("loop.output_hashes")).format(outputs=sql.Identifier("ops", self.stage.output_view))
        rows = conn.execute(statement, {"museum": self.slug, "record_ids": unknown})
        return {row["record_id"]: row["output_hash"] for row in rows}

    def _rewrite(self, conn: Connection, rows: Sequence[bytes]) -> None:
        conn.execute(query("loop.batch"))
        copy_packed(conn, "ledger_batch", LEDGER_COLUMNS, rows)
        conn.execute(
            query("loop.record"),
            {"museum": self.slug, "stage": self.stage.name, "contract": self.stage.contract},
        )

    @staticmethod
    def _packed(
        start: bytes, outcome: Outcome, max_attempts: int, hashes: Mapping[str, bytes], moment: datetime | None
    ) -> bytes:
        """Return an outcome's packed row: `start`, then LEDGER_COLUMNS."""
        work = outcome.work
        attempts = work.attempts + 1
        if outcome.status == "done" and outcome.output is None:
            rest = _finished(attempts)
        else:
            permanent = is_permanent(outcome, max_attempts)
            waits = outcome.status == "failed" and not permanent
            due = next_attempt(attempts, moment) if waits and moment else None
            # A failed attempt made nothing: the row goes on naming the output of an earlier one, to be removed one day.
            output = work.previous_output if outcome.status == "failed" else outcome.output
            message = outcome.message and storable(outcome.message[:LONGEST_MESSAGE])
            rest = _rest(outcome.status, outcome.code, message, permanent, attempts, due, output)
        written = outcome.output_hash or hashes.get(work.record_id)
        return b"".join((
            start, text(work.record_id), binary(work.input_hash), rest, NULL if written is None else binary(written)
        ))  # fmt: skip

    def forget(self, conn: Connection, leftovers: Sequence[Leftover]) -> None:
        """Drop the rows of these records, so that they count as never processed."""
        abandon(conn, self.slug, self.stage, [leftover.output for leftover in leftovers if leftover.output])
        ids = [leftover.record_id for leftover in leftovers]
        conn.execute(query("loop.forget"), {"museum": self.slug, "stage": self.stage.name, "record_ids": ids})


def stage_books(conn: Connection, slug: str, stage: str, view: str, contract: str, options: Options) -> dict[str, int]:
    """Return {inputs, due, leftovers} of a museum's stage: how many there are of each."""
    params = _params(slug, stage, contract, options)
    if not options.force:
        settled = conn.execute(_statement(query("loop.settled"), view), params).fetchone()
        if settled and settled["settled"]:
            return {"inputs": settled["inputs"], "due": 0, "leftovers": 0}
    row = conn.execute(_statement(query("loop.due"), view), params).fetchone()
    assert row is not None
    return row


def _params(slug: str, stage: str, contract: str, options: Options) -> dict[str, Any]:
    return {
        "museum": slug,
        "stage": stage,
        "contract": contract,
        "force": options.force,
        "retry_failed": options.retry_failed,
    }


def _statement(statement: LiteralString, view: str) -> sql.Composed:
    return sql.SQL(statement).format(inputs=sql.Identifier("ops", view))


def _work(cursor: psycopg.Cursor[Any]) -> RowMaker[Work]:
    """Return what makes a Work of a row of the work list: three columns of the ledger, then those of the view."""
    names = [column.name for column in cursor.description or ()][3:]

    def make(values: Sequence[Any]) -> Work:
        attempts, retry, output = values[:3]
        data = dict(zip(names, values[3:], strict=True))
        return Work(data["record_id"], data["input_hash"], attempts if retry else 0, output, data, attempts is not None)

    return make


def _rest(
    status: Status,
    code: str | None,
    message: str | None,
    permanent: bool,
    attempts: int,
    due: datetime | None,
    output: str | None,
) -> bytes:
    return b"".join((
        text(status), text(code), text(message), boolean(permanent), int4(attempts), timestamptz(due), text(output)
    ))  # fmt: skip


@cache
def _finished(attempts: int) -> bytes:
    """Return the packed columns that all done records without an output outside Postgres share."""
    return _rest("done", None, None, False, attempts, None, None)


def is_permanent(outcome: Outcome, max_attempts: int) -> bool:
    """Say whether no later run tries the record by itself."""
    return outcome.permanent or (outcome.status == "failed" and outcome.work.attempts + 1 >= max_attempts)


def next_attempt(attempts: int, moment: datetime) -> datetime:
    """Return when what failed at a moment is due again: at once after the first attempt, then in 1, 4, 16 minutes."""
    minutes = 0 if attempts <= 1 else 4 ** (attempts - 2)
    return moment + timedelta(minutes=minutes)
