"""Debian's Postgres that is killed, lets nobody in, or only reads: each with its message, and nothing half done."""

from __future__ import annotations

import threading

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from museum_assets.core.failures import MuseumError
from museum_assets.loop.stage import Options
from museum_assets.simulator.server import Running
from resources.platform import Platform
from resources.postgres import Database, DatabaseUnavailable
from tests.servers import postgres
from tests.servers.conftest import Own
from tests.support import whole_pipeline
from tests.support.clock import wait_until


@pytest.mark.timeout(600)
def test_it_is_killed_in_the_middle_and_back(own: Own, platform: Platform, simulator: Running) -> None:
    server = own("postgres")
    whole_pipeline.gather(platform, "smk")
    ended: list[BaseException | None] = []

    def work() -> None:
        try:
            while True:
                whole_pipeline.run(platform, "smk", "transformed_artworks", Options(force=True))
        except MuseumError as error:
            ended.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    with platform.database().connect() as conn:
        wait_until(lambda: conn.execute("SELECT 1 FROM staging.artwork LIMIT 1").fetchone())
    server.kill()
    worker.join()
    assert isinstance(ended[0], DatabaseUnavailable), ended
    assert "run again: finished work is kept" in str(ended[0])
    server.start()
    counts = whole_pipeline.run(platform, "smk", "transformed_artworks")
    assert (counts.failed, counts.left) == (0, 0)
    assert whole_pipeline.run(platform, "smk", "transformed_artworks").processed == 0


def test_a_wrong_password_is_named_and_not_shown(own: Own, database_url: str) -> None:
    own("postgres")
    wrong = Database(database_url.replace(postgres.PASSWORD, "guessed"))
    told = r"password authentication failed.*DATABASE_URL"
    with pytest.raises(DatabaseUnavailable, match=told) as caught, wrong.connect():
        pass
    assert "guessed" not in str(caught.value)


def test_a_role_that_only_reads(own: Own, database_url: str, platform: Platform, simulator: Running) -> None:
    own("postgres")
    with psycopg.connect(database_url, autocommit=True) as conn:
        role = sql.Identifier("test_reader")
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'reads' IN ROLE pg_read_all_data").format(role))
        try:
            reader = make_conninfo(database_url, user="test_reader", password="reads")
            with pytest.raises(MuseumError, match=r"permission denied for .*DATABASE_URL the role"):
                whole_pipeline.gather(platform.with_settings(database_url=as_url(reader)), "smk")
        finally:
            conn.execute(sql.SQL("DROP ROLE {}").format(role))


def as_url(conninfo: str) -> str:
    parts = psycopg.conninfo.conninfo_to_dict(conninfo)
    return f"postgresql://{parts['user']}:{parts['password']}@{parts['host']}:{parts['port']}/{parts['dbname']}"
