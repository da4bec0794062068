"""The job over one simulated museum through Dagster, and the finished pipeline run again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import dagster as dg  # noqa: TID251 - it is Dagster that is tried here
import pytest
import whole_pipeline

from museum_assets.cli.run import Controls, materialize
from museum_assets.settings import Settings
from museum_assets.simulator.server import Running
from resources import platform as clients

pytestmark = pytest.mark.integration

UPDATES = """
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS changes FROM pg_stat_user_tables
    WHERE schemaname IN ('raw', 'staging', 'ops') AND relname NOT IN ('harvest', 'harvest_page', 'host_rate')
    ORDER BY relname
"""
WITHOUT_TORCH = """
import sys
import whole_pipeline
from museum_assets.settings import settings
books = whole_pipeline.run_all(settings(), ["smk"])
assert "torch" not in sys.modules, "the model's library was loaded to do nothing"
print(sum(counts.processed for counts in books.values()))
"""


def test_one_museum_through_dagster(platform: Settings, simulator: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dg.DagsterInstance, "get", staticmethod(dg.DagsterInstance.ephemeral))
    (ran,) = materialize(["all"], ["smk"], Controls())
    assert ran.errors == []
    assert ran.good
    assert {name: data.get("done", data.get("new")) for name, data in ran.assets.items()}.keys() == {
        "raw_metadata", "transformed_artworks", "indexed_artworks", "stored_thumbnails",
        "image_clip", "text_clip", "image_jina", "text_jina",
    }  # fmt: skip
    assert ran.assets["raw_metadata"]["new"] >= ran.assets["transformed_artworks"]["done"] > 0
    # The demo's untrained weights are the one thing that is complained about.
    assert {(check["check"], check["severity"]) for check in ran.checks} == {("weights_trained", "WARN")}
    (again,) = materialize(["transformed_artworks", "image_clip"], ["smk"], Controls(force=True, limit=2))
    assert {name: data["done"] for name, data in again.assets.items()} == {"transformed_artworks": 2, "image_clip": 2}


def test_the_finished_pipeline_does_nothing_again(platform: Settings, simulator: Running) -> None:
    whole_pipeline.run_all(platform, ["smk"])
    before = changes(platform)
    simulator.reset_counts()
    here = Path(whole_pipeline.__file__).parent
    child = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, cwd=here.parent,
        env={**os.environ, "PYTHONPATH": f"{here.parent}:{here}"}, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    assert child.stdout == "0\n"
    assert simulator.counts()["smk"].get("image", 0) == 0
    assert simulator.counts()["smk"]["search"] > 0, "the listing is asked for news"
    assert changes(platform) == before


def changes(chosen: Settings) -> list[dict[str, Any]]:
    """The rows written since the database was made, by table, once two looks a second apart agree.

    A backend reports its statistics when it ends, a moment after the run that used it.
    """
    found, seen = None, written(chosen)
    while found != seen:
        time.sleep(1)
        found, seen = seen, written(chosen)
    return seen


def written(chosen: Settings) -> list[dict[str, Any]]:
    with clients.database(chosen).connect() as conn:
        conn.execute("SELECT pg_stat_force_next_flush()")
        return conn.execute(UPDATES).fetchall()
