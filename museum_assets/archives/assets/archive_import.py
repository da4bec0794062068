"""archive_import: a declared source's files, imported as a whole."""

from typing import Any

import dagster as dg
from pydantic import Field

from museum_assets.archives.findings import books_balance, current_is_latest_year, nothing_held
from museum_assets.archives.imports import SOURCE, Import
from museum_assets.archives.load import load
from museum_assets.archives.obtain import Order, hosts_of, obtain
from museum_assets.archives.schema import source
from museum_assets.collection.kit import OWNERS, sql_check
from museum_assets.dead_letters.jobs import dead_letter_check
from museum_assets.loop.progress import Progress
from museum_assets.settings import settings
from partitions import archive_partitions
from resources.configured import Postgres
from resources.platform import archive_downloader


class ArchiveConfig(dg.Config):
    """The operator's controls."""

    year: int | None = Field(default=None, description="Which year's edition; this year's when left out.")
    urls: list[str] = Field(default=[], description="Files to read instead of those declared; file:// is as good.")
    sha256: list[str] = Field(default=[], description="Their SHA-256, where the publisher gives it.")
    partial: bool = Field(
        default=False, description="Publish the import though rows were rejected or are many fewer than before."
    )
    force: bool = Field(default=False, description="Import anew what was imported before.")


@dg.asset(
    partitions_def=archive_partitions,
    group_name="archives",
    kinds={"python", "postgres"},
    owners=OWNERS,
    description="A declared source's rows in the view archive.<source>; every import is whole, and can be rolled back.",
)
def archive_import(
    context: dg.AssetExecutionContext, config: ArchiveConfig, postgres: Postgres
) -> dg.MaterializeResult[None]:
    """Download, check and import the partition's source."""
    declared = source(context.partition_key)
    order = Order(config.urls, config.sha256, config.year)
    with archive_downloader(settings(), hosts_of(declared), declared.name) as downloader:
        files = obtain(downloader, declared, order, lambda name: Progress(f"{name}, in bytes", context.log.info))
    progress = Progress(f"rows of {declared.name}", context.log.info)
    found = load(postgres.database(), declared, files, year=order.year_of(declared), partial=config.partial,
                 force=config.force, told=progress)  # fmt: skip
    return dg.MaterializeResult(metadata=import_metadata(found))


def import_metadata(found: Import) -> dict[str, Any]:
    """Return an import's books as metadata; the numbers are plotted over time by the UI."""
    reasons = [dg.TableRecord({"code": code, "rows": rows}) for code, rows in sorted(found.codes.items())]
    return {
        "dagster/partition_row_count": found.loaded,
        "import": found.id,
        "state": found.state,
        "outcome": found.outcome,
        "year": found.year if found.year is not None else "none",
        "current": found.current,
        "rows read": found.rows_read,
        "loaded": found.loaded,
        "rejected": found.rejected,
        "duplicate": found.duplicate,
        "rows per second": round(found.rows_read / found.seconds, 1) if found.seconds else 0.0,
        "seconds": round(found.seconds, 2),
        **({"note": found.message} if found.message else {}),
        **({"reasons": dg.MetadataValue.table(reasons)} if reasons else {}),
    }


archive_import_checks = [
    *(sql_check(SOURCE, look.__name__, look, archive_partitions)
      for look in (books_balance, current_is_latest_year, nothing_held)),
    dead_letter_check(SOURCE, SOURCE, archive_partitions),
]  # fmt: skip

archives = dg.define_asset_job(
    "archives",
    selection=dg.AssetSelection.groups("archives"),
    description="A declared source's files into its tables.",
)
