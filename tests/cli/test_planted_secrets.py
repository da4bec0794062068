"""No secret of any setting appears in an output, a log, a file of the home, Dagster's metadata or the database."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from museum_assets.core.museum_settings import MuseumOverrides
from museum_assets.core.settings import Settings
from museum_assets.simulator.server import Running
from resources.embedded.services import Environment
from resources.platform import Platform
from tests.support.documents import REPORT
from tests.support.new_database import NewDatabase
from tests.support.web_server import Answer, Asked, WebServer, web_server

PLANTED = {
    "DATABASE_URL": "planted-database",
    "DAGSTER_POSTGRES_URL": "planted-dagster",
    "PRODUCTION_DATABASE_URL": "planted-production",
    "READERS_DATABASE_URL": "planted-readers",
    "AWS_SECRET_ACCESS_KEY": "planted-storage",
    "BACKUP_SECRET_ACCESS_KEY": "planted-backup",
    "QDRANT_API_KEY": "planted-qdrant",
    "JINA_API_KEY": "planted-jina",
    "LLM_API_KEY": "planted-llm",
    "KAFKA_SASL_PASSWORD": "planted-kafka",
    "SMTP_PASSWORD": "planted-mail",
    "NOTICE_WEBHOOK_URL": "planted-webhook",
    "MUSEUM_API": "planted-api",
    "MUSEUM_DUMP": "planted-dump",
}
"""A secret for each setting that may hold one."""
SHOWN = {
    "S3_ENDPOINT_URL",
    "BACKUP_S3_ENDPOINT_URL",
    "QDRANT_URL",
    "JINA_API_URL",
    "LLM_BASE_URL",
    "NOTICE_UI_URL",
    "READERS_URL",
    "TRACES_URL",
    "RECONCILIATION_URL",
}
"""Addresses that are shown, and therefore refused with a secret in them."""
WITHOUT = {
    *("QDRANT_COLLECTION", "QDRANT_PRODUCTION_COLLECTION", "KAFKA_BOOTSTRAP_SERVERS"),
    *("QDRANT_CA", "QDRANT_GRPC_PORT", "QDRANT_LAYOUT", "QDRANT_PRODUCTION_LAYOUT"),
    *(
        "SMTP_HOST",
        "ARCHIVE_HOSTS",
        "UI_HOSTS",
        "READERS_HOST",
        "METRICS_HOST",
        "AWS_ACCESS_KEY_ID",
        "BACKUP_ACCESS_KEY_ID",
    ),
}
"""Names of hosts, places, files and ports, whose patterns leave no room for a password, layouts, the name of a key."""
SUSPECT = ("URL", "KEY", "SECRET", "PASSWORD", "TOKEN", "HOST", "SERVERS", "ENDPOINT", "QDRANT")


def test_every_setting_that_may_hold_a_secret_is_planted() -> None:
    fields = {str(info.alias or name).upper(): info for name, info in Settings.model_fields.items()}
    secret = {name for name, info in fields.items() if "SecretStr" in str(info.annotation)}
    suspect = {name for name in fields if any(part in name for part in SUSPECT) and not name.endswith("TOKENS")}
    assert secret | suspect == (PLANTED.keys() - {"MUSEUM_API", "MUSEUM_DUMP"}) | SHOWN | WITHOUT
    assert {name for name, info in MuseumOverrides.model_fields.items() if info.annotation == str | None} == {
        *("api_base", "dump", "documents", "kiosk_bucket", "drift")
    }


SECRETS = ["s3cret#x", "s3cret/x", "s3cret?x", "s3cret@x", "s3cret[x", "s3cret:x", "s3cret\\x", "12#s3cret", "s3cret x"]


@pytest.mark.parametrize("password", SECRETS)
@pytest.mark.parametrize("name", [*sorted(SHOWN), "MUSEUM_API_SMK", "MUSEUM_DUMP_MET", "NOTICE_WEBHOOK_URL"])
def test_a_password_that_breaks_its_address_is_refused_unquoted_or_never_shown(
    name: str, password: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from museum_assets.cli.configuration import show_settings
    from museum_assets.core.failures import MuseumError

    monkeypatch.setenv(name, f"https://user:{password}@host.example:8443/path")
    said = ""
    try:
        show_settings(as_json=True)
        platform = Platform.from_settings()
        said = repr(platform.settings) + repr(platform.overrides("smk")) + repr(platform.overrides("met"))
        if name == "NOTICE_WEBHOOK_URL":
            from resources.webhook import Webhook
            from tests.support.pace import NoPace

            with Webhook(f"https://user:{password}@host.example:8443/path", NoPace()) as hook:
                said += hook.host
    except MuseumError as error:
        assert name in str(error) or "MUSEUM_" in str(error)
        said += str(error)
    assert "s3cret" not in said + "".join(capsys.readouterr())


CHILD = """
import json, logging, sys
logging.basicConfig(level=logging.DEBUG, filename=sys.argv[1])
from museum_assets.cli import main
for words in json.loads(sys.argv[2]):
    sys.argv = ["museum", *words]
    print("=====", *words[:2], flush=True)
    try:
        main()
    except SystemExit as done:
        print("exit", done.code, flush=True)
"""
METADATA = """
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster._serdes import serialize_value
from museum_assets.definitions import build_definitions
print(serialize_value(RepositorySnap.from_def(build_definitions().get_repository_def())))
"""
COLLECTION = ["raw_metadata", "transformed_artworks", "indexed_artworks", "stored_thumbnails", "image_jina"]
GOOD = [
    ["settings"],
    ["settings", "--json"],
    ["run", *COLLECTION, "-m", "smk", "--limit", "2"],
    ["run", "raw_metadata", "-m", "met"],
    ["run", "raw_metadata", "-m", "aic"],
    ["run", "document_files", "document_records", "-m", "smk"],
    ["archive", "import", "hcad_buildings", "--url", "{web}/x.zip?sig=planted-dump"],
    ["archive", "import", "hcad_buildings", "--url", "http://user:planted-dump@127.0.0.1/x.zip"],
    ["notices", "test"],
    ["notices", "send"],
    ["notices", "list", "--json"],
    ["status", "--json"],
    ["dead-letters", "list", "--json"],
    ["archive", "list", "--json"],
]
BROKEN = [
    ["settings"],
    ["doctor"],
    ["status"],
    ["run", "raw_metadata", "-m", "smk"],
    ["release", "list"],
    ["search", "ships"],
    ["search", "ships", "--production"],
    ["kiosk", "consume", "lmnh"],
    ["backup", "--verify", "s3://backups/museum"],
]


def echo(asked: Asked) -> Answer:
    """Refuse a request as badly as servers do: with all that was asked in the answer."""
    status = 404 if "hook" in asked.path else 401 if "v1" in asked.path else 403
    body = {"error": {"message": f"cannot {asked.method} {asked.path} with {asked.headers}"}}
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server(echo) as server:
        yield server


def with_password(url: str, password: str) -> str:
    """Put a password into an address of the embedded Postgres, which asks for none."""
    scheme, _, rest = url.partition("://")
    user, _, place = rest.partition("@")
    return f"{scheme}://{user.partition(':')[0]}:{password}@{place}"


def museum(commands: list[list[str]], env: dict[str, str], log: Path) -> str:
    arguments = [sys.executable, "-c", CHILD, str(log), json.dumps(commands)]
    done = subprocess.run(arguments, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout + done.stderr


def rows_of(platform: Platform) -> str:
    """Return every row of every table as text."""
    with platform.database().connect() as conn:
        tables = conn.execute(
            "SELECT table_schema AS s, table_name AS t FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
            "AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        return "\n".join(
            str(row["row"])
            for table in tables
            for row in conn.execute(
                sql.SQL("SELECT r::text AS row FROM {} r").format(sql.Identifier(table["s"], table["t"]))
            )
        )


def files_of(folder: Path) -> str:
    return "\n".join(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())


def found(text: str, secrets: dict[str, str]) -> dict[str, str]:
    """Return {setting: what surrounds its secret} of those that are in the text, plain, folded or in base64."""
    text += text.replace("\n", "")
    plain = {name: text.find(secret) for name, secret in secrets.items()}
    coded = {
        f"{name} in base64": text.find(base64.b64encode(f"user:{secret}".encode()).decode())
        for name, secret in secrets.items()
    }
    return {name: text[max(0, at - 300) : at + 60] for name, at in {**plain, **coded}.items() if at >= 0}


def test_no_planted_secret_comes_up(
    platform: Platform,
    services: Environment,
    simulator: Running,
    new_database: NewDatabase,
    web: WebServer,
    tmp_path: Path,
) -> None:
    documents = platform.bucket(f"documents-{os.getpid()}-secrets")
    documents.ensure_bucket()
    documents.put("smk/loan/1.txt", REPORT, content_type="text/plain")
    api = simulator.environment["MUSEUM_API_SMK"]
    nobody = "127.0.0.1:1"
    hook_host = web.url.replace("127.0.0.1", "LOCALHOST")
    env = {
        "DATABASE_URL": with_password(platform.database().url, "planted-database%23"),
        "DAGSTER_POSTGRES_URL": "",
        "DOCUMENTS_BUCKET": documents.bucket,
        "JINA_API_KEY": PLANTED["JINA_API_KEY"],
        "JINA_API_URL": f"{web.url}/v1/embeddings",
        "LLM_API_KEY": PLANTED["LLM_API_KEY"],
        "LLM_BASE_URL": f"{web.url}/v1",
        "LLM_MODEL": "m",
        "NOTICE_WEBHOOK_URL": f"{hook_host}/hook/planted-webhook",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": "1",
        "SMTP_USER": "user",
        "SMTP_PASSWORD": PLANTED["SMTP_PASSWORD"],
        "NOTICE_TO": "ann@example.org",
        "MUSEUM_API_SMK": api.replace("://", "://user:planted-api@"),
        "MUSEUM_API_AIC": web.url.replace("://", "://user:planted-api@"),
        "MUSEUM_DUMP_MET": f"{web.url}/MetObjects.csv?sig=planted-dump",
        "ARCHIVE_HOSTS": web.url.partition("://")[2],
    }
    with new_database() as dagster:
        env["DAGSTER_POSTGRES_URL"] = with_password(dagster, "planted-dagster")
        output = museum(
            [
                *([word.replace("{web}", web.url) for word in words] for words in GOOD),
                ["backup", str(tmp_path / "backups")],
            ],
            env,
            tmp_path / "debug.log",
        )
        broken = {
            **env,
            "QDRANT_URL": f"http://{nobody}",
            "QDRANT_API_KEY": PLANTED["QDRANT_API_KEY"],
            "PRODUCTION_DATABASE_URL": f"postgresql://user:planted-production@{nobody}/d",
            "READERS_DATABASE_URL": f"postgresql://user:planted-readers@{nobody}/d",
            "AWS_SECRET_ACCESS_KEY": PLANTED["AWS_SECRET_ACCESS_KEY"],
            "BACKUP_S3_ENDPOINT_URL": f"http://{nobody}",
            "BACKUP_ACCESS_KEY_ID": "key",
            "BACKUP_SECRET_ACCESS_KEY": PLANTED["BACKUP_SECRET_ACCESS_KEY"],
            "KAFKA_BOOTSTRAP_SERVERS": nobody,
            "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "KAFKA_SASL_MECHANISM": "PLAIN",
            "KAFKA_SASL_USERNAME": "user",
            "KAFKA_SASL_PASSWORD": PLANTED["KAFKA_SASL_PASSWORD"],
        }
        output += museum(BROKEN, broken, tmp_path / "broken.log")
        away = {**broken, "DATABASE_URL": f"postgresql://user:planted-database%23@{nobody}/d"}
        output += museum([["status"], ["run", "raw_metadata", "-m", "smk"]], away, tmp_path / "away.log")
        metadata = subprocess.run(
            [sys.executable, "-c", METADATA], env={**os.environ, **broken}, capture_output=True, text=True, check=True
        )
        with_dagster = rows_of(platform.with_settings(database_url=dagster))
    assert len(list((tmp_path / "backups").glob("*/manifest.json"))) == 1
    # What was to fail did, so that there was something to say.
    for said in ("The Jina API answered 401", "the model m at", "the webhook at localhost", "download of http"):
        assert said in output + rows_of(platform), said
    assert any(asked.path == "/hook/planted-webhook" for asked in web.asked)
    assert any("Basic" in asked.headers.get("Authorization", "") for asked in web.asked)
    secrets = {**PLANTED, "the embedded S3": services["AWS_SECRET_ACCESS_KEY"]}
    for place, text in {
        "output": output,
        "metadata": metadata.stdout + metadata.stderr,
        "tables": rows_of(platform),
        "Dagster's tables": with_dagster,
        "files": files_of(tmp_path),
    }.items():
        assert found(text, secrets) == {}, place
