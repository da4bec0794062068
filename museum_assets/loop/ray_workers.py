"""A stage's part done by Ray actors, one to a core or a GPU of a cluster.

An actor makes its clients from the environment of its own node, so that no secret travels. Rates are kept in Postgres:
however many actors ask a host, they share its pace. An actor that is lost, with its node or alone, is replaced, and
what it had in hand is done again by another one.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from museum_assets.core.failures import Failure, MuseumError
from museum_assets.loop.workers import PartSpec
from resources.extras import install_command
from resources.platform import Platform

MOST_DEATHS = 2
"""Workers that a parcel may cost: after them it is taken for the cause, and its records are tried one by one."""
PATIENCE = 300.0
"""Seconds without any worker: a cluster that grows on demand takes minutes to start a machine."""
_CONNECT_SECONDS = 10.0
_NAMESPACE = "museum"


class NoWorkers(MuseumError):
    """The Ray cluster cannot be reached, or has no worker that could be used."""


class _Actor:
    """One worker, in a process of its own on some node."""

    def __init__(self, spec: PartSpec, slug: str) -> None:
        self._stack = ExitStack()
        platform = Platform.from_settings()
        self._contract = spec.contract(platform, slug)
        self._part = self._stack.enter_context(spec.open(platform, slug))

    def contract(self) -> str:
        return self._contract

    def do(self, parcel: Any) -> Any:
        return self._part(parcel)

    def close(self) -> None:
        self._stack.close()


@dataclass(eq=False)
class _Worker:
    """An actor as the run sees it."""

    actor: Any
    ready: Any
    """The reference that answers with its contract once it has started."""
    is_ready: bool = False
    in_hand: int = 0


@dataclass(eq=False)
class _Task:
    """A parcel on its way."""

    parcel: Any
    worker: _Worker | None = None
    reference: Any = None
    deaths: int = 0
    answer: Any = None
    done: bool = False


class RayWorkers:
    """Actors that share out the parcels of one run of a stage."""

    def __init__(self, spec: PartSpec, slug: str, *, at_once: int, contract: str, count: int, gpu: bool) -> None:
        self._make = (spec, slug)
        self._at_once = at_once
        self._contract = contract
        self._needs = {"num_cpus": 0 if gpu else 1, "num_gpus": 1 if gpu else 0, "max_concurrency": at_once}
        self._workers = [self._start() for _ in range(count)]
        self._last_seen = time.monotonic()

    def map(self, parcels: Iterable[Any]) -> Iterator[Any]:
        """Keep twice as many parcels in flight as the workers can have in hand; answers come in order."""
        window: deque[_Task] = deque()
        try:
            yield from self._answers(iter(parcels), window)
        finally:
            for task in window:  # after an error nobody waits for them
                if task.worker:
                    task.worker.in_hand -= 1

    def _answers(self, coming: Iterator[Any], window: deque[_Task]) -> Iterator[Any]:
        import ray

        more = True
        while True:
            while more and len(window) < 2 * self._at_once * max(1, len(self._ready())):
                parcel = next(coming, _End)
                more = parcel is not _End
                if more:
                    window.append(_Task(parcel))
            while window and window[0].done:
                yield window.popleft().answer
            if not window:
                if more:
                    continue
                return
            self._hand_out(window)
            underway = {task.reference: task for task in window if task.reference is not None}
            starting = {worker.ready: worker for worker in self._workers if not worker.is_ready}
            found, _ = ray.wait([*underway, *starting], num_returns=1, timeout=1.0)
            for reference in found:
                if reference in starting:
                    self._welcome(starting[reference])
                else:
                    self._settle(underway[reference])
            self._check_patience()

    def close(self) -> None:
        """End the actors, those still starting too."""
        import ray

        closing = [worker.actor.close.remote() for worker in self._ready()]
        if closing:
            ray.wait(closing, num_returns=len(closing), timeout=10.0)
        for worker in self._workers:
            ray.kill(worker.actor)

    def _ready(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.is_ready]

    def _start(self) -> _Worker:
        import ray

        actor: Any = ray.remote(_Actor).options(**self._needs).remote(*self._make)  # type: ignore[call-overload]
        return _Worker(actor, actor.contract.remote())

    def _welcome(self, worker: _Worker) -> None:
        import ray
        from ray.exceptions import RayActorError, RayTaskError

        try:
            contract = ray.get(worker.ready)
        except RayTaskError as error:
            raise _why_not(error) from error
        except RayActorError as error:
            if error.actor_init_failed:
                raise _why_not(error) from error
            self._replace(worker)  # its node was lost while it started
            return
        if contract != self._contract:
            raise NoWorkers(
                f"A Ray worker has other settings than this run: it would work under the contract {contract}, and the "
                f"run works under {self._contract}. Give its node the same environment, and run again."
            )
        worker.is_ready = True

    def _hand_out(self, window: Iterable[_Task]) -> None:
        room = 2 * self._at_once  # one set in work, one waiting at the actor
        for task in window:
            if task.done or task.reference is not None:
                continue
            free = min(self._ready(), key=lambda worker: worker.in_hand, default=None)
            if free is None or free.in_hand >= room:
                return
            task.worker, task.reference = free, free.actor.do.remote(task.parcel)
            free.in_hand += 1

    def _settle(self, task: _Task) -> None:
        import ray
        from ray.exceptions import OutOfMemoryError, RayActorError, RayTaskError, WorkerCrashedError

        worker, reference = task.worker, task.reference
        task.worker = task.reference = None
        if worker:
            worker.in_hand -= 1
        try:
            task.answer = ray.get(reference)
        except RayTaskError as error:
            raise error.cause from error
        except (RayActorError, WorkerCrashedError, OutOfMemoryError) as error:
            task.deaths += 1
            self._replace(worker)
            if task.deaths >= MOST_DEATHS:
                raise Failure(
                    f"the Ray worker that had it in hand ended {task.deaths} times, without memory or killed: "
                    f"{_first_line(error)}",
                    code="worker_died",
                    permanent=True,
                ) from error
        else:
            task.done = True

    def _replace(self, worker: _Worker | None) -> None:
        import ray

        if worker in self._workers:  # its other parcels come back as lost too
            self._workers.remove(worker)
            with suppress(Exception):  # it may live on, cut off from here
                ray.kill(worker.actor)
            self._workers.append(self._start())

    def _check_patience(self) -> None:
        if self._ready():
            self._last_seen = time.monotonic()
        elif time.monotonic() - self._last_seen > PATIENCE:
            raise NoWorkers(
                f"No worker of the Ray cluster was free within {PATIENCE:.0f} seconds: `ray status` shows what its "
                "nodes do. Run again once it has a free core; finished work is kept."
            )


class _End:
    """What follows the last parcel."""


@contextmanager
def open_ray_workers(spec: PartSpec, platform: Platform, slug: str) -> Iterator[RayWorkers]:
    """Open one actor to each core of the cluster, or each GPU for a model. Raises NoWorkers."""
    if importlib.util.find_spec("ray") is None:
        raise NoWorkers(f"WORKERS=ray needs the extra `ray` of this package: run `{install_command('ray')}`")
    contract = spec.contract(platform, slug)
    resources = _connected(str(platform.settings.ray_address))
    gpus = int(resources.get("GPU", 0)) if spec.model else 0
    count = gpus or int(resources.get("CPU", 0))
    if not count:
        raise NoWorkers("The Ray cluster has no cores: `ray status` shows its nodes")
    workers = RayWorkers(spec, slug, at_once=spec.at_once(platform), contract=contract, count=count, gpu=bool(gpus))
    try:
        yield workers
    finally:
        workers.close()


def _connected(address: str) -> dict[str, float]:
    """Return what the cluster has, after connecting this process to it once."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
    import ray

    try:
        if not ray.is_initialized():
            host, _, port = address.removeprefix("ray://").rpartition(":")
            socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()  # Ray tries for minutes
            ray.init(address=address, namespace=_NAMESPACE, log_to_driver=False, logging_level=logging.WARNING)
        return dict(ray.cluster_resources())  # type: ignore[no-untyped-call]
    except (OSError, RuntimeError, ValueError) as error:
        raise NoWorkers(
            f"The Ray cluster at {address} cannot be used: {_first_line(error)}. Check that it runs (`ray status "
            f"--address {address}`) and that RAY_ADDRESS is right, then run again: finished work is kept."
        ) from error


def _why_not(error: Exception) -> Exception:
    """Return why an actor could not be made: what its part raised, if that is what happened."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, MuseumError):
        return cause
    return NoWorkers(f"A Ray worker did not start: {str(error).strip().splitlines()[-1]}. See the logs of its node.")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
