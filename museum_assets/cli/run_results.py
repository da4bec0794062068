"""What runs from the command line did, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from rich.markup import escape

from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.notices.runs import message_of, own_error


@dataclass
class RunResult:
    """What one run did: its assets' metadata, the checks that did not pass, and the errors that ended it, each once."""

    museum: str
    run_id: str
    success: bool
    assets: dict[str, dict[str, Any]] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether the run succeeded and no check of severity ERROR failed."""
        return self.success and not self.errors and not any(check["severity"] == "ERROR" for check in self.checks)

    @property
    def interrupted(self) -> bool:
        """Whether the run was told to stop, by SIGINT or SIGTERM."""
        return any(dg.DagsterExecutionInterruptedError.__name__ in error for error in self.errors)

    @classmethod
    def of(cls, slug: str, result: dg.ExecuteInProcessResult) -> RunResult:
        """Return what a finished run did for a museum."""
        ran = cls(slug, result.run_id, result.success)
        for event in result.all_events:
            if event.is_step_materialization and event.asset_key:
                metadata = event.step_materialization_data.materialization.metadata
                ran.assets[event.asset_key.to_user_string()] = {
                    name: value.value
                    for name, value in metadata.items()
                    if isinstance(value.value, int | float | str | bool)
                }
            elif event.event_type_value == "ASSET_CHECK_EVALUATION":
                check = event.asset_check_evaluation_data
                if not check.passed:
                    ran.checks.append({"asset": check.asset_key.to_user_string(), "check": check.check_name,
                                       "severity": check.severity.value, "why": check.description})  # fmt: skip
            elif event.is_step_failure and event.step_failure_data.error:
                ran.errors.append(_said(own_error(event.step_failure_data.error)))
        # One outage fails every step that meets it: it is told once.
        ran.errors = list(dict.fromkeys(ran.errors))
        return ran


def _said(error: Any) -> str:
    """Return an error's message; of one that no rule foresees with its class in front, which says most of it."""
    on_purpose = error.message.startswith(("museum_assets.", "resources."))
    return message_of(error) if on_purpose else error.message.strip()


def report(runs: Iterable[RunResult], *, as_json: bool) -> int:
    """Print what the runs did; 0 when all of it worked."""
    runs = list(runs)
    if as_json:
        print_json([vars(ran) | {"good": ran.good} for ran in runs])
    else:
        _print_runs(runs)
    return 0 if all(ran.good for ran in runs) else 1


def _print_runs(runs: list[RunResult]) -> None:
    columns = ("museum", "asset", "done", "unchanged", "rejected", "duplicate", "failed", "removed", "seconds")
    made = [(ran.museum, asset, data) for ran in runs for asset, data in ran.assets.items()]
    print_table("Materialized", columns, [(slug, asset, *_numbers(data)) for slug, asset, data in made])
    print_findings(runs)


def print_findings(runs: Iterable[RunResult]) -> None:
    """Print the errors of runs, and the checks that did not pass."""
    # One cause often shows at every museum: it is said once, with where it showed.
    failed: dict[str, list[str]] = {}
    places: dict[tuple[str, str], list[str]] = {}
    for ran in runs:
        for error in ran.errors:
            failed.setdefault(error, []).append(ran.museum)
        for check in ran.checks:
            place = f"{ran.museum} {check['asset']}.{check['check']}"
            places.setdefault((check["severity"], check["why"]), []).append(place)
    for error, museums in failed.items():
        console.print(f"[bold red]{', '.join(museums)} failed:[/] {escape(error)}", highlight=False, soft_wrap=True)
    for (severity, why), where in places.items():
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        console.print(
            f"[{'red' if severity == 'ERROR' else 'yellow'}]{where[0]}{more}:[/] {escape(why or '')}", highlight=False
        )


def _numbers(data: dict[str, Any]) -> tuple[Any, ...]:
    """Return what a table shows of an asset's metadata; the harvest counts new and changed records apart."""
    done = (
        data["new"] + data["changed"] if "new" in data and "changed" in data else data.get("done", data.get("loaded"))
    )
    removed = data.get("removed", data.get("withdrawn"))
    names = ("unchanged", "rejected", "duplicate", "failed")
    return (done, *(data.get(name) for name in names), removed, data.get("seconds"))
