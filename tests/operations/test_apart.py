"""Webserver, daemon and code server as processes of their own, which meet in Postgres alone, as in a cluster."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil
import pytest

from museum_assets.operations.ui_guard import GRAPHQL
from museum_assets.simulator.server import Running
from resources.embedded.s3 import free_port
from resources.embedded.services import Environment
from tests.support.child_processes import child_processes
from tests.support.clock import wait_until
from tests.support.new_database import new_database
from tests.support.places import ROOT
from tests.support.unplugged import Cable, cable_to

SERVERS = "load_from: [{{grpc_server: {{host: 127.0.0.1, port: {port}, location_name: museum}}}}]"
LAUNCH = """mutation Launch($museum: String!) {
  launchPipelineExecution(executionParams: {
      selector: {repositoryLocationName: "museum", repositoryName: "__repository__", pipelineName: "__ASSET_JOB",
                 assetSelection: [{path: ["raw_metadata"]}], assetCheckSelection: []},
      executionMetadata: {tags: [{key: "dagster/partition", value: $museum}]}, mode: "default"}) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on InvalidSubsetError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""
BACKFILL = """mutation Backfill($museums: [String!]!) {
  launchPartitionBackfill(backfillParams: {assetSelection: [{path: ["raw_metadata"]}], partitionNames: $museums}) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}"""
RUN = "query Run($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
BACKFILLED = """query Backfilled($id: String!) {
  partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } }
}"""
TICKS = """query {
  sensorsOrError(repositorySelector: {repositoryLocationName: "museum", repositoryName: "__repository__"}) {
    ... on Sensors { results { name sensorState { status ticks(limit: 5) { status skipReason error { message } } } } }
  }
}"""
ENDED = {"SUCCESS", "FAILURE", "CANCELED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "COMPLETED", "FAILED"}
MOST_LINES = 5
GRACE = 60
RECORD = re.compile(r"(?m)^(?=(?:\x1b\[\d+m)?\d{4}-\d\d-\d\d |Dagster's storage)")
QUIET = re.compile("DEBUG|INFO")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TROUBLE = re.compile(r"Traceback|\b(?:ERROR|CRITICAL)\b|PreviewWarning")


@contextmanager
def process(folder: Path, env: dict[str, str], name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for a `with` block; what it says is in a file of its name."""
    with (folder / f"{name}.log").open("wb") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env={**os.environ, **env},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
            pytest.fail(f"{name} had not ended {GRACE} s after SIGTERM")


class Apart:
    """The three processes, their webserver to ask, and their way to Postgres."""

    def __init__(self, folder: Path, client: httpx.Client, cable: Cable, s3: Cable) -> None:
        self.folder = folder
        self.client = client
        self.cable = cable
        self.s3 = s3

    def ask(self, query: str, **variables: object) -> Any:
        answer = self.client.post(GRAPHQL, json={"query": query, "variables": variables})
        assert "errors" not in answer.json(), answer.text
        (found,) = answer.json()["data"].values()
        return found

    def ended(self, query: str, number: str) -> str:
        """Return how a run or a backfill ended, once it has."""

        def status() -> str | None:
            found = str(self.ask(query, id=number)["status"])
            return found if found in ENDED else None

        return str(wait_until(status, 1))

    def is_there(self, number: str) -> bool:
        """Say whether the webserver can tell of a run."""
        answer = self.client.post(GRAPHQL, json={"query": RUN, "variables": {"id": number}})
        return '"status"' in answer.text

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")


@pytest.fixture
def apart(services: Environment, simulator: Running, tmp_path: Path) -> Iterator[Apart]:
    """Databases that `museum migrate` made, plain addresses, and a process for each part."""
    socket = parse_qs(urlsplit(services["DATABASE_URL"]).query)["host"][0] + "/.s.PGSQL.5432"
    s3_at = urlsplit(services["S3_ENDPOINT_URL"])
    with (
        new_database(services["DATABASE_URL"], template="template0") as platform,
        new_database(services["DATABASE_URL"], template="template0") as dagster,
        cable_to(socket) as cable,
        cable_to((str(s3_at.hostname), s3_at.port or 80)) as s3,
        ExitStack() as stack,
    ):
        away = f"postgresql://postgres@127.0.0.1:{cable.port}"
        env = {
            **services,
            **simulator.environment,
            "DATABASE_URL": away + urlsplit(platform).path,
            "DAGSTER_POSTGRES_URL": away + urlsplit(dagster).path,
            "S3_ENDPOINT_URL": f"http://127.0.0.1:{s3.port}",
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
            "MUSEUM_HOME": str(tmp_path / "home"),
            "DAGSTER_HOME": str(tmp_path / "home" / "dagster"),
        }
        with process(tmp_path, env, "migrate", "museum_assets", "migrate") as migration:
            assert migration.wait() == 0, (tmp_path / "migrate.log").read_text()
        code, web = free_port(), free_port()
        workspace = tmp_path / "workspace.yaml"
        workspace.write_text(SERVERS.format(port=code))
        server = ("-m", "museum_assets.definitions", "-h", "127.0.0.1", "-p", str(code))
        parts = [
            ("code-server", "dagster", "api", "grpc", *server),
            ("webserver", "museum_assets", "webserver", "--port", str(web), "--workspace", str(workspace)),
            ("daemon", "dagster._daemon", "run", "--workspace", str(workspace)),
        ]
        address = f"http://127.0.0.1:{web}"
        client = stack.enter_context(httpx.Client(base_url=address, timeout=None, trust_env=False, verify=False))
        for name, *arguments in parts:
            started = stack.enter_context(process(tmp_path, env, name, *arguments))
            if name == "webserver":
                wait_until(partial(answers, client, started), 0.1)
                s3.cut()  # it made the buckets; the sensors' first ticks meet an S3 and a Kafka that are away
        found = Apart(tmp_path, client, cable, s3)
        # Until the code server listens, the webserver knows no asset: a launch is an InvalidSubsetError then.
        wait_until(lambda: "results" in found.ask(TICKS), 0.2)
        yield found


def answers(client: httpx.Client, started: subprocess.Popen[bytes]) -> bool:
    """Say whether the webserver answers by now."""
    assert started.poll() is None
    try:
        return client.get("/server_info").is_success
    except httpx.TransportError:
        return False


@pytest.mark.timeout(900)
def test_a_run_a_backfill_and_the_sensors_work_without_an_error_in_any_log(apart: Apart) -> None:
    launched = apart.ask(LAUNCH, museum="smk")
    assert launched["__typename"] == "LaunchRunSuccess", launched
    backfill = apart.ask(BACKFILL, museums=["cma", "met"])
    assert backfill["__typename"] == "LaunchBackfillSuccess", backfill
    assert apart.ended(RUN, launched["run"]["runId"]) == "SUCCESS"
    assert apart.ended(BACKFILLED, backfill["backfillId"]) == "COMPLETED_SUCCESS"

    def ticked() -> list[dict[str, Any]]:
        sensors = [each for each in apart.ask(TICKS)["results"] if each["sensorState"]["status"] == "RUNNING"]
        return sensors if all(each["sensorState"]["ticks"] for each in sensors) else []

    sensors = {each["name"]: each for each in wait_until(ticked, 1)}
    assert {"new_kiosk_files", "kiosk_stream", "run_failures"} <= sensors.keys()
    assert [each for each in sensors.values() for tick in each["sensorState"]["ticks"] if tick["error"]] == []
    skipped = {name: sensor["sensorState"]["ticks"][-1]["skipReason"] for name, sensor in sensors.items()}
    assert "cannot be reached" in str(skipped["new_kiosk_files"]), skipped
    assert "cannot list the partitions" in str(skipped["kiosk_stream"]), skipped
    before = {name: apart.said(name) for name in ("code-server", "webserver", "daemon")}
    for said in before.values():
        assert TROUBLE.findall(said) == [], said
    a_run_is_cut_off_from_postgres(apart)
    for name, said in before.items():
        records = RECORD.split(apart.said(name)[len(said) :])
        lines = [line for record in records if not QUIET.search(record) for line in record.splitlines() if line]
        if name == "code-server":  # each run that the outage cost gives its own account there
            told = Counter(ids[0] if (ids := UUID.findall(line)) else name for line in lines)
            assert max(told.values()) <= MOST_LINES, "\n".join(lines)
            assert any("STEP_FAILURE" in line for line in lines)
        else:
            assert len(lines) <= MOST_LINES, "\n".join(lines)


def a_run_is_cut_off_from_postgres(apart: Apart) -> None:
    """Launch a run, and take Postgres away from all processes while it works."""
    apart.cable.cut_at = b"COPY "
    launched = apart.ask(LAUNCH, museum="aic")
    wait_until(lambda: apart.cable.is_cut, 0.1)
    psutil.wait_procs(child_processes("execute_run"))
    apart.cable.mend()
    wait_until(lambda: apart.is_there(launched["run"]["runId"]), 1)
    again = apart.ask(LAUNCH, museum="aic")
    assert again["__typename"] == "LaunchRunSuccess", again
    assert apart.ended(RUN, again["run"]["runId"]) == "SUCCESS"
