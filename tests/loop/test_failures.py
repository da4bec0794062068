"""What fails is a row of the ledger: when it is tried again, and when a run gives up."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.core.failures import Failure, Rejected
from museum_assets.dead_letters.letters import LetterFilter, close_letters
from museum_assets.loop.books import books
from museum_assets.loop.isolation import STALLED_AFTER, StageStalled
from museum_assets.loop.ledger import next_attempt
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Options
from resources.postgres import Database
from tests.support.copying_stage import MUSEUM, Copying, add, books_of, drop, ledger


def test_a_failure_is_a_row_and_not_an_aborted_batch(six: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "museum_assets.loop.run")
    plan = {"b": Failure("slow", code="slow_down"), "d": Failure("no", code="gone", permanent=True),
            "e": Rejected("not_public_domain", "closed")}  # fmt: skip
    counts = books_of(run_stage(six, MUSEUM, Copying(plan)))
    assert (counts.done, counts.failed, counts.rejected) == (3, 2, 1)
    assert counts.codes == Counter(slow_down=1, gone=1, not_public_domain=1)
    told = [(each.__dict__["record"], each.__dict__["code"]) for each in caplog.records]
    assert told == [("b", "slow_down"), ("d", "gone")]
    rows = ledger(six)
    assert [rows[i]["outcome"] for i in "abcdef"] == ["done", "failed", "done", "failed", "rejected", "done"]
    assert [(rows[i]["code"], rows[i]["message"], rows[i]["permanent"]) for i in "bd"] == [
        ("slow_down", "slow", False),
        ("gone", "no", True),
    ]
    with six.connect() as conn:
        found = books(conn, MUSEUM, transformed_artworks)
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
    with six.connect() as conn:
        letters = conn.execute("SELECT state, note FROM ops.dead_letter").fetchall()
    assert letters == [{"state": "closed", "note": "it failed otherwise since, and is tried again"}]
    run_stage(six, MUSEUM, Copying({"b": Failure("slow")}, contract=stage.contract), Options(max_attempts=2))
    with six.connect() as conn:
        letters = conn.execute("SELECT state, message FROM ops.dead_letter").fetchall()
    assert letters == [{"state": "open", "message": "slow"}], "what did not pass is told"


def test_a_failure_keeps_what_an_earlier_attempt_made(six: Database) -> None:
    run_stage(six, MUSEUM, Copying())
    run_stage(six, MUSEUM, Copying({"b": Failure("slow")}, contract="v2"))
    assert ledger(six)["b"]["output"] == "out/b"


def test_a_record_that_was_gone_and_fails_again_is_told_again_unless_a_person_closed_its_letter(six: Database) -> None:
    stage = Copying({id_: Failure("no", code="gone", permanent=True) for id_ in "bd"})
    run_stage(six, MUSEUM, stage)
    with six.connect() as conn:
        close_letters(conn, LetterFilter(stage.name, MUSEUM), "ann", "known")
    add(six, "a", content="b")
    stage.plan = {id_: Failure("no", code="gone", permanent=True) for id_ in "abd"}
    run_stage(six, MUSEUM, stage)
    drop(six, *"abd")
    run_stage(six, MUSEUM, stage)
    add(six, *"abd", content="b")
    run_stage(six, MUSEUM, stage)
    with six.connect() as conn:
        states = {row["place"]: row["state"] for row in conn.execute("SELECT place, state FROM ops.dead_letter")}
    assert states == {"a": "open", "b": "closed", "d": "closed"}


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


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 0), (2, 1), (3, 4), (4, 16)])
def test_next_attempt(attempts: int, minutes: int) -> None:
    before = datetime.now(UTC)
    asked_for = next_attempt(attempts, before) - timedelta(minutes=minutes)
    assert before <= asked_for <= datetime.now(UTC)
