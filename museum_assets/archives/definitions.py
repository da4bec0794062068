"""The Dagster definitions of imports."""

import dagster as dg

from museum_assets.archives.assets.archive_import import archive_import
from museum_assets.archives.checks import books_balance, current_is_latest_year, nothing_held
from museum_assets.archives.letters import ARCHIVE_IMPORT
from museum_assets.archives.partitions import archive_partitions
from museum_assets.kit.checks import asset_checks, dead_letter_check, sql_check

archives = dg.define_asset_job(
    "archives",
    selection=dg.AssetSelection.groups("archives"),
    description="Imports a declared source's files into its tables.",
)


def definitions() -> dg.Definitions:
    """Return the asset of imports, its checks and its job."""
    functions = (books_balance, current_is_latest_year, nothing_held)
    checks = (*map(sql_check, functions), dead_letter_check(ARCHIVE_IMPORT))
    return dg.Definitions(
        assets=[archive_import],
        asset_checks=[asset_checks("archive_import", checks, archive_partitions)],
        jobs=[archives],
    )
