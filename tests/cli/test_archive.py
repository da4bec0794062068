"""`museum archive` and the asset archive_import, over a platform of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dagster as dg  # noqa: TID251 - the asset is materialized as Dagster does
import pytest
from typer.testing import CliRunner

from museum_assets.archives.checks import books_balance, current_is_latest_year, nothing_held
from museum_assets.cli.app import app
from resources.platform import Platform
from resources.postgres import Database

HEADER = "acct\tbld_num\tcount\tgrade\tcd\tl_dscr\tnote\tuts\n"


def rows(count: int) -> str:
    return "".join(f'{n:013}\t1\t2\t4\tRRS1\tFrame Utility Shed\t6" wide\t110.0\n' for n in range(count))


def run(*arguments: str, code: int = 0) -> dict:
    done = CliRunner().invoke(app, ["archive", *arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_import_list_show_and_rollback(platform: Platform, tmp_path: Path) -> None:
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text(HEADER + rows(3))
    second.write_text(HEADER + rows(4) + "x\t1\tmany\t\t\t\t\t\n")
    one = run("import", "hcad_extra_features", "--year", "2025", "--file", str(first))
    assert (one["state"], one["loaded"], one["current"]) == ("loaded", 3, True)
    held = run("import", "hcad_extra_features", "--year", "2026", "--file", str(second), code=1)
    assert (held["state"], held["rejected"], held["codes"]) == ("held", 1, {"not_an_integer": 1})
    assert (held["outcome"], held["current"]) == ("held", False)
    assert "museum archive import hcad_extra_features --year 2026 --partial" in held["message"]
    assert run("show", str(held["id"]))["outcome"] is None, "nothing was done with it now"
    again = run("import", "hcad_extra_features", "--year", "2026", "--file", str(second), code=1)
    assert (again["id"], again["outcome"]) == (held["id"], "unchanged")
    two = run("import", "hcad_extra_features", "--year", "2026", "--file", str(second), "--partial")
    assert (two["id"], two["outcome"], two["current"]) == (held["id"], "published", True)
    listed = run("list", "--source", "hcad_extra_features")
    assert [each["id"] for each in listed["imports"]] == [two["id"], one["id"]]
    assert run("show", str(two["id"]))["files"][0]["url"] == second.as_uri()
    assert run("rollback", str(two["id"])) == {"rolled_back": two["id"], "current": one["id"]}
    done = CliRunner().invoke(app, ["archive", "list"])
    assert "Harris County extra features" in done.stdout


def test_checks_before_any_import_have_nothing_to_check(platform: Platform) -> None:
    with platform.database().connect() as conn:
        for check in (books_balance, current_is_latest_year, nothing_held):
            found = check(conn, "hcad_extra_features")
            assert (found.passed, found.warn, found.empty) == (False, True, True)
            assert "museum archive import hcad_extra_features" in found.description


def test_the_asset_imports_and_its_checks_look(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from museum_assets.definitions import defs

    path = tmp_path / "home" / "imports" / "a.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + rows(3))
    job = defs().resolve_job_def("archives")
    config = {"ops": {"archive_import": {"config": {"urls": [path.as_uri()], "year": 2026}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(run_config=config, partition_key="hcad_extra_features", instance=instance)
    assert done.success
    evaluations = {check.check_name: check.passed for check in done.get_asset_check_evaluations()}
    assert evaluations == dict.fromkeys(
        ("books_balance", "current_is_latest_year", "nothing_held", "dead_letter_ratio"), True
    )
    database = Database(platform.settings.database_url or "")
    with database.connect() as conn:
        conn.execute("DELETE FROM archive.hcad_extra_features__all WHERE position = 0")
        conn.execute("UPDATE ops.archive_import SET state = 'held', message = 'why'")
        assert not books_balance(conn, "hcad_extra_features").passed
        assert "why" in nothing_held(conn, "hcad_extra_features").description
        conn.execute("UPDATE ops.archive_import SET state = 'loaded'")
        conn.execute("INSERT INTO ops.archive_import (source, year, files, content_hash, contract, state)"
                     " VALUES ('hcad_extra_features', 2027, '[]', '', '', 'loaded')")  # fmt: skip
        assert not current_is_latest_year(conn, "hcad_extra_features").passed


def test_a_run_reads_no_file_outside_the_folder_and_the_command_line_does(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reaches Dagster's UI chooses the configuration of a run, of its resources too."""
    from museum_assets.definitions import defs

    path, folder = tmp_path / "outside.txt", tmp_path / "imports"
    path.write_text(HEADER + rows(3))
    job = defs().resolve_job_def("archives")

    def materialized(address: str, **more: Any) -> dg.ExecuteInProcessResult:
        config = {"ops": {"archive_import": {"config": {"urls": [address], "year": 2026}}}, **more}
        with dg.DagsterInstance.ephemeral() as instance:
            return job.execute_in_process(
                run_config=config, partition_key="hcad_extra_features", instance=instance, raise_on_error=False
            )

    def message(done: dg.ExecuteInProcessResult) -> str:
        (failed,) = [event for event in done.all_node_events if event.event_type_value == "STEP_FAILURE"]
        return str(failed.event_specific_data)

    for address in (path.as_uri(), "file:///etc/passwd"):
        done = materialized(address)
        assert not done.success
        assert "ARCHIVE_FOLDER" in message(done)
        assert "museum archive import" in message(done)
    for resource in ({"home": "/"}, {"archive_folder": "/"}):
        with pytest.raises(dg.DagsterInvalidConfigError):
            materialized(path.as_uri(), resources={"platform": {"config": resource}})
    assert run("import", "hcad_extra_features", "--year", "2026", "--file", str(path))["state"] == "loaded"
    monkeypatch.setenv("ARCHIVE_FOLDER", str(folder))
    folder.mkdir()
    inside = folder / "inside.txt"
    inside.write_text(HEADER + rows(4))
    assert materialized(inside.as_uri()).success
