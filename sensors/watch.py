"""A tick of the sensors that ask for each museum in turn whether a run is needed, and launch it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import dagster as dg
import orjson

from museum_assets.loop.launching import Launch

TICK_SECONDS = 25.0
"""Less than half of the 60 seconds that Dagster allows a tick. The next tick begins with the museums left over."""
IN_FLIGHT = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True, slots=True)
class LaunchDecision:
    """Whether a museum needs a run: its launch or None, the reason, and where the museum's next tick continues."""

    launch: Launch | None
    why: str
    place: str = ""


Decide = Callable[[str, Launch | None, str], LaunchDecision]
"""Decides about a museum, given its slug, its last launch, and the place at which the last decision ended."""


def watch(
    context: dg.SensorEvaluationContext,
    slugs: Sequence[str],
    decide: Decide,
    request: Callable[[str], dg.RunRequest],
) -> dg.SensorResult:
    """Decide about one museum after the other until the tick's time is up; return the requested runs."""
    cursor = orjson.loads(context.cursor or "{}")
    launched = {slug: Launch(**last) for slug, last in cursor.get("launched", {}).items()}
    places: dict[str, str] = cursor.get("places", {})
    first = cursor.get("first", 0) % len(slugs)
    until = time.monotonic() + TICK_SECONDS
    requests, reasons = [], []
    for slug in [*slugs[first:], *slugs[:first]]:
        if time.monotonic() > until:
            break
        decision = decide(slug, launched.get(slug), places.get(slug, ""))
        reasons.append(f"{slug}: {decision.why}")
        places[slug] = decision.place
        if decision.launch:
            launched[slug] = decision.launch
            requests.append(request(slug))
    state = {"first": first + len(reasons), "launched": {slug: asdict(last) for slug, last in launched.items()},
             "places": places}  # fmt: skip
    return dg.SensorResult(
        run_requests=requests,
        cursor=orjson.dumps(state).decode(),
        skip_reason=None if requests else dg.SkipReason("; ".join(reasons)),
    )


def is_in_flight(instance: dg.DagsterInstance, job: str, slug: str) -> bool:
    """Say whether a run of this job is queued or running for this museum."""
    in_flight = dg.RunsFilter(job_name=job, statuses=IN_FLIGHT, tags={"dagster/partition": slug})
    return bool(instance.get_runs(in_flight, limit=1))
