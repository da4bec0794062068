"""`museum demo`: the whole pipeline over six museums, simulated unless asked otherwise."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from museum_assets.cli.printing import console
from museum_assets.failures import MuseumError
from museum_assets.museums import MUSEUMS

PROFILE = {"MUSEUM_PROFILE": "demo"}


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
        page = None
        if not stop:
            from museum_assets.cli.services import ui

            page = stack.enter_context(ui(settings, port=port, env=museums))
            console.print(f"Watch it at [bold]{page.url}[/] while it runs.")
        code = report(materialize(["all"], list(MUSEUMS), Controls(limit=limit)), as_json=False)
        show_status(list(MUSEUMS), as_json=False)
        if page is None:
            return code
        console.print(
            f"The Dagster UI is at [bold]{page.url}[/] (Ctrl-C stops everything). In another terminal:\n"
            "  export MUSEUM_PROFILE=demo\n"
            '  .venv/bin/museum search "ships in a storm" --html search.html\n'
            "  .venv/bin/museum status"
        )
        page.wait()
        return code
