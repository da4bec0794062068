"""Thumbnails and vectors on two Ray nodes of one core, against one node.

Driver, Postgres, S3 and the images' server have the same two cores. What they took of them while two nodes worked is
told beside the figure, and the bound is for what that left: a cluster has machines of their own for them.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import psutil

from bench.bench import Bench
from bench.collection import MUSEUM, emptied, harvested, records, transformed
from bench.image_server import serving
from bench.measuring import IMAGES, Rates, Result, Target, per_second, ratio
from bench.ray_cluster import ray_cluster
from museum_assets.collection.stages import STAGES
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Options
from resources.platform import Platform

TARGET = Target("at least", 1.7)
PARCEL = 4
FIRST = 32
SPECS = {spec.name: spec for spec in STAGES}
TABLES = {"stored_thumbnails": "staging.thumbnail", IMAGES: "ops.vector"}


def measure(bench: Bench) -> Iterator[Result]:
    """Run both stages on each, in turns. What counts is the pace after the first: a model takes long to load."""
    count = bench.size(192, 96)
    with bench.platform() as empty, serving(count) as image_server, tempfile.TemporaryDirectory() as folder:
        weights = _weights(empty.settings.clip_model, Path(folder))
        platform = empty.with_settings(clip_weights=str(weights))
        _environment(platform, image_server)
        platform.thumbnails().ensure_bucket()
        harvested(platform.database(), records(count, pictures=count, image_server=image_server))
        transformed(platform.database())
        with SPECS["indexed_artworks"].opened(platform, MUSEUM) as stage:
            run_stage(platform.database(), MUSEUM, stage)
        rates: dict[str, Rates] = {name: {"one node": [], "two nodes": []} for name in TABLES}
        others: dict[str, list[float]] = {name: [] for name in TABLES}
        for _ in range(bench.size(2, 1)):
            for nodes, side in ((1, "one node"), (2, "two nodes")):
                with ray_cluster(nodes) as cluster:
                    on_ray = platform.with_settings(workers="ray", ray_address=cluster.address)
                    for name in TABLES:
                        rate, cores = _pace(on_ray, name)
                        rates[name][side].append(rate)
                        others[name] += [cores] * (nodes == 2)
        for name, sides in rates.items():
            times, taken = ratio(sides, "two nodes", "one node"), median(others[name])
            yield Result("workers", f"{name} on two Ray nodes of one core, against one, for the cores that others left",
                         times * 2 / (2 - taken), "times", TARGET,
                         f"{times:.2f} times in all, while {taken:.2f} of 2 cores went to driver and servers;"
                         f" {per_second(sides, 'artworks')}")  # fmt: skip


def _pace(platform: Platform, name: str) -> tuple[float, float]:
    """Do a stage anew; return records per second and the cores that others than the nodes' workers took.

    Both of all records but the first, for which the workers start.
    """
    database = platform.database()
    with database.connect() as conn:
        conn.execute("DELETE FROM ops.ledger WHERE stage = %s", (name,))
    emptied(database, TABLES[name])
    with SPECS[name].opened(platform, MUSEUM) as stage:
        stage.batch_size = PARCEL
        run_stage(database, MUSEUM, stage, Options(limit=FIRST))
        begun, busy = time.perf_counter(), _busy_beside_workers()
        done = run_stage(database, MUSEUM, stage).done
        seconds = time.perf_counter() - begun
        return done / seconds, (_busy_beside_workers() - busy) / seconds


def _busy_beside_workers() -> float:
    """Return the processor seconds that this machine has spent, without those of Ray's workers."""
    total, spent = psutil.cpu_times(), 0.0
    for worker in psutil.process_iter(["name"]):
        # A worker decodes images in a process of its own.
        for each in [worker, *worker.children(recursive=True)] if worker.info["name"].startswith("ray::") else ():
            with suppress(psutil.NoSuchProcess):
                spent += sum(each.cpu_times()[:4])
    return float(total.user + total.nice + total.system) - spent


def _weights(model: str, folder: Path) -> Path:
    """Write weights that nobody trained: they cost the same arithmetic."""
    import open_clip
    from safetensors.torch import save_file

    made = folder / "open_clip_model.safetensors"
    save_file({name: value.contiguous() for name, value in open_clip.create_model(model).state_dict().items()}, made)
    return made


def _environment(platform: Platform, image_server: str) -> None:
    """Give the nodes what this process has: a worker reads its settings from the environment."""
    s = platform.settings
    os.environ |= {
        "DATABASE_URL": s.database_url or "",
        "S3_ENDPOINT_URL": s.s3_endpoint_url or "",
        "AWS_ACCESS_KEY_ID": s.aws_access_key_id or "",
        "AWS_SECRET_ACCESS_KEY": s.aws_secret_access_key.get_secret_value() if s.aws_secret_access_key else "",
        "THUMBNAILS_BUCKET": s.thumbnails_bucket,
        "MUSEUM_HOME": str(s.home),
        "CLIP_WEIGHTS": s.clip_weights,
        f"MUSEUM_IMAGE_HOSTS_{MUSEUM.upper()}": urlsplit(image_server).netloc,
        f"MUSEUM_RATE_{MUSEUM.upper()}": "2000",
    }
