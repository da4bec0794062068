"""Production on a server of its own: the release travels by COPY and is verified on arrival."""

from __future__ import annotations

from pathlib import Path

import pytest

from museum_assets.operations.running import bring_up_to_date
from museum_assets.releases.desk import ReleaseDesk, release_desk
from museum_assets.releases.promotion.build import NotArrived
from museum_assets.releases.promotion.preview import preview
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import NotValid, PromotionRequest
from museum_assets.releases.promotion.rollback import roll_back
from museum_assets.releases.staging.candidate import stage_candidate
from resources.embedded import postgres
from resources.platform import Platform
from resources.postgres import DatabaseUnavailable
from tests.support.release_fixtures import VECTORS
from tests.support.release_tables import shown, stage, titles


@pytest.fixture
def far(platform: Platform, other_server: Path, monkeypatch: pytest.MonkeyPatch) -> ReleaseDesk:
    """A desk whose production is that server, with ten works staged."""
    monkeypatch.setenv("PRODUCTION_DATABASE_URL", postgres.url(other_server, "platform"))
    Platform.from_settings().production_thumbnails().ensure_bucket()
    bring_up_to_date(Platform.from_settings())
    desk = release_desk(Platform.from_settings())
    with desk.index.open() as session:
        session.ensure_collection(VECTORS)
    again(desk, 10)
    return desk


def again(desk: ReleaseDesk, works: int, say: str = "") -> None:
    stage(desk.platform, "smk", works, say=say, bucket=Platform.from_settings().thumbnails())
    stage_candidate(desk.platform, desk.production, "smk")


def test_a_release_travels(far: ReleaseDesk) -> None:
    assert not far.same
    promote(far, PromotionRequest("smk", "Ida", "test"))
    with far.production.connect() as conn:
        assert shown(conn, "smk")["artwork_artist"] == 20
    with far.platform.connect() as conn:
        assert conn.execute("SELECT count(*) AS n FROM production.release").fetchone() == {"n": 0}
    again(far, 10, say=" ørsted ‘quoted’ \\ \t")
    seen = preview(far, "smk")
    artwork = next(change for change in seen.changes if change.table == "artwork")
    assert (artwork.added, artwork.changed, artwork.removed) == (0, 10, 0)
    assert artwork.examples["changed"][0]["columns"]["title"] == ["Work 1", "Work 1 ørsted ‘quoted’ \\ \t"]
    promote(far, PromotionRequest("smk", "Ida", "test"))
    with far.production.connect() as conn:
        assert titles(conn, "smk")[0] == "Work 1 ørsted ‘quoted’ \\ \t"
    assert roll_back(far.production, "smk", by="Ida", why="test") == (2, 1)
    again(far, 3)
    with pytest.raises(NotValid, match="artwork from 10 to 3"):
        promote(far, PromotionRequest("smk", "Ida", "test"))


def test_what_arrives_otherwise_is_not_published(far: ReleaseDesk) -> None:
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
        promote(far, PromotionRequest("smk", "Ida", "test"))
    with far.production.connect() as conn:
        assert titles(conn, "smk") == []
        assert conn.execute("SELECT state FROM production.release").fetchall() == [{"state": "failed"}]


def test_a_server_that_is_away_is_named(far: ReleaseDesk, other_server: Path) -> None:
    postgres.stop(other_server)
    with pytest.raises(DatabaseUnavailable, match="PRODUCTION_DATABASE_URL"):
        promote(far, PromotionRequest("smk", "Ida", "test"))
    postgres.ensure_running(other_server)
    promote(far, PromotionRequest("smk", "Ida", "test"))
