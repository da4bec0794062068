"""What the platform does when it is killed, or when Postgres, S3 or the vector index go away under it."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from museum_assets.collection.thumbnails.stage import stored_thumbnails
from museum_assets.core.failures import MuseumError
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Options
from museum_assets.simulator.server import Running
from resources.embedded import postgres, s3
from resources.platform import Platform
from resources.postgres import Database, DatabaseUnavailable
from tests.support import stages, whole_pipeline
from tests.support.killable import Killable
from tests.support.new_database import NewDatabase
from tests.support.own_services import Home, finish_after, home

__all__ = ["home"]
CHILD = """
from tests.support.whole_pipeline import print_run
print_run()
"""
TABLES = {
    "raw": "SELECT museum, record_id, payload_hash, withdrawn_at FROM raw.record ORDER BY 1, 2",
    "artworks": "SELECT museum, record_id, object_number, title FROM staging.artwork ORDER BY 1, 2",
    "thumbnails": "SELECT museum, record_id, s3_key, sha256 FROM staging.thumbnail ORDER BY 1, 2",
    "ledger": "SELECT museum, stage, record_id, outcome, code, output FROM ops.ledger ORDER BY 1, 2, 3",
    "vectors": "SELECT contract, content_hash, vector FROM ops.vector ORDER BY 1, 2",
}


def contents(chosen: Platform) -> dict[str, Any]:
    """Everything a run makes, in tables, bucket and index; image addresses name the simulator, so they are left out."""
    found: dict[str, Any] = {}
    with chosen.database().connect() as conn:
        for name, statement in TABLES.items():
            found[name] = [tuple(row.values()) for row in conn.execute(statement)]
    store = chosen.thumbnails()
    found["bucket"] = {item.key: item.etag for item in store.list()}
    with chosen.vector_index().open() as session:
        ids = list(session.ids())
        found["points"] = {
            point.id: (point.payload, {name: bytes(vector.astype("<f4")) for name, vector in point.vectors.items()})
            for point in session.retrieve(ids, with_vectors=True)
        }
    return found


def finished(chosen: Platform) -> dict[tuple[str, ...], Any]:
    with chosen.database().connect() as conn:
        rows = conn.execute("SELECT museum, stage, record_id, attempted_at FROM ops.ledger WHERE outcome <> 'failed'")
        return {(row["museum"], row["stage"], row["record_id"]): row["attempted_at"] for row in rows}


@contextmanager
def elsewhere(chosen: Platform, new_database: NewDatabase, tmp_path: Path) -> Iterator[Platform]:
    """A second empty platform on the same services."""
    with new_database() as url:
        with Database(url).connect() as conn:
            conn.execute("UPDATE ops.setting SET value = '0' WHERE name = 'withdrawal_grace_days'")
        other = chosen.with_settings(
            database_url=url, home=tmp_path / "undisturbed", thumbnails_bucket=f"undisturbed-{os.getpid()}"
        )
        other.thumbnails().ensure_bucket()
        yield other


def started(chosen: Platform) -> Killable:
    """The whole pipeline in a process of its own.

    It embeds one work at a time, in float32: how many works a kill leaves for a batch, and which precision a process
    finds the faster, would show in the last bits of the vectors.
    """
    settings = chosen.settings
    own = {"DATABASE_URL": settings.database_url or "", "MUSEUM_HOME": str(settings.home),
           "THUMBNAILS_BUCKET": settings.thumbnails_bucket, "CLIP_BATCH": "1"}  # fmt: skip
    return Killable(CHILD, environment={**os.environ, **own}, errors=True)


@pytest.mark.timeout(900)
def test_killed_at_random_and_started_again_it_ends_where_an_undisturbed_run_does(
    new_database: NewDatabase, platform: Platform, simulator: Running, tmp_path: Path
) -> None:
    with elsewhere(platform, new_database, tmp_path) as other:
        status, errors = started(other).finish()
        assert status == 0, errors
        expected = contents(other)
    undisturbed = {slug: counts.get("image", 0) for slug, counts in simulator.counts().items()}
    simulator.reset_counts()
    dice = random.Random(6)
    kills, redone = 0, 0
    for attempt in range(20):
        child = started(platform)
        # Killed while it is at the stage after a few more have ended: at random, but always with some progress.
        lines = dice.randrange(2, 9) if attempt < 5 else 1000
        for _ in range(lines):
            if not child.stdout.readline():
                break
        else:
            time.sleep(dice.random() * 0.3)
            before = finished(platform)
            child.send_signal(signal.SIGKILL)
        status, errors = child.finish()
        if status == -signal.SIGKILL:
            kills += 1
            after = finished(platform)
            redone += sum(after.get(key) != at for key, at in before.items())
            continue
        assert status == 0, errors
        break
    assert kills >= 4
    assert status == 0
    assert redone == 0, "what was finished before a kill was done again"
    found = contents(platform)
    for name, value in expected.items():
        assert found[name] == value, name
    downloads = {slug: counts.get("image", 0) for slug, counts in simulator.counts().items()}
    # A kill repeats at most the batch in flight; each strikes one museum, whose ten works are less than a batch.
    assert sum(downloads.values()) <= sum(undisturbed.values()) + 10 * kills


def interrupted(act: Any, expect: type[MuseumError]) -> str:
    """Run SMK's pipeline and `act` on the services when the first thumbnails are under way; return the error."""
    chosen = Platform.from_settings()
    whole_pipeline.gather(chosen, "smk")
    whole_pipeline.run(chosen, "smk", "transformed_artworks")
    whole_pipeline.run(chosen, "smk", "indexed_artworks")
    with stored_thumbnails.opened(chosen, "smk") as stage:
        fetch, struck = stage.workers.part.fetcher.fetch, threading.Event()  # type: ignore[attr-defined]

        def fetch_then_act(url: str) -> Any:
            fetched = fetch(url)
            if not struck.is_set():
                struck.set()
                act()
            return fetched

        stage.workers.part.fetcher.fetch = fetch_then_act  # type: ignore[attr-defined]
        with pytest.raises(expect) as caught:
            run_stage(chosen.database(), "smk", stage)
    return str(caught.value)


def test_postgres_goes_away_and_comes_back(home: Home) -> None:
    told = interrupted(lambda: postgres.stop(home.home), DatabaseUnavailable)
    assert "Postgres at" in told
    assert "run again: finished work is kept" in told
    finish_after(home)


def test_s3_is_killed_and_comes_back(home: Home) -> None:
    def kill() -> None:
        for process in s3.processes(home.home):
            process.kill()

    told = interrupted(kill, MuseumError)
    assert home.environment["S3_ENDPOINT_URL"] in told
    assert "run again: finished work is kept" in told
    finish_after(home)


def test_the_vector_index_is_another_process_s(platform: Platform, simulator: Running) -> None:
    whole_pipeline.gather(platform, "smk")
    whole_pipeline.run(platform, "smk", "transformed_artworks")
    index: Any = platform.vector_index()
    index.wait = 0.2
    stage = stages.index(index, place="here")
    index.directory.mkdir(parents=True, exist_ok=True)
    with (
        FileLock(index.directory / "lock"),
        pytest.raises(MuseumError, match=r"vector index at .* is in use by .*Run this again when that process is done"),
    ):
        run_stage(platform.database(), "smk", stage)
    assert whole_pipeline.run(platform, "smk", "indexed_artworks", Options()).left == 0


def test_the_vector_index_is_damaged(platform: Platform, simulator: Running) -> None:
    whole_pipeline.run_all(platform, ["smk"])
    shard = platform.settings.home / "vectors" / platform.settings.qdrant_collection / "shard"
    for file in shard.rglob("*.json"):
        file.write_text("damaged")
    with pytest.raises(MuseumError, match=r"vector index at .* cannot be opened.*move the directory away"):
        whole_pipeline.run(platform, "smk", "indexed_artworks")
