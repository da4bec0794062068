"""What `museum metrics` tells, and what its role may see."""

from __future__ import annotations

import os
import re

import psycopg
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families as parse

from museum_assets import catalogue
from museum_assets.loop.status import status
from museum_assets.operations.metrics import role
from museum_assets.operations.metrics.families import FAMILIES, PREFIX
from museum_assets.operations.metrics.serve import Watch
from resources.platform import Platform
from tests.support.places import ROOT

NOT_SEEN = [
    "SELECT payload FROM raw.record",
    "SELECT title FROM staging.artwork",
    "SELECT message FROM ops.ledger",
    "SELECT body FROM ops.dead_letter",
    "SELECT message FROM ops.notice",
    "SELECT payload FROM ops.input_transformed_artworks",
    "SELECT title FROM production.artwork",
    "DELETE FROM ops.ledger",
]


def values(watch: Watch) -> dict[tuple[str, ...], float]:
    """Look, and return {(metric, its labels' values): value} as Prometheus reads it."""
    watch.look()
    registry = CollectorRegistry()
    registry.register(watch)  # type: ignore[arg-type]
    text = generate_latest(registry).decode()
    found = {}
    for family in parse(text):
        name = family.name.removeprefix(PREFIX)
        for sample in family.samples:
            found[name, *(sample.labels[label] for label in FAMILIES[name][1])] = sample.value
    return found


@pytest.mark.parametrize("statement", NOT_SEEN)
def test_who_watches_sees_no_payload(platform: Platform, statement: str) -> None:
    role.make_watcher(platform.database(), role.PLATFORM)
    with (
        pytest.raises((role.NoWatcher, psycopg.errors.ReadOnlySqlTransaction), match=r"permission denied|read-only"),
        role.watching(platform.database(), role.PLATFORM) as conn,
    ):
        conn.execute(statement)


def test_the_books_are_those_of_the_status(platform: Platform) -> None:
    with platform.database().connect() as conn:
        conn.execute(
            "INSERT INTO raw.record (museum, record_id, payload_hash, payload, fetched_at) "
            "SELECT 'smk', n::text, sha256(n::text::bytea), '{}', now() - n * interval '1 hour' "
            "FROM generate_series(1, 9) n"
        )
        spec = next(each for each in catalogue.stages() if each.name == "transformed_artworks")
        contract = spec.contract(platform, "smk")
        conn.execute(
            "INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, code, permanent) "
            "SELECT 'smk', 'transformed_artworks', n::text, sha256(n::text::bytea), "
            "CASE n WHEN 4 THEN 'old' ELSE %s END, CASE WHEN n < 3 THEN 'failed' ELSE 'done' END, "
            "CASE WHEN n < 3 THEN 'gone' END, n = 1 "
            "FROM generate_series(1, 5) n",
            (contract,),
        )
        expected = status(platform, conn, catalogue.stages(), ["smk", "met"])
    found = values(Watch(platform))
    for row in expected:
        if row["stage"] in {"transformed_artworks", "indexed_artworks"} and row["inputs"]:
            for outcome in ("done", "rejected", "duplicate", "failed", "retrying", "pending"):
                assert found["stage_records", row["museum"], row["stage"], outcome] == row[outcome], outcome
            assert found["stage_inputs", row["museum"], row["stage"]] == row["inputs"]
    assert found["stage_records", "smk", "transformed_artworks", "pending"] == 5
    # Records 6 to 9 never came up; record 4 waits for another contract, since nobody knows when.
    ages = [found["stage_pending_age_seconds", "smk", "transformed_artworks", which] for which in ("oldest", "newest")]
    assert ages == pytest.approx([9 * 3600, 6 * 3600], abs=60)
    assert found["stage_refused", "smk", "transformed_artworks", "failed", "gone"] == 2
    assert found["stage_attempts_recent", "smk", "transformed_artworks"] == 5
    assert found["records", "smk", "live"] == 9


def test_a_login_that_only_watches_needs_nothing_else(platform: Platform) -> None:
    """And a source that cannot be read takes no other's metrics with it."""
    for database, grants in ((platform.database(), role.PLATFORM), (platform.production(), role.PRODUCTION)):
        role.make_watcher(database, grants)
    url, login = platform.database().url, f"prometheus_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"CREATE ROLE {login} LOGIN IN ROLE {role.WATCHER}")
    alone = platform.with_settings(database_url=url.replace("postgres@", f"{login}@", 1), dagster_postgres_url=None)
    try:
        found = values(Watch(alone))
        assert [found["source_up", name] for name in ("ledger", "releases", "runs")] == [1, 1, 0]
        assert ("host_paused_seconds", "nobody") not in found
        nobody = platform.with_settings(database_url=url.replace("postgres@", "nobody_knows@", 1))
        lost = values(Watch(nobody))
        assert [lost["source_up", name] for name in ("ledger", "releases")] == [0, 0]
        assert not any(name.startswith("stage_") for name, *_ in lost)
    finally:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(f"DROP ROLE {login}")


def test_the_guide_lists_every_metric() -> None:
    text = (ROOT / "docs/watching.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `museum_(\w+)`", text, re.MULTILINE)) == set(FAMILIES)
