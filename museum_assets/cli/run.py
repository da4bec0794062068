"""`museum run`: materializing assets from the command line, as Dagster runs."""

from __future__ import annotations

import signal
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from rich.markup import escape

from museum_assets.cli.lost_runs import CLI_TAG, own_runs
from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.cli.simulation import refuse_real_museums
from museum_assets.failures import MuseumError
from museum_assets.loop.progress import watcher
from museum_assets.notices.runs import own_error
from museum_assets.settings import settings

HARVEST = "raw_metadata"


@dataclass(frozen=True)
class Controls:
    """The operator's controls of one command."""

    force: bool = False
    retry_failed: bool = False
    limit: int | None = None
    since: str | None = None

    def config(self, asset: str) -> dict[str, Any]:
        """Return the launchpad config of one asset."""
        given: dict[str, Any] = {"force": self.force, "retry_failed": self.retry_failed, "limit": self.limit}
        if asset == HARVEST:
            given["since"] = self.since
        return {"config": {name: value for name, value in given.items() if value is not None}}


@dataclass
class Ran:
    """What one run did: its assets' metadata, the checks that did not pass, and the error that ended it."""

    museum: str
    run_id: str
    success: bool
    assets: dict[str, dict[str, Any]] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether the run succeeded and no check of severity ERROR failed."""
        return self.success and not any(check["severity"] == "ERROR" for check in self.checks)


def materialize(assets: list[str], museums: list[str], controls: Controls) -> list[Ran]:
    """Run the assets for each museum in turn, in this process. Raises MuseumError for an unknown asset."""
    job = _definitions().resolve_job_def("collection")
    known = [key.to_user_string() for key in job.asset_layer.executable_asset_keys]
    names = known if assets == ["all"] else assets
    for name in names:
        if name not in known:
            raise MuseumError(f"there is no asset {name!r}: choose from {', '.join(sorted(known))}, or `all`")
    refuse_real_museums(settings(), museums)
    return run_job("collection", museums, {name: controls.config(name) for name in names})


def run_job(job_name: str, museums: list[str], assets: Mapping[str, Mapping[str, Any]] | None = None) -> list[Ran]:
    """Run a job for each museum in turn, in this process; `assets` are those of it to run, with their config."""
    job = _definitions().resolve_job_def(job_name)
    run_config = {"ops": assets or {}, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    ran = []
    with (
        dg.DagsterInstance.get() as instance,
        own_runs(instance, settings().home) as name,
        progress_bars(),
        own_sigterm(),
    ):
        for slug in museums:
            result = job.execute_in_process(
                partition_key=slug,
                asset_selection=[dg.AssetKey(name) for name in assets] if assets else None,
                run_config=run_config,
                tags={"museum": slug, CLI_TAG: name},
                instance=instance,
                raise_on_error=False,
            )
            ran.append(_ran(slug, result))
    return ran


def tell_dagster(asset: str, museum: str, metadata: Mapping[str, Any]) -> None:
    """Record a materialization that a command made by itself, so that the UI shows it. Raises MuseumError."""
    from sqlalchemy.exc import SQLAlchemyError

    made = dg.AssetMaterialization(asset, partition=museum, metadata=metadata)
    try:
        with dg.DagsterInstance.get() as instance:
            instance.report_runless_asset_event(made)
    except (dg.DagsterError, SQLAlchemyError) as error:
        raise MuseumError(
            f"{asset} of {museum} is made and stands, but Dagster's UI will not show it: its storage did not take the "
            f"news: {error}. Check DAGSTER_POSTGRES_URL; nothing has to be made again"
        ) from error


@contextmanager
def own_sigterm() -> Iterator[None]:
    """Give SIGTERM back its handler at the end: a run in this process leaves it doing what SIGINT does.

    That is nothing at all in a program that a script started in the background, which then only SIGKILL could stop.
    """
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)


def _definitions() -> dg.Definitions:
    with warnings.catch_warnings():
        # Partitioned checks are a preview in Dagster 1.13: known, decided, and not the operator's concern.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        from museum_assets.definitions import defs

        return defs()


def _ran(slug: str, result: dg.ExecuteInProcessResult) -> Ran:
    ran = Ran(slug, result.run_id, result.success)
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
            ran.errors.append(own_error(event.step_failure_data.error).message.strip())
    return ran


@contextmanager
def progress_bars() -> Iterator[None]:
    """Show a bar per stage while the block lasts, when there is a terminal to show it in."""
    if not console.is_terminal:
        yield
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TextColumn("{task.fields[rate]}"), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def watch(label: str, finished: int, total: int | None) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label, total=total, rate="")
            speed = bars.tasks[list(tasks).index(label)].speed
            bars.update(tasks[label], completed=finished, total=total, rate=f"{speed:,.1f}/s" if speed else "")

        token = watcher.set(watch)
        try:
            yield
        finally:
            watcher.reset(token)


def report(runs: Iterable[Ran], *, as_json: bool) -> int:
    """Print what the runs did; 0 when all of it worked."""
    runs = list(runs)
    if as_json:
        print_json([vars(ran) | {"good": ran.good} for ran in runs])
    else:
        _print_runs(runs)
    return 0 if all(ran.good for ran in runs) else 1


def _print_runs(runs: list[Ran]) -> None:
    columns = ("museum", "asset", "done", "unchanged", "rejected", "duplicate", "failed", "removed", "seconds")
    made = [(ran.museum, asset, data) for ran in runs for asset, data in ran.assets.items()]
    active = [(slug, asset, *_numbers(asset, data)) for slug, asset, data in made if "inactive" not in data]
    print_table("Materialized", columns, active)
    for asset, reason in {asset: data["inactive"] for _, asset, data in made if "inactive" in data}.items():
        console.print(f"[dim]{escape(f'{asset}: {reason}')}[/]", highlight=False)
    print_findings(runs)


def print_findings(runs: Iterable[Ran]) -> None:
    """Print the errors of runs, and the checks that did not pass."""
    runs = list(runs)
    for ran in runs:
        for error in ran.errors:
            console.print(f"[bold red]{ran.museum} failed:[/] {escape(error)}", highlight=False)
    # One cause often shows at every museum: it is said once, with where it showed.
    places: dict[tuple[str, str], list[str]] = {}
    for ran in runs:
        for check in ran.checks:
            places.setdefault((check["severity"], check["why"]), []).append(
                f"{ran.museum} {check['asset']}.{check['check']}"
            )
    for (severity, why), where in places.items():
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        console.print(
            f"[{'red' if severity == 'ERROR' else 'yellow'}]{where[0]}{more}:[/] {escape(why or '')}", highlight=False
        )


def _numbers(asset: str, data: dict[str, Any]) -> tuple[Any, ...]:
    if asset == HARVEST:
        return (data["new"] + data["changed"], data["unchanged"], None, None, data["failed"], data["withdrawn"], None)
    return tuple(data[name] for name in ("done", "unchanged", "rejected", "duplicate", "failed", "removed", "seconds"))
