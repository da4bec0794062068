"""An output's name can pass from one record to another: the output must survive its old owner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Options, Outcome, Stage, Work, done
from resources.postgres import Connection, Database
from tests.support.copying_stage import Killed


class Named(Stage):
    """Makes one output per record, named by the record's content; `made` is the bucket: {name: record}."""

    name = "transformed_artworks"
    view = "input_transformed_artworks"
    contract = "v1"
    batch_size = 1

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self.fail_on: str | None = None

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        # In the order of ids, so that the old owner's batch commits while the new owner's is being made.
        for work in sorted(works, key=lambda work: work.record_id):
            if work.record_id == self.fail_on:
                raise Killed
            name = work.input_hash.decode()
            self.made[name] = work.record_id
            yield done(work, output=name)

    def discard(self, conn: Connection, museum: str, outputs: Sequence[str]) -> None:
        for output in outputs:
            self.made.pop(output, None)


def put(database: Database, **contents: str) -> None:
    with database.connect() as conn, conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO raw.record (museum, record_id, payload_hash, payload) VALUES ('smk', %s, %s, '{}')"
            " ON CONFLICT (museum, record_id) DO UPDATE SET payload_hash = excluded.payload_hash",
            [(id_, content.encode()) for id_, content in contents.items()],
        )


def noted(database: Database) -> set[str]:
    with database.connect() as conn:
        return {row["output"] for row in conn.execute("SELECT output FROM ops.abandoned_output")}


def test_a_name_taken_over_in_the_same_run_is_kept(database: Database) -> None:
    stage = Named()
    put(database, a="X")
    run_stage(database, "smk", stage)
    put(database, a="Y", b="X")
    run_stage(database, "smk", stage)
    assert stage.made == {"X": "b", "Y": "a"}
    assert noted(database) == set()


def test_a_name_nobody_takes_over_goes(database: Database) -> None:
    stage = Named()
    put(database, a="X", b="Z")
    run_stage(database, "smk", stage)
    put(database, a="Y")
    with database.connect() as conn:
        conn.execute("DELETE FROM raw.record WHERE record_id = 'b'")
    run_stage(database, "smk", stage)
    assert stage.made == {"Y": "a"}


class Announcing(Named):
    """Says beforehand what it will make, and is stopped after making it and before the ledger names it."""

    stopped = True

    def output_of(self, work: Work) -> str:
        return work.input_hash.decode()

    def write(self, conn: Connection, slug: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        if self.stopped:
            raise MuseumError("killed here")
        return outcomes


def test_what_a_killed_run_made_goes_with_its_record(database: Database) -> None:
    stage = Announcing()
    put(database, a="X", b="Z")
    with pytest.raises(MuseumError):
        run_stage(database, "smk", stage)
    assert "X" in stage.made
    assert noted(database) >= {"X"}
    with database.connect() as conn:
        conn.execute("DELETE FROM raw.record WHERE record_id = 'a'")
    stage.stopped = False
    run_stage(database, "smk", stage)
    assert stage.made == {"Z": "b"}
    assert noted(database) == set()


def test_what_is_made_again_for_its_record_is_not_removed(database: Database) -> None:
    stage = Announcing()
    stage.stopped = False
    put(database, a="X")
    run_stage(database, "smk", stage)
    stage.stopped = True
    with pytest.raises(MuseumError):
        run_stage(database, "smk", stage, Options(force=True))
    stage.stopped = False
    run_stage(database, "smk", stage)
    assert stage.made == {"X": "a"}
    assert noted(database) == set()


def test_what_a_stopped_run_noted_is_removed_by_the_next(database: Database) -> None:
    stage = Named()
    put(database, a="X")
    run_stage(database, "smk", stage)
    put(database, a="Y", b="Z")
    stage.fail_on = "b"
    with pytest.raises(Killed):
        run_stage(database, "smk", stage)
    assert stage.made == {"X": "a", "Y": "a"}
    assert noted(database) == {"X"}
    stage.fail_on = None
    run_stage(database, "smk", stage)
    assert stage.made == {"Y": "a", "Z": "b"}
    assert noted(database) == set()
