"""The commands of the README and the guides as a path: each is found in its block and run beside a demo.

`python -m tests.support.guides HOME READERS` runs all of them, and prints those that failed.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.cli.simulation import LATE_FILES
from tests.support.places import ROOT

GUIDES = ("README", "museums", "corrections", "artists", "authorities", "places", "kiosks", "files", "readers",
          "releases", "operations")  # fmt: skip
"""The README and pages of docs/ in the order in which they are run, each over what those before it left."""
NOT_RUN = re.compile(r"<!-- not run: .+ -->")
"""Stands before a block whose commands need what no test has, and says what."""
APART = re.compile(r"museum (new|try|conform|demo|up|serve|metrics|webserver|kiosk consume|backup)\b")
"""Commands of the guides that tests of their own run: what adds a museum, what goes on until it is stopped, backups."""
LISTS = {"corrections": "corrections list", "artists": "artists decisions", "archive": "archive list"}
"""What lists the numbers that ID stands for, by the command's group."""
READERS = "http://127.0.0.1:8000"


def blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the blocks of code as (line before it, lines); a line is prose where none is empty above it."""
    before = above = ""
    block: list[str] = []
    for line in [*text.splitlines(), "the end"]:
        if line.startswith("    ") and (block or not above.strip()):
            block.append(line[4:])
        elif line.strip():
            if block:
                yield before, block
            before, block = line, []
        above = line


def commands(text: str) -> Iterator[str]:
    """Yield what a guide says to type, in its order: the platform's own commands, and what asks the readers' pages."""
    for before, block in blocks(text):
        if NOT_RUN.fullmatch(before):
            continue
        for line in block:
            command = line.removeprefix(".venv/bin/")
            if command.startswith(("museum ", f"curl '{READERS}")) and not APART.match(command):
                yield command


def run(guide: str, home: Path, readers: str) -> Iterator[str]:
    """Run a guide's commands in this process; yield what became of each that failed."""
    text = text_of(guide)
    for _, block in blocks(text):
        if block[0].startswith("artwork,field"):
            Path("corrections.csv").write_text("\n".join(block), encoding="utf-8")
    for command in commands(text):
        typed = as_typed(command, home)
        if typed.startswith("curl "):
            asked = typed.replace(READERS, readers) + " --fail --silent --show-error"
            done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=False)
            status, said = done.returncode, done.stderr
        else:
            result = CliRunner().invoke(app, shlex.split(typed, comments=True)[1:])
            status, said = result.exit_code, f"{result.output}{result.exception or ''}"
        if status:
            yield f"in the guide {guide}: {typed}\nended with {status}: {said}"


def text_of(guide: str) -> str:
    """Return a guide's text; of the README what is typed beside a demo, which stands in one block."""
    if guide != "README":
        return (ROOT / f"docs/{guide}.md").read_text(encoding="utf-8")
    _, found, rest = (ROOT / "README.md").read_text(encoding="utf-8").partition("    export MUSEUM_PROFILE=demo\n")
    assert found, "the README's commands beside the demo begin another way now"
    block, _, _ = rest.partition("\n\n")
    return block


def as_typed(command: str, home: Path) -> str:
    """Fill in what a person would: a museum and files of the demo's, and what lists show for ID and MAKER."""
    _, group, *_ = command.split()
    command = command.replace("harbour", "smk").replace("SLUG", "smk")
    if "kiosk-files/*" in command:
        files = " ".join(shlex.quote(str(path)) for path in sorted((home / LATE_FILES).iterdir()))
        command = command.replace(".museum/demo/kiosk-files/*", files)
    if " ID" in command:
        command = command.replace(" ID", f" {_number(group)}")
    if "MAKER" in command:
        (question, *_) = _listed("artists questions")
        command = command.replace("MAKER", question["maker_key"]).replace("Q5598", question["candidates"][0]["id"])
    return command


def _number(group: str) -> int:
    """Return the newest number that a group lists; of corrections, one of a field, which a museum can change."""
    listed = _listed(LISTS[group])
    rows = listed["imports"] if group == "archive" else listed
    return max(int(each["id"]) for each in rows if group != "corrections" or each["field"])


def _listed(command: str) -> Any:
    result = CliRunner().invoke(app, [*command.split(), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def main() -> None:
    """Run every guide beside the demo of the environment; exit with what failed."""
    home, readers = sys.argv[1:]
    failed = [each for guide in GUIDES for each in run(guide, Path(home), readers)]
    sys.exit("\n".join(failed) or None)


if __name__ == "__main__":
    main()
