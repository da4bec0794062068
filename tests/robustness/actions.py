"""What a plan's processes do: the work of `museum run`, `release` and `dead-letters`, forked and killable.

A process is forked from one that has imported everything, so it starts in milliseconds, and a SIGKILL is a real one.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from museum_assets.archive_files.download.transfer import Policy
from museum_assets.archive_files.opening import open_client
from museum_assets.catalogue import enrichment, letter_sources
from museum_assets.collection.harvest.harvest import harvest, harvest_start
from museum_assets.collection.stages import STAGES
from museum_assets.collection.vectors.embedders import CLIP
from museum_assets.core.failures import Failure, MuseumError
from museum_assets.dead_letters.letters import LetterFilter
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.enrichment.authority.identities import ArtistIdentities
from museum_assets.enrichment.facts.enriching import EnrichingStage
from museum_assets.enrichment.joining.join import NAME as JOINED
from museum_assets.enrichment.joining.join import join
from museum_assets.images.decoder import ImageDecoder
from museum_assets.images.fetch import ImageFetcher
from museum_assets.loop.run import run_stage
from museum_assets.loop.spec import StageSpec
from museum_assets.loop.stage import Options
from museum_assets.museums import museum
from museum_assets.releases.desk import release_desk
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import PromotionRequest
from museum_assets.releases.promotion.retention import prune
from museum_assets.releases.promotion.rollback import retract, roll_back
from museum_assets.releases.snapshot import NotOneRelease, snapshot
from museum_assets.releases.staging.candidate import stage_candidate
from resources import postgres
from resources.embedded.services import unwinding_on_signals
from resources.embedders.jina import JinaEmbedder
from resources.museum_http import MuseumClient
from resources.platform import Platform
from resources.postgres import scalar
from resources.reconciliation.client import ReconciliationClient
from resources.vector_index.index import Hit
from tests.robustness.embedder import HashEmbedder
from tests.robustness.tripwire import install

UNFORESEEN, TERMINATED = 70, 143
BACKOFF = 0.005
"""Seconds before a request is sent again, where the platform waits one."""
IMPATIENCE = 0.3
"""Seconds after which an authority that is slow on purpose has not answered in time."""
WHO = "the robustness suite"
LOOKS = 10
"""How often a reader of production looks."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person or a schedule does to a museum."""

    do: str
    museum: str
    force: bool = False
    retry_failed: bool = False
    limit: int | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Strike:
    """What happens at which operation of the process; `burst` is how many S3 requests fail."""

    kind: str
    at: int
    burst: int = 3


@dataclass(frozen=True, slots=True)
class Job:
    """One process: its environment, what it does in turn, what strikes it, and where it reports."""

    environment: dict[str, str]
    actions: tuple[Action, ...]
    strike: Strike | None
    report: str


@dataclass
class Result:
    """What became of one action: its counts by stage, or the platform's error that ended it."""

    action: dict[str, Any]
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: str | None = None
    kind: str | None = None


def perform(job: Job) -> None:
    """Do a job in this process, which the caller forked for it, and end the process."""
    path = Path(job.report)
    output = path.with_suffix(".log").open("w", buffering=1)
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    faulthandler.register(signal.SIGUSR1, file=output)
    os.environ.clear()
    os.environ.update(job.environment)
    hurry()
    if job.strike:
        install(job.strike.at, job.strike.kind, job.strike.burst)
    results: list[Result] = []
    status = 0
    try:
        with unwinding_on_signals():
            for action in job.actions:
                results.append(Result(asdict(action)))
                attempt(action, results[-1])
    except SystemExit as ended:
        status = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - whatever it is, it is a finding
        traceback.print_exc()
        status = UNFORESEEN
    path.write_text(json.dumps([vars(result) for result in results], default=str))
    sys.stdout.flush()
    os._exit(status)


def hurry() -> None:
    """Let this process wait for nothing longer than it must, and embed by hashing."""
    postgres.LOCK_SECONDS = 0.5  # type: ignore[assignment]
    object.__setattr__(CLIP, "open", lambda _: HashEmbedder())
    for client in (ImageFetcher, MuseumClient, ReconciliationClient):
        _by_default(client, backoff=BACKOFF)
    _by_default(JinaEmbedder, first_wait=BACKOFF)
    _by_default(ImageDecoder, processes=1)
    if slow := os.environ.get("ROBUSTNESS_IMPATIENCE"):
        _by_default(ReconciliationClient, timeout=float(slow))
    # So few rows a transaction that a strike falls between two: a museum of a seed has 26 makers at most.
    ArtistIdentities.batch_size = EnrichingStage.batch_size = 8
    given = zip(fields(Policy), Policy.__init__.__defaults__ or (), strict=True)
    Policy.__init__.__defaults__ = tuple(BACKOFF if each.name == "backoff" else value for each, value in given)
    _hurry_s3()


def _by_default(made: type, **values: Any) -> None:
    defaults = made.__init__.__kwdefaults__  # type: ignore[misc]
    assert defaults is not None
    assert defaults.keys() >= values.keys()
    defaults.update(values)


def _hurry_s3() -> None:
    import botocore.endpoint

    class Brief:
        sleep = staticmethod(lambda seconds: _sleep(min(seconds, 0.02)))

        def __getattr__(self, name: str) -> Any:
            return getattr(_time, name)

    import time as _time

    _sleep = _time.sleep
    botocore.endpoint.time = Brief()


def attempt(action: Action, result: Result) -> None:
    """Do one action; an error of the platform's own is its result."""
    platform = Platform.from_settings()
    try:
        for name, counts in ACTIONS[action.do](platform, action):
            result.counts[name] = counts
    except MuseumError as error:
        result.error, result.kind = str(error), type(error).__name__


Counts = Iterator[tuple[str, dict[str, Any]]]


def _run(platform: Platform, action: Action) -> Counts:
    slug, database = action.museum, platform.database()
    with database.connect() as conn:
        since = harvest_start(conn, slug, action.since)
    with open_client(platform, slug) as api:
        report = harvest(database, museum(slug), api, since=since, limit=action.limit, force=action.force,
                         retry_failed=action.retry_failed)  # fmt: skip
    yield "raw_metadata", report.counts() | {"state": report.state, "resumed": report.resumed}
    yield from _stages(platform, action)


def _stages(platform: Platform, action: Action) -> Counts:
    for spec in STAGES:
        if spec.open and not spec.inactive(platform.settings):
            yield spec.name, _ran(platform, spec, action)


def _ran(platform: Platform, spec: StageSpec, action: Action) -> dict[str, Any]:
    options = Options(force=action.force, retry_failed=action.retry_failed, limit=action.limit)
    with spec.opened(platform, action.museum) as stage:
        counts = run_stage(platform.database(), action.museum, stage, options)
        return vars(counts) | {"codes": dict(counts.codes)}


def _enrich(platform: Platform, action: Action) -> Counts:
    """Run each source of enrichment, then join. As under Dagster, one that fails ends those alone that follow it."""
    failures: dict[str, Failure] = {}
    for spec in enrichment():
        if not any(dep.name in failures for dep in spec.deps):
            try:
                yield spec.name, _ran(platform, spec, action)
            except Failure as failure:
                failures[spec.name] = failure
    joined = join(platform.database())
    yield JOINED, {"makers": joined.makers, "identities": joined.identities, "changed": joined.changed}
    for first in failures.values():
        raise first


def _stage(platform: Platform, action: Action) -> Counts:
    desk = release_desk(platform)
    yield "candidate", stage_candidate(desk.platform, desk.production, action.museum)


def _promote(platform: Platform, action: Action) -> Counts:
    request = PromotionRequest(action.museum, WHO, "planned", action.force, action.force)
    done = promote(release_desk(platform), request)
    yield "promotion", {"release": done.release.id, "pruned": done.pruned, "left": done.left}


def _roll_back(platform: Platform, action: Action) -> Counts:
    before, now = roll_back(platform.production(), action.museum, by=WHO, why="planned")
    yield "rollback", {"from": before, "to": now}


def _retract(platform: Platform, action: Action) -> Counts:
    yield "retract", {"from": retract(platform.production(), action.museum, by=WHO, why="planned")}


def _prune(platform: Platform, action: Action) -> Counts:
    yield "prune", {"pruned": prune(release_desk(platform), action.museum)}


def _replay(platform: Platform, action: Action) -> Counts:
    done = replay_letters(platform.database(), letter_sources(), LetterFilter(museum=action.museum), WHO)
    yield "replay", {"replayed": done.replayed, "refused": done.refused, "due": done.due}


def _read(platform: Platform, action: Action) -> Counts:
    """Look at production as its readers do, again and again. Raises AssertionError when it is not one release."""
    for _ in range(LOOKS):
        with snapshot(platform.production(), platform.production_index(), action.museum) as now:
            where = now.where(action.museum)
            points = [Hit(record.id, 1.0, record.payload) for record in now.session.scroll(where)]
            try:
                found = len(now.joined(points))
            except NotOneRelease as error:
                raise AssertionError(str(error)) from error
            rows = scalar(now.conn, "SELECT count(*) FROM production.artwork WHERE museum = %s", (action.museum,))
            assert found == rows, f"readers find {found} works of {action.museum} and see {rows}"
    yield "read", {"looks": LOOKS}


ACTIONS: dict[str, Callable[[Platform, Action], Counts]] = {
    "run": _run, "stages": _stages, "enrich": _enrich, "stage": _stage, "promote": _promote, "rollback": _roll_back,
    "retract": _retract, "prune": _prune, "replay": _replay, "read": _read,
}  # fmt: skip
