"""`museum demo` as a person runs it, with everything that it starts."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from museum_assets.cli.simulation import LATE_FILES
from museum_assets.core.settings import Settings
from museum_assets.museums import MUSEUMS, museum
from museum_assets.operations.ui import dagster_processes
from resources.embedded import postgres, postgres_files, s3
from resources.postgres import Database
from tests.support.clock import wait_until
from tests.support.demo import MUSEUM, demo_environment
from tests.support.places import ROOT

SHIP = re.compile("ship|skib|schip|schep", re.IGNORECASE)
RUNS = '{runsOrError(filter: {pipelineName: "kiosk_files"}) {... on Runs {results {status tags {key value}}}}}'


@contextmanager
def demo(home: Path, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """The demo with as many works as show ships in every language, and the environment that other commands need."""
    env = demo_environment(home)
    with log.open("wb") as output:
        process = subprocess.Popen([*MUSEUM, "demo", "--works", "40"], env=env, cwd=ROOT, stdout=output, stderr=output)
    try:
        yield process, env
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()
        print(log.read_text()[-3000:])  # noqa: T201 - shown where the test fails


def ships_are_found(readers: str) -> None:
    """Look for ships in a storm in each language; a work without a title counts as none."""
    with httpx.Client(base_url=readers, timeout=None, trust_env=False) as client:
        wait_until(lambda: client.get("/readyz").json()["model"] == "ready", every=0.2)
        for words in ("ships in a storm", "skib i storm", "schip in een storm"):
            hits = client.get("/api/search", params={"q": words, "limit": 10}).json()["hits"]
            titles = [hit["work"]["title"] or "" for hit in hits]
            assert sum(bool(SHIP.search(title)) for title in titles) >= 8, titles


def paste_the_guides(env: dict[str, str], folder: Path, home: Path, readers: str) -> None:
    """Run the commands of the README and the guides beside the demo, all in one process.

    Each in a process of its own took 3 s to begin; those of the drill have one.
    """
    done = subprocess.run([sys.executable, "-m", "tests.support.guides", str(home), readers],
                          env={**env, "PYTHONPATH": str(ROOT)}, cwd=folder, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert (folder / "search.html").exists()


def paste_the_drill(env: dict[str, str], folder: Path) -> None:
    """Run the drill of docs/backup.md as it stands there, while the demo runs."""
    _, _, text = (ROOT / "docs/backup.md").read_text(encoding="utf-8").partition("## The drill\n")
    block = re.search(r"(?:^ {4}.+\n)+", text, re.MULTILINE)
    assert block
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/museum").symlink_to(MUSEUM[0])
    done = subprocess.run(["bash", "-e", "-c", block.group()], env=env, cwd=folder, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    for words in ("every file is the one that was written", "every count and checksum is equal", "live", "Deleted"):
        assert words in done.stdout
    assert sorted(path.name for path in folder.iterdir()) == [".venv", "backups"]


@pytest.mark.timeout(900)
def test_the_demo_does_what_the_readme_says_loads_a_dropped_file_and_leaves_nothing_behind(
    own_home: Path, tmp_path: Path
) -> None:
    log = tmp_path / "demo.log"
    with demo(own_home, log) as (process, env):

        def said() -> str | None:
            assert process.poll() is None, log.read_text()
            found = re.search(r"The Dagster UI is at (http://[\d.:]+)", log.read_text())
            return found and found[1]

        url = wait_until(said, every=0.5)
        readers = re.search(r"The readers' pages are at (http://[\d.:]+)\.\n", log.read_text())
        assert readers, log.read_text()
        for slug in MUSEUMS:
            assert museum(slug).name in httpx.get(f"{readers[1]}/museums", timeout=None).text
        ships_are_found(readers[1])
        paste_the_guides(env, tmp_path, own_home, readers[1])
        dropped = sorted((own_home / LATE_FILES).iterdir())
        put = subprocess.run([*MUSEUM, "kiosk", "put", *map(str, dropped)], env=env, cwd=ROOT,
                             capture_output=True, text=True, check=False)  # fmt: skip
        assert put.returncode == 0, put.stderr
        tables = Database(postgres.url(own_home, "platform"))

        def loaded() -> bool:
            with tables.connect() as conn:
                rows = conn.execute("SELECT key FROM kiosk.file WHERE museum = 'lmnh' AND outcome = 'loaded'")
                return {file.name for file in dropped} <= {Path(row["key"]).name for row in rows}

        wait_until(loaded, every=0.5)
        runs = httpx.post(f"{url}/graphql", json={"query": RUNS}, timeout=None).json()["data"]["runsOrError"]["results"]
        sensors = [tag["value"] for run in runs for tag in run["tags"] if tag["key"] == "dagster/sensor_name"]
        assert set(sensors) == {"new_kiosk_files"}
        paste_the_drill(env, own_home.with_name(f"{own_home.name}-drill"))

        process.send_signal(signal.SIGTERM)
        assert process.wait() == 128 + signal.SIGTERM, log.read_text()
    assert dagster_processes(Settings(museum_home=own_home)) == []
    assert postgres.processes(postgres_files.data_directory(own_home)) == s3.processes(own_home) == []
