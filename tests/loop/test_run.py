"""The loop over the real ledger, with a small stage of the test's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from museum_assets.audit.collection import books, books_balance
from museum_assets.failures import Failure, MuseumError, Rejected
from museum_assets.loop.ledger import next_attempt
from museum_assets.loop.run import STALLED_AFTER, StageStalled, batched, run_stage
from museum_assets.loop.stage import Counts, Leftover, Options, Outcome, Stage, Work, done, failed, rejected
from resources.postgres import Busy, Connection, Database, DatabaseUnavailable, scalar

pytestmark = pytest.mark.integration

MUSEUM = "smk"
ALL_DONE = Counts(inputs=6, done=6)


class Copying(Stage):
    """Works on raw records: `plan` says what becomes of each; what it makes is kept in `made`."""

    name: ClassVar[str] = "transformed_artworks"
    batch_size: ClassVar[int] = 2

    def __init__(self, plan: dict[str, Any] | None = None, contract: str = "v1") -> None:
        self.plan = plan or {}
        self.contract = contract
        self.seen: list[str] = []
        self.attempts: dict[str, int] = {}
        self.made: set[str] = set()

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        for work in works:
            self.seen.append(work.record_id)
            self.attempts[work.record_id] = work.attempts
            match self.plan.get(work.record_id):
                case Failure() as failure:
                    yield failed(work, failure)
                case Rejected() as rejection:
                    yield rejected(work, rejection)
                case BaseException() as error:
                    raise error
                case _:
                    self.made.add(work.record_id)
                    yield done(work, output=f"out/{work.record_id}")

    def remove(self, conn: Connection, museum: str, leftovers: Sequence[Leftover]) -> None:
        for leftover in leftovers:
            assert leftover.output in {f"out/{leftover.record_id}", None}
            self.made.discard(leftover.record_id)


def add(database: Database, *ids: str, content: str = "a") -> None:
    with database.connect() as conn, conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO raw.record (museum, record_id, payload_hash, payload) VALUES (%s, %s, %s, '{}')"
            " ON CONFLICT (museum, record_id) DO UPDATE SET payload_hash = excluded.payload_hash",
            [(MUSEUM, id_, content.encode()) for id_ in ids],
        )


def drop(database: Database, *ids: str) -> None:
    with database.connect() as conn:
        conn.execute("DELETE FROM raw.record WHERE record_id = ANY(%s)", (list(ids),))


def ledger(database: Database) -> dict[str, dict[str, Any]]:
    with database.connect() as conn:
        return {row["record_id"]: row for row in conn.execute("SELECT *, xmin FROM ops.ledger")}


def books_of(counts: Counts) -> Counts:
    """The counts without the time, and only if they add up."""
    assert counts.inputs == counts.processed + counts.unchanged + counts.left
    counts.seconds = 0.0
    return counts


@pytest.fixture
def six(database: Database) -> Database:
    add(database, *"abcdef")
    return database


def test_an_unchanged_input_is_not_touched_again(six: Database) -> None:
    stage = Copying()
    assert books_of(run_stage(six, MUSEUM, stage)) == ALL_DONE
    before = ledger(six)
    assert books_of(run_stage(six, MUSEUM, stage)) == Counts(inputs=6, unchanged=6)
    assert len(stage.seen) == 6
    assert ledger(six) == before


def test_a_changed_input_alone_is_redone(six: Database) -> None:
    stage = Copying()
    run_stage(six, MUSEUM, stage)
    add(six, "c", content="b")
    stage.seen.clear()
    assert books_of(run_stage(six, MUSEUM, stage)) == Counts(inputs=6, done=1, unchanged=5)
    assert stage.seen == ["c"]


def test_a_changed_contract_redoes_everything(six: Database) -> None:
    run_stage(six, MUSEUM, Copying())
    assert books_of(run_stage(six, MUSEUM, Copying(contract="v2"))) == ALL_DONE
    assert {row["contract"] for row in ledger(six).values()} == {"v2"}


def test_force_ignores_the_fingerprint(six: Database) -> None:
    run_stage(six, MUSEUM, Copying())
    assert books_of(run_stage(six, MUSEUM, Copying(), Options(force=True))) == ALL_DONE


def test_another_museum_and_another_stage_are_left_alone(six: Database) -> None:
    stage = Copying()
    assert run_stage(six, "met", stage).inputs == 0
    assert stage.seen == []


def test_limits_add_up_to_the_whole(six: Database) -> None:
    stage = Copying()
    first = books_of(run_stage(six, MUSEUM, stage, Options(limit=4)))
    assert (first.done, first.left) == (4, 2)
    second = books_of(run_stage(six, MUSEUM, stage, Options(limit=4)))
    assert (second.done, second.unchanged, second.left) == (2, 4, 0)
    assert sorted(stage.seen) == list("abcdef")


def test_a_failure_is_a_row_and_not_an_aborted_batch(six: Database) -> None:
    plan = {"b": Failure("slow", code="slow_down"), "d": Failure("no", code="gone", permanent=True),
            "e": Rejected("not_public_domain", "closed")}  # fmt: skip
    counts = books_of(run_stage(six, MUSEUM, Copying(plan)))
    assert (counts.done, counts.failed, counts.rejected) == (3, 2, 1)
    assert counts.codes == Counter(slow_down=1, gone=1, not_public_domain=1)
    rows = ledger(six)
    assert [rows[i]["outcome"] for i in "abcdef"] == ["done", "failed", "done", "failed", "rejected", "done"]
    assert [(rows[i]["code"], rows[i]["message"], rows[i]["permanent"]) for i in "bd"] == [
        ("slow_down", "slow", False),
        ("gone", "no", True),
    ]
    with six.connect() as conn:
        found = books(conn, MUSEUM, Copying.name)
        assert (found.done, found.failed, found.retrying, found.rejected, found.pending) == (3, 1, 1, 1, 0)
        assert found.accounted == found.inputs


def test_a_transient_failure_waits_longer_each_time_and_is_permanent_after_five(six: Database) -> None:
    stage = Copying({"b": Failure("slow", code="slow_down")})
    waits = []
    for attempt in range(1, 6):
        counts = books_of(run_stage(six, MUSEUM, stage))
        assert counts.failed == 1
        row = ledger(six)["b"]
        assert row["attempts"] == attempt
        if row["next_attempt_at"]:
            waits.append(round((row["next_attempt_at"] - row["attempted_at"]).total_seconds() / 60))
        if attempt > 1:
            assert run_stage(six, MUSEUM, stage).processed == 0, "not due yet, or permanent"
        with six.connect() as conn:
            conn.execute("UPDATE ops.ledger SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    assert waits == [0, 1, 4, 16]
    assert ledger(six)["b"]["permanent"]
    assert stage.attempts["b"] == 4
    stage.plan.clear()
    assert run_stage(six, MUSEUM, stage).processed == 0
    assert run_stage(six, MUSEUM, stage, Options(retry_failed=True)).done == 1
    assert ledger(six)["b"]["code"] is None


def test_the_number_of_attempts_is_a_setting(six: Database) -> None:
    run_stage(six, MUSEUM, Copying({"b": Failure("slow")}), Options(max_attempts=1))
    assert ledger(six)["b"]["permanent"]


@pytest.mark.parametrize("changed", ["input", "contract"])
def test_a_failure_counts_anew_when_what_failed_has_changed(six: Database, changed: str) -> None:
    plan = {"b": Failure("no", code="gone", permanent=True)}
    run_stage(six, MUSEUM, Copying(plan))
    if changed == "input":
        add(six, "b", content="b")
    stage = Copying({"b": Failure("slow")}, contract="v2" if changed == "contract" else "v1")
    run_stage(six, MUSEUM, stage)
    row = ledger(six)["b"]
    assert (stage.attempts["b"], row["attempts"], row["permanent"]) == (0, 1, False)


def test_a_failure_keeps_what_an_earlier_attempt_made(six: Database) -> None:
    run_stage(six, MUSEUM, Copying())
    run_stage(six, MUSEUM, Copying({"b": Failure("slow")}, contract="v2"))
    assert ledger(six)["b"]["output"] == "out/b"


def test_leftovers_are_removed_with_what_was_made_of_them(six: Database) -> None:
    stage = Copying()
    run_stage(six, MUSEUM, stage)
    drop(six, "a", "b", "c")
    with six.connect() as conn:
        assert not books_balance(conn, MUSEUM, Copying.name).passed
    counts = books_of(run_stage(six, MUSEUM, stage))
    assert (counts.inputs, counts.removed, counts.unchanged) == (3, 3, 3)
    assert stage.made == set("def")
    assert set(ledger(six)) == set("def")


def test_the_stall_guard_stops_and_leaves_the_rest_pending(database: Database) -> None:
    ids = [f"r{n:03}" for n in range(STALLED_AFTER + 30)]
    add(database, *ids)
    stage = Copying({id_: Failure("no answer", code="unavailable") for id_ in ids})
    with pytest.raises(StageStalled, match=r"of smk stopped: 50 records .* unavailable: no answer.*run again"):
        run_stage(database, MUSEUM, stage)
    assert len(ledger(database)) == STALLED_AFTER
    assert len(stage.seen) == STALLED_AFTER


def test_permanent_failures_do_not_stall(database: Database) -> None:
    ids = [f"r{n:03}" for n in range(STALLED_AFTER + 30)]
    add(database, *ids)
    plan = {id_: Failure("gone", code="gone", permanent=True) for id_ in ids}
    assert run_stage(database, MUSEUM, Copying(plan)).failed == len(ids)


def test_what_was_made_before_an_exception_is_kept(six: Database) -> None:
    # In the middle of a batch of two: the batch before it, and the half one, are finished work.
    with pytest.raises(RuntimeError, match="the model is on fire"):
        run_stage(six, MUSEUM, stage := Copying({"d": RuntimeError("the model is on fire")}))
    assert set(ledger(six)) == stage.made == set("abc")
    stage.plan.clear()
    stage.seen.clear()
    assert books_of(run_stage(six, MUSEUM, stage)) == Counts(inputs=6, done=3, unchanged=3)
    assert stage.seen == list("def")


def test_a_failed_write_leaves_no_half_batch(six: Database) -> None:
    class Unwritable(Copying):
        def write(self, conn: Connection, museum: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
            if any(o.work.record_id == "c" for o in outcomes):
                raise MuseumError("the disk is full")
            return outcomes

    with pytest.raises(MuseumError, match="disk is full"):
        run_stage(six, MUSEUM, Unwritable())
    assert set(ledger(six)) == {"a", "b"}


@pytest.mark.usefixtures("impatient")
def test_one_run_at_a_time_per_museum_and_stage(six: Database) -> None:
    with six.lock(MUSEUM, Copying.name):
        with pytest.raises(Busy, match=r"transformed_artworks of smk"):
            run_stage(six, MUSEUM, Copying())
        assert run_stage(six, "met", Copying()).inputs == 0
    assert run_stage(six, MUSEUM, Copying()).done == 6


def test_a_lost_connection_is_told_and_resumed(six: Database) -> None:
    class Disconnected(Copying):
        def write(self, conn: Connection, museum: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
            if any(o.work.record_id == "c" for o in outcomes):
                with six.connect() as other:
                    other.execute("SELECT pg_terminate_backend(%s)", (conn.info.backend_pid,))
            return outcomes

    with pytest.raises(DatabaseUnavailable, match=r"Postgres at .* run again: finished work is kept"):
        run_stage(six, MUSEUM, Disconnected())
    assert set(ledger(six)) == {"a", "b"}
    assert run_stage(six, MUSEUM, Copying()).done == 4


def test_progress_is_told_up_to_the_total(six: Database) -> None:
    told: list[tuple[int, int | None]] = []
    run_stage(six, MUSEUM, Copying(), Options(limit=5), lambda *numbers: told.append(numbers))
    assert told == [(2, 5), (4, 5), (5, 5)]


KILLED = """
import os, signal, sys, time
from museum_assets.loop.run import run_stage
from resources.postgres import Database
from test_run import MUSEUM, Copying

class Dying(Copying):
    def process(self, works):
        for number, outcome in enumerate(super().process(works)):
            if number == 5:
                time.sleep(60)
            yield outcome

stage = Dying()
run_stage(Database(sys.argv[1]), MUSEUM, stage, progress=lambda n, total: print(n, flush=True))
"""


def test_sigkill_loses_at_most_the_batches_in_flight(six: Database) -> None:
    here = Path(__file__)
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, six.url],
        cwd=here.parents[2], env={**os.environ, "PYTHONPATH": f"{here.parents[2]}:{here.parent}"},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout
    assert child.stdout.readline() == "2\n", "the first batch is told once it is committed"
    child.send_signal(signal.SIGKILL)
    child.wait()
    before = ledger(six)
    assert {"a", "b"} <= set(before) <= set("abcd")
    # The lock went with the process, and nothing finished is redone.
    counts = run_stage(six, MUSEUM, Copying())
    assert counts.done == 6 - len(before)
    assert {id_: ledger(six)[id_] for id_ in before} == before


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 0), (2, 1), (3, 4), (4, 16)])
def test_next_attempt(attempts: int, minutes: int) -> None:
    from datetime import UTC, datetime

    assert abs((next_attempt(attempts) - datetime.now(UTC)).total_seconds() - 60 * minutes) < 5


@given(st.lists(st.integers(), max_size=20), st.integers(1, 7), st.booleans())
def test_batched_loses_nothing_also_before_an_exception(items: list[int], size: int, broken: bool) -> None:
    def source() -> Iterator[int]:
        yield from items
        if broken:
            raise KeyError("end")

    got: list[list[int]] = []
    try:
        got.extend(batched(source(), size))
        assert not broken
    except KeyError:
        assert broken
    assert [item for batch in got for item in batch] == items
    assert all(0 < len(batch) <= size for batch in got)


FATES = st.sampled_from(["done", "slow", "gone", "rejected", "crash", "changed", "away"])


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.dictionaries(st.sampled_from("abcdef"), FATES), st.sampled_from([None, 1, 3]),
                          st.booleans(), st.booleans()), max_size=4))  # fmt: skip
def test_the_books_balance_whatever_happens(database: Database, rounds: list[Any]) -> None:
    with database.connect() as conn:
        conn.execute("TRUNCATE ops.ledger, raw.record")
    add(database, *"abcdef")
    fates = {"slow": Failure("slow"), "gone": Failure("gone", permanent=True), "rejected": Rejected("no", "no"),
             "crash": RuntimeError("crash")}  # fmt: skip
    stage = Copying()
    for number, (plan, limit, force, retry) in enumerate(rounds):
        drop(database, *(id_ for id_, fate in plan.items() if fate == "away"))
        add(database, *(id_ for id_, fate in plan.items() if fate == "changed"), content=str(number))
        stage.plan = {id_: fates[fate] for id_, fate in plan.items() if fate in fates}
        try:
            books_of(run_stage(database, MUSEUM, stage, Options(force, retry, limit)))
        except RuntimeError:
            assert "crash" in plan.values()
        with database.connect() as conn:
            found = books(conn, MUSEUM, stage.name)
            assert found.accounted == found.inputs
    stage.plan = {}
    run_stage(database, MUSEUM, stage, Options(retry_failed=True))
    with database.connect() as conn:
        last = books(conn, MUSEUM, stage.name)
        live = {row["record_id"] for row in conn.execute("SELECT record_id FROM raw.record")}
        waiting = scalar(conn, "SELECT count(*) FROM ops.ledger WHERE outcome = 'failed'")
    assert (last.pending, last.leftover, waiting) == (0, 0, 0)
    assert stage.made >= live - {id_ for id_, row in ledger(database).items() if row["outcome"] == "rejected"}
    assert set(ledger(database)) == live
