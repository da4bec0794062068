"""The code location as Dagster sees it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg  # noqa: TID251 - it is Dagster's view that is tried here
import pytest

from museum_assets.loop.stage import STAGES
from museum_assets.museums import MUSEUMS
from partitions import kiosk_partitions, museum_partitions

# It runs in a process of its own, before anything else has imported anything.
LOAD = """
import socket, sys, time, warnings

def refuse(*_, **__):
    raise AssertionError("loading the code location opened a socket")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
started = time.monotonic()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from museum_assets.definitions import defs
    found = defs()
    dg = sys.modules["dagster"]
    dg.Definitions.validate_loadable(found)
heavy = {"torch", "open_clip", "qdrant_client", "qdrant_edge", "boto3", "pandas", "PIL"} & sys.modules.keys()
assert not heavy, heavy
ours = {str(w.message) for w in caught if "/museum_assets/" in w.filename or "/resources/" in w.filename}
bad = [text for text in ours if "beta" not in text and "preview" not in text]
assert not bad, bad
print(f"{time.monotonic() - started:.1f} s")
"""


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    from museum_assets.definitions import defs

    return defs()


def test_it_loads_with_an_empty_environment_without_network_and_without_heavy_libraries(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    child = subprocess.run(
        [sys.executable, "-c", LOAD],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    print(f"loaded in {child.stdout}")  # noqa: T201 - `pytest -s` shows it


def test_the_assets(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} >= {"raw_metadata", *STAGES}
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        name = key.to_user_string()
        assert node.group_name, name
        assert node.owners == ["team:museum-data"], name
        assert node.kinds, name
        assert node.description, name


def test_the_collection_is_partitioned_by_museum(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert museum_partitions.get_partition_keys() == list(MUSEUMS)
    for name in ("raw_metadata", *STAGES):
        assert graph.get(dg.AssetKey(name)).partitions_def == museum_partitions, name


def test_the_kiosks_are_partitioned_by_kiosk_museum_and_checked(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    kiosk = graph.asset_keys_for_group("kiosk")
    names = {key.to_user_string() for key in kiosk}
    assert names == {"combined_exhibitions", "combined_kiosk_data", "visitor_feedback", "live_feedback",
                     "exhibition_report"}  # fmt: skip
    assert all(graph.get(key).partitions_def == kiosk_partitions for key in kiosk)
    checks = {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys if key.asset_key in kiosk}
    assert checks == {
        ("visitor_feedback", "dead_letter_ratio"),
        ("visitor_feedback", "files_accounted"),
        ("live_feedback", "dead_letter_ratio"),
        *(("exhibition_report", name) for name in (
            "presses_have_exhibitions", "no_future_presses", "books_agree", "sites_known", "open_days_have_data",
            "one_origin_a_day")),
    }  # fmt: skip


def test_every_stage_has_its_checks(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    checks = {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}
    assert checks >= {(stage, name) for stage in STAGES for name in ("books_balance", "failure_ratio")}
    assert checks >= {
        ("raw_metadata", "harvest_complete"),
        ("raw_metadata", "harvest_recent"),
        ("transformed_artworks", "unique_identifiers"),
        ("transformed_artworks", "required_fields"),
        ("transformed_artworks", "plausible_years"),
        ("stored_thumbnails", "every_thumbnail_present"),
        ("indexed_artworks", "index_matches_ledger"),
        ("indexed_artworks", "withdrawn_artworks_absent"),
        ("image_clip", "nearest_is_itself"),
        ("text_jina", "weights_trained"),
    }


def test_jobs_schedules_and_sensors(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    assert set(repository.job_names) >= {"collection", "harvest", "kiosk_files", "live_stream"}
    assert {s.name for s in repository.schedule_defs} >= {f"weekly_{slug}" for slug in MUSEUMS}
    assert {s.name for s in repository.sensor_defs} >= {"follow_upstream", "new_kiosk_files", "kiosk_stream"}
