"""`museum run`: materializing assets from the command line, as Dagster runs."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import dagster as dg
from rich.console import Console
from rich.markup import escape

from museum_assets import catalogue
from museum_assets.cli.printing import console
from museum_assets.cli.run_results import RunResult
from museum_assets.cli.side_by_side import run_side_by_side
from museum_assets.cli.simulation import refuse_real_museums
from museum_assets.core.failures import MuseumError
from museum_assets.core.progress import watcher
from museum_assets.core.settings import read_settings
from museum_assets.museums import MUSEUMS
from museum_assets.operations.lost_runs import CLI_TAG, own_runs
from resources.platform import Platform

ALL = "all"
"""Stands for everything between harvest and candidate that is active."""


@dataclass(frozen=True)
class Controls:
    """The operator's controls of one command; an asset gets those that its launchpad has."""

    force: bool = False
    retry_failed: bool = False
    limit: int | None = None
    since: str | None = None

    def config(self, asset: str, fields: Collection[str]) -> dict[str, Any]:
        """Return the launchpad config of an asset with these fields. Raises MuseumError for a control it lacks."""
        given = {name: value for name, value in asdict(self).items() if value not in (None, False)}
        if lacking := [name for name in given if name not in fields]:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in lacking)
            raise MuseumError(f"{asset} takes no {options}: leave it out, or run {asset} by itself")
        return {"config": given} if given else {}


def materialize(assets: list[str], museums: list[str] | None, controls: Controls, *, jobs: int = 1) -> list[RunResult]:
    """Run assets for each museum; for every museum they have when none is named.

    Museums take turns in this process; with more `jobs` so many are run side by side, in processes of their own.
    Raises MuseumError for an unknown asset, a museum that an asset has not, or a stage that is not active.
    """
    definitions, platform = _definitions(), Platform.from_settings()
    names = _chosen(definitions, platform, assets)
    runs: list[RunResult] = []
    for keys, group in _by_partitions(definitions, names).items():
        chosen = _partitions(group, keys, museums)
        if set(keys) & set(MUSEUMS):
            refuse_real_museums(platform, [slug for slug in chosen if slug in MUSEUMS])
        # With `all`, a control is for those that have it: only the harvest looks back.
        config = {name: _config(definitions, name, controls, lenient=assets == [ALL]) for name in group}
        slugs = [slug for slug in chosen if slug is not None]
        if min(jobs, len(slugs)) > 1:
            with progress_bars():
                runs += run_side_by_side(slugs, config, jobs)
        else:
            runs += _run(definitions.resolve_implicit_global_asset_job_def(), chosen, config)
    return runs


def run_museum(slug: str, assets: Mapping[str, Mapping[str, Any]]) -> RunResult:
    """Run assets with their launchpad config for one museum, in this process. Raises as `_run` does."""
    (ran,) = _run(_definitions().resolve_implicit_global_asset_job_def(), [slug], assets)
    return ran


def materialize_with(asset: str, partitions: list[str] | None, config: Mapping[str, Any]) -> list[RunResult]:
    """Run one asset with a launchpad config of its own; None for an asset without partitions."""
    job = _definitions().resolve_implicit_global_asset_job_def()
    return _run(job, partitions or [None], {asset: {"config": dict(config)}})


def _chosen(definitions: dg.Definitions, platform: Platform, assets: list[str]) -> list[str]:
    graph = definitions.resolve_asset_graph()
    known = {key.to_user_string() for key in graph.materializable_asset_keys}
    inactive = {spec.name: reason for spec in catalogue.stages() if (reason := spec.inactive(platform.settings))}
    if assets == [ALL]:
        domains = {spec.domain for spec in (*catalogue.collection(), *catalogue.enrichment())}
        groups = {key.to_user_string(): graph.get(key).group_name for key in graph.toposorted_asset_keys}
        names = [name for name, group in groups.items() if group in domains]
        # Not where the report goes: with --json that is for programs.
        notes = Console(stderr=True)
        for name in filter(inactive.get, names):
            notes.print(f"[dim]{escape(f'{name}: {inactive[name]}')}[/]", highlight=False, soft_wrap=True)
        return [name for name in names if name not in inactive]
    for name in assets:
        if name not in known:
            raise MuseumError(f"there is no asset {name!r}: choose from {', '.join(sorted(known))}, or `{ALL}`")
        if name in inactive:
            raise MuseumError(f"{name} is not materialized: {inactive[name]}")
    return assets


def _by_partitions(definitions: dg.Definitions, names: list[str]) -> dict[tuple[str, ...], list[str]]:
    """Return the assets by the partitions that they have, in the order in which they depend on each other."""
    graph = definitions.resolve_asset_graph()
    order = [key.to_user_string() for key in graph.toposorted_asset_keys]
    found: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(names, key=order.index):
        partitions = graph.get(dg.AssetKey(name)).partitions_def
        found.setdefault(tuple(partitions.get_partition_keys()) if partitions else (), []).append(name)
    return found


def _partitions(assets: list[str], keys: tuple[str, ...], museums: list[str] | None) -> list[str | None]:
    if not keys:
        return [None]
    for slug in museums or ():
        if slug not in keys:
            raise MuseumError(f"{', '.join(assets)}: there is no museum {slug!r}, choose from {', '.join(keys)}")
    return list(museums or keys)


def _config(definitions: dg.Definitions, name: str, controls: Controls, *, lenient: bool) -> dict[str, Any]:
    node = definitions.resolve_assets_def(name).node_def
    fields = getattr(node.config_schema.config_type, "fields", None) or {} if isinstance(node, dg.OpDefinition) else {}
    if lenient:
        controls = Controls(**{name: value for name, value in asdict(controls).items() if name in fields})
    return controls.config(name, fields)


def run_job(job_name: str, museums: list[str]) -> list[RunResult]:
    """Run a job for each museum in turn, in this process."""
    return _run(_definitions().resolve_job_def(job_name), list(museums), {})


def _run(
    job: dg.JobDefinition, partitions: Sequence[str | None], assets: Mapping[str, Mapping[str, Any]]
) -> list[RunResult]:
    """Run a job for each partition; `assets` are those of it to run, with their config, all when there are none.

    Raises DatabaseUnavailable when Dagster's storage goes away, KeyboardInterrupt after SIGINT or SIGTERM.
    """
    from resources.storage_outages import storage_needed

    run_config = {"ops": dict(assets), "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    ran = []
    with (
        storage_needed(),
        dg.DagsterInstance.get() as instance,
        own_runs(instance, read_settings().home) as name,
        progress_bars(),
        own_sigterm(),
    ):
        # Its storage connects anew for each of a thousand small statements otherwise: the demo took 72 s, not 56. So
        # short-lived, no connection is met again after a restart of Postgres, which would fail the run.
        instance.optimize_for_webserver(statement_timeout=0, pool_recycle=5, max_overflow=20)
        for slug in partitions:
            result = job.execute_in_process(
                partition_key=slug,
                asset_selection=[dg.AssetKey(asset) for asset in assets] if assets else None,
                run_config=run_config,
                tags={"museum": slug or "none", CLI_TAG: name},
                instance=instance,
                raise_on_error=False,
            )
            ran.append(RunResult.of(slug or "", result))
            if ran[-1].interrupted:
                # Dagster reported it and went on: the next museum is not wanted either.
                raise KeyboardInterrupt
            if result.success:
                ran[-1].errors += _not_materialized(ran[-1], assets, instance)
    return ran


def _not_materialized(ran: RunResult, assets: Iterable[str], instance: dg.DagsterInstance) -> list[str]:
    """Say which of the assets a successful run did not materialize, and what it warned of: they are not in use."""
    warnings_ = [entry.user_message for entry in instance.all_logs(ran.run_id) if entry.level == logging.WARNING]
    return [
        f"{asset} is not materialized: {'; '.join(warnings_) or 'what it is made from was not'}"
        for asset in assets
        if asset not in ran.assets
    ]


def tell_dagster(asset: str, museum: str, metadata: Mapping[str, Any], *, done: str = "is made") -> None:
    """Record a materialization that a command made by itself, so that the UI shows it.

    Raises MuseumError, which calls it what is `done`.
    """
    from sqlalchemy.exc import SQLAlchemyError

    made = dg.AssetMaterialization(asset, partition=museum, metadata=metadata)
    try:
        with dg.DagsterInstance.get() as instance:
            instance.report_runless_asset_event(made)
    except (dg.DagsterError, SQLAlchemyError) as error:
        raise MuseumError(
            f"{asset} of {museum} {done} and stands, but Dagster's UI will not show it: its storage did not take the "
            f"news: {error}. Check DAGSTER_POSTGRES_URL; nothing has to be done again"
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
    from museum_assets.definitions import defs

    return defs()


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
        alone = threading.Lock()  # museums that run side by side report from a thread each

        def watch(label: str, finished: int, total: int | None) -> None:
            with alone:
                if label not in tasks:
                    tasks[label] = bars.add_task(label, total=total, rate="")
            speed = next(task.speed for task in bars.tasks if task.id == tasks[label])
            bars.update(tasks[label], completed=finished, total=total, rate=f"{speed:,.1f}/s" if speed else "")

        token = watcher.set(watch)
        try:
            yield
        finally:
            watcher.reset(token)
