"""Outputs are named by object number: a name that passes from one record to another must survive its old owner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

import pytest

from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Outcome, Stage, Work, done
from resources.postgres import Connection, Database

pytestmark = pytest.mark.integration


class Named(Stage):
    """Makes one output per record, named by the record's content; `made` is the bucket: {name: record}."""

    name: ClassVar[str] = "transformed_artworks"
    batch_size: ClassVar[int] = 1
    contract = "v1"

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self.fail_on: str | None = None

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        # In the order of ids, so that the old owner's batch commits while the new owner's is being made.
        for work in sorted(works, key=lambda work: work.record_id):
            if work.record_id == self.fail_on:
                raise RuntimeError("killed here")
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


def test_what_a_stopped_run_noted_is_removed_by_the_next(database: Database) -> None:
    stage = Named()
    put(database, a="X")
    run_stage(database, "smk", stage)
    put(database, a="Y", b="Z")
    stage.fail_on = "b"
    with pytest.raises(RuntimeError):
        run_stage(database, "smk", stage)
    assert stage.made == {"X": "a", "Y": "a"}
    assert noted(database) == {"X"}
    stage.fail_on = None
    run_stage(database, "smk", stage)
    assert stage.made == {"Y": "a", "Z": "b"}
    assert noted(database) == set()
