"""A run that breaks off keeps what it finished, and the next one goes on from there."""

from __future__ import annotations

import signal
from collections.abc import Sequence

import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Counts, Outcome
from resources.postgres import Busy, Connection, Database, DatabaseUnavailable
from tests.support.copying_stage import MUSEUM, Copying, books_of, ledger
from tests.support.killable import Killable


def test_what_was_made_before_an_exception_is_kept(six: Database) -> None:
    # In the middle of a batch of two: the batch before it, and the half one, are finished work.
    with pytest.raises(MuseumError, match="the model is on fire"):
        run_stage(six, MUSEUM, stage := Copying({"d": MuseumError("the model is on fire")}))
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


KILLED = """
import os, signal, sys, time
from museum_assets.loop.run import run_stage
from resources.postgres import Database
from tests.support.copying_stage import MUSEUM, Copying

class Dying(Copying):
    def process(self, works):
        for number, outcome in enumerate(super().process(works)):
            if number == 5:
                time.sleep(60)
            yield outcome

stage = Dying()
run_stage(Database(sys.argv[1]), MUSEUM, stage, on_progress=lambda n, total: print(n, flush=True))
"""


def test_sigkill_loses_at_most_the_batches_in_flight(six: Database) -> None:
    child = Killable(KILLED, six.url)
    assert child.stdout.readline() == "2\n", "the first batch is told once it is committed"
    child.send_signal(signal.SIGKILL)
    child.wait()
    before = ledger(six)
    assert {"a", "b"} <= set(before) <= set("abcd")
    # The lock went with the process, and nothing finished is redone.
    counts = run_stage(six, MUSEUM, Copying())
    assert counts.done == 6 - len(before)
    assert {id_: ledger(six)[id_] for id_ in before} == before
