"""`museum demo`: the whole pipeline over five museums, simulated unless asked otherwise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from museum_assets.cli.printing import console
from museum_assets.failures import MuseumError
from museum_assets.museums import MUSEUMS
from museum_assets.settings import REPO_ROOT

PROFILE = {"MUSEUM_PROFILE": "demo"}


def run_demo(*, works: int, records: Path | None, live: bool, limit: int | None, stop: bool, port: int | None) -> int:
    """Materialize everything for all museums; 0 when all of it worked. With `stop` the UI is not left running."""
    if live and records:
        raise MuseumError("--live and --records exclude each other: real APIs, or recorded answers")
    with ExitStack() as stack:
        museums = {} if live else stack.enter_context(simulated(works, records))
        # Imported late: the services read their settings from the environment that the simulator has just made.
        from museum_assets.cli.report import show_status
        from museum_assets.cli.run import Controls, materialize, report
        from museum_assets.cli.session import connected

        settings = stack.enter_context(connected({**PROFILE, **museums}))
        page = None
        if not stop:
            from museum_assets.cli.services import ui

            page = stack.enter_context(ui(settings, port=port, env={**PROFILE, **museums}))
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


@contextmanager
def simulated(works: int, records: Path | None) -> Iterator[dict[str, str]]:
    """Run the simulator as a process of its own and yield the variables that lead to it."""
    if records is not None and not records.is_dir():
        raise MuseumError(f"--records {records} is not a folder")
    command = [sys.executable, "-m", "museum_assets.simulator", "--port", "0", "--works", str(works)]
    command += ["--records", str(records.resolve())] if records else []
    # Its own session: Ctrl-C is for this process, which stops the simulator when the rest has stopped.
    process = subprocess.Popen(  # noqa: S603  its arguments are this program's own
        command, stdout=subprocess.PIPE, text=True, cwd=REPO_ROOT, start_new_session=True, env=dict(os.environ)
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise MuseumError(f"the simulator did not start (exit status {process.wait()}); its message is above")
        found: dict[str, Any] = json.loads(line)
        yield found["environment"]
    finally:
        process.terminate()
        process.wait()
