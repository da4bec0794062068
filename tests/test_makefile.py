from __future__ import annotations

import re
import tomllib

from tests.support.places import ROOT


def test_every_dependency_is_pinned_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=!~; ]", line)[0] for line in wanted}
    entries = re.split(r"\n(?=[a-z0-9])", (ROOT / "requirements.txt").read_text())
    pinned = {entry.split("==")[0].split("[")[0] for entry in entries if "==" in entry and "--hash=sha256:" in entry}
    assert names - pinned == set(), "run `make requirements`"


def test_what_ci_calls_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    lines = re.findall(r"^make (.*)", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    called = [word for line in lines for word in line.split() if re.fullmatch(r"[a-z][a-z0-9-]+", word)]
    assert called == [
        "install",
        "types",
        "lint",
        "site",
        "coverage",
        "test-servers",
        "test-postgres15",
        "robustness",
        "deploy-check",
    ]
    assert set(called) <= targets


def test_make_up_and_demo_run_commands_of_the_program() -> None:
    from museum_assets.cli import app as cli

    commands = {
        command.name or command.callback.__name__ for command in cli.app.registered_commands if command.callback
    }
    assert set(re.findall(r"\.venv/bin/museum (\w+)", (ROOT / "Makefile").read_text())) <= commands
