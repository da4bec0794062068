"""One poisoned record: whatever it does to a stage, it alone fails and the run goes on."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg
import pytest

from museum_assets.core.failures import Failure, MuseumError
from museum_assets.loop.concurrently import concurrently
from museum_assets.loop.isolation import STALLED_AFTER, StageStalled
from museum_assets.loop.run import batched, run_stage
from museum_assets.loop.stage import Counts, Options, Outcome, Work, done
from resources.postgres import Connection, Database, DatabaseUnavailable
from tests.support.copying_stage import MUSEUM, Copying, add, books_of, drop, ledger

POISONS = [KeyError("creator"), RecursionError("maximum recursion depth exceeded"), MemoryError(),
           UnicodeError("label empty or too long"), AssertionError(), OSError(errno.EIO, "unreadable"),
           Failure("no", code="refused", permanent=True), psycopg.DataError("cannot contain NUL")]  # fmt: skip
OF_THE_STAGE = [MuseumError("the model does not load"), DatabaseUnavailable("it went away"), SystemExit(),
                OSError(errno.ENOSPC, "disk full"), psycopg.errors.UndefinedTable("no such table"),
                KeyboardInterrupt()]  # fmt: skip


class Threads(Copying):
    """Works in threads, four ahead of what it answers."""

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        yield from concurrently(self._one, works, 2)

    def _one(self, work: Work) -> Outcome:
        return next(super().process(iter((work,))))


class Batches(Copying):
    """Makes three at a time, as a model does: a batch fails as a whole."""

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        for batch in batched(works, 3):
            made = list(super().process(batch))
            yield from made


@pytest.mark.parametrize("kind", [Copying, Threads, Batches])
@pytest.mark.parametrize("poison", POISONS, ids=lambda error: type(error).__name__)
def test_an_exception_that_no_rule_foresees_costs_one_record(
    six: Database, kind: type[Copying], poison: Exception
) -> None:
    counts = books_of(run_stage(six, MUSEUM, kind({"b": poison, "f": poison})))
    assert counts == Counts(inputs=6, done=4, failed=2, codes=counts.codes)
    rows = ledger(six)
    assert {id_ for id_, row in rows.items() if row["outcome"] == "failed" and row["permanent"]} == {"b", "f"}
    assert all(rows[id_]["output"] == f"out/{id_}" for id_ in "acde")
    assert run_stage(six, MUSEUM, kind({"b": poison})).processed == 0, "permanent: not tried again by itself"
    assert run_stage(six, MUSEUM, kind(), Options(retry_failed=True)).done == 2


@pytest.mark.parametrize("kind", [Copying, Batches])
@pytest.mark.parametrize("error", OF_THE_STAGE, ids=lambda error: type(error).__name__)
def test_what_concerns_every_record_stops_the_stage(six: Database, kind: type[Copying], error: BaseException) -> None:
    with pytest.raises(type(error)):
        run_stage(six, MUSEUM, kind({"e": error}))
    assert set(ledger(six)) == set("abcd" if kind is Copying else "abc")


def test_the_dead_letter_holds_the_traceback_also_when_the_evidence_cannot_be_had(six: Database) -> None:
    class Mute(Copying):
        def evidence(self, outcome: Outcome) -> Any:
            raise KeyError("creator")

    run_stage(six, MUSEUM, Mute({"b": KeyError("creator")}))
    with six.connect() as conn:
        (letter,) = conn.execute("SELECT place, reasons, message, context FROM ops.dead_letter").fetchall()
    assert (letter["place"], letter["reasons"]) == ("b", ["internal"])
    assert letter["message"] == "KeyError: 'creator'. No rule foresees this: the dead letter holds the traceback"
    assert "copying_stage.py" in letter["context"]["traceback"]
    assert letter["context"]["traceback"].endswith("KeyError: 'creator'\n")


def test_a_message_that_postgres_cannot_hold_is_no_second_poison(six: Database) -> None:
    counts = run_stage(six, MUSEUM, Copying({"b": ValueError("\x00 \ud800 " + "x" * 100_000)}))
    assert (counts.done, counts.failed) == (5, 1)
    assert len(ledger(six)["b"]["message"]) < 1_000


def test_a_stage_in_which_everything_raises_is_stopped_and_the_rest_left_pending(database: Database) -> None:
    ids = [f"r{n:03}" for n in range(STALLED_AFTER + 30)]
    add(database, *ids)
    for kind in Copying, Batches:
        stage = kind(dict.fromkeys(ids, TypeError("a bug")))
        with pytest.raises(StageStalled, match=r"50 records in a row failed.*TypeError: a bug.*--retry-failed") as told:
            run_stage(database, MUSEUM, stage, Options(force=True))
        assert "the code or its set-up is broken" in str(told.value)
        assert len(ledger(database)) == STALLED_AFTER


def test_a_work_list_that_breaks_off_is_no_record_of_it(six: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(self: object, *_: object) -> Iterator[Work]:
        yield Work("a", b"a", 0, None, {}, recorded=False)
        raise ValueError("a row that cannot be read")

    monkeypatch.setattr("museum_assets.loop.ledger.Ledger.work", torn)
    with pytest.raises(ValueError, match="cannot be read"):
        run_stage(six, MUSEUM, Batches())


class Refused(Copying):
    """Writes each record's value into a table that takes few of them."""

    batch_size = 100

    def __init__(self, values: dict[str, Any], key: str = "text PRIMARY KEY") -> None:
        super().__init__()
        self.values = values
        self.key = key
        self.writes = 0

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        for work in works:
            yield done(work, output=f"out/{work.record_id}", value=self.values.get(work.record_id, work.record_id))

    def write(self, conn: Connection, museum: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        self.writes += 1
        conn.execute(f"CREATE TABLE IF NOT EXISTS taken (value {self.key})")
        for outcome in outcomes:
            if outcome.status == "done":
                conn.execute("INSERT INTO taken VALUES (%s)", (outcome.value,))
        return outcomes


def long_key() -> str:
    import random

    return "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=4_000))


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        (long_key(), "refused_by_database", "index row size"),
        ("nul \x00", "refused_by_database", "NUL"),
        ("r000", "refused_by_database", "duplicate key"),
        ("\ud800", "internal", "surrogates not allowed"),
    ],
    ids=["index row too large", "NUL", "unique", "surrogate"],
)
def test_a_batch_that_postgres_refuses_is_halved_down_to_the_record(
    database: Database, value: str, code: str, words: str
) -> None:
    ids = [f"r{n:03}" for n in range(100)]
    add(database, *ids)
    stage = Refused({"r041": value})
    counts = books_of(run_stage(database, MUSEUM, stage))
    assert (counts.done, counts.failed, dict(counts.codes)) == (99, 1, {code: 1})
    row = ledger(database)["r041"]
    assert (row["permanent"], row["output"]) == (True, None)
    assert words in row["message"]
    assert stage.writes < 20
    with database.connect() as conn:
        assert conn.execute("SELECT count(*) AS n FROM taken").fetchone() == {"n": 99}
        context = conn.execute("SELECT context FROM ops.dead_letter").fetchone()
    assert context
    assert "Traceback" in context["context"]["traceback"]
    assert run_stage(database, MUSEUM, stage).processed == 0


def test_what_a_refused_record_made_outside_is_removed(six: Database) -> None:
    gone: list[str] = []

    class Discarding(Refused):
        def discard(self, conn: Connection, slug: str, outputs: Sequence[str]) -> None:
            gone.extend(outputs)

    run_stage(six, MUSEUM, Discarding({"c": "nul \x00"}))
    assert gone == ["out/c"]
    drop(six)


def test_a_table_that_takes_nothing_stops_the_stage(database: Database) -> None:
    ids = [f"r{n:03}" for n in range(STALLED_AFTER + 50)]
    add(database, *ids)
    with pytest.raises(StageStalled, match=r"refused_by_database: Postgres refuses it: .*check constraint"):
        run_stage(database, MUSEUM, Refused({}, key="text CHECK (value IS NULL)"))
    assert len(ledger(database)) == STALLED_AFTER
