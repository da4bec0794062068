from __future__ import annotations

import pytest

from museum_assets import cli
from museum_assets.cli.printing import console, print_table
from museum_assets.cli.run import Ran, report
from museum_assets.failures import MuseumError

WILD = "Landscape [recto] kept in [/data/x] [bold]"


def test_a_table_prints_texts_as_they_are() -> None:
    with console.capture() as printed:
        print_table(WILD, ("title",), [(WILD,)])
    assert printed.get().count(WILD) == 2


def test_a_report_prints_errors_and_reasons_as_they_are() -> None:
    check = {"asset": "raw_metadata", "check": "fresh", "severity": "WARN", "why": WILD}
    with console.capture() as printed:
        report([Ran("smk", "1", success=False, errors=[WILD], checks=[check])], as_json=False)
    assert printed.get().count(WILD) == 2


def test_an_error_is_printed_as_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise MuseumError(WILD)

    monkeypatch.setattr("museum_assets.cli.app.app", fail)
    with pytest.raises(SystemExit):
        cli.main()
    assert WILD in capsys.readouterr().err
