"""Thumbnails and vectors made on the nodes of a Ray cluster are those that threads make, also when nodes are killed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

from bench.ray_cluster import RayCluster, ray_cluster
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Counts
from museum_assets.simulator.server import Running, Simulator, running
from resources.platform import Platform
from tests.support import whole_pipeline
from tests.support.clock import wait_until

pytest.importorskip("ray", reason="the extra `ray` is not installed")

MUSEUM = "smk"
WORKS = 80
PACE = 40.0
STAGES = ("stored_thumbnails", "image_clip", "text_clip")
KILLS = {"stored_thumbnails": 3, "image_clip": 2}
ROWS = {
    "ledger": "SELECT stage, record_id, outcome, code, output, contract FROM ops.ledger ORDER BY 1, 2",
    "thumbnails": "SELECT record_id, s3_key, sha256, width, height FROM staging.thumbnail ORDER BY 1",
}


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with running(Simulator(works_per_museum=WORKS)) as server:
        for name, value in {**server.environment, f"MUSEUM_RATE_{MUSEUM.upper()}": str(PACE)}.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def gathered(works: Running, platform: Platform) -> Platform:
    whole_pipeline.gather(platform, MUSEUM)
    for name in ("transformed_artworks", "indexed_artworks"):
        whole_pipeline.run(platform, MUSEUM, name)
    return platform


@pytest.fixture
def cluster(gathered: Platform) -> Iterator[RayCluster]:
    with ray_cluster(nodes=2) as started:
        yield started


def made(platform: Platform) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows and objects, which have to be equal, and vectors, which are as close as two processes come."""
    with platform.database().connect() as conn:
        found: dict[str, Any] = {name: conn.execute(statement).fetchall() for name, statement in ROWS.items()}
    found["bucket"] = {item.key: item.etag for item in platform.thumbnails().list()}
    with platform.vector_index().open() as session:
        points = session.retrieve(list(session.ids()), with_vectors=True)
    found["points"] = {point.id: sorted(point.vectors) for point in points}
    return found, {point.id: point.vectors for point in points}


def forget(platform: Platform) -> None:
    """Have the stages do everything anew, vectors included."""
    with platform.database().connect() as conn:
        conn.execute("DELETE FROM ops.ledger WHERE stage = ANY(%s)", (list(STAGES),))
        conn.execute("TRUNCATE ops.vector, staging.thumbnail")
    keys = [item.key for item in platform.thumbnails().list()]
    platform.thumbnails().delete_many(keys)


def run(platform: Platform, name: str, batch: int = 8) -> Counts:
    """Run a stage in parcels that are small beside the collection."""
    with whole_pipeline.SPECS[name].opened(platform, MUSEUM) as stage:
        stage.batch_size = batch
        return run_stage(platform.database(), MUSEUM, stage)


def count(platform: Platform, table: str) -> int:
    with platform.database().connect() as conn:
        row = conn.execute(f"SELECT count(*) AS n FROM {table}").fetchone()
    return int(row["n"]) if row else 0


def _so_far(running_stage: Future[Counts], progress: Callable[[], int], point: int) -> bool:
    return running_stage.done() or progress() >= point


def run_and_kill(
    platform: Platform, name: str, cluster: RayCluster, points: list[int], progress: Callable[[], int]
) -> int:
    """Run a stage, kill a node when so much of it is done, and add another; return how many records were done."""
    with ThreadPoolExecutor(1) as executor:
        running_stage = executor.submit(run, platform, name)
        for point in sorted(points):
            wait_until(partial(_so_far, running_stage, progress, point), 0.02)
            if running_stage.done():
                break
            cluster.kill()
            cluster.add()
        return running_stage.result().done


@pytest.mark.timeout(600)
def test_threads_two_nodes_and_nodes_that_are_killed_end_in_the_same_state(
    gathered: Platform, works: Running, cluster: RayCluster
) -> None:
    inputs = {name: run(gathered, name).done for name in STAGES}
    assert min(inputs.values()) > 35
    expected, vectors = made(gathered)
    on_ray = gathered.with_settings(workers="ray", ray_address=cluster.address)
    dice = random.Random(15)

    def embedded() -> int:
        return count(gathered, "ops.vector")

    progress = {"stored_thumbnails": lambda: works.counts()[MUSEUM].get("image", 0), "image_clip": embedded,
                "text_clip": embedded}  # fmt: skip
    for kills in (False, True):
        forget(gathered)
        works.reset_counts()
        with gathered.database().connect() as conn:
            conn.execute("DELETE FROM ops.host_rate")
            (start,) = conn.execute("SELECT clock_timestamp() AS now").fetchone().values()  # type: ignore[union-attr]
        for name in STAGES:
            points = dice.sample(range(1, inputs[name] - 10), KILLS.get(name, 0) if kills else 0)
            # Texts take the same way as images: once on the nodes is enough.
            where = gathered if kills and name not in KILLS else on_ray
            assert run_and_kill(where, name, cluster, points, progress[name]) == inputs[name]
        found, again = made(gathered)
        for part, value in expected.items():
            assert found[part] == value, part
        for number, named in vectors.items():
            for name, vector in named.items():
                assert float(np.dot(vector, again[number][name])) > 0.999, name
        images = works.counts()[MUSEUM]["image"]
        assert images >= inputs["stored_thumbnails"] if kills else images == inputs["stored_thumbnails"]
        with gathered.database().connect() as conn:
            (host,) = conn.execute("SELECT next_slot, ceiling FROM ops.host_rate").fetchall()
        assert host["ceiling"] == PACE
        assert (host["next_slot"] - start).total_seconds() >= (images - 1) / PACE, "the actors share one pace"
