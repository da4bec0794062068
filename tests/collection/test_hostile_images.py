"""A museum whose image host serves hostile images: each is accounted for, and the run's memory stays bounded."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from museum_assets.simulator.server import Running, Simulator, running
from tests.support import hostile_images
from tests.support.collection_world import MUSEUM, World
from tests.support.places import ROOT
from tests.support.web_server import Answer, Asked, WebServer, web_server

PEAK = 700 << 20
"""The most memory that the processes of a run may take together."""


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Museums of enough works for every image here."""
    with running(Simulator(works_per_museum=30)) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def images() -> Iterator[WebServer]:
    """A host of hostile and of greedy images, by their names."""
    bodies = {name: hostile_images.hostile(name) for name in hostile_images.CODES}
    bodies |= {f"greedy.{name}": body for name, body in hostile_images.greedy().items()}

    def answer(asked: Asked) -> Answer:
        return Answer(body=bodies[asked.path.lstrip("/")], headers={"Content-Type": "image/x"})

    with web_server(answer) as server:
        yield server


def peak_of(command: list[str]) -> int:
    """Run a command to its end, and return the most memory that it and its children were seen to take together."""
    child = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    process, peak = psutil.Process(child.pid), 0
    while child.poll() is None:
        total = 0
        with suppress(psutil.NoSuchProcess):
            for each in [process, *process.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    total += each.memory_info().rss
        peak = max(peak, total)
        time.sleep(0.01)
    assert child.stdout
    said = child.stdout.read()
    child.stdout.close()
    assert child.returncode in (0, 1), said
    return peak


def test_a_run_over_hostile_images_stays_within_its_memory_and_accounts_for_each(
    world: World, images: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = images.url.removeprefix("http://")
    hosts = f"MUSEUM_IMAGE_HOSTS_{MUSEUM.upper()}"
    monkeypatch.setenv(hosts, f"{host},{os.environ[hosts]}")
    monkeypatch.setenv(f"MUSEUM_RATE_{MUSEUM.upper()}", "1000")
    greedy = [f"greedy.{name}" for name in hostile_images.greedy()]
    names = [*hostile_images.CODES, *greedy]
    artworks = world.artworks()
    assert len(artworks) > len(names)
    for artwork, name in zip(artworks, names, strict=False):
        world.rows("UPDATE staging.artwork SET thumbnail_url = %s WHERE record_id = %s RETURNING 1",
                   f"{images.url}/{name}", artwork["record_id"])  # fmt: skip
    peak = peak_of([sys.executable, "-m", "museum_assets", "run", "stored_thumbnails", "--museum", MUSEUM])
    assert world.fates("stored_thumbnails") == {"image_too_large": 4, "too_many_scans": 1}
    assert len(world.thumbnails()) == len(artworks) - 5
    assert peak < PEAK, f"{peak >> 20} MB"
