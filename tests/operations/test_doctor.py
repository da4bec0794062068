"""`museum doctor` over real servers, well and broken, and `museum init` before it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS
from museum_assets.operations.buckets import own_buckets
from museum_assets.operations.doctor import databases, index, machine, outside, storage
from museum_assets.operations.doctor.line import Line
from museum_assets.simulator.server import Running
from resources.migrations import downgrade
from resources.platform import Platform
from resources.postgres import Database
from sql.migrations import PLATFORM
from tests.support.kafka_broker import running_broker
from tests.support.little_qdrant import little_qdrant
from tests.support.mail_server import mail_server
from tests.support.new_database import NewDatabase
from tests.support.scripted_server import ScriptedServer, answer

NOBODY = "127.0.0.1:1"


def told(*arguments: str, code: int) -> dict[str, dict[str, Any]]:
    """Run a command with --json; return its lines by subject, the last of each."""
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == code, (result.output, result.exception)
    answer = json.loads(result.stdout)
    assert answer["good"] == (code == 0)
    assert all(bool(line["remedy"]) == (line["state"] != "ok") for line in answer["lines"])
    return {line["subject"]: line for line in answer["lines"]}


def only(lines: Any) -> Line:
    """The line that is not well."""
    (line,) = [each for each in lines if each.state != "ok"]
    return line


def set_all(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_init_makes_what_is_missing_and_the_doctor_then_finds_all_well(
    platform: Platform, simulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {name: f"doctor-{os.getpid()}-{name.lower().replace('_', '-')}" for name in own_buckets(platform.settings)}
    kiosks = {f"MUSEUM_KIOSK_BUCKET_{slug.upper()}": f"doctor-{os.getpid()}-{slug}" for slug in KIOSK_MUSEUMS}
    set_all(monkeypatch, **own, **kiosks)
    monkeypatch.setattr(machine, "is_free", lambda _: True)  # whatever else this machine runs
    with little_qdrant() as qdrant, mail_server() as mail, running_broker() as kafka:
        for slug in KIOSK_MUSEUMS:
            kafka.produce(slug, [b"{}"])
        set_all(
            monkeypatch, QDRANT_URL=qdrant.url, QDRANT_GRPC_PORT="0", SMTP_HOST="127.0.0.1", SMTP_PORT=str(mail.port),
            SMTP_SECURITY="none", NOTICE_TO="ann@example.org", KAFKA_BOOTSTRAP_SERVERS=kafka.servers,
            RECONCILIATION_URL=f"{simulator.base_url}/authority/api",
        )  # fmt: skip
        before = told("doctor", code=1)
        assert before["QDRANT_COLLECTION"]["remedy"] == "run `museum init`, which makes it"
        assert {before[name]["remedy"] for name in own} == {"run `museum init`, which makes it"}
        assert all("`museum init --kiosk-buckets`" in before[name]["remedy"] for name in kiosks)

        made = told("init", "--kiosk-buckets", code=0)
        assert {made[f"bucket {name}"]["found"] for name in {**own, **kiosks}.values()} == {"made"}
        again = told("init", code=0)
        assert {line["found"] for name, line in again.items() if name != "databases"} == {"there already"}

        after = told("doctor", code=0)
        assert [line for line in after.values() if line["state"] != "ok"] == []
        assert mail.mails == []
    expected = {
        "RECONCILIATION_URL",
        "DATABASE_URL",
        "DAGSTER_POSTGRES_URL",
        "S3_ENDPOINT_URL",
        "QDRANT_URL",
        "CLIP_WEIGHTS",
        "SMTP_HOST",
    }
    assert expected | {*own, *kiosks} | {f"museum {slug}" for slug in MUSEUMS} <= after.keys()
    assert [*platform.bucket(own["THUMBNAILS_BUCKET"]).list()] == [], "what it tries to write is gone"


def test_each_fault_has_a_line_that_says_what_to_do(
    platform: Platform, simulator: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(
        monkeypatch, PRODUCTION_DATABASE_URL=f"postgresql://u@{NOBODY}/d", S3_ENDPOINT_URL=f"http://{NOBODY}",
        BACKUP_S3_ENDPOINT_URL=f"http://{NOBODY}", CLIP_WEIGHTS="laion/none/none.safetensors", HF_HUB_OFFLINE="1",
        HF_HOME=str(tmp_path), SMTP_HOST="127.0.0.1", SMTP_PORT="1", NOTICE_TO="ann@example.org",
        NOTICE_WEBHOOK_URL=f"http://{NOBODY}/secret", LLM_BASE_URL=f"http://{NOBODY}/v1", JINA_API_KEY="k",
        JINA_API_URL=f"http://{NOBODY}/v1", RECONCILIATION_URL=f"http://{NOBODY}/api",
        MUSEUM_API_SMK=f"http://{NOBODY}", WORKERS="ray", RAY_ADDRESS=NOBODY,
        MUSEUM_DUMP_MET=(tmp_path / "gone.csv").as_uri(),
    )  # fmt: skip
    for name in ("ENOUGH", "LEAST"):
        monkeypatch.setattr(machine, name, 2**62)
    found = told("doctor", code=1)
    failed = {subject for subject, line in found.items() if line["state"] == "fail"}
    assert failed >= {
        "production", "S3_ENDPOINT_URL", "THUMBNAILS_BUCKET", "MUSEUM_KIOSK_BUCKET_LMNH", "BACKUP_S3_ENDPOINT_URL",
        "CLIP_WEIGHTS", "mail", "NOTICE_WEBHOOK_URL", "LLM_BASE_URL", "LLM_MODEL", "JINA_API_URL", "RAY_ADDRESS",
        "RECONCILIATION_URL", "museum smk", "museum met", "MUSEUM_HOME",
    }  # fmt: skip
    assert found["museum aic"]["state"] == "ok"
    assert "PRODUCTION_DATABASE_URL is right" in found["production"]["remedy"]
    assert "secret" not in json.dumps(found)


def test_a_dagster_ui_is_no_obstacle_and_another_program_is(
    platform: Platform, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "FIRST_PORT", server.port)
    assert [*machine.ports(platform)][-1].state == "warn"
    server.scripts["/server_info"] = [answer(b'{"dagster_version": "1"}')]
    assert [*machine.ports(platform)][-1].state == "ok"


def test_in_prod_an_embedded_index_is_asked_about(platform: Platform) -> None:
    (line,) = index.collections(platform.with_settings(profile="prod"))
    assert (line.subject, line.state) == ("QDRANT_URL", "warn")


def test_the_demos_museums_are_made_up_and_not_asked(platform: Platform) -> None:
    (line,) = outside.museum_api("smk", platform.with_settings(profile="demo"))
    assert (line.state, "museum demo" in line.found) == ("ok", True)


def test_a_login_without_rights_a_schema_of_yesterday_and_a_wrong_clock(
    platform: Platform, new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_database() as url:
        there = platform.with_settings(database_url=url)
        login = f"doctor_{os.getpid()}"
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(f"CREATE ROLE {login} LOGIN")
        less = url.replace("postgres@", f"{login}@", 1)
        assert less != url
        weak = [*databases.platform(platform.with_settings(database_url=less))]
        assert {line.state for line in weak} == {"ok", "fail"}
        assert any(f"TO {login}" in line.remedy for line in weak)
        readers = only(databases.readers(platform.with_settings(readers_database_url=less)))
        assert f"GRANT museum_reader TO {login}" in readers.remedy
        too_much = only(databases.readers(platform.with_settings(readers_database_url=url)))
        assert "may write to" in too_much.found
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(f"DROP ROLE {login}")
        monkeypatch.setattr(databases, "OLDEST", 99)
        assert only(databases.platform(there)).remedy == "use PostgreSQL 99 or later"
        monkeypatch.undo()
        downgrade(Database(url), PLATFORM, PLATFORM.revisions[0])
        assert "`museum init`" in only(databases.platform(there)).remedy
    monkeypatch.setattr(databases, "MOST_SECONDS", -1.0)
    assert "NTP" in only(databases.platform(platform)).remedy


def test_a_bucket_that_may_only_be_read(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = platform.with_settings(aws_access_key_id="another")
    lines = [*storage.buckets(wrong)]
    assert {line.state for line in lines} == {"fail"}
    assert "correct the bucket or the key" in lines[0].remedy
    assert {line.remedy for line in lines[1:]} == {f"mend {lines[0].subject} first"}, "one cause is told once"
