from __future__ import annotations

import sys
from pathlib import Path

import dagster as dg  # noqa: TID251 - what becomes of Dagster's own events is tried
import pytest

from museum_assets import cli
from museum_assets.cli.printing import console, print_table, program
from museum_assets.cli.run_results import RunResult, report
from museum_assets.core.failures import MuseumError, Unavailable

WILD = "Landscape [recto] kept in [/data/x] [bold]"


def test_a_table_prints_texts_as_they_are() -> None:
    with console.capture() as printed:
        print_table(WILD, ("title",), [(WILD,)])
    assert printed.get().count(WILD) == 2


def test_a_report_prints_errors_and_reasons_as_they_are() -> None:
    check = {"asset": "raw_metadata", "check": "fresh", "severity": "WARN", "why": WILD}
    with console.capture() as printed:
        report([RunResult("smk", "1", success=False, errors=[WILD], checks=[check])], as_json=False)
    assert printed.get().count(WILD) == 2


@pytest.mark.slow
def test_an_outage_that_fails_several_steps_is_told_once_in_words() -> None:
    @dg.op
    def one() -> None:
        raise Unavailable(WILD)

    @dg.op
    def unforeseen() -> None:
        raise KeyError("title")

    @dg.job
    def run() -> None:
        one.alias("first")()
        one.alias("second")()
        unforeseen()

    with dg.DagsterInstance.ephemeral() as instance:
        ran = RunResult.of("smk", run.execute_in_process(instance=instance, raise_on_error=False))
    assert sorted(ran.errors) == ["KeyError: 'title'", WILD]


def test_an_error_is_printed_as_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise MuseumError(WILD)

    monkeypatch.setattr("museum_assets.cli.app.app", fail)
    with pytest.raises(SystemExit):
        cli.main()
    assert WILD in capsys.readouterr().err


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        (".venv/bin/museum", ".venv/bin/museum"),
        ("/opt/my tools/museum", "'/opt/my tools/museum'"),
        ("{path}/museum", "museum"),
        ("/anywhere/museum_assets/__main__.py", f"{sys.executable} -m museum_assets"),
    ],
)
def test_an_example_names_the_program_as_it_was_called(
    called: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "museum").touch(mode=0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [called.format(path=tmp_path)])
    assert program() == expected
