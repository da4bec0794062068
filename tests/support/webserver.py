"""`museum webserver` as a process, over a small code location."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from museum_assets.operations.ui_guard import GRAPHQL
from resources.embedded.s3 import free_port
from tests.support.certificates import NO_CERTIFICATES
from tests.support.clock import wait_until
from tests.support.places import ROOT

LOCATION = """
import os
from pathlib import Path
import dagster as dg
from resources.embedded.services import join

join(Path(os.environ["MUSEUM_HOME"]))  # as the platform's own location does

@dg.asset
def painting() -> None: ...

@dg.schedule(job_name="paint", cron_schedule="0 0 1 1 *")
def yearly(): ...

defs = dg.Definitions(assets=[painting], jobs=[dg.define_asset_job("paint")], schedules=[yearly])
"""
WORKSPACE = "load_from: [{{python_module: {{module_name: guarded_location, working_directory: '{folder}'}}}}]"
LAUNCH = """mutation Launch($job: String!) {
  launchRun(executionParams: {selector: {repositoryLocationName: "guarded_location",
            repositoryName: "__repository__", jobName: $job}, runConfigData: {}}) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}"""


@dataclass(frozen=True)
class Server:
    """A running `museum webserver`."""

    url: str

    @property
    def authority(self) -> str:
        return self.url.removeprefix("http://")

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        return httpx.request(method, f"{self.url}{path}", trust_env=False, verify=NO_CERTIFICATES,
                             timeout=60, **given)  # fmt: skip

    def launch(self, **headers: str) -> httpx.Response:
        return self.ask("POST", GRAPHQL, json={"query": LAUNCH, "variables": {"job": "paint"}}, headers=headers)

    def runs(self) -> int:
        query = {"query": "{runsOrError {... on Runs {results {runId}}}}"}
        return len(self.ask("POST", GRAPHQL, json=query).json()["data"]["runsOrError"]["results"])


@contextmanager
def serve(folder: Path, env: dict[str, str], *options: str) -> Iterator[Server]:
    """Run `museum webserver` over a small code location for a `with` block."""
    (folder / "guarded_location.py").write_text(LOCATION)
    workspace = folder / "workspace.yaml"
    workspace.write_text(WORKSPACE.format(folder=folder))
    server = Server(f"http://127.0.0.1:{free_port()}")
    port = server.url.rpartition(":")[2]
    process = subprocess.Popen(
        [sys.executable, "-m", "museum_assets", "webserver", "--port", port, "--workspace", str(workspace), *options],
        env={**os.environ, **env},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
    )

    def answers() -> bool:
        assert process.poll() is None
        try:
            return server.ask("GET", "/server_info").is_success
        except httpx.TransportError:
            return False

    try:
        wait_until(answers)
        yield server
    finally:
        process.terminate()
        process.wait()
