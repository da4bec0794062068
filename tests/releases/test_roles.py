"""The roles of production, used by logins of their own on a second database."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from museum_assets.operations.running import bring_up_to_date
from museum_assets.releases.desk import ReleaseDesk, release_desk
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import PromotionRequest
from museum_assets.releases.promotion.rollback import roll_back
from museum_assets.releases.roles import PUBLISHER, RolesRefused, make_roles
from museum_assets.releases.schema import READER
from museum_assets.releases.staging.candidate import stage_candidate
from museum_assets.search.production import NoReaders
from museum_assets.search.question import Question
from museum_assets.search.reader import Reader
from resources.embedded import postgres
from resources.platform import Platform
from resources.postgres import Database
from tests.support.release_fixtures import VECTORS
from tests.support.release_tables import shown, stage


@pytest.fixture
def server(other_server: Path) -> str:
    """The address of a second Postgres server, as its superuser."""
    return postgres.url(other_server, "platform")


def at_desk(monkeypatch: pytest.MonkeyPatch, url: str) -> ReleaseDesk:
    """Return a desk whose production is at this address."""
    monkeypatch.setenv("PRODUCTION_DATABASE_URL", url)
    Platform.from_settings().production_thumbnails().ensure_bucket()
    bring_up_to_date(Platform.from_settings())
    return release_desk(Platform.from_settings())


def test_publishers_publish_and_readers_read_the_views_alone(
    platform: Platform, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_roles(at_desk(monkeypatch, server).production)
    make_roles(Database(server))
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"CREATE ROLE press LOGIN IN ROLE {PUBLISHER}")
        conn.execute(f"ALTER ROLE press SET role = {PUBLISHER}")
        conn.execute(f"CREATE ROLE website LOGIN IN ROLE {READER}")
        conn.execute("CREATE ROLE nobody LOGIN")

    desk = at_desk(monkeypatch, server.replace("postgres@", "press@"))
    with desk.index.open() as session:
        session.ensure_collection(VECTORS)
    for release in range(1, 4):  # the third release needs a slot more than there are
        stage(desk.platform, "smk", 10, say=f" {release}", bucket=Platform.from_settings().thumbnails())
        stage_candidate(desk.platform, desk.production, "smk")
        promote(desk, PromotionRequest("smk", "Ida", "test"))
    roll_back(desk.production, "smk", by="Ida", why="test")
    with desk.production.connect() as conn:
        owners = {row["tableowner"] for row in conn.execute(
            "SELECT tableowner FROM pg_tables WHERE schemaname = 'production'")}  # fmt: skip
    assert owners == {PUBLISHER}

    website = Database(server.replace("postgres@", "website@"))
    reader = Reader(website, desk.index, lambda _: None)
    assert reader.search(Question("work 3")).releases == {"smk": 2}
    reader.close()
    with pytest.raises(NoReaders, match=r"as museum_reader.*Run `museum release roles`"):
        Reader(Database(server.replace("postgres@", "nobody@")), desk.index, lambda _: None)
    with website.connect() as conn:
        assert shown(conn, "smk")["artwork"] == 10
        for statement in (
            "SELECT count(*) FROM production.release",
            "SELECT count(*) FROM production.smk_artwork_release",
            "DELETE FROM production.artwork",
            "UPDATE production.current_release SET release_id = 1",
            "SELECT production.add_museum('other', 'collection', 1)",
            "CREATE TABLE production.mine (a int)",
        ):
            with pytest.raises((InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)):
                conn.execute(statement)


def test_a_login_that_may_not_is_told_whose_to_use(
    platform: Platform, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_roles(at_desk(monkeypatch, server).production)
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute("CREATE ROLE nobody LOGIN")
        conn.execute(f"CREATE ROLE press LOGIN IN ROLE {PUBLISHER}")
        conn.execute(f"ALTER ROLE press SET role = {PUBLISHER}")
    for login in ("nobody", "press"):
        with pytest.raises(RolesRefused, match=r"may not do this: .*superuser's login for `museum release roles`"):
            make_roles(Database(server.replace("postgres@", f"{login}@")))
