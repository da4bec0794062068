"""Printing for people and for programs."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDE = 160
"""Columns when nobody's terminal says otherwise: a log can be scrolled, a folded word cannot be searched for."""

console = Console(width=None if sys.stdout.isatty() else WIDE)


def program() -> str:
    """Return how this command was called, so that an example that is printed runs when it is pasted."""
    called = sys.argv[0]
    if Path(called).name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m museum_assets"
    name = Path(called).name
    return name if shutil.which(name) == called else shlex.quote(called)


def print_json(value: Any) -> None:
    """Print JSON, indented; dates as ISO text."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table; numbers stand to the right, zeros as a dot so that the others are seen.

    Texts are printed as they are: a title's `[recto]` is no markup.
    """
    table = Table(title=Text(title), title_justify="left", header_style="bold")
    for number, column in enumerate(columns):
        numeric = any(isinstance(row[number], int | float) for row in rows)
        name = column in {"museum", "stage", "asset", "variable", "rank"}
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=numeric or name)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _cell(value: Any) -> Text:
    if value is None:
        return Text()
    if isinstance(value, int) and not isinstance(value, bool):
        return Text(f"{value:,}" if value else "·")
    return Text(str(value))
