"""A record that ends its worker fails alone; a cluster that cannot be used is named, with what to do."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest

from bench.ray_cluster import ray_cluster
from museum_assets.core.profiles import SettingsError
from museum_assets.loop.isolation import isolated
from museum_assets.loop.ray_workers import NoWorkers, open_ray_workers
from museum_assets.loop.stage import Outcome, Stage, Work, done
from museum_assets.loop.workers import PartSpec, Workers
from resources.embedded.s3 import free_port
from resources.platform import Platform
from tests.support.places import ROOT

pytest.importorskip("ray", reason="the extra `ray` is not installed")

POISON = "7"


@contextmanager
def open_part(platform: Platform, slug: str) -> Iterator[Callable[[Work], Outcome]]:
    yield do


def do(work: Work) -> Outcome:
    if work.record_id == POISON:
        os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does where memory runs out
    return done(work, output=work.record_id)


def contract(platform: Platform, slug: str) -> str:
    return platform.settings.contact or "none"


SPEC = PartSpec(open_part, contract, lambda _: 2)


class RemoteStage(Stage):
    name = "remote"

    def __init__(self, workers: Workers) -> None:
        self.workers = workers

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        yield from self.workers.map(works)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_record_that_ends_its_worker_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # where the nodes find this module
    works = [Work(str(number), b"", 0, None, {}) for number in range(30)]
    with ray_cluster(nodes=1) as cluster:
        platform = Platform.from_settings(workers="ray", ray_address=cluster.address)
        with open_ray_workers(SPEC, platform, "smk") as workers:
            outcomes = {outcome.work.record_id: outcome for outcome in isolated(RemoteStage(workers), iter(works))}
        other = platform.with_settings(contact="someone@example.org")
        with (
            pytest.raises(NoWorkers, match="has other settings than this run") as caught,
            open_ray_workers(SPEC, other, "smk") as workers,
        ):
            list(workers.map(works))
    assert len(outcomes) == len(works)
    assert {number for number, outcome in outcomes.items() if outcome.status != "done"} == {POISON}
    assert outcomes[POISON].code == "worker_died"
    assert outcomes[POISON].permanent
    assert "contract none" in str(caught.value)


def test_a_cluster_that_does_not_answer_is_named() -> None:
    address = f"127.0.0.1:{free_port()}"
    platform = Platform.from_settings(workers="ray", ray_address=address)
    with pytest.raises(NoWorkers, match=f"ray status --address {address}"), open_ray_workers(SPEC, platform, "smk"):
        pass


def test_ray_without_an_address_is_refused() -> None:
    with pytest.raises(SettingsError, match="WORKERS=ray needs RAY_ADDRESS"):
        Platform.from_settings(workers="ray")
