"""What is promised when a disk is full, S3 refuses, Postgres restarts in the middle of a COPY, the index is lost.

Always the same: what happened is said with its remedy, nothing that was finished is lost, the books balance, and
running again completes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from psycopg import sql

from museum_assets.collection.artworks import transform
from museum_assets.collection.thumbnails.checks import every_thumbnail_present
from museum_assets.collection.vectors.checks import index_matches_ledger
from museum_assets.collection.vectors.index import IndexStage
from museum_assets.core.failures import MuseumError, Unavailable
from museum_assets.loop.books import books
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Options, Outcome
from museum_assets.simulator.server import Running
from resources.binary_rows import SIGNATURE, TRAILER
from resources.copying import _copy
from resources.embedded import postgres
from resources.embedded.postgres_files import data_directory
from resources.embedded.services import Environment, keep_running
from resources.platform import Platform
from resources.postgres import Connection, Database, DatabaseUnavailable, DiskFull
from resources.vector_index.qdrant_failures import PATIENTLY
from resources.vector_index.qdrant_server import QdrantServer
from resources.vector_index.remote import RemoteVectorIndex
from tests.support import stages, whole_pipeline
from tests.support.new_database import at
from tests.support.own_services import Home, finish_after, home
from tests.support.s3_proxy import S3Proxy, proxying
from tests.support.small_disk import fill, small_disk
from tests.support.transforms import payload, run

__all__ = ["home"]
SPECS = whole_pipeline.SPECS


def balanced(database: Database, name: str) -> dict[str, int]:
    """The books of SMK's stage, which must balance: ledger = rows."""
    with database.connect() as conn:
        found = books(conn, "smk", SPECS[name])
    assert found.accounted == found.inputs
    assert found.stored in {found.made, None}, "points are in no table"
    return {"inputs": found.inputs, "done": found.done, "pending": found.pending}


def test_postgres_is_restarted_in_the_middle_of_a_copy(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform.from_settings()
    whole_pipeline.gather(platform, "smk")

    def half(conn: Connection, table: str, names: Sequence[str], rows: Sequence[bytes]) -> None:
        body = b"".join((SIGNATURE, *rows, TRAILER))
        with conn.cursor() as cursor, cursor.copy(_copy(table, names)) as copy:
            copy.write(body[: len(body) // 2])
            postgres.stop(home.home)
            keep_running(home.settings)
            copy.write(body[len(body) // 2 :])

    with monkeypatch.context() as patched:
        patched.setattr(transform, "copy_packed", half)
        with pytest.raises(DatabaseUnavailable, match=r"Postgres at .*run again: finished work is kept"):
            whole_pipeline.run(platform, "smk", "transformed_artworks")
    assert balanced(platform.database(), "transformed_artworks")["done"] == 0, "no half batch"
    finish_after(home)
    assert balanced(platform.database(), "transformed_artworks")["pending"] == 0


@pytest.fixture
def proxied(platform: Platform, simulator: Running, services: Environment) -> Iterator[tuple[Platform, S3Proxy]]:
    """SMK, ready for thumbnails, with the proxy before its S3."""
    whole_pipeline.gather(platform, "smk")
    whole_pipeline.run(platform, "smk", "transformed_artworks")
    with proxying(services["S3_ENDPOINT_URL"]) as proxy:
        yield platform.with_settings(s3_endpoint_url=proxy.url), proxy


@pytest.mark.parametrize("code", ["InternalError", "SlowDown"])
def test_a_few_errors_of_s3_are_waited_out(proxied: tuple[Platform, S3Proxy], code: str) -> None:
    platform, proxy = proxied
    proxy.fail(code, 2)
    counts = whole_pipeline.run(platform, "smk", "stored_thumbnails")
    assert proxy.refused == 2
    assert counts.done == counts.inputs
    assert balanced(platform.database(), "stored_thumbnails")["pending"] == 0


@pytest.mark.parametrize("code", ["InternalError", "SlowDown"])
def test_an_s3_that_only_refuses_stops_the_stage_and_costs_no_record(
    proxied: tuple[Platform, S3Proxy], code: str
) -> None:
    platform, proxy = proxied
    proxy.fail(code, 10_000)
    with pytest.raises(Unavailable, match=rf"S3 at {proxy.url}.*{code}.*tried again in a later run"):
        whole_pipeline.run(platform, "smk", "stored_thumbnails")
    found = balanced(platform.database(), "stored_thumbnails")
    assert (found["done"], found["pending"]) == (0, found["inputs"])
    proxy.fail(code, 0)
    assert whole_pipeline.run(platform, "smk", "stored_thumbnails").done == found["inputs"]
    with platform.database().connect() as conn:
        assert every_thumbnail_present(conn, platform.thumbnails(), "smk", SPECS["stored_thumbnails"]).passed


def test_the_disk_of_s3_is_full(platform: Platform, simulator: Running, services: Environment) -> None:
    whole_pipeline.gather(platform, "smk")
    whole_pipeline.run(platform, "smk", "transformed_artworks")
    bucket = Path(services["MUSEUM_HOME"]) / "s3" / platform.settings.thumbnails_bucket
    with small_disk(bucket, "1m"):
        ballast = fill(bucket, leave=0)
        with pytest.raises(MuseumError, match=r"S3 at .*could not store .*tried again in a later run"):
            whole_pipeline.run(platform, "smk", "stored_thumbnails")
        found = balanced(platform.database(), "stored_thumbnails")
        assert found["done"] + found["pending"] == found["inputs"]
        assert found["pending"]
        ballast.unlink()
        whole_pipeline.run(platform, "smk", "stored_thumbnails")
        assert balanced(platform.database(), "stored_thumbnails")["pending"] == 0
        with platform.database().connect() as conn:
            finding = every_thumbnail_present(conn, platform.thumbnails(), "smk", SPECS["stored_thumbnails"])
        assert finding.passed, finding.description


RECORDS = 3_000
RAW = """
    INSERT INTO raw.record (museum, record_id, payload_hash, payload)
    SELECT 'smk', n::text, int4send(n), replace(%s, '@', n::text)::jsonb FROM generate_series(1, %s) n
"""


@pytest.fixture
def cramped(database: Database, services: Environment) -> Iterator[tuple[Database, Path]]:
    """The test's database on a file system of its own, which the file `ballast` fills."""
    data = data_directory(Path(services["MUSEUM_HOME"]))
    with small_disk(data.parent / f"small-{os.getpid()}", "60m") as disk:
        place = disk / "place"
        place.mkdir(mode=0o700)
        owner = data.stat()
        for folder in (disk, place):
            os.chown(folder, owner.st_uid, owner.st_gid)
        admin = at(services["DATABASE_URL"], "postgres")
        name = sql.Identifier(f"small_{os.getpid()}")
        mine = sql.Identifier(psycopg.conninfo.conninfo_to_dict(database.url)["dbname"])  # type: ignore[arg-type]
        with psycopg.connect(admin, autocommit=True) as conn:
            conn.execute("SET file_copy_method = 'copy'")  # another file system's files cannot be cloned
            conn.execute(sql.SQL("CREATE TABLESPACE {} LOCATION {}").format(name, sql.Literal(str(place))))
            conn.execute(sql.SQL("ALTER DATABASE {} SET TABLESPACE {}").format(mine, name))
            yield database, disk
            conn.execute(sql.SQL("ALTER DATABASE {} SET TABLESPACE pg_default").format(mine))
            conn.execute(sql.SQL("DROP TABLESPACE {}").format(name))


def test_the_disk_of_postgres_is_full(cramped: tuple[Database, Path]) -> None:
    database, disk = cramped
    with database.connect() as conn:
        conn.execute(RAW, (orjson.dumps(payload("@", "KMS@")).decode(), RECORDS))
    ballast = fill(disk, leave=400_000)
    with pytest.raises(DiskFull, match=r"no room left on its disk.*Free some .*run again: finished work is kept"):
        run(database)
    found = balanced(database, "transformed_artworks")
    assert found["done"] + found["pending"] == found["inputs"] == RECORDS
    assert found["pending"]
    ballast.unlink()
    assert run(database).failed == 0
    assert balanced(database, "transformed_artworks") == {"inputs": RECORDS, "done": RECORDS, "pending": 0}


def test_the_index_is_gone_while_points_are_written(platform: Platform, simulator: Running) -> None:
    """What was deleted under the engine shows at the next check, whose remedy makes every point again."""
    whole_pipeline.gather(platform, "smk")
    whole_pipeline.run(platform, "smk", "transformed_artworks")
    index = platform.vector_index()
    gone = platform.settings.home / "vectors"

    class Deleting(IndexStage):
        def write(self, conn: Connection, slug: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
            shutil.rmtree(gone)
            return super().write(conn, slug, outcomes)

    spec = SPECS["indexed_artworks"]
    run_stage(platform.database(), "smk", spec.bind(Deleting(index), spec.contract(platform, "smk")))
    with platform.database().connect() as conn:
        finding = index_matches_ledger(conn, index, "smk", SPECS["indexed_artworks"])
    assert not finding.passed
    assert SPECS["indexed_artworks"].again("smk", force=True) in finding.description
    counts = whole_pipeline.run(platform, "smk", "indexed_artworks", Options(force=True))
    assert counts.done == counts.inputs
    with platform.database().connect() as conn:
        assert index_matches_ledger(conn, index, "smk", SPECS["indexed_artworks"]).passed


def test_an_index_server_that_goes_away_between_batches(
    platform: Platform, simulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qdrant_client import QdrantClient

    monkeypatch.setattr(PATIENTLY, "sleep", lambda _: None)
    whole_pipeline.gather(platform, "smk")
    whole_pipeline.run(platform, "smk", "transformed_artworks")
    monkeypatch.setattr("museum_assets.collection.vectors.index.POINTS_PER_WRITE", 2)
    client = QdrantClient(":memory:")
    away = QdrantClient(host="127.0.0.1", port=1, grpc_port=1, prefer_grpc=True, timeout=2, check_compatibility=False)
    remote = RemoteVectorIndex(QdrantServer("http://127.0.0.1:1"), client=client)
    with remote.open() as session:
        session.ensure_collection({"image_clip": 768})
    upsert, calls = client.upsert, []

    def upsert_once(**kwargs: Any) -> Any:
        calls.append(kwargs)
        return upsert(**kwargs) if len(calls) == 1 else away.upsert(**kwargs)

    monkeypatch.setattr(client, "upsert", upsert_once)
    stage = stages.index(remote)
    stage.batch_size = 2
    with pytest.raises(MuseumError, match=r"127\.0\.0\.1"):
        run_stage(platform.database(), "smk", stage)
    found = balanced(platform.database(), "indexed_artworks")
    assert found["done"] == 2, "the batch before is kept"
    assert found["pending"] == found["inputs"] - 2
    monkeypatch.setattr(client, "upsert", upsert)
    assert run_stage(platform.database(), "smk", stage).done == found["pending"]
