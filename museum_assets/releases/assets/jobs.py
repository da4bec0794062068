"""Jobs of releases: publishing a museum, and everything that `museum release` does, for the UI."""

import dagster as dg
from pydantic import Field

from museum_assets.collection.kit import INDEX_POOL
from museum_assets.failures import MuseumError
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS
from museum_assets.releases.acceptances import accept, moment
from museum_assets.releases.archive import export, restore
from museum_assets.releases.retention import prune
from museum_assets.releases.rollback import retract, rollback
from museum_assets.releases.schema import synchronise
from museum_assets.releases.validation import DRIFTS
from resources.configured import Releases

publish_release = dg.define_asset_job(
    "publish_release",
    selection=dg.AssetSelection.assets("staging_database", "promoted_database"),
    description="A museum's candidate made, validated and, when every check passes, promoted.",
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


@dg.op(description="Shows an earlier release of a museum again.", out=dg.Out(dg.Nothing))
def roll_back(context: dg.OpExecutionContext, config: RollbackConfig, releases: Releases) -> None:
    """Move the pointer."""
    production = releases.workplace().production
    before, now = rollback(production, config.museum, to=config.release, by=config.by, why=config.why)
    context.add_output_metadata({"release before": before or "none", "release": now})


@dg.op(description="Takes a museum out of production.", out=dg.Out(dg.Nothing))
def take_out(context: dg.OpExecutionContext, config: MoveConfig, releases: Releases) -> None:
    """Empty the pointer."""
    before = retract(releases.workplace().production, config.museum, by=config.by, why=config.why)
    context.add_output_metadata({"release before": before})


@dg.op(description="Removes releases beyond those to keep.", out=dg.Out(dg.Nothing))
def remove_old(context: dg.OpExecutionContext, config: MuseumConfig, releases: Releases) -> None:
    """Prune."""
    gone = prune(releases.workplace(), config.museum, context.log.info)
    context.add_output_metadata({"pruned": ", ".join(map(str, gone)) or "none"})


@dg.op(description="Accepts drift of a museum's next release.", out=dg.Out(dg.Nothing))
def accept_once(context: dg.OpExecutionContext, config: AcceptConfig, releases: Releases) -> None:
    """Write the acceptance."""
    with releases.workplace().platform.connect() as conn:
        number = accept(conn, config.museum, config.finding, by=config.by, why=config.why, until=moment(config.until))
    context.add_output_metadata({"acceptance": number})


@dg.op(description="Makes the candidate's tables like production's again.", out=dg.Out(dg.Nothing))
def make_alike(context: dg.OpExecutionContext, releases: Releases) -> None:
    """Synchronise."""
    work = releases.workplace()
    lines = synchronise(work.platform, work.production, {"collection": MUSEUMS, "kiosk": KIOSK_MUSEUMS})
    context.add_output_metadata({"differed": "; ".join(lines) or "nothing"})


@dg.op(description="Writes a release to the archive.", out=dg.Out(dg.Nothing))
def write_export(context: dg.OpExecutionContext, config: ExportConfig, releases: Releases) -> None:
    """Export."""
    archive = releases.archive()
    made = export(releases.workplace(), releases.thumbnails(), archive, config.museum, config.release, context.log.info)
    context.add_output_metadata(
        {"bucket": archive.bucket, "rows": sum(table.rows for table in made.tables), "thumbnails": made.thumbnails}
    )


@dg.op(description="Makes a new release from an export.", out=dg.Out(dg.Nothing), pool=INDEX_POOL)
def read_export(context: dg.OpExecutionContext, config: RestoreConfig, releases: Releases) -> None:
    """Restore."""
    asked, told = (config.museum, config.release), context.log.info
    made = restore(
        releases.workplace(), releases.thumbnails(), releases.archive(), asked, by=config.by, why=config.why, tell=told
    )
    context.add_output_metadata({"release": made.id})


@dg.op(description="Asks production what its readers would.", out=dg.Out(dg.Nothing), pool=INDEX_POOL)
def ask(context: dg.OpExecutionContext, config: MuseumConfig, releases: Releases) -> None:
    """Ask. Raises MuseumError with what is wrong, so that the run fails and is told."""
    if problems := releases.workplace().canary(config.museum):
        raise MuseumError(f"what readers of {config.museum} get is wrong: {'; '.join(problems)}")
    context.log.info("all is well")


@dg.job(description="Shows an earlier release of a museum again: one row changes, readers notice nothing else.")
def rollback_release() -> None:
    """Roll back."""
    roll_back()


@dg.job(description="Takes a museum out of production, alone; a rollback or a promotion brings it back.")
def retract_museum() -> None:
    """Retract."""
    take_out()


@dg.job(description="Removes a museum's releases beyond RELEASES_KEPT.")
def prune_releases() -> None:
    """Prune."""
    remove_old()


@dg.job(description="Accepts drift of a museum's next release, with who, why and until when.")
def accept_drift() -> None:
    """Accept."""
    accept_once()


@dg.job(description="Makes the candidate's tables like production's again, after a migration of production.")
def sync_candidate_schema() -> None:
    """Synchronise."""
    make_alike()


@dg.job(description="Writes a release to RELEASE_ARCHIVE_BUCKET: Parquet with checksums, vectors and thumbnails.")
def export_release() -> None:
    """Export."""
    write_export()


@dg.job(description="Makes a new release from an export, verified; a rollback to it makes it live.")
def restore_release() -> None:
    """Restore."""
    read_export()


@dg.job(description="Asks production what its readers would, as after a promotion; nothing is rolled back.")
def ask_canary() -> None:
    """Ask."""
    ask()


release_jobs = [
    rollback_release,
    retract_museum,
    prune_releases,
    accept_drift,
    sync_candidate_schema,
    export_release,
    restore_release,
    ask_canary,
]
