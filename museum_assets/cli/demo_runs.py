"""`museum demo-runs`, which `museum demo` starts: everything that it materializes, in a process that then ends."""

from __future__ import annotations

from pathlib import Path

from museum_assets.cli.printing import print_table
from museum_assets.cli.report import show_status
from museum_assets.cli.run import (
    ALL,
    Controls,
    materialize,
    materialize_with,
    run_job,
)
from museum_assets.cli.run_results import RunResult, print_findings, report
from museum_assets.cli.simulation import LATE_FILES
from museum_assets.core.parent import end_with_stdin
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS, kiosks
from museum_assets.simulator.dialects import dialects
from resources.embedded.services import unwinding_on_signals
from resources.platform import Platform

REHEARSED = 2.0
"""Percent of the rehearsal's records that fail: dead letters to look at, and no breached check."""
JOBS = 2
"""Museums at a time. A second worker takes 20 s of CPU time and up to 0.9 GB (docs/decisions/0026-deployment.md)."""
DOCUMENTED = 3
"""Works per museum that have documents."""


def run_apart(records: Path | None, *, limit: int | None, live: bool) -> int:
    """Run everything over the services that the environment names, and end with the demo; 0 when all of it worked."""
    with unwinding_on_signals():
        end_with_stdin()
        return run_everything(Platform.from_settings(), records, Controls(limit=limit), made_up=not live)


def run_everything(platform: Platform, records: Path | None, controls: Controls, *, made_up: bool) -> int:
    """Materialize every asset and print what came of it; 0 when all of it worked.

    Without `made_up` only what comes from the museums themselves is run: no kiosks, documents or bulk files.
    """
    # Real or simulated, never both: of a demo, only the museums that it can play.
    museums = list(dialects()) if made_up else list(MUSEUMS)
    runs = materialize([ALL], museums, controls, jobs=JOBS)
    report(runs, as_json=False)
    if made_up:
        runs += [*load_kiosks(platform, records), *read_documents(platform, museums), *import_archive(platform)]
        runs += materialize_with("rehearsed_source", None, {"fail_percentage": REHEARSED})
    # At the end, as it publishes what all others made.
    promoted = run_job("promote_release", [*museums, *(KIOSK_MUSEUMS if made_up else ())])
    print_promotions(promoted)
    show_status(museums, as_json=False)
    return 0 if all(ran.good for ran in [*runs, *promoted]) else 1


def load_kiosks(platform: Platform, records: Path | None) -> list[RunResult]:
    """Fill the kiosk museums' buckets, load files and stream, and print what came of it.

    With recorded data that holds a kiosk bucket, that one is LMNH's. Files to drop in later are put into the home.
    """
    from museum_assets.cli.kiosk_files import print_loads
    from museum_assets.simulator import kiosk
    from museum_assets.simulator.stream import open_kiosks

    for slug in KIOSK_MUSEUMS:
        kiosk.fill_bucket(platform.kiosk_source(slug), kiosks(slug), records)
    kiosk.write_late_files(platform.settings.home / LATE_FILES, kiosks(KIOSK_MUSEUMS[0]))
    runs = run_job("kiosk_files", list(KIOSK_MUSEUMS))
    print_loads(runs)
    if platform.settings.kafka_bootstrap_servers:
        # Not before: nothing that visitors press could be loaded without the exhibitions.
        open_kiosks(platform.settings.kafka_client(), platform.settings.kafka_topic_prefix)
    streamed = run_job("live_stream", list(KIOSK_MUSEUMS))
    report(streamed, as_json=False)
    return runs + streamed


def read_documents(platform: Platform, museums: list[str]) -> list[RunResult]:
    """Put made-up documents about each museum's works into the bucket, and read them."""
    from museum_assets.simulator.documents import documents

    bucket = platform.documents()
    with platform.database().connect() as conn:
        for slug in museums:
            rows = conn.execute(
                "SELECT object_number FROM staging.artwork WHERE museum = %s ORDER BY record_seq LIMIT %s",
                (slug, DOCUMENTED),
            )
            for key, body in documents(slug, [row["object_number"] for row in rows]).items():
                bucket.put(key, body, content_type="text/plain")
    runs = run_job("documents", museums)
    report(runs, as_json=False)
    return runs


def import_archive(platform: Platform) -> list[RunResult]:
    """Import a made-up edition of one of the declared sources."""
    from museum_assets.archive_files.opening import imports_folder
    from museum_assets.simulator.bulk import BULK_SOURCE, extra_features

    file = imports_folder(platform.settings) / "Real_building_land.zip"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(extra_features())
    runs = materialize_with("archive_import", [BULK_SOURCE], {"urls": [file.as_uri()]})
    report(runs, as_json=False)
    return runs


def print_promotions(runs: list[RunResult]) -> None:
    """Print what was promoted, and which rules did not pass."""
    rows = [(ran.museum, data["release"], data["added"], data["changed"], data["removed"])
            for ran in runs if (data := ran.assets.get("promoted_database"))]  # fmt: skip
    print_table("Promoted", ("museum", "release", "added", "changed", "removed"), rows)
    print_findings(runs)
