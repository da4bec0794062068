"""A small stage of the tests' own over raw records, and what its ledger says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.core.failures import Failure, Rejected
from museum_assets.loop.stage import Counts, Leftover, Outcome, Stage, Work, done, failed, rejected
from resources.postgres import Connection, Database

MUSEUM = "smk"


class Killed(BaseException):
    """Stands for a kill: no record's fault, and nothing that a stage could go on from."""


class Copying(Stage):
    """Works on raw records: `plan` says what becomes of each; what it makes is kept in `made`."""

    name = transformed_artworks.name
    view = transformed_artworks.view
    batch_size = 2

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
