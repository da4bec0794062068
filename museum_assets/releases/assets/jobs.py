"""Jobs of releases: promoting a museum, and everything else that `museum release` does, for the UI."""

import dagster as dg
from pydantic import Field

from museum_assets.core.failures import MuseumError
from museum_assets.loop.spec import INDEX_POOL
from museum_assets.museums import BY_KIND
from museum_assets.releases import schema
from museum_assets.releases.assets.metadata import moved, moved_metadata
from museum_assets.releases.checks import DRIFTS
from museum_assets.releases.desk import release_desk
from museum_assets.releases.exports import archive
from museum_assets.releases.promotion import retention, rollback
from museum_assets.releases.staging import acceptances
from resources.dagster_resources import PlatformResource

promote_release = dg.define_asset_job(
    "promote_release",
    selection=dg.AssetSelection.assets("staging_database", "promoted_database"),
    description="Stages a museum's candidate, checks it and, when every blocking check passes, promotes it.",
)


class MoveConfig(dg.Config):
    """Which museum, who and why: kept in the history of its pointer."""

    museum: str = Field(description="The museum.")
    by: str = Field(min_length=1, description="Who does it.")
    why: str = Field(min_length=1, description="Why.")


class RollbackConfig(MoveConfig):
    """As MoveConfig, and where to."""

    release: int | None = Field(default=None, description="The release to show; the one live before when left out.")


class AcceptConfig(MoveConfig):
    """As MoveConfig, and what is accepted until when."""

    finding: str = Field(description=f"The drift that is expected: {', '.join(DRIFTS)}.")
    until: str = Field(description="Until when it holds, such as 2030-01-31 or 2030-01-31T12:00+01:00.")


class MuseumConfig(dg.Config):
    """Which museum."""

    museum: str = Field(description="The museum.")


class ExportConfig(MuseumConfig):
    """As MuseumConfig, and which of its releases."""

    release: int = Field(ge=1, description="The release's number.")


class RestoreConfig(MoveConfig):
    """As MoveConfig, and what is brought back."""

    release: int = Field(ge=1, description="The number that the exported release had.")


@dg.op(description="Makes an earlier release of a museum live again.", out=dg.Out(dg.Nothing))
def roll_back(context: dg.OpExecutionContext, config: RollbackConfig, platform: PlatformResource) -> None:
    """Move the museum's pointer to an earlier release."""
    production = release_desk(platform.get()).production
    before, now = rollback.roll_back(production, config.museum, to=config.release, by=config.by, why=config.why)
    made = moved_metadata("roll back", before, now, by=config.by, why=config.why)
    context.log_event(moved(config.museum, made))
    context.add_output_metadata({"release before": before or "none", "release": now})


@dg.op(description="Takes a museum out of production.", out=dg.Out(dg.Nothing))
def retract(context: dg.OpExecutionContext, config: MoveConfig, platform: PlatformResource) -> None:
    """Clear the museum's pointer."""
    before = rollback.retract(release_desk(platform.get()).production, config.museum, by=config.by, why=config.why)
    made = moved_metadata("retract", before, None, by=config.by, why=config.why)
    context.log_event(moved(config.museum, made))
    context.add_output_metadata({"release before": before})


@dg.op(description="Removes releases beyond those to keep.", out=dg.Out(dg.Nothing))
def prune(context: dg.OpExecutionContext, config: MuseumConfig, platform: PlatformResource) -> None:
    """Prune the museum's releases."""
    gone = retention.prune(release_desk(platform.get()), config.museum, context.log.info)
    context.add_output_metadata({"pruned": ", ".join(map(str, gone)) or "none"})


@dg.op(description="Accepts drift of a museum's next release.", out=dg.Out(dg.Nothing))
def accept(context: dg.OpExecutionContext, config: AcceptConfig, platform: PlatformResource) -> None:
    """Write the acceptance."""
    until = acceptances.moment(config.until)
    with release_desk(platform.get()).platform.connect() as conn:
        number = acceptances.accept(conn, config.museum, config.finding, by=config.by, why=config.why, until=until)
    context.add_output_metadata({"acceptance": number})


@dg.op(description="Makes the candidate's tables like production's again.", out=dg.Out(dg.Nothing))
def sync_schema(context: dg.OpExecutionContext, platform: PlatformResource) -> None:
    """Make the tables that differ anew."""
    desk = release_desk(platform.get())
    lines = schema.sync_schema(desk.platform, desk.production, BY_KIND)
    context.add_output_metadata({"differed": "; ".join(lines) or "nothing"})


@dg.op(description="Writes a release to the archive.", out=dg.Out(dg.Nothing))
def export(context: dg.OpExecutionContext, config: ExportConfig, platform: PlatformResource) -> None:
    """Export the release."""
    bucket, published = platform.get().release_archive(), platform.get().production_thumbnails()
    made = archive.export(
        release_desk(platform.get()), published, bucket, config.museum, config.release, context.log.info
    )
    context.add_output_metadata(
        {"bucket": bucket.bucket, "rows": sum(table.rows for table in made.tables), "thumbnails": made.thumbnails}
    )


@dg.op(description="Makes a new release from an export.", out=dg.Out(dg.Nothing), pool=INDEX_POOL)
def restore(context: dg.OpExecutionContext, config: RestoreConfig, platform: PlatformResource) -> None:
    """Restore the release."""
    asked = (config.museum, config.release)
    made = archive.restore(
        release_desk(platform.get()), platform.get().production_thumbnails(), platform.get().release_archive(), asked,
        by=config.by, why=config.why, on_progress=context.log.info,
    )  # fmt: skip
    context.add_output_metadata({"release": made.id})


@dg.op(description="Asks production what its readers would.", out=dg.Out(dg.Nothing), pool=INDEX_POOL)
def canary(context: dg.OpExecutionContext, config: MuseumConfig, platform: PlatformResource) -> None:
    """Ask the canary. Raises MuseumError with what is wrong, so that the run fails and a notice is sent."""
    if problems := release_desk(platform.get()).canary(config.museum):
        raise MuseumError(f"what readers of {config.museum} get is wrong: {'; '.join(problems)}")
    context.log.info("all is well")


@dg.job(description="Makes an earlier release of a museum live again: one row changes, readers notice nothing else.")
def roll_back_release() -> None:
    """Roll back."""
    roll_back()


@dg.job(description="Takes a museum out of production, alone; a rollback or a promotion brings it back.")
def retract_museum() -> None:
    """Retract."""
    retract()


@dg.job(description="Removes a museum's releases beyond RELEASES_KEPT.")
def prune_releases() -> None:
    """Prune."""
    prune()


@dg.job(description="Accepts drift of a museum's next release, with who, why and until when.")
def accept_drift() -> None:
    """Accept."""
    accept()


@dg.job(description="Makes the candidate's tables like production's again, after a migration of production.")
def sync_candidate_schema() -> None:
    """Synchronise."""
    sync_schema()


@dg.job(description="Writes a release to RELEASE_ARCHIVE_BUCKET: Parquet with checksums, vectors and thumbnails.")
def export_release() -> None:
    """Export."""
    export()


@dg.job(description="Makes a new release from an export, verified; a rollback to it makes it live.")
def restore_release() -> None:
    """Restore."""
    restore()


@dg.job(description="Asks production what its readers would, as after a promotion; nothing is rolled back.")
def ask_canary() -> None:
    """Ask."""
    canary()


release_jobs = [
    roll_back_release,
    retract_museum,
    prune_releases,
    accept_drift,
    sync_candidate_schema,
    export_release,
    restore_release,
    ask_canary,
]
