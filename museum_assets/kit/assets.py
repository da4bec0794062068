"""Assets from stage specs: the operator's controls, a run of the loop, and its books as metadata.

What belongs here: what every domain's assets share. What does not: anything that one domain alone knows.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dagster as dg
from pydantic import Field

from museum_assets.core.findings import Markdown
from museum_assets.core.progress import Progress
from museum_assets.core.settings import read_settings
from museum_assets.core.work_in_hand import working_on
from museum_assets.loop.books import codes
from museum_assets.loop.run import run_stage
from museum_assets.loop.spec import StageSpec
from museum_assets.loop.stage import Counts, Options
from partitions import museum_partitions
from resources.dagster_resources import PlatformResource

OWNERS = ["team:museum-data"]


def asset_of(
    group: str, partitions: dg.PartitionsDefinition[str] = museum_partitions, **more: Any
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return the decorator of an asset that has a partition per museum; `more` goes to Dagster as it is."""
    decorator: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.asset(
        group_name=group, partitions_def=partitions, owners=OWNERS, **more
    )
    return decorator


def asset_of_stage(spec: StageSpec, **more: Any) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return the decorator of a stage's asset, filled from its spec; `more` goes to Dagster as it is."""
    # One that is not in use is never made, so that its condition would hold after every change of what it is made from:
    # the demo without a key for Jina's model launched a run of five seconds for each museum, to say just that.
    follows = spec.follows and spec.deps and not spec.inactive(read_settings())
    automation = dg.AutomationCondition.eager() if follows else None
    return asset_of(
        spec.domain,
        name=spec.name,
        deps=[dep.name for dep in spec.deps],
        kinds=set(spec.kinds),
        pool=spec.pool,
        description=spec.description,
        automation_condition=automation,
        **more,
    )


class StageConfig(dg.Config):
    """The operator's controls, the same on every stage."""

    force: bool = Field(default=False, description="Ignore what was done before and redo every record.")
    retry_failed: bool = Field(default=False, description="Include records that failed permanently.")
    limit: int | None = Field(default=None, ge=1, description="At most this many records in this run.")

    def options(self, max_attempts: int) -> Options:
        """Return the loop's options."""
        return Options(self.force, self.retry_failed, self.limit, max_attempts)


def stage_asset(spec: StageSpec) -> dg.AssetsDefinition:
    """Make the asset of a stage that the loop runs."""

    # Not required: a stage that is not active is not materialized, and the run that skips it has not failed.
    @asset_of_stage(spec, output_required=False)
    def stage(
        context: dg.AssetExecutionContext, config: StageConfig, platform: PlatformResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        services = platform.get()
        if reason := spec.inactive(services.settings):
            context.log.warning("%s is not materialized: %s", spec.name, reason)
            return
        slug, database = context.partition_key, services.database()
        with working_on(run=context.run.run_id), spec.opened(services, slug) as opened:
            progress = Progress(f"{spec.name} of {slug}", context.log.info)
            options = config.options(services.settings.max_attempts)
            counts = run_stage(database, slug, opened, options, progress)
            with database.connect() as conn:
                reasons, facts = codes(conn, slug, spec.name), opened.facts(conn, slug)
        yield dg.MaterializeResult(
            metadata={**books_metadata(counts), **reasons_metadata(reasons), **facts_metadata(facts)}
        )

    return stage


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


def facts_metadata(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's facts as metadata, Markdown as Markdown."""
    return {
        name: dg.MetadataValue.md(str(value)) if isinstance(value, Markdown) else value for name, value in facts.items()
    }
