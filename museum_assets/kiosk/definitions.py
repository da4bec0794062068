"""The kiosks' Dagster definitions: assets, checks and jobs."""

import dagster as dg

from museum_assets.kiosk import checks
from museum_assets.kiosk.assets.combined import combined_exhibitions, combined_kiosk_data
from museum_assets.kiosk.assets.exhibition_report import exhibition_report
from museum_assets.kiosk.assets.live_feedback import live_feedback
from museum_assets.kiosk.assets.visitor_feedback import visitor_feedback
from museum_assets.kiosk.jobs import kiosk_files, live_stream
from museum_assets.kiosk.letters import KIOSK_FILE, KIOSK_STREAM
from museum_assets.kit.checks import asset_checks, dead_letter_check, sql_check
from museum_assets.loop.spec import CheckSpec
from museum_assets.museums import kiosks
from partitions import kiosk_partitions

FILES_ACCOUNTED = CheckSpec.of(
    "files_accounted",
    checks.files_accounted,
    lambda platform, conn, slug: checks.files_accounted(conn, kiosks(slug), platform.kiosk_source(slug)),
)
REPORT_CHECKS = (
    checks.presses_have_exhibitions,
    checks.plausible_times,
    checks.books_agree,
    checks.sites_known,
    checks.open_days_have_data,
    checks.one_origin_a_day,
)


def definitions() -> dg.Definitions:
    """Return the kiosks' assets with their checks, and their jobs."""
    return dg.Definitions(
        assets=[combined_exhibitions, combined_kiosk_data, visitor_feedback, live_feedback, exhibition_report],
        asset_checks=[
            asset_checks(
                "visitor_feedback",
                (dead_letter_check(KIOSK_FILE), FILES_ACCOUNTED, sql_check(checks.no_file_held)),
                kiosk_partitions,
            ),
            asset_checks("live_feedback", [dead_letter_check(KIOSK_STREAM)], kiosk_partitions),
            asset_checks("exhibition_report", map(sql_check, REPORT_CHECKS), kiosk_partitions),
        ],
        jobs=[kiosk_files, live_stream],
    )
