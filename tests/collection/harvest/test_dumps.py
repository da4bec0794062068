"""Harvests from dumps: Tate's archive, and those of AIC and MET by configuration, through raw_metadata and after."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import signal
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from museum_assets.archive_files.opening import open_client
from museum_assets.collection.harvest.harvest import HarvestInterrupted, harvest
from museum_assets.core.failures import MuseumError
from museum_assets.loop.run import run_stage
from museum_assets.museums import museum
from museum_assets.simulator.server import Running
from resources.platform import Platform
from resources.postgres import Database
from tests.support import stages
from tests.support.killable import Killable
from tests.support.new_database import NewDatabase

CHILD = """
from museum_assets.archive_files.opening import open_client
from museum_assets.loop.run import run_stage
from museum_assets.museums import dumps, museum
from museum_assets.collection.harvest.harvest import harvest
from museum_assets.collection.artworks.transform import TransformStage
from resources.platform import Platform
from tests.support import stages

dumps.FILES_PER_PAGE = 100
TransformStage.batch_size = 100
platform = Platform.from_settings()
database = platform.database()
with open_client(platform, "tate") as api:
    harvest(database, museum("tate"), api)
run_stage(database, "tate", stages.transform(museum("tate")))
"""
STORED = "SELECT record_id, payload_hash, payload, withdrawn_at FROM raw.record ORDER BY record_id"
STAGED = "SELECT record_id, row_hash FROM staging.artwork ORDER BY record_id"
LEDGER = (
    "SELECT record_id, outcome, code, message FROM ops.ledger WHERE stage = 'transformed_artworks' ORDER BY record_id"
)


def tar(path: Path, records: dict[str, Any]) -> str:
    with tarfile.open(path, "w:gz") as archive:
        for name, record in records.items():
            body = record if isinstance(record, bytes) else json.dumps(record).encode()
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return path.as_uri()


def harvested(platform: Platform, slug: str, **more: Any) -> Any:
    with open_client(platform, slug) as api:
        return harvest(platform.database(), museum(slug), api, **more)


def stored(platform: Platform, statement: str = STORED) -> list[dict[str, Any]]:
    with platform.database().connect() as conn:
        return conn.execute(statement).fetchall()


@pytest.fixture
def undisturbed(new_database: NewDatabase) -> Iterator[Database]:
    """A second, empty database."""
    with new_database() as url:
        yield Database(url)


@pytest.mark.timeout(900)
def test_the_real_slice_killed_ten_times_ends_as_one_that_was_not(
    platform: Platform, undisturbed: Database, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slice_ = shared / "data/tate-artworks.tar.gz"
    monkeypatch.setenv("MUSEUM_API_TATE", slice_.as_uri())
    with open_client(platform, "tate") as api:
        report = harvest(undisturbed, museum("tate"), api)
    run_stage(undisturbed, "tate", stages.transform(museum("tate")))
    assert (report.state, report.new, report.total) == ("complete", 6000, 6000)

    disturbed, dice, kills, met = platform.database(), random.Random(), 0, []
    while True:
        child = Killable(CHILD)
        if kills < 10:
            # Seven in the harvest, three in the mapping, spread evenly over what is left.
            table, left = ("raw.record", 7 - kills) if kills < 7 else ("ops.ledger", 10 - kills)
            with disturbed.connect() as conn:
                met.append(watched(conn, table, left, dice, child))
            kills += 1
        elif child.wait():
            pytest.fail("the last run failed")
        else:
            break
    assert all(0 < count < 6000 for count in met), met
    with disturbed.connect() as one, undisturbed.connect() as other:
        for statement in (STORED, STAGED, LEDGER):
            assert one.execute(statement).fetchall() == other.execute(statement).fetchall()
        codes = one.execute("SELECT code, count(*) AS n FROM ops.ledger WHERE code IS NOT NULL GROUP BY 1").fetchall()
    assert {row["code"]: row["n"] for row in codes} == {
        "not_public_domain": 1556,
        "no_image": 557,
        "work_type_out_of_scope": 18,
    }


def watched(conn: Any, table: str, left: int, dice: random.Random, child: Killable) -> int:
    """Kill the child once so many more rows are stored; return how many there were then."""
    count = sql.SQL("SELECT count(*) AS n FROM {}").format(sql.Identifier(*table.split(".")))
    before = conn.execute(count).fetchone()["n"]
    wanted = before + dice.randrange(1, max(2, (6000 - before) // (left + 1)))
    while conn.execute(count).fetchone()["n"] < wanted and child.poll() is None:
        time.sleep(dice.random() / 200)
    child.send_signal(signal.SIGKILL)
    child.wait()
    return int(conn.execute(count).fetchone()["n"])


def test_what_leaves_the_archive_is_withdrawn_and_what_is_no_record_is_told(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "collection.tar.gz"
    records: dict[str, Any] = {f"c-master/artworks/a/{n}.json": {"id": n, "acno": f"A{n}"} for n in range(20)}
    monkeypatch.setenv(
        "MUSEUM_API_TATE", tar(path, {**records, "c-master/artists/1.json": {"id": 1}, "c-master/README": b"x"})
    )
    assert (harvested(platform, "tate").state, len(stored(platform))) == ("complete", 20)
    assert harvested(platform, "tate").unchanged == 20
    del records["c-master/artworks/a/7.json"]
    tar(path, records)
    assert harvested(platform, "tate").withdrawn == 1
    tar(path, {**records, "c-master/artworks/a/8.json": b"{", "c-master/artworks/a/9.json": {"acno": "A9"}})
    report = harvested(platform, "tate")
    assert (report.state, report.failed, report.withdrawn, report.withheld) == ("short", 2, 0, 2)
    assert len([row for row in stored(platform) if row["withdrawn_at"] is None]) == 19


def test_a_changed_archive_starts_the_harvest_over(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "collection.tar.gz"
    records: dict[str, Any] = {f"c/artworks/{n}.json": {"id": n} for n in range(20)}
    monkeypatch.setenv("MUSEUM_API_TATE", tar(path, records))
    assert harvested(platform, "tate", limit=5).state == "limited"
    tar(path, {**records, "c/artworks/20.json": {"id": 20}})
    report = harvested(platform, "tate")
    assert (report.state, report.records) == ("complete", 21)


def test_a_hostile_archive_stores_nothing(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records: dict[str, Any] = {f"c/artworks/{n}.json": {"id": n} for n in range(600)}
    monkeypatch.setenv("MUSEUM_API_TATE", tar(tmp_path / "a.tar.gz", {**records, "../../etc/passwd": b"x"}))
    with pytest.raises(HarvestInterrupted, match="path_traversal"):
        harvested(platform, "tate")
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(b"x" * 2000)[:-4])
    with pytest.raises(HarvestInterrupted, match="truncated_archive"):
        harvested(platform, "tate")
    assert stored(platform) == []


def test_tate_goes_through_the_pipeline_from_the_simulator(platform: Platform, simulator: Running) -> None:
    report = harvested(platform, "tate")
    assert (report.state, report.new) == ("complete", 10)
    counts = run_stage(platform.database(), "tate", stages.transform(museum("tate")))
    assert counts.done > 0
    assert counts.done + counts.rejected == 10
    assert set(counts.codes) <= {"not_public_domain", "no_image", "work_type_out_of_scope"}
    assert harvested(platform, "tate").unchanged == 10
    assert (platform.settings.home / "archives/tate").is_dir()


def test_aic_from_its_dump_has_the_payloads_of_its_listing(
    platform: Platform, simulator: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harvested(platform, "aic")
    source = simulator.simulator.collections["aic"]
    records = {
        f"artic-api-data/json/artworks/{r['id']}.json": r
        for n in range(10)
        for r in [source.record(n, simulator.base_url)]
    }
    monkeypatch.setenv(
        "MUSEUM_DUMP_AIC", tar(tmp_path / "aic.tar.gz", {**records, "artic-api-data/json/config.json": {}})
    )
    monkeypatch.setattr("museum_assets.museums.aic.IIIF_URL", stored(platform)[0]["payload"]["iiif_url"])
    simulator.reset_counts()
    report = harvested(platform, "aic")
    assert (report.state, report.unchanged, report.changed, report.new) == ("complete", 10, 0, 0)
    assert simulator.counts()["aic"] == {}


def test_met_from_its_dump_asks_only_for_open_objects(
    platform: Platform, simulator: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = simulator.simulator.collections["met"]
    objects = [source.record(n, simulator.base_url) for n in range(10)]
    names = ["Object ID", "Is Public Domain", "Object Number", "Department", "Object Name", "Classification", "Title",
             "Object Begin Date"]  # fmt: skip
    path = tmp_path / "MetObjects.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for each in objects:
            writer.writerow([each["objectID"], each["isPublicDomain"], each["accessionNumber"], "Drawings and Prints",
                             each["objectName"], each["classification"], "two\nlines", 1650])  # fmt: skip
        writer.writerow([99, True, "1", "Arms and Armor", "Sword", "Swords", "Sword", 1650])
        file.write('98,True,"broken\n')
    monkeypatch.setenv("MUSEUM_DUMP_MET", path.as_uri())
    report = harvested(platform, "met")
    closed = [each["objectID"] for each in objects if not each["isPublicDomain"]]
    assert simulator.counts()["met"] == {"object": 10 - len(closed)}
    assert (report.new, report.failed, report.state) == (10, 1, "complete")
    rows = {row["record_id"]: row["payload"] for row in stored(platform)}
    assert all(rows[str(id_)]["title"] == "two\nlines" for id_ in closed)


def test_a_museum_without_a_dump_says_so(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSEUM_DUMP_SMK", "file:///nowhere.csv")
    with pytest.raises(MuseumError, match="smk has no dump"):
        harvested(platform, "smk")
