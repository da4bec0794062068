"""Records of one museum, their transform, and what became of each."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.harvest.raw_store import prepare
from museum_assets.loop.books import books
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Counts, Options
from museum_assets.museums import museum
from museum_assets.museums.museum import RawRecord
from resources.postgres import Database
from tests.support import stages

ARTWORKS = """
    SELECT a.record_id, a.object_number, a.title, a.row_hash, a.record_seq, a.xmin FROM staging.artwork a ORDER BY 1
"""


LEDGER = "SELECT record_id, outcome, code, output FROM ops.ledger WHERE stage = 'transformed_artworks' ORDER BY 1"


def payload(record_id: str, number: str, *, title: str | None = "Title", open_: bool = True) -> dict[str, Any]:
    """A record of SMK's, with the least that an artwork needs."""
    return {
        "id": record_id,
        "object_number": number,
        "public_domain": open_,
        "titles": [{"title": title}] if title else [],
        "object_names": [{"name": "maleri"}],
        "image_thumbnail": f"https://iip-thumb.smk.dk/{record_id}.jpg",
    }


def put(database: Database, *payloads: dict[str, Any]) -> None:
    """Store raw records; a new one gets the next place in the order of storing."""
    with database.connect() as conn:
        for body in payloads:
            conn.execute(
                "INSERT INTO raw.record (museum, record_id, payload_hash, payload) VALUES ('smk', %s, %s, %s)"
                " ON CONFLICT (museum, record_id) DO UPDATE SET payload_hash = excluded.payload_hash,"
                " payload = excluded.payload, withdrawn_at = NULL",
                (body["id"], prepare([RawRecord(body["id"], body)], frozenset())[0].digest, Jsonb(body)),
            )


def withdraw(database: Database, *ids: str) -> None:
    with database.connect() as conn:
        conn.execute(
            "UPDATE raw.record SET withdrawn_at = now() - interval '8 days' WHERE record_id = ANY(%s)", (list(ids),)
        )


def run(database: Database, options: Options | None = None) -> Counts:
    counts = run_stage(database, "smk", stages.transform(museum("smk")), options)
    assert counts.inputs == counts.processed + counts.unchanged + counts.left
    assert counts.left >= 0
    return counts


def settle(database: Database) -> None:
    """Run until nothing waits: who loses or gets a number late may free another."""
    for _ in range(5):
        run(database)
        with database.connect() as conn:
            if not books(conn, "smk", transformed_artworks).pending:
                return
    pytest.fail("something is still pending after five runs")


def numbers(database: Database) -> dict[str, str]:
    with database.connect() as conn:
        return {row["record_id"]: row["object_number"] for row in conn.execute(ARTWORKS)}


def fate(database: Database, record_id: str) -> tuple[str, str | None, str | None]:
    with database.connect() as conn:
        row = conn.execute(
            "SELECT outcome, code, output FROM ops.ledger WHERE record_id = %s AND stage = 'transformed_artworks'",
            (record_id,),
        ).fetchone()
    assert row
    return row["outcome"], row["code"], row["output"]


def duplicate_of(winner: str) -> tuple[str, str, str]:
    return "duplicate", "duplicate_object_number", winner
