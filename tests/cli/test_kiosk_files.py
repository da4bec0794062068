"""`museum kiosk status|load|report|put` over the real services, and the demo's part of the kiosks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.cli.demo_runs import load_kiosks
from museum_assets.cli.simulation import LATE_FILES
from museum_assets.core.failures import MuseumError
from museum_assets.museums import KIOSK_MUSEUMS, kiosks
from museum_assets.simulator import kiosk as made_up
from resources.platform import Platform
from tests.support.kiosk_files import HEADER, Kiosks, exhibition, kiosks_of


@pytest.fixture
def lmnh(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kiosks]:
    found = kiosks_of("lmnh", platform)
    monkeypatch.setenv("MUSEUM_KIOSK_BUCKET_LMNH", found.source.bucket)
    monkeypatch.setenv("MUSEUM_KIOSK_BUCKET_LMS", f"{found.source.bucket}-lms")
    monkeypatch.setenv("KIOSK_COMBINED_BUCKET", found.combined.bucket)
    yield found


def museum(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["kiosk", *arguments], catch_exceptions=False)
    return done.exit_code, done.output


def as_json(*arguments: str) -> Any:
    code, output = museum(*arguments, "--json")
    assert code == 0, output
    return json.loads(output)


def test_files_are_put_loaded_counted_and_reported(lmnh: Kiosks, tmp_path: Path) -> None:
    (tmp_path / "lmnh_exhibition_0.json").write_bytes(exhibition(0))
    (tmp_path / "lmnh_hist_data_0.csv").write_text(HEADER + "2023-03-06 10:00:00,0,4,\n2023-03-06 10:00:01,0,9,\n")
    code, output = museum("put", *map(str, sorted(tmp_path.glob("lmnh_*"))))
    assert code == 0
    assert "lmnh_hist_data_0.csv is in bucket" in output
    (ran,) = as_json("load", "-m", "lmnh")
    assert (ran["assets"]["visitor_feedback"]["loaded"], ran["good"]) == (1, True)
    code, output = museum("load", "-m", "lmnh")
    assert code == 0
    assert "dead_letter_ratio" in output  # half of all rows wait: a warning, repeated while it is so
    state = as_json("status", "-m", "lmnh")["lmnh"]
    assert state["books"][0] == {"origin": "files", "read": 2, "loaded": 1, "rejected": 1, "duplicate": 0, "stored": 1}
    assert {file["key"]: file["outcome"] for file in state["files"]} == {
        "lmnh_exhibition_0.json": "loaded", "lmnh_hist_data_0.csv": "loaded"}  # fmt: skip
    assert "lmnh_hist_data_0.csv" in museum("status")[1]
    report = as_json("report", "-m", "lmnh")["lmnh"]
    assert (report["scale"], report["exhibitions"][0]["average rating"]) == ("0 Terrible to 4 Amazing", 4)
    code, output = museum("report", "--chart", str(tmp_path / "report.svg"))
    assert code == 0
    assert "1 reviews, average 4.00 (0 Terrible to 4 Amazing)" in output
    assert output.count("Busiest hours") == 1, "the other museum has no presses"
    assert [file.name for file in tmp_path.glob("*.svg")] == ["report.svg"]
    picture = (tmp_path / "report.svg").read_text()
    assert all(kiosks(slug).name in picture for slug in KIOSK_MUSEUMS)


def test_a_file_is_taken_back_told_and_loaded_again(lmnh: Kiosks) -> None:
    lmnh.put({"lmnh_exhibition_0.json": exhibition(0), "lmnh_hist_data_0.csv": HEADER + "2023-03-06 10:00:00,0,4,\n"})
    as_json("load", "-m", "lmnh")
    file = {"file": "lmnh_hist_data_0.csv", "rows_read": 1, "removed": 1, "kept": 0, "letters": 0, "before": False}
    assert as_json("unload", "lmnh_hist_data_0.csv", "-m", "lmnh", "--by", "ann") == file
    assert as_json("unload", "lmnh_hist_data_0.csv")["before"]
    assert "lmnh_hist_data_0.csv was taken back before: nothing changed" in museum("unload", "lmnh_hist_data_0.csv")[1]
    (ran,) = as_json("load", "-m", "lmnh")
    assert (ran["assets"]["visitor_feedback"]["loaded"], ran["good"]) == (0, True)
    (shown,) = (f for f in as_json("status", "-m", "lmnh")["lmnh"]["files"] if f["key"] == "lmnh_hist_data_0.csv")
    assert (shown["outcome"], shown["message"][:17]) == ("unloaded", "taken back by ann")
    code, output = museum("unload", "lmnh_hist_data_0.csv", "--undo")
    assert (code, "`museum kiosk load --museum lmnh` loads lmnh_hist_data_0.csv" in " ".join(output.split())) == (
        0,
        True,
    )
    (ran,) = as_json("load", "-m", "lmnh")
    assert ran["assets"]["visitor_feedback"]["loaded"] == 1
    assert "1 presses left the tables, 0 stay" in " ".join(museum("unload", "lmnh_hist_data_0.csv")[1].split())
    assert as_json("unload", "lmnh_hist_data_0.csv", "--undo") == {
        "file": "lmnh_hist_data_0.csv",
        "outcome": "accepted",
    }


def test_what_is_no_kiosk_file_is_not_put(lmnh: Kiosks, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(MuseumError, match=r"notes.txt is no kiosk file of lmnh, whose are lmnh_exhibition_\*\.json"):
        museum("put", str(tmp_path / "notes.txt"))
    assert list(lmnh.source.list()) == []


def test_an_unknown_museum_is_named(lmnh: Kiosks) -> None:
    with pytest.raises(MuseumError, match="'tate' has no kiosks: the registry knows lmnh, lms"):
        museum("status", "-m", "tate")


def test_the_demo_fills_and_loads_what_it_made_up(
    lmnh: Kiosks, platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.settings.home.mkdir(exist_ok=True)
    assert all(ran.good for ran in load_kiosks(Platform.from_settings(), None))
    assert "sites_known: 702 presses wait for the exhibitions of 1 unknown sites: 6 (702)" in " ".join(
        capsys.readouterr().out.split()
    )
    state = as_json("status")
    assert state["lmnh"]["books"][0]["rejected"] == 702 + made_up.WEEKS * len(made_up.BROKEN_ROWS)
    assert state["lms"]["books"][0]["rejected"] == made_up.WEEKS * len(made_up.BROKEN_ROWS)
    # The files left beside it are the exhibition that is missing and one more week.
    museum("put", *map(str, (platform.settings.home / LATE_FILES).iterdir()))
    (ran,) = as_json("load", "-m", "lmnh")
    assert ran["assets"]["visitor_feedback"]["replayed"] == 702
    assert not ran["checks"]


def test_the_demo_takes_a_recorded_bucket(lmnh: Kiosks, shared: Path) -> None:
    assert made_up.fill_bucket(lmnh.source, lmnh.museum, shared / "data")
    assert not made_up.fill_bucket(lmnh.source, lmnh.museum, shared / "data")
    assert lmnh.load().loaded == 2133


def test_the_museums_own_buckets_are_there_from_the_start(platform: Platform) -> None:
    """A file can be copied into the bucket of whoever runs `museum up` for the first time."""
    for museum in map(kiosks, KIOSK_MUSEUMS):
        assert list(platform.kiosk_source(museum.slug).list()) == []
