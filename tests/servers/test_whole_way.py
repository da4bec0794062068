"""One whole way with every service from outside: harvest to promoted release, stream, search, rollback, clean up."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from museum_assets.cli.simulation import PREFIX
from museum_assets.definitions import build_definitions
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS
from resources.postgres import Database, scalar
from tests.servers import kafka
from tests.servers.plugin import Servers
from tests.support.demo import MUSEUM, demo_environment
from tests.support.new_database import at
from tests.support.places import ROOT

DATABASES = {"DATABASE_URL": "demo", "DAGSTER_POSTGRES_URL": "demo_dagster", "PRODUCTION_DATABASE_URL": "demo_public"}
FILLED = ("raw.record", "staging.artwork", "kiosk.review", "kiosk.exhibition", "ops.dead_letter")


@pytest.fixture
def outside(servers: Servers, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a demo whose services are all given; Kafka over SASL_SSL where the broker is ours."""
    needed = {"postgres", "s3", "kafka"} & servers.missing.keys()
    if needed:
        pytest.skip("; ".join(servers.missing[name] for name in sorted(needed)))
    given = {
        "S3_ENDPOINT_URL": os.environ["S3_TEST_ENDPOINT"],
        "AWS_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
        "KAFKA_BOOTSTRAP_SERVERS": os.environ["KAFKA_TEST_SERVERS"],
        **{name: at(os.environ["DATABASE_TEST_URL"], database) for name, database in DATABASES.items()},
    }
    if servers.kafka_ports:
        given |= {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{servers.kafka_ports.secured}",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "PLAIN",
            "KAFKA_SASL_USERNAME": kafka.USER,
            "KAFKA_SASL_PASSWORD": kafka.PASSWORD,
            "KAFKA_SSL_CA_LOCATION": str(servers.authority.file),
        }
    if url := os.environ.get("QDRANT_TEST_URL"):
        given |= {"QDRANT_URL": url, "QDRANT_COLLECTION": "demo", "QDRANT_PRODUCTION_COLLECTION": "demo_public"}
        if port := os.environ.get("QDRANT_TEST_GRPC_PORT"):
            given["QDRANT_GRPC_PORT"] = port
    with psycopg.connect(at(os.environ["DATABASE_TEST_URL"], "postgres"), autocommit=True) as conn:
        for name in DATABASES.values():
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield demo_environment(tmp_path / "home") | given
        finally:
            for name in DATABASES.values():
                conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.timeout(600)
def test_the_demo_fills_everything_and_takes_it_out_again(outside: dict[str, str], tmp_path: Path) -> None:
    def museum(*arguments: str) -> str:
        done = subprocess.run([*MUSEUM, *arguments], env=outside, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}\n{done.stdout[-5000:]}{done.stderr[-5000:]}"
        return done.stdout

    museum("migrate")
    museum("demo", "--works", "2", "--exit")
    with Database(outside["DATABASE_URL"]).connect() as conn:
        for table in FILLED:
            assert scalar(conn, f"SELECT count(*) FROM {table}"), table
        streamed = conn.execute("SELECT museum, topic, loaded FROM kiosk.stream_position").fetchall()
    assert {(row["museum"], row["topic"]) for row in streamed if row["loaded"]} == {
        (slug, f"{PREFIX}{slug}") for slug in KIOSK_MUSEUMS
    }
    with psycopg.connect(outside["DAGSTER_POSTGRES_URL"]) as dagster:
        rows = dagster.execute("SELECT asset_key FROM asset_keys WHERE last_materialization IS NOT NULL").fetchall()
    made = {json.loads(key)[-1] for (key,) in rows}
    groups = {spec.key.path[-1]: spec.group_name for spec in build_definitions().resolve_all_asset_specs()}
    assert {groups[name] for name in made} == set(groups.values()), "every group is filled"
    found = json.loads(museum("search", "a ship", "--production", "--json"))
    assert found
    for slug in (*MUSEUMS, *KIOSK_MUSEUMS):
        assert json.loads(museum("release", "list", slug, "--json")), slug
    museum("release", "stage", "smk")
    museum("release", "promote", "smk", "--force", "--why", "a second one")
    museum("release", "rollback", "smk", "--why", "the first was better")
    assert PREFIX in museum("demo", "--remove-files")
