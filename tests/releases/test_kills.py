"""A promotion killed, and Postgres stopped under it, at random points: production is always one complete release."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.promotion.promote import Promotion, promote
from museum_assets.releases.promotion.request import PromotionRequest
from museum_assets.releases.record import find, live
from museum_assets.releases.rows import connected, slot_digest
from museum_assets.releases.schema import tables_of
from museum_assets.releases.snapshot import snapshot
from museum_assets.releases.staging.candidate import stage_candidate
from resources.embedded import postgres, postgres_files
from resources.embedded.services import Environment
from resources.platform import Platform
from resources.postgres import Busy
from resources.vector_index.index import Hit
from tests.support.killable import Killable
from tests.support.release_tables import stage

WORKS, TIMES = 100, 5
STEPS = 9
"""Lines that a promotion tells before it is live, about."""
CHILD = """
from museum_assets.releases.desk import release_desk
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import PromotionRequest
from resources.platform import Platform
desk = release_desk(Platform.from_settings())
print("begins", flush=True)
promote(desk, PromotionRequest("smk", "Ida", "to be killed"), lambda line: print(line, flush=True))
print("done", flush=True)
"""


class Versions:
    """Stages one version of the museum after the other: every title changes each time."""

    def __init__(self, desk: ReleaseDesk, platform: Platform) -> None:
        self.desk, self.bucket, self.number = desk, platform.thumbnails(), 0

    def next(self) -> None:
        """Stage the next version and make the candidate."""
        self.number += 1
        stage(self.desk.platform, "smk", WORKS, say=f" v{self.number}", bucket=self.bucket)
        stage_candidate(self.desk.platform, self.desk.production, "smk")


def whole(desk: ReleaseDesk, platform: Platform) -> int:
    """Check that readers see exactly one complete release, in tables and search, and return which."""
    with connected(desk.production) as conn:
        number = live(conn, "smk")
        assert number is not None
        release = find(conn, "smk", number)
        assert release["state"] == "ready"
        for table in tables_of(conn, "smk"):
            found = slot_digest(conn, table, "smk", release["slot"])
            assert (found.rows, found.checksum) == (release["counts"][table.name], release["checksums"][table.name])
        rows = conn.execute("SELECT split_part(title, ' v', 2) AS v, release_id FROM production.artwork").fetchall()
    assert len(rows) == WORKS
    assert {row["release_id"] for row in rows} == {number}
    assert len({row["v"] for row in rows}) == 1
    with snapshot(desk.production, platform.production_index(), "smk") as now:
        records = list(now.session.scroll(now.where("smk")))
        assert len(now.joined([Hit(record.id, 1.0, record.payload) for record in records])) == WORKS
    return number


def clean(desk: ReleaseDesk) -> None:
    """Check that nothing is left of what was interrupted."""
    with desk.production.connect() as conn:
        rows = conn.execute("SELECT state, count(*) AS n FROM production.release GROUP BY state").fetchall()
        states = {row["state"]: row["n"] for row in rows}
        assert "building" not in states
        assert conn.execute("SELECT count(*) AS n FROM production.artwork_release").fetchone() == {
            "n": WORKS * states["ready"]
        }
        number = live(conn, "smk")
        assert number is not None
    assert desk.outside.verify("smk", number) == []


def promoted(desk: ReleaseDesk) -> Promotion:
    """Promote; the killed one's connection may take moments to be noticed."""
    while True:
        try:
            return promote(desk, PromotionRequest("smk", "Ida", "after the kill"))
        except Busy:
            time.sleep(0.2)


def test_killed_at_random_points(desk: ReleaseDesk, platform: Platform) -> None:
    versions, dice = Versions(desk, platform), random.Random(int(os.environ.get("SEED", "4")))
    versions.next()
    promoted(desk)
    interrupted = 0
    for _ in range(TIMES):
        versions.next()
        before = whole(desk, platform)
        child = Killable(CHILD)
        for _ in range(dice.randrange(1, STEPS)):
            child.stdout.readline()
        time.sleep(dice.random() * 0.1)
        child.send_signal(signal.SIGKILL)
        finished = "done" in child.stdout.read()
        child.wait()
        after = whole(desk, platform)
        assert after >= before
        interrupted += not finished
        done = promoted(desk)
        assert whole(desk, platform) == done.release.id > after
        clean(desk)
    assert interrupted >= TIMES - 2, "most of them came to their end: kill earlier"


def crash(home: Path) -> None:
    """Let the server fall: it recovers from its log at the next start."""
    processes = postgres.processes(postgres_files.data_directory(home))
    processes[0].send_signal(signal.SIGQUIT)
    while postgres.processes(postgres_files.data_directory(home)):
        time.sleep(0.05)


class Attempt(threading.Thread):
    """A promotion that says when it has come to a step."""

    def __init__(self, desk: ReleaseDesk, steps: int) -> None:
        super().__init__()
        self.desk, self.left = desk, steps
        self.reached = threading.Event()
        self.error: BaseException | None = None

    def on_progress(self, _: str) -> None:
        self.left -= 1
        if self.left == 0:
            self.reached.set()

    def run(self) -> None:
        try:
            promote(self.desk, PromotionRequest("smk", "Ida", "to be interrupted"), self.on_progress)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error
        self.reached.set()


@pytest.mark.parametrize("fall", [postgres.stop, crash])
def test_postgres_goes_away_at_random_points(
    desk: ReleaseDesk, platform: Platform, services: Environment, fall: Callable[[Path], None]
) -> None:
    home = Path(services["MUSEUM_HOME"])
    versions, dice = Versions(desk, platform), random.Random(int(os.environ.get("SEED", "5")))
    versions.next()
    promoted(desk)
    errors = 0
    for _ in range(TIMES - 2):
        versions.next()
        attempt = Attempt(desk, dice.randrange(1, STEPS))
        attempt.start()
        attempt.reached.wait()
        time.sleep(dice.random() * 0.1)
        fall(home)
        attempt.join()
        postgres.ensure_running(home)
        if attempt.error is not None:
            errors += 1
            assert isinstance(attempt.error, MuseumError), repr(attempt.error)
        whole(desk, platform)
        done = promoted(desk)
        assert whole(desk, platform) == done.release.id
        clean(desk)
    assert errors >= 1
