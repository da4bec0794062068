"""`museum doctor` and `museum init`: what the platform needs, looked at, and made where it is missing."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict

from rich.markup import escape

from museum_assets.cli.printing import console, print_json
from museum_assets.cli.session import exported
from museum_assets.cli.simulation import chosen_names, recorded_environment
from museum_assets.core.settings import read_settings
from museum_assets.operations.doctor.examine import examine
from museum_assets.operations.doctor.line import Line
from museum_assets.operations.init import init
from museum_assets.operations.running import running_unprepared
from resources.embedded.services import attach_running, environment
from resources.platform import Platform

COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def show_doctor(*, as_json: bool) -> int:
    """Print a line for everything that is configured; 1 when something would stop a run. Starts and changes nothing."""
    with exported({}):
        settings = read_settings()
        if settings.profile == "demo":
            os.environ.update(chosen_names(settings.home) | (recorded_environment(settings.home) or {}))
            settings = read_settings()
        return _told(examine(Platform(attach_running(settings))), as_json=as_json)


def show_init(*, of_kiosks: bool, as_json: bool) -> int:
    """Make what is missing and print a line for each thing; 1 when something could not be made."""
    with running_unprepared(read_settings()) as platform, exported(environment(platform.settings)):
        return _told(init(platform, of_kiosks=of_kiosks), as_json=as_json)


def _told(lines: Iterable[Line], *, as_json: bool) -> int:
    seen: list[Line] = []
    for line in lines:
        seen.append(line)
        if not as_json:
            _print(line)
    failed = sum(line.state == "fail" for line in seen)
    warned = sum(line.state == "warn" for line in seen)
    if as_json:
        print_json({"good": not failed, "failed": failed, "warned": warned, "lines": [asdict(line) for line in seen]})
    else:
        console.print(f"{len(seen)} lines, {failed} failed, {warned} warned", highlight=False)
    return 1 if failed else 0


def _print(line: Line) -> None:
    state = f"[{COLOURS[line.state]}]{line.state:4}[/]"
    console.print(f"{state}  [bold]{escape(line.subject)}[/]: {escape(line.found)}", highlight=False, soft_wrap=True)
    if line.remedy:
        console.print(f"      → {escape(line.remedy)}", highlight=False, soft_wrap=True)
