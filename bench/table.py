"""Showing results: one table for people, or JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from bench.measuring import Result


def show(results: Sequence[Result], seconds: float) -> None:
    """Print the table."""
    table = Table(title=f"{machine()}, measured in {seconds:.0f} s", title_justify="left", show_lines=True)
    for heading in ("", "measured", "target", "held", "figures behind it"):
        table.add_column(heading, justify="right" if heading in {"measured", "target"} else "left")
    for result in results:
        held = _held(result)
        table.add_row(
            result.what,
            f"{result.value:.1f} {result.unit}",
            f"{result.target.bound} {result.target.value:g} {result.unit}" if result.target else "",
            "" if held is None else "yes" if held else "[bold red]NO[/]",
            result.note,
        )
    Console(width=None if os.isatty(1) else 140).print(table)


def as_json(results: Sequence[Result], seconds: float) -> str:
    """Return everything the table says."""
    rows: list[dict[str, Any]] = [asdict(result) | {"held": _held(result)} for result in results]
    return orjson.dumps({"machine": machine(), "seconds": seconds, "rows": rows}, option=orjson.OPT_INDENT_2).decode()


def machine() -> str:
    """Return what this machine is, as far as figures depend on it."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _held(result: Result) -> bool | None:
    return result.target.held(result.value) if result.target else None
