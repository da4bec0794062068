"""What sensors have in common that look at one museum after the other and launch a run where something waits."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import dagster as dg
import orjson

from museum_assets.loop.launching import Launched

TICK_SECONDS = 25.0
"""Less than half of what Dagster allows a tick. What this one does not get to, the next one looks at first."""
IN_FLIGHT = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a museum came to: a launch or none, why, and where the next look goes on."""

    launch: Launched | None
    why: str
    place: str = ""


Look = Callable[[str, Launched | None, str], Seen]
"""Looks at the museum of a slug, given its last launch and the place where the last look ended."""


def watch(
    context: dg.SensorEvaluationContext,
    slugs: Sequence[str],
    look: Look,
    request: Callable[[str], dg.RunRequest],
) -> dg.SensorResult:
    """Look at every museum in turn, as far as the tick's time goes."""
    cursor = orjson.loads(context.cursor or "{}")
    launched = {slug: Launched(**last) for slug, last in cursor.get("launched", {}).items()}
    places: dict[str, str] = cursor.get("places", {})
    first = cursor.get("first", 0) % len(slugs)
    until = time.monotonic() + TICK_SECONDS
    requests, told = [], []
    for slug in [*slugs[first:], *slugs[:first]]:
        if time.monotonic() > until:
            break
        seen = look(slug, launched.get(slug), places.get(slug, ""))
        told.append(f"{slug}: {seen.why}")
        places[slug] = seen.place
        if seen.launch:
            launched[slug] = seen.launch
            requests.append(request(slug))
    state = {"first": first + len(told), "launched": {slug: asdict(last) for slug, last in launched.items()},
             "places": places}  # fmt: skip
    return dg.SensorResult(
        run_requests=requests,
        cursor=orjson.dumps(state).decode(),
        skip_reason=None if requests else dg.SkipReason("; ".join(told)),
    )


def is_in_flight(instance: dg.DagsterInstance, job: str, slug: str) -> bool:
    """Say whether a run of this job for this museum waits or runs."""
    chosen = dg.RunsFilter(job_name=job, statuses=IN_FLIGHT, tags={"dagster/partition": slug})
    return bool(instance.get_runs(chosen, limit=1))
