from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.core.settings import Settings
from museum_assets.operations.erasing import HomeInUse, NoHome, erase, places
from museum_assets.operations.running import running_platform
from resources.embedded import postgres, postgres_files, s3


@pytest.fixture
def settings(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for field, info in Settings.model_fields.items():
        monkeypatch.delenv((info.alias or field).upper(), raising=False)
    monkeypatch.setenv("MUSEUM_HOME", str(own_home))
    return Settings()


def test_a_home_goes_with_its_databases_but_not_under_a_living_process(settings: Settings) -> None:
    with running_platform(settings):
        pass
    with running_platform(settings), pytest.raises(HomeInUse, match=f"works with {settings.home}"):
        erase(settings)
    data = postgres_files.data_directory(settings.home)
    postgres.ensure_running(settings.home)  # as a killed process leaves it
    assert erase(settings) == [settings.home, *([] if data.is_relative_to(settings.home) else [data.parent])]
    assert not settings.home.exists()
    assert not data.exists()
    assert postgres.processes(data) == s3.processes(settings.home) == []
    with running_platform(settings):
        pass
    erase(settings)


def test_where_nothing_is_nothing_is_deleted(settings: Settings) -> None:
    typed = CliRunner().invoke(app, ["erase"])
    assert f"There is no {settings.home}" in typed.output
    assert erase(settings) == []


def test_other_folders_are_left_alone(settings: Settings) -> None:
    settings.home.mkdir()
    (settings.home / "letter.txt").write_text("dear museum")
    with pytest.raises(NoHome, match="nothing was deleted"):
        erase(settings)


def test_a_no_deletes_nothing(settings: Settings) -> None:
    with running_platform(settings):
        pass
    before = places(settings)
    typed = CliRunner().invoke(app, ["erase"], input="n\n")
    assert (typed.exit_code, places(settings)) == (1, before)
    typed = CliRunner().invoke(app, ["erase", "--yes"])
    assert (typed.exit_code, [place for place in before if place.exists()]) == (0, [])
