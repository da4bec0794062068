"""What the collection's assets share: the operator's controls, reporting a stage's books, checks from findings."""

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg
from pydantic import Field

from museum_assets.audit.collection import books_balance, codes, failure_ratio
from museum_assets.audit.finding import Finding
from museum_assets.loop.progress import Progress
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import STAGES, Counts, Options, Stage
from museum_assets.settings import settings
from museum_assets.stages.contracts import current_contracts
from partitions import museum_partitions
from resources.configured import Postgres
from resources.platform import active_stages
from resources.postgres import Connection, Database

OWNERS = ["team:museum-data"]
INDEX_POOL = "vector_index"
"""The embedded index is one process's at a time; waiting in the queue costs less than waiting at its lock."""
MODEL_POOL = "model"
"""One model at a time on a machine: ViT-L-14 takes 1.7 GB and all cores."""


def asset_of(
    group: str, partitions: dg.PartitionsDefinition[str] = museum_partitions, **more: Any
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return the decorator of an asset that has a partition per museum; `more` is what is its own."""
    decorator: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.asset(
        group_name=group, partitions_def=partitions, owners=OWNERS, **more
    )
    return decorator


class StageConfig(dg.Config):
    """The operator's controls, the same on every stage."""

    force: bool = Field(default=False, description="Ignore what was done before and redo every record.")
    retry_failed: bool = Field(default=False, description="Include records that failed permanently.")
    limit: int | None = Field(default=None, ge=1, description="At most this many records in this run.")

    def options(self) -> Options:
        """Return the loop's options."""
        return Options(self.force, self.retry_failed, self.limit, settings().max_attempts)


def materialize_stage(
    context: dg.AssetExecutionContext,
    config: StageConfig,
    database: Database,
    stage: Stage,
    extra: Callable[[Counts], Mapping[str, Any]] = lambda _: {},
) -> dg.MaterializeResult[None]:
    """Run a stage over the partition's museum and report its books."""
    museum = context.partition_key
    progress = Progress(f"{stage.name} of {museum}", context.log.info)
    counts = run_stage(database, museum, stage, config.options(), progress)
    with database.connect() as conn:
        reasons = codes(conn, museum, stage.name)
    return dg.MaterializeResult(metadata={**books_metadata(counts), **reasons_metadata(reasons), **extra(counts)})


def books_metadata(counts: Counts) -> dict[str, Any]:
    """Return a run's books as metadata; the numbers are plotted over time by the UI."""
    rate = counts.processed / counts.seconds if counts.seconds else 0.0
    return {
        "dagster/partition_row_count": counts.inputs - counts.left,
        "inputs": counts.inputs,
        "done": counts.done,
        "unchanged": counts.unchanged,
        "rejected": counts.rejected,
        "duplicate": counts.duplicate,
        "failed": counts.failed,
        "removed": counts.removed,
        "left for a later run": counts.left,
        "records per second": round(rate, 1),
        "seconds": round(counts.seconds, 2),
    }


def reasons_metadata(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the standing rejections, duplicates and failures as a table by reason."""
    if not rows:
        return {}
    columns = ("outcome", "code", "permanent", "records", "example", "message")
    records = [dg.TableRecord({c: str(r[c]) if c != "records" else r[c] for c in columns}) for r in rows[:50]]
    return {"reasons": dg.MetadataValue.table(records)}


def result(finding: Finding) -> dg.AssetCheckResult:
    """Turn a finding into a check result."""
    return dg.AssetCheckResult(
        passed=finding.passed,
        severity=dg.AssetCheckSeverity.WARN if finding.warn else dg.AssetCheckSeverity.ERROR,
        description=finding.description,
        metadata={name: _metadata_value(value) for name, value in finding.metadata.items()},
    )


def _metadata_value(value: Any) -> Any:
    return dg.MetadataValue.json(value) if isinstance(value, dict | list) else value


def sql_check(
    asset: str,
    name: str,
    look: Callable[..., Finding],
    partitions: dg.PartitionsDefinition[str] = museum_partitions,
) -> dg.AssetChecksDefinition:
    """Make a check per museum from a pure look at the database."""

    @dg.asset_check(asset=asset, name=name, description=look.__doc__, partitions_def=partitions)
    def check(context: dg.AssetCheckExecutionContext, postgres: Postgres) -> dg.AssetCheckResult:
        with postgres.database().connect() as conn:
            return result(look(conn, context.partition_key))

    return check


def stage_checks(stage: str) -> list[dg.AssetChecksDefinition]:
    """Return the checks that every stage of the loop has: its books balance, and not too much failed."""

    def balance(conn: Connection, museum: str) -> Finding:
        if stage in STAGES and stage not in active_stages(settings()):
            return Finding(True, f"{stage} is not active, so nothing is due")
        return books_balance(conn, museum, stage, current_contracts(settings(), museum).get(stage))

    def ratio(conn: Connection, museum: str) -> Finding:
        return failure_ratio(conn, museum, stage, settings().failure_ratio_limit)

    balance.__doc__, ratio.__doc__ = books_balance.__doc__, failure_ratio.__doc__
    return [sql_check(stage, "books_balance", balance), sql_check(stage, "failure_ratio", ratio)]
