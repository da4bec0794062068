"""A promotion killed, and Postgres stopped under it, at random points: production is always one complete release."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from museum_assets.failures import MuseumError
from museum_assets.releases.candidate import make_candidate
from museum_assets.releases.promotion import Promoted, Request, promote
from museum_assets.releases.record import find, live
from museum_assets.releases.rows import connected, slot_content
from museum_assets.releases.schema import tables_of
from museum_assets.releases.workplace import Workplace
from museum_assets.search.production import snapshot
from museum_assets.settings import Settings
from resources.embedded import postgres
from resources.embedded.services import Environment
from resources.platform import production_index, thumbnails
from resources.postgres import Busy
from resources.vector_index.index import Hit
from tests.release_tables import stage

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
WORKS, TIMES = 100, 5
STEPS = 9
"""Lines that a promotion tells before it is live, about."""
CHILD = """
from museum_assets.releases.promotion import Request, promote
from museum_assets.releases.workplace import workplace
from museum_assets.settings import settings
work = workplace(settings())
print("begins", flush=True)
promote(work, Request("smk", "Ida", "to be killed"), lambda line: print(line, flush=True))
print("done", flush=True)
"""


class Versions:
    """Stages one version of the museum after the other: every title changes each time."""

    def __init__(self, work: Workplace, platform: Settings) -> None:
        self.work, self.bucket, self.number = work, thumbnails(platform), 0

    def next(self) -> None:
        """Stage the next version and make the candidate."""
        self.number += 1
        stage(self.work.platform, "smk", WORKS, say=f" v{self.number}", bucket=self.bucket)
        make_candidate(self.work.platform, self.work.production, "smk")


def whole(work: Workplace, platform: Settings) -> int:
    """Check that readers see exactly one complete release, in tables and search, and return which."""
    with connected(work.production) as conn:
        number = live(conn, "smk")
        assert number is not None
        release = find(conn, "smk", number)
        assert release["state"] == "ready"
        for table in tables_of(conn, "smk"):
            found = slot_content(conn, table, "smk", release["slot"])
            assert (found.rows, found.checksum) == (release["counts"][table.name], release["checksums"][table.name])
        rows = conn.execute("SELECT split_part(title, ' v', 2) AS v, release_id FROM production.artwork").fetchall()
    assert len(rows) == WORKS
    assert {row["release_id"] for row in rows} == {number}
    assert len({row["v"] for row in rows}) == 1
    with snapshot(work.production, production_index(platform), "smk") as now:
        records = list(now.session.scroll(now.where("smk")))
        assert len(now.joined([Hit(record.id, 1.0, record.payload) for record in records])) == WORKS
    return number


def clean(work: Workplace) -> None:
    """Check that nothing is left of what was interrupted."""
    with work.production.connect() as conn:
        rows = conn.execute("SELECT state, count(*) AS n FROM production.release GROUP BY state").fetchall()
        states = {row["state"]: row["n"] for row in rows}
        assert "building" not in states
        assert conn.execute("SELECT count(*) AS n FROM production.artwork_release").fetchone() == {
            "n": WORKS * states["ready"]
        }
        number = live(conn, "smk")
        assert number is not None
    assert work.outside.verify("smk", number) == []


def promoted(work: Workplace) -> Promoted:
    """Promote; the killed one's connection may take moments to be noticed."""
    for _ in range(100):
        try:
            return promote(work, Request("smk", "Ida", "after the kill"))
        except Busy:
            time.sleep(0.2)
    raise AssertionError("the lock of the killed promotion was not freed")


def test_killed_at_random_points(work: Workplace, platform: Settings) -> None:
    versions, dice = Versions(work, platform), random.Random(int(os.environ.get("SEED", "4")))
    versions.next()
    promoted(work)
    interrupted = 0
    for _ in range(TIMES):
        versions.next()
        before = whole(work, platform)
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ
        )
        assert child.stdout
        for _ in range(dice.randrange(1, STEPS)):
            child.stdout.readline()
        time.sleep(dice.random() * 0.1)
        child.send_signal(signal.SIGKILL)
        finished = "done" in child.stdout.read()
        child.wait()
        after = whole(work, platform)
        assert after >= before
        interrupted += not finished
        done = promoted(work)
        assert whole(work, platform) == done.release.id > after
        clean(work)
    assert interrupted >= TIMES - 2, "most of them came to their end: kill earlier"


def crash(home: Path) -> None:
    """Let the server fall: it recovers from its log at the next start."""
    processes = postgres.processes(home / "postgres")
    processes[0].send_signal(signal.SIGQUIT)
    while postgres.processes(home / "postgres"):
        time.sleep(0.05)


class Attempt(threading.Thread):
    """A promotion that says when it has come to a step."""

    def __init__(self, work: Workplace, steps: int) -> None:
        super().__init__()
        self.work, self.left = work, steps
        self.reached = threading.Event()
        self.error: BaseException | None = None

    def told(self, _: str) -> None:
        self.left -= 1
        if self.left == 0:
            self.reached.set()

    def run(self) -> None:
        try:
            promote(self.work, Request("smk", "Ida", "to be interrupted"), self.told)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error
        self.reached.set()


@pytest.mark.parametrize("fall", [postgres.stop, crash])
def test_postgres_goes_away_at_random_points(
    work: Workplace, platform: Settings, services: Environment, fall: Callable[[Path], None]
) -> None:
    home = Path(services["MUSEUM_HOME"])
    versions, dice = Versions(work, platform), random.Random(int(os.environ.get("SEED", "5")))
    versions.next()
    promoted(work)
    errors = 0
    for _ in range(TIMES - 2):
        versions.next()
        attempt = Attempt(work, dice.randrange(1, STEPS))
        attempt.start()
        attempt.reached.wait(60)
        time.sleep(dice.random() * 0.1)
        fall(home)
        attempt.join()
        postgres.ensure_running(home)
        if attempt.error is not None:
            errors += 1
            assert isinstance(attempt.error, MuseumError), repr(attempt.error)
        whole(work, platform)
        done = promoted(work)
        assert whole(work, platform) == done.release.id
        clean(work)
    assert errors >= 1
