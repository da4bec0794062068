"""The options that every command shares."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.core import version as module


def test_the_version_is_printed_and_nothing_done() -> None:
    result = CliRunner().invoke(app, ["--version", "demo"])
    assert (result.exit_code, result.stdout) == (0, f"museum {module.version()}\n")


def test_a_checkout_that_is_not_installed_has_its_version_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DISTRIBUTION", "nothing-that-is-installed")
    module.version.cache_clear()
    try:
        assert f'\nversion = "{module.version()}"\n' in (module.ROOT / "pyproject.toml").read_text()
    finally:
        module.version.cache_clear()


@pytest.mark.parametrize(("typed", "offered"), [("museum dem", "demo"), ("museum release pro", "promote")])
def test_a_shell_completes_commands(typed: str, offered: str) -> None:
    asked = {"_MUSEUM_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    result = CliRunner().invoke(app, [], env=asked, prog_name="museum")
    assert offered in result.stdout.split()


def test_the_package_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import runpy

    monkeypatch.setattr(sys, "argv", ["museum", "--version"])
    with pytest.raises(SystemExit) as left:
        runpy.run_module("museum_assets", run_name="__main__")
    assert (left.value.code, capsys.readouterr().out) == (0, f"museum {module.version()}\n")


@pytest.mark.slow
def test_a_profile_that_there_is_not_is_told_in_a_line() -> None:
    """Which museums there are is read with the first import, before any command."""
    asked = [sys.executable, "-m", "museum_assets", "status"]
    done = subprocess.run(asked, env={**os.environ, "MUSEUM_PROFILE": "production"}, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "museum: MUSEUM_PROFILE is 'production', not a profile: set it to one of dev, prod, demo\n"
