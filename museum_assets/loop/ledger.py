"""Reading and writing the ledger: the work list, the books, the leftovers and a batch's outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import RowMaker
from psycopg.types.string import ByteaBinaryLoader

from museum_assets.loop.outputs import abandon
from museum_assets.loop.stage import Leftover, Options, Outcome, Stage, Status, Work
from resources.binary_rows import SIGNATURE, TRAILER, binary, boolean, columns, int4, text, timestamptz
from resources.postgres import Connection
from sql import query

LEDGER_COLUMNS = ("record_id", "input_hash", "outcome", "code", "message", "permanent", "attempts",
                  "next_attempt_at", "output")  # fmt: skip


class Ledger:
    """The ledger rows of one museum and stage."""

    def __init__(self, museum: str, stage: Stage) -> None:
        self.museum = museum
        self.stage = stage
        key = (museum, stage.name, stage.contract)
        self._start = columns(len(key) + len(LEDGER_COLUMNS)) + b"".join(map(text, key))

    def _params(self, options: Options, limit: int | None = None) -> dict[str, Any]:
        return _params(self.museum, self.stage.name, self.stage.contract, options) | {"limit": limit}

    def books(self, conn: Connection, options: Options) -> dict[str, int]:
        """Return how many inputs there are, how many of them are due, and how many leftovers."""
        return stage_books(conn, self.museum, self.stage.name, self.stage.contract, options)

    def work(self, conn: Connection, options: Options) -> Iterator[Work]:
        """Stream the work list through a server-side cursor: memory stays flat however long it is."""
        with psycopg.ServerCursor(conn, "work_list", row_factory=_work) as cursor:
            # Raw records are read through this: 5,000 of Cleveland's, 16 kB each, took 800 MB.
            cursor.itersize = 500
            # As the bytes it comes as: decoding takes as long as all else here, and is left to who reads it.
            cursor.adapters.register_loader("jsonb", ByteaBinaryLoader)
            cursor.execute(_statement("stage_work", self.stage.name), self._params(options, options.limit), binary=True)
            yield from cursor

    def leftovers(self, conn: Connection) -> list[Leftover]:
        """Return the next batch of ledger rows whose input is gone."""
        rows = conn.execute(
            _statement("stage_leftovers", self.stage.name), self._params(Options(), self.stage.batch_size)
        ).fetchall()
        return [Leftover(row["record_id"], row["output"]) for row in rows]

    def record(self, conn: Connection, outcomes: Sequence[Outcome], max_attempts: int) -> None:
        """Write a batch's rows, in the caller's transaction: the first of a record by COPY, later ones over it."""
        first = [self._packed(self._start, o, max_attempts) for o in outcomes if not o.work.recorded]
        if first:
            copy_packed(conn, "ops.ledger", ("museum", "stage", "contract", *LEDGER_COLUMNS), first)
        if len(first) < len(outcomes):
            start = columns(len(LEDGER_COLUMNS))
            self._rewrite(conn, [self._packed(start, o, max_attempts) for o in outcomes if o.work.recorded])
        previous = {
            o.work.previous_output for o in outcomes if o.status != "failed" and o.work.previous_output != o.output
        }
        abandon(conn, self.museum, self.stage, [output for output in previous if output])

    def _rewrite(self, conn: Connection, rows: Sequence[bytes]) -> None:
        conn.execute(
            "CREATE TEMP TABLE IF NOT EXISTS ledger_batch (record_id text, input_hash bytea, outcome text, code text,"
            " message text, permanent boolean, attempts integer, next_attempt_at timestamptz, output text)"
            " ON COMMIT DELETE ROWS"
        )
        copy_packed(conn, "ledger_batch", LEDGER_COLUMNS, rows)
        conn.execute(
            query("ledger_upsert"),
            {"museum": self.museum, "stage": self.stage.name, "contract": self.stage.contract},
        )

    @staticmethod
    def _packed(start: bytes, outcome: Outcome, max_attempts: int) -> bytes:
        """Return a row: what it starts with, then LEDGER_COLUMNS."""
        work = outcome.work
        attempts = work.attempts + 1
        if outcome.status == "done" and outcome.output is None:
            rest = _finished(attempts)
        else:
            permanent = is_permanent(outcome, max_attempts)
            due = next_attempt(attempts) if outcome.status == "failed" and not permanent else None
            # A failure made nothing new, so what an earlier attempt made is still there to be cleaned up one day.
            output = work.previous_output if outcome.status == "failed" else outcome.output
            rest = _rest(outcome.status, outcome.code, outcome.message, permanent, attempts, due, output)
        return b"".join((start, text(work.record_id), binary(work.input_hash), rest))

    def forget(self, conn: Connection, leftovers: Sequence[Leftover]) -> None:
        """Drop the rows of these records, so that they count as never processed."""
        abandon(conn, self.museum, self.stage, [leftover.output for leftover in leftovers if leftover.output])
        conn.execute(
            "DELETE FROM ops.ledger WHERE museum = %s AND stage = %s AND record_id = ANY(%s)",
            (self.museum, self.stage.name, [leftover.record_id for leftover in leftovers]),
        )


def stage_books(conn: Connection, museum: str, stage: str, contract: str, options: Options) -> dict[str, int]:
    """Return how many inputs a museum's stage has, how many of them are due, and how many leftovers."""
    params = _params(museum, stage, contract, options)
    if not options.force:
        settled = conn.execute(_statement("stage_settled", stage), params).fetchone()
        if settled and settled["settled"]:
            return {"inputs": settled["inputs"], "due": 0, "leftovers": 0}
    row = conn.execute(_statement("stage_books", stage), params).fetchone()
    assert row is not None
    return row


def _params(museum: str, stage: str, contract: str, options: Options) -> dict[str, Any]:
    return {
        "museum": museum,
        "stage": stage,
        "contract": contract,
        "force": options.force,
        "retry_failed": options.retry_failed,
    }


def _statement(name: str, stage: str) -> sql.Composed:
    return sql.SQL(query(name)).format(inputs=sql.Identifier("ops", f"input_{stage}"))


def _work(cursor: psycopg.Cursor[Any]) -> RowMaker[Work]:
    """Make works of the rows of the work list: what the ledger knows comes first, then the stage's own columns."""
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
    """Return what all rows of records have in common that went through and made nothing outside Postgres."""
    return _rest("done", None, None, False, attempts, None, None)


def is_permanent(outcome: Outcome, max_attempts: int) -> bool:
    """Say whether no later run tries the record by itself."""
    return outcome.permanent or (outcome.status == "failed" and outcome.work.attempts + 1 >= max_attempts)


def next_attempt(attempts: int) -> datetime:
    """When a transient failure is due again: at once after the first attempt, then after 1, 4, 16 minutes."""
    minutes = 0 if attempts <= 1 else 4 ** (attempts - 2)
    return datetime.now(UTC) + timedelta(minutes=minutes)


def copy_rows(conn: Connection, table: str, names: Sequence[str], types: Sequence[str], rows: Any) -> None:
    """COPY rows into a table in binary, which spares Postgres the parsing: a third faster than text here."""
    with conn.cursor() as cursor, cursor.copy(_copy(table, names)) as copy:
        copy.set_types(list(types))
        for row in rows:
            copy.write_row(row)


def copy_packed(conn: Connection, table: str, names: Sequence[str], rows: Sequence[bytes]) -> None:
    """COPY rows that are in binary already (`resources.binary_rows`)."""
    with conn.cursor() as cursor, cursor.copy(_copy(table, names)) as copy:
        copy.write(b"".join((SIGNATURE, *rows, TRAILER)))


def _copy(table: str, names: Sequence[str]) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, names))
    )
