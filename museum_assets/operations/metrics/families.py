"""The metrics by name: what each counts, and its labels. docs/watching.md shows the same list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

PREFIX = "museum_"
COUNTERS = {"release_moves"}

FAMILIES: dict[str, tuple[str, Sequence[str]]] = {
    "source_up": ("1 when what the source said was read, 0 when it could not be.", ["source"]),
    "source_seconds": ("How long the last look at the source took.", ["source"]),
    "collected_timestamp_seconds": ("When the last look at all sources ended.", []),
    "records": ("Records stored of a museum: live or withdrawn.", ["museum", "state"]),
    "stage_inputs": ("Inputs of a stage.", ["museum", "stage"]),
    "stage_records": ("Inputs of a stage by what became of them.", ["museum", "stage", "outcome"]),
    "stage_pending_age_seconds": ("Since when inputs wait: the oldest and the newest.", ["museum", "stage", "which"]),
    "stage_refused": ("Records that were not done, by outcome and code.", ["museum", "stage", "outcome", "code"]),
    "stage_attempts_recent": ("Records attempted within ten minutes; a tenth is a rate a minute.", ["museum", "stage"]),
    "stage_attempted_timestamp_seconds": ("When a record was last attempted.", ["museum", "stage"]),
    "harvest_complete_timestamp_seconds": ("When the last complete harvest ended.", ["museum"]),
    "harvest_last_state": ("1 for how the last harvest ended.", ["museum", "state"]),
    "harvest_open_seconds": ("For how long a harvest is open.", ["museum"]),
    "host_requests_per_second": ("The pace of a host: now, and at its most.", ["host", "which"]),
    "host_paused_seconds": ("For how long a host still wants to be left alone.", ["host"]),
    "dead_letters": ("Open dead letters.", ["source", "museum"]),
    "dead_letter_age_seconds": ("The age of the oldest open dead letter.", ["source", "museum"]),
    "notices_waiting": ("Notices that a channel has not told.", ["channel"]),
    "notice_age_seconds": ("The age of the oldest notice that a channel has not told.", ["channel"]),
    "candidate_made_timestamp_seconds": ("When a museum's candidate was made.", ["museum"]),
    "release_live": ("The number of the release that readers see.", ["museum"]),
    "release_committed_timestamp_seconds": ("Since when readers see it.", ["museum"]),
    "releases": ("Releases by state.", ["museum", "state"]),
    "release_moves": ("Moves of a museum's pointer.", ["museum", "action"]),
    "release_moved_timestamp_seconds": ("When a museum's pointer was last moved so.", ["museum", "action"]),
    "runs": ("Dagster's runs that have not ended, by status.", ["status"]),
    "run_age_seconds": ("The age of the oldest run of a status that has not ended.", ["status"]),
    "runs_ended_day": ("Runs that ended within a day, by job and status.", ["job", "status"]),
    "run_duration_seconds": ("How long those that ended within a day took: median and longest.", ["job", "which"]),
}


@dataclass
class Reading:
    """Values by metric, as one look at a source finds them."""

    values: list[tuple[str, tuple[str, ...], float]] = field(default_factory=list)

    def add(self, name: str, *labels: str, value: Any) -> None:
        """Note a value; None is none."""
        if value is not None:
            self.values.append((name, labels, float(value)))


def families(readings: Iterable[Reading]) -> Iterable[Metric]:
    """Return the readings as Prometheus' client prints them."""
    made: dict[str, Metric] = {}
    for reading in readings:
        for name, labels, value in reading.values:
            if name not in made:
                text, names = FAMILIES[name]
                kind = CounterMetricFamily if name in COUNTERS else GaugeMetricFamily
                made[name] = kind(f"{PREFIX}{name}", text, labels=names)
            made[name].add_metric(labels, value)  # type: ignore[attr-defined]
    return made.values()
