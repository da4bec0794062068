"""`museum`: the platform on the command line. Each module holds the commands of one concern."""

from __future__ import annotations

import sys
from contextlib import suppress


def main() -> None:
    """Run the command line; an error that is the platform's own is printed as one message, without a traceback."""
    from rich.console import Console
    from rich.markup import escape

    from museum_assets.core.failures import MuseumError
    from museum_assets.core.json_logs import write_json
    from museum_assets.core.settings import read_settings

    with suppress(MuseumError):  # of wrong settings, which the command tells, or has no use for
        if read_settings().log_format == "json":
            write_json()
    try:
        # Which museums there are is read here, from where the settings say.
        from museum_assets.cli.app import app

        app()
    except MuseumError as error:
        Console(stderr=True).print(f"[bold red]museum:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)
