"""Production on a server of its own: the release travels by COPY and is verified on arrival."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from museum_assets.releases.build import NotArrived
from museum_assets.releases.candidate import make_candidate
from museum_assets.releases.promotion import NotValid, Request, preview, promote
from museum_assets.releases.rollback import rollback
from museum_assets.releases.workplace import Workplace, workplace
from museum_assets.settings import Settings, settings
from resources.embedded import postgres
from resources.platform import production_thumbnails, thumbnails
from resources.postgres import DatabaseUnavailable
from tests.release_tables import shown, stage, titles

pytestmark = pytest.mark.integration


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A second Postgres server."""
    path = tmp_path / "production"
    path.mkdir()
    postgres.ensure_running(path)
    yield path
    postgres.stop(path)


@pytest.fixture
def far(platform: Settings, home: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A workplace whose production is that server, with ten works staged."""
    monkeypatch.setenv("PRODUCTION_DATABASE_URL", postgres.url(home, "platform"))
    settings.cache_clear()
    production_thumbnails(settings()).ensure_bucket()
    work = workplace(settings())
    with work.index.open() as session:
        session.ensure_collection()
    again(work, 10)
    return work


def again(work: Workplace, works: int, say: str = "") -> None:
    stage(work.platform, "smk", works, say=say, bucket=thumbnails(settings()))
    make_candidate(work.platform, work.production, "smk")


def test_a_release_travels(far: Workplace) -> None:
    assert not far.same
    promote(far, Request("smk", "Ida", "test"))
    with far.production.connect() as conn:
        assert shown(conn, "smk")["artwork_artist"] == 20
    with far.platform.connect() as conn:
        assert conn.execute("SELECT count(*) AS n FROM production.release").fetchone() == {"n": 0}
    again(far, 10, say=" ørsted ‘quoted’ \\ \t")
    seen = preview(far, "smk")
    artwork = next(change for change in seen.changes if change.table == "artwork")
    assert (artwork.added, artwork.changed, artwork.removed) == (0, 10, 0)
    assert artwork.examples["changed"][0]["columns"]["title"] == ["Work 1", "Work 1 ørsted ‘quoted’ \\ \t"]
    promote(far, Request("smk", "Ida", "test"))
    with far.production.connect() as conn:
        assert titles(conn, "smk")[0] == "Work 1 ørsted ‘quoted’ \\ \t"
    assert rollback(far.production, "smk", by="Ida", why="test") == (2, 1)
    again(far, 3)
    with pytest.raises(NotValid, match="artwork from 10 to 3"):
        promote(far, Request("smk", "Ida", "test"))


def test_what_arrives_otherwise_is_not_published(far: Workplace) -> None:
    with far.production.connect() as conn:
        conn.execute(
            "CREATE FUNCTION garble() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN NEW.title := replace(NEW.title, '7', '1'); RETURN NEW; END$$"
        )
        conn.execute(
            "CREATE TRIGGER garble BEFORE INSERT ON production.smk_artwork_release_1"
            " FOR EACH ROW EXECUTE FUNCTION garble()"
        )
    with pytest.raises(NotArrived, match="artwork of release 1 of smk holds 10 rows with checksum"):
        promote(far, Request("smk", "Ida", "test"))
    with far.production.connect() as conn:
        assert titles(conn, "smk") == []
        assert conn.execute("SELECT state FROM production.release").fetchall() == [{"state": "failed"}]


def test_a_server_that_is_away_is_named(far: Workplace, home: Path) -> None:
    postgres.stop(home)
    with pytest.raises(DatabaseUnavailable, match="PRODUCTION_DATABASE_URL"):
        promote(far, Request("smk", "Ida", "test"))
    postgres.ensure_running(home)
    promote(far, Request("smk", "Ida", "test"))
