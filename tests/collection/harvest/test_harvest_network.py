"""Harvests through a bad network and over listings that move."""

from __future__ import annotations

import pytest

from museum_assets.collection.harvest.harvest import HarvestInterrupted
from museum_assets.simulator.server import Running, Simulator, running
from resources.platform import Platform
from tests.support import whole_pipeline
from tests.support.planned_museum import live, state


@pytest.mark.parametrize("slug", ["met", "rma"])
def test_through_a_bad_network(platform: Platform, simulator: Running, slug: str) -> None:
    """5xx, cut and broken bodies: after some runs the same records as from a healthy server."""
    whole_pipeline.gather(platform, slug)
    database = platform.database()
    with database.connect() as conn:
        healthy = conn.execute("SELECT record_id, payload_hash FROM raw.record ORDER BY record_id").fetchall()
        conn.execute("TRUNCATE raw.record, ops.ledger, ops.harvest CASCADE")
    simulator.set_faults(slug, server_errors=0.05, truncated=0.1, malformed=0.1)
    for _ in range(15):
        try:
            if whole_pipeline.gather(platform, slug).state == "complete":
                break
        except HarvestInterrupted:
            continue
    with database.connect() as conn:
        assert state(conn) == "complete"
        assert conn.execute("SELECT record_id, payload_hash FROM raw.record ORDER BY record_id").fetchall() == healthy


@pytest.mark.parametrize("slug", ["smk", "cma"])
def test_a_listing_that_moves_under_the_walk_loses_nobody(
    platform: Platform, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that repeat the entry before them, as when works are added during the walk."""
    with running(Simulator({slug: 60})) as simulator:
        for name, value in simulator.environment.items():
            monkeypatch.setenv(name, value)
        _move(platform, simulator, slug)


def _move(platform: Platform, simulator: Running, slug: str) -> None:
    whole_pipeline.gather(platform, slug)
    database = platform.database()
    before = live(database)
    simulator.set_faults(slug, duplicates=1.0)
    report = whole_pipeline.gather(platform, slug, limit=3)
    while report.state == "limited":
        report = whole_pipeline.gather(platform, slug, limit=3)
    assert live(database) == before
