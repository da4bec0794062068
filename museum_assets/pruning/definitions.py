"""The job that prunes, and the schedule that runs it every night."""

import dagster as dg
from pydantic import Field

from museum_assets.pruning.prune import prune
from resources.dagster_resources import PlatformResource


class PruneConfig(dg.Config):
    """Whether history is removed."""

    dry_run: bool = Field(default=False, description="Only count what would be removed.")


@dg.op(description="Removes history older than the settings keep.", out=dg.Out(dg.Nothing))
def history(context: dg.OpExecutionContext, config: PruneConfig, platform: PlatformResource) -> None:
    """Prune, and show how many of each kind were removed."""
    done = prune(platform.get(), context.instance, dry_run=config.dry_run)
    context.add_output_metadata({kind.what: count for kind, count in done})


@dg.job(description="Removes Dagster's and the platform's history older than HISTORY_KEPT_DAYS.")
def prune_history() -> None:
    """Prune."""
    history()


def definitions() -> dg.Definitions:
    """Return the job and its schedule, which runs unless somebody stops it."""
    nightly = dg.ScheduleDefinition(
        name="nightly_pruning",
        job=prune_history,
        cron_schedule="30 2 * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Removes old history, so that the databases stay as large as what they hold.",
    )
    return dg.Definitions(jobs=[prune_history], schedules=[nightly])
