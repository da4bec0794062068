"""The code location as Dagster sees it."""

from __future__ import annotations

import inspect
import os
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import dagster as dg  # noqa: TID251 - it is Dagster's view that is tried here
import pytest

import museum_assets
from museum_assets import catalogue
from museum_assets.enrichment.joining.join import NAME as JOINED
from museum_assets.museums import MUSEUMS
from partitions import kiosk_partitions, museum_partitions
from sensors.following import follow_upstream
from tests.support.places import ROOT

COLLECTION = [spec.name for spec in catalogue.collection()]
STAGES = [spec for spec in catalogue.stages() if spec.museums is None]
"""Those that are assets: the notices' stages are nobody's, and run by sensors."""
LOOPED = [spec.name for spec in STAGES if spec.open]

# It runs in a process of its own, before anything else has imported anything.
LOAD = """
import socket, sys, warnings

def refuse(*_, **__):
    raise AssertionError("loading the code location opened a socket")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
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
"""


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    from museum_assets.definitions import defs

    return defs()


@pytest.fixture(scope="module")
def checks(definitions: dg.Definitions) -> set[tuple[str, str]]:
    """Every check, as (asset, name)."""
    keys = definitions.resolve_asset_graph().asset_check_keys
    return {(key.asset_key.to_user_string(), key.name) for key in keys}


def test_it_loads_with_an_empty_environment_without_network_and_without_heavy_libraries(tmp_path: Path) -> None:
    root = ROOT
    child = subprocess.run(
        [sys.executable, "-c", LOAD],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr


def test_the_assets(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} >= {spec.name for spec in STAGES}
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
    for name in COLLECTION:
        assert graph.get(dg.AssetKey(name)).partitions_def == museum_partitions, name


def test_the_kiosks_are_partitioned_by_kiosk_museum(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    kiosk = graph.asset_keys_for_group("kiosk")
    assert kiosk
    assert all(graph.get(key).partitions_def == kiosk_partitions for key in kiosk)


def test_every_stage_has_its_checks(checks: set[tuple[str, str]]) -> None:
    assert checks >= {(stage, name) for stage in LOOPED for name in ("books_balance", "failure_ratio")}
    assert checks >= {(spec.name, check.name) for spec in STAGES for check in spec.checks}


def test_every_check_that_is_written_is_made(checks: set[tuple[str, str]]) -> None:
    """Whatever a domain's `checks.py` says of one museum's rows is a check of some asset."""
    written = {
        name
        for module in pkgutil.walk_packages(museum_assets.__path__, "museum_assets.")
        if module.name.endswith(".checks")
        for name, look in vars(import_module(module.name)).items()
        if inspect.isfunction(look) and look.__module__ == module.name and not name.startswith("_")
        if look.__annotations__.get("return") == "Finding" and "conn" in look.__annotations__
    }
    assert written
    assert written <= {name for _, name in checks}


def test_a_candidate_is_made_from_the_collections_outputs_and_the_kiosks_tables(
    definitions: dg.Definitions, checks: set[tuple[str, str]]
) -> None:
    graph = definitions.resolve_asset_graph()
    kiosk = {key.to_user_string() for key in graph.asset_keys_for_group("kiosk")}
    loaded = {asset for asset, name in checks if name == "dead_letter_ratio"} & kiosk
    released = {spec.name for spec in STAGES if spec.released}
    parents = {key.to_user_string() for key in graph.get(dg.AssetKey("staging_database")).parent_keys}
    assert loaded
    assert released
    assert parents == released | loaded | {JOINED}


def test_whatever_follows_its_upstream_has_a_sensor_that_runs(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    follows = {key for key in graph.materializable_asset_keys if graph.get(key).automation_condition}
    assert dg.AssetKey(JOINED) in follows
    assert follows <= follow_upstream.asset_selection.resolve(graph)


def test_jobs_schedules_and_sensors(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    assert set(repository.job_names) >= {"collection", "harvest", "kiosk_files", "live_stream"}
    assert {s.name for s in repository.schedule_defs} >= {f"weekly_{slug}" for slug in MUSEUMS}
    assert {s.name for s in repository.sensor_defs} >= {"follow_upstream", "new_kiosk_files", "kiosk_stream"}
