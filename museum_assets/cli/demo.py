"""`museum demo`: the whole pipeline over six museums, simulated unless asked otherwise."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from museum_assets.cli.printing import console
from museum_assets.failures import MuseumError
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS, kiosks
from museum_assets.settings import Settings

PROFILE = {"MUSEUM_PROFILE": "demo"}
LATE_FILES = "kiosk-files"
"""Folder in the home with kiosk files that are not in the bucket yet."""


def run_demo(*, works: int, records: Path | None, live: bool, limit: int | None, stop: bool, port: int | None) -> int:
    """Materialize everything for all museums; 0 when all of it worked. With `stop` the UI is not left running."""
    if live and records:
        raise MuseumError("--live and --records exclude each other: real APIs, or recorded answers")
    if records is not None and not records.is_dir():
        raise MuseumError(f"--records {records} is not a folder")
    from museum_assets.cli.report import show_status
    from museum_assets.cli.run import Controls, materialize, report
    from museum_assets.cli.session import connected
    from museum_assets.cli.simulation import real, simulated

    with ExitStack() as stack:
        settings = stack.enter_context(connected(PROFILE, for_runs=True))
        museums = stack.enter_context(real(settings.home) if live else simulated(settings.home, works, records))
        os.environ.update(museums)  # `connected` restores the environment
        loads = show_kiosks(settings, records)
        page = None
        if not stop:
            from museum_assets.cli.services import ui

            page = stack.enter_context(ui(settings, port=port, env=museums))
            console.print(f"Watch it at [bold]{page.url}[/] while it runs.")
        code = max(loads, report(materialize(["all"], list(MUSEUMS), Controls(limit=limit)), as_json=False))
        show_status(list(MUSEUMS), as_json=False)
        if page is None:
            return code
        console.print(
            f"The Dagster UI is at [bold]{page.url}[/] (Ctrl-C stops everything). In another terminal:\n"
            "  export MUSEUM_PROFILE=demo\n"
            '  .venv/bin/museum search "ships in a storm" --html search.html\n'
            "  .venv/bin/museum status\n"
            f"  .venv/bin/museum kiosk put {settings.home / LATE_FILES}/*   # the sensor loads them within a minute\n"
            "  .venv/bin/museum kiosk report"
        )
        page.wait()
        return code


def show_kiosks(settings: Settings, records: Path | None) -> int:
    """Fill the kiosk museums' buckets, load them and print what came of it; 0 when it worked.

    With recorded data that holds a kiosk bucket, that one is LMNH's. Files to drop in later are put into the home.
    """
    from museum_assets.cli.kiosk_files import print_loads
    from museum_assets.cli.run import run_job
    from museum_assets.simulator import kiosk as made_up
    from resources.embedded.s3 import own_url
    from resources.platform import kiosk_source

    own = settings.s3_endpoint_url == own_url(settings.home)
    for slug in KIOSK_MUSEUMS if own else ():  # made-up files have no business in a bucket of somebody else's
        made_up.fill(kiosk_source(settings, slug), kiosks(slug), records)
    made_up.write_late_files(settings.home / LATE_FILES, kiosks(KIOSK_MUSEUMS[0]))
    runs = run_job("kiosk_files", list(KIOSK_MUSEUMS))
    print_loads(runs)
    return 0 if all(ran.good for ran in runs) else 1
