"""The jobs of releases as Dagster runs them: exported, restored, shown again, and asked by the canary."""

from __future__ import annotations

from typing import Any

import dagster as dg  # noqa: TID251 - it is Dagster's view that is tried here
import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.releases.assets.jobs import ask_canary, export_release, restore_release, roll_back_release
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.record import find, live
from resources.dagster_resources import configured_resources
from resources.platform import Platform
from tests.support.release_fixtures import Publish

MOVED = {"by": "Ida", "why": "lost"}


def run(job: dg.JobDefinition, **config: Any) -> dict[str, Any]:
    """Run a job of one op for SMK and return the metadata of its output."""
    (op,) = job.graph.node_dict
    done = job.execute_in_process(
        resources=configured_resources(), run_config={"ops": {op: {"config": {"museum": "smk", **config}}}}
    )
    (output,) = done.filter_events(lambda event: event.is_successful_output)
    return {name: value.value for name, value in output.step_output_data.metadata.items()}


def test_a_release_is_exported_restored_and_shown(desk: ReleaseDesk, platform: Platform, publish: Publish) -> None:
    platform.release_archive().ensure_bucket()
    publish(works=3)
    exported = run(export_release, release=1)
    assert exported["bucket"] == platform.settings.release_archive_bucket
    assert exported["rows"] > exported["thumbnails"] == 3
    assert run(restore_release, release=1, **MOVED) == {"release": 2}
    with desk.production.connect() as conn:
        restored = find(conn, "smk", 2)
        assert (live(conn, "smk"), restored["made_by"]) == (1, "Ida")
        assert restored["why"] == "restored from the export of release 1: lost"
    assert run(roll_back_release, release=2, **MOVED) == {"release before": 1, "release": 2}
    run(ask_canary)


def test_what_the_canary_finds_fails_its_run(desk: ReleaseDesk, platform: Platform, publish: Publish) -> None:
    publish(works=3)
    run(ask_canary)
    bucket = platform.production_thumbnails()
    bucket.delete_many([item.key for item in bucket.list()])
    with pytest.raises(MuseumError, match=r"readers of smk get is wrong: the thumbnail of smk:"):
        run(ask_canary)


def test_what_is_not_there_is_not_exported_or_restored(desk: ReleaseDesk, platform: Platform) -> None:
    platform.release_archive().ensure_bucket()
    with pytest.raises(MuseumError, match="smk has no release 7"):
        run(export_release, release=7)
    with pytest.raises(MuseumError, match="there is no export of release 7 of smk"):
        run(restore_release, release=7, **MOVED)
