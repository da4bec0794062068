"""The runbooks of the alerts, and the commands that they give."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.support.places import ROOT

RUNBOOKS = ROOT / "docs" / "runbooks"
CODE = re.compile(r"^ {4}(\S.*)$|`([^`]+)`", re.MULTILINE)
WITH_COMMANDS = ("What to look at", "What to do")
OF_A_SERVER = ("systemctl", "journalctl", "sudo systemctl")
"""Programs that speak to systemd."""


@dataclass(frozen=True)
class Runbook:
    """A page: its alert, and its commands in their order."""

    alert: str
    commands: tuple[str, ...]


def runbook(name: str) -> Runbook:
    """Read a page. A command stands on a line of its own, or is code of several words."""
    title, *parts = re.split(r"^## (.+)\n", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    code = [line or words for section in WITH_COMMANDS for line, words in CODE.findall(sections[section])]
    commands = [" ".join(each.split()) for each in code]
    return Runbook(title.strip("# \n"), tuple(each for each in commands if " " in each))
