"""The job over one simulated museum through Dagster, and the finished pipeline run again."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import dagster as dg  # noqa: TID251 - it is Dagster that is tried here
import pytest

from museum_assets import catalogue
from museum_assets.cli.run import Controls, materialize
from museum_assets.collection.stages import STAGES, vectors_of
from museum_assets.definitions import build_definitions
from museum_assets.enrichment.joining.join import NAME as JOINED
from museum_assets.simulator.server import Running
from resources.platform import Platform
from tests.support import whole_pipeline
from tests.support.places import ROOT

UPDATES = """
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS changes FROM pg_stat_user_tables
    WHERE schemaname IN ('raw', 'staging', 'ops') AND relname NOT IN ('harvest', 'harvest_page', 'host_rate')
    ORDER BY relname
"""
WITHOUT_TORCH = """
import sys
from tests.support import whole_pipeline
from resources.platform import Platform
books = whole_pipeline.run_all(Platform.from_settings(), ["smk"])
assert "torch" not in sys.modules, "the model's library was loaded to do nothing"
print(sum(counts.processed for counts in books.values()))
"""


NOT_ACTIVE = {*vectors_of("jina"), *vectors_of("siglip")}


def test_one_museum_through_dagster(
    platform: Platform, simulator: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dg.DagsterInstance, "get", staticmethod(dg.DagsterInstance.ephemeral))
    ran, joined = materialize(["all"], ["smk"], Controls())
    assert joined.good
    assert joined.assets.keys() == {JOINED}
    assert joined.assets[JOINED]["dagster/row_count"] > 0, "after the museum's makers were read"
    assert ran.errors == []
    assert ran.good
    every = (*STAGES, *catalogue.enrichment())
    without_authority = {"artist_identities", "artist_facts", "place_coordinates", "subject_identities"}
    assert ran.assets.keys() == {spec.name for spec in every} - NOT_ACTIVE - without_authority
    said = capsys.readouterr()
    assert all(f"{name}: Jina's model is not active: set JINA_API_KEY" in said.err for name in vectors_of("jina"))
    assert all(
        f"{name}: The SigLIP model is not active: set SIGLIP_WEIGHTS" in said.err for name in vectors_of("siglip")
    )
    assert said.out == "", "where a program reads JSON"
    assert ran.assets["raw_metadata"]["new"] >= ran.assets["transformed_artworks"]["done"] > 0
    assert ran.checks == []
    (again,) = materialize(["transformed_artworks", "image_clip"], ["smk"], Controls(force=True, limit=2))
    assert {name: data["done"] for name, data in again.assets.items()} == {"transformed_artworks": 2, "image_clip": 2}


def test_the_job_passes_over_what_is_not_active(platform: Platform, simulator: Running) -> None:
    """The job of the weekly schedule has every stage: an inactive one does not fail, and is not materialized."""
    job = build_definitions().resolve_job_def("collection")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(partition_key="smk", instance=instance)
    assert result.success
    made = {str(event.asset_key and event.asset_key.to_user_string()) for event in result.all_events
            if event.is_step_materialization}  # fmt: skip
    looked_at = {check.asset_key.to_user_string() for check in result.get_asset_check_evaluations()}
    assert made == looked_at == {spec.name for spec in STAGES} - NOT_ACTIVE


def test_the_finished_pipeline_does_nothing_again(platform: Platform, simulator: Running) -> None:
    whole_pipeline.run_all(platform, ["smk"])
    before = changes(platform)
    simulator.reset_counts()
    child = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    assert child.stdout == "0\n"
    assert simulator.counts()["smk"].get("image", 0) == 0
    assert simulator.counts()["smk"]["search"] > 0, "the listing is asked for news"
    assert changes(platform) == before


def changes(chosen: Platform) -> list[dict[str, Any]]:
    """The rows written since the database was made, by table, once two looks a second apart agree.

    A backend reports its statistics when it ends, a moment after the run that used it.
    """
    found, seen = None, written(chosen)
    while found != seen:
        time.sleep(1)
        found, seen = seen, written(chosen)
    return seen


def written(chosen: Platform) -> list[dict[str, Any]]:
    with chosen.database().connect() as conn:
        conn.execute("SELECT pg_stat_force_next_flush()")
        return conn.execute(UPDATES).fetchall()
