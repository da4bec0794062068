"""`museum demo` as a person runs it, with everything that it starts."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from museum_assets.cli.demo import LATE_FILES
from museum_assets.cli.services import dagster_processes
from museum_assets.settings import REPO_ROOT, Settings
from resources.embedded import postgres, s3
from resources.postgres import Database

pytestmark = pytest.mark.integration

MUSEUM = [str(Path(sys.executable).with_name("museum"))]
FIXTURES = Path(__file__).parents[1] / "fixtures"
RUNS = '{runsOrError(filter: {pipelineName: "kiosk_files"}) {... on Runs {results {status tags {key value}}}}}'


@contextmanager
def demo(home: Path, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """The demo of one work per museum and of a small model, and the environment that other commands need."""
    names = {(info.alias or field).upper() for field, info in Settings.model_fields.items()}
    env = {name: value for name, value in os.environ.items() if name not in names} | {
        "MUSEUM_PROFILE": "demo", "MUSEUM_HOME": str(home), "CLIP_MODEL": "tiny-clip",
        "CLIP_MODEL_CONFIGS": str(FIXTURES), "CLIP_WEIGHTS": "untrained",
    }  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*MUSEUM, "demo", "--works", "1"], env=env, cwd=REPO_ROOT, stdout=output, stderr=output
        )
    try:
        yield process, env
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=90)


def wait_until(seconds: float, there: Callable[[], Any], log: Path) -> Any:
    """Return what is there as soon as it is; fails with the demo's output after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := there():
            return found
        time.sleep(0.5)
    pytest.fail(f"nothing after {seconds} s; the demo said:\n{log.read_text()[-3000:]}")


def test_the_demo_loads_a_dropped_file_by_itself_and_leaves_nothing_behind(own_home: Path, tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    with demo(own_home, log) as (process, env):

        def said() -> str | None:
            assert process.poll() is None, log.read_text()
            found = re.search(r"The Dagster UI is at (http://[\d.:]+)", log.read_text())
            return found and found[1]

        url = wait_until(180, said, log)
        dropped = sorted((own_home / LATE_FILES).iterdir())
        put = subprocess.run([*MUSEUM, "kiosk", "put", *map(str, dropped)], env=env, cwd=REPO_ROOT, timeout=60,
                             capture_output=True, text=True, check=False)  # fmt: skip
        assert put.returncode == 0, put.stderr
        tables = Database(postgres.url(own_home, "platform"))

        def loaded() -> bool:
            with tables.connect() as conn:
                rows = conn.execute("SELECT key FROM kiosk.file WHERE museum = 'lmnh' AND outcome = 'loaded'")
                return {file.name for file in dropped} <= {Path(row["key"]).name for row in rows}

        wait_until(120, loaded, log)
        runs = httpx.post(f"{url}/graphql", json={"query": RUNS}, timeout=60).json()["data"]["runsOrError"]["results"]
        sensors = [tag["value"] for run in runs for tag in run["tags"] if tag["key"] == "dagster/sensor_name"]
        assert set(sensors) == {"new_kiosk_files"}

        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=90) == 128 + signal.SIGTERM, log.read_text()
    assert dagster_processes(Settings(museum_home=own_home)) == []
    assert postgres.processes(own_home / "postgres") == s3.processes(own_home) == []
