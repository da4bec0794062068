"""How much of a stage is due: comparing digests and joining inputs with the ledger find the same."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from museum_assets.loop.ledger import stage_books
from museum_assets.loop.stage import Options
from resources.postgres import Database, scalar

MUSEUM, STAGE, VIEW, CONTRACT = "smk", "transformed_artworks", "input_transformed_artworks", "mapping:now"
DONE = ("done", None, "x", CONTRACT, False, None)
STATES: dict[str, Any] = {
    "never processed": None,
    "done": DONE,
    "rejected": ("rejected", "no", "x", CONTRACT, False, None),
    "changed since": ("done", None, "y", CONTRACT, False, None),
    "of another contract": ("done", None, "x", "mapping:before", False, None),
    "failed for good": ("failed", "gone", "x", CONTRACT, True, None),
    "failed, due": ("failed", "slow", "x", CONTRACT, False, "-1 minute"),
    "failed, due later": ("failed", "slow", "x", CONTRACT, False, "1 hour"),
}
"""What the ledger may say of a record: outcome, code, fingerprint, contract, permanent, and when it is due."""
ALWAYS_DUE = {"never processed", "changed since", "of another contract", "failed, due"}
IF_RETRIED = {"failed for good", "failed, due later"}


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.sampled_from([*STATES, *["done"] * 12])), max_size=6))
def test_the_short_way_finds_what_there_is(database: Database, records: list[tuple[bool, str]]) -> None:
    """`records` says of each whether it still is an input, and what the ledger says."""
    with database.connect() as conn:
        conn.execute("TRUNCATE ops.ledger, raw.record")
        for number, (there, state) in enumerate(records):
            if there:
                conn.execute(
                    "INSERT INTO raw.record (museum, record_id, payload_hash, payload) VALUES (%s, %s, 'x', '{}')",
                    (MUSEUM, str(number)),
                )
            if row := STATES[state]:
                conn.execute(
                    "INSERT INTO ops.ledger (museum, stage, record_id, attempts, outcome, code, input_hash, contract,"
                    " permanent, next_attempt_at) VALUES (%s, %s, %s, 1, %s, %s, %s, %s, %s, now() + %s::interval)",
                    (MUSEUM, STAGE, str(number), *row[:2], row[2].encode(), *row[3:]),
                )
        inputs = [state for there, state in records if there]
        leftovers = sum(not there and state != "never processed" for there, state in records)
        for force, retry in product((False, True), repeat=2):
            due = sum(force or s in ALWAYS_DUE or (retry and s in IF_RETRIED) for s in inputs)
            found = stage_books(conn, MUSEUM, STAGE, VIEW, CONTRACT, Options(force=force, retry_failed=retry))
            assert found == {"inputs": len(inputs), "due": due, "leftovers": leftovers}


@pytest.mark.parametrize("museum", ["smk", "met"])
def test_a_finished_stage_is_not_joined(database: Database, monkeypatch: pytest.MonkeyPatch, museum: str) -> None:
    with database.connect() as conn:
        conn.execute(
            "INSERT INTO raw.record (museum, record_id, payload_hash, payload)"
            " SELECT 'smk', n, sha256(n::text::bytea), '{}' FROM generate_series(1, 1000) AS n"
        )
        conn.execute(
            "INSERT INTO ops.ledger (museum, stage, record_id, attempts, outcome, input_hash, contract, permanent)"
            " SELECT museum, %s, record_id, 1, 'done', payload_hash, %s, false FROM raw.record",
            (STAGE, CONTRACT),
        )
        count = scalar(conn, "SELECT count(*) FROM raw.record WHERE museum = %s", (museum,))
        monkeypatch.setattr("museum_assets.loop.ledger.query", _without("loop.due"))
        found = stage_books(conn, museum, STAGE, VIEW, CONTRACT, Options())
    assert found == {"inputs": count, "due": 0, "leftovers": 0}


def _without(name: str) -> Any:
    from sql import query

    def given_query(asked: str) -> str:
        assert asked != name
        return query(asked)

    return given_query
