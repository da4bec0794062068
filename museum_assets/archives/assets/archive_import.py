"""archive_import: a declared source's files, imported as a whole."""

from typing import Any

import dagster as dg
from pydantic import Field

from museum_assets.archive_files.declared import declared_source
from museum_assets.archive_files.download.obtain import Order, hosts_of, obtain
from museum_assets.archive_files.opening import open_downloader
from museum_assets.archives.imports import Import
from museum_assets.archives.load import load
from museum_assets.archives.partitions import archive_partitions
from museum_assets.core.progress import Progress
from museum_assets.kit.assets import OWNERS
from resources.dagster_resources import PlatformResource


class ArchiveConfig(dg.Config):
    """Which files are imported, and whether an import with fewer or rejected rows is published."""

    year: int | None = Field(default=None, description="The year of the edition; the current year when left out.")
    urls: list[str] = Field(
        default=[],
        description="Files to read instead of the declared ones; file:// below ARCHIVE_FOLDER alone.",
    )
    sha256: list[str] = Field(default=[], description="The SHA-256 of each file, where the publisher gives it.")
    partial: bool = Field(
        default=False, description="Publish the import even with rejected rows or many fewer rows than before."
    )
    force: bool = Field(default=False, description="Import the files again although they were imported before.")


@dg.asset(
    partitions_def=archive_partitions,
    group_name="archives",
    kinds={"python", "postgres"},
    owners=OWNERS,
    description="A declared source's rows, in the view archive.<source>. Each import is whole and can be rolled back.",
)
def archive_import(
    context: dg.AssetExecutionContext, config: ArchiveConfig, platform: PlatformResource
) -> dg.MaterializeResult[None]:
    """Download, check and import the partition's source."""
    services, declared = platform.get(), declared_source(context.partition_key)
    order = Order(config.urls, config.sha256, config.year)
    with open_downloader(services, hosts_of(declared), declared.name) as downloader:
        files = obtain(downloader, declared, order, lambda name: Progress(f"{name}, in bytes", context.log.info))
    progress = Progress(f"rows of {declared.name}", context.log.info)
    imported = load(services.database(), declared, files, year=order.year_of(declared), partial=config.partial,
                 force=config.force, on_progress=progress)  # fmt: skip
    return dg.MaterializeResult(metadata=import_metadata(imported))


def import_metadata(import_: Import) -> dict[str, Any]:
    """Return an import's books as metadata; the UI plots their numbers over time."""
    reasons = [dg.TableRecord({"code": code, "rows": rows}) for code, rows in sorted(import_.codes.items())]
    return {
        "dagster/partition_row_count": import_.loaded,
        "import": import_.id,
        "state": import_.state,
        "outcome": import_.outcome,
        "year": import_.year if import_.year is not None else "none",
        "current": import_.current,
        "rows read": import_.rows_read,
        "loaded": import_.loaded,
        "rejected": import_.rejected,
        "duplicate": import_.duplicate,
        "rows per second": round(import_.rows_read / import_.seconds, 1) if import_.seconds else 0.0,
        "seconds": round(import_.seconds, 2),
        **({"note": import_.message} if import_.message else {}),
        **({"reasons": dg.MetadataValue.table(reasons)} if reasons else {}),
    }
