"""Releases to Parquet in S3 and back: everything returns as it was, and nothing that was changed on the way does."""

from __future__ import annotations

import io
from contextlib import closing
from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.releases.desk import ReleaseDesk, release_desk
from museum_assets.releases.exports.archive import LATER, export, exports, restore
from museum_assets.releases.record import Release, find, live, note
from museum_assets.releases.rows import connected, slot_digest
from museum_assets.releases.schema import tables_of
from museum_assets.search.question import Question
from museum_assets.search.reader import Reader
from resources.platform import Platform
from resources.postgres import Connection
from resources.s3 import ObjectStore
from tests.support.little_production import LittleProduction, Work, axis

WORKS = {
    "KMS1": Work("Winter", image=0, text=10),
    "KMS2": Work("Summer", image=0),
    "Ø 3": Work("Bust 'of' \"x\"\n", image=2, text=12, kind="sculpture"),
    "KMS4": Work("Bare"),
}
OTHER = {"KMS1": Work("Deep winter", image=0, text=13), "KMS9": Work("New", image=4)}


class Archives:
    """Production, its archive, and releases of which the counts and checksums are noted as a promotion does."""

    def __init__(self, platform: Platform) -> None:
        self.little = LittleProduction(platform)
        self.desk: ReleaseDesk = release_desk(platform)
        self.published = platform.production_thumbnails()
        self.archive: ObjectStore = platform.release_archive()
        self.archive.ensure_bucket()

    def promote(self, release: int, works: dict[str, Work]) -> None:
        self.little.promote("smk", release, works)
        with connected(self.desk.production) as conn:
            self.note(conn, "smk", release)

    def note(self, conn: Connection, museum: str, release: int) -> None:
        slot = find(conn, museum, release)["slot"]
        contents = {table.name: slot_digest(conn, table, museum, slot) for table in tables_of(conn, museum)}
        counts = {name: found.rows for name, found in contents.items()} | {"corrections": 2}
        note(conn, Release(museum, release, slot), counts=counts,
             checksums={name: found.checksum for name, found in contents.items()})  # fmt: skip

    def export(self, release: int, museum: str = "smk"):
        return export(self.desk, self.published, self.archive, museum, release)

    def restore(self, release: int, museum: str = "smk") -> Release:
        return restore(self.desk, self.published, self.archive, (museum, release), by="Ida", why="test")

    def state(self, release: int) -> tuple[str, dict[str, str]]:
        with self.desk.production.connect() as conn:
            row = find(conn, "smk", release)
        return row["state"], row["checksums"]


@pytest.fixture
def archives(platform: Platform) -> Archives:
    return Archives(platform)


def lose_everything(archives: Archives, platform: Platform) -> Archives:
    """Leave only a database in which every release is pruned: no index, no thumbnails, no cache, no staging."""
    with archives.desk.production.connect() as conn:
        conn.execute("UPDATE production.current_release SET release_id = NULL, slot = NULL")
        conn.execute("UPDATE production.release SET state = 'pruned'")
        conn.execute("DELETE FROM ops.vector")
    archives.little.outside.source.delete_many([item.key for item in archives.little.outside.source.list()])
    home, bucket = platform.settings.home / "new", f"{archives.published.bucket}-new"
    return Archives(platform.with_settings(home=home, production_thumbnails_bucket=bucket))


def test_a_release_comes_back_whole_where_everything_else_was_lost(archives: Archives, platform: Platform) -> None:
    archives.promote(1, WORKS)
    manifest = archives.export(1)
    assert {table.name: table.rows for table in manifest.tables} == {
        "artwork": 4, "artist": 0, "artwork_artist": 0, "thumbnail": 3, "index_status": 4,
        "artist_identity": 0, "artwork_identity": 0, "artwork_place": 0, "artwork_material": 0,
        "artwork_subject": 0}  # fmt: skip
    assert (sum(file.rows for file in manifest.vectors), manifest.thumbnails) == (4, 2)

    after = lose_everything(archives, platform)
    restored = after.restore(1)
    assert restored.id == 2
    assert after.state(2) == ("ready", {table.name: table.checksum for table in manifest.tables})
    with after.desk.production.connect() as conn:
        assert find(conn, "smk", 2)["counts"]["corrections"] == 2
    assert after.desk.outside.verify("smk", 2) == []
    with after.desk.production.connect() as conn:
        assert live(conn, "smk") is None, "restoring shows nothing by itself"
    after.little.commit("smk", 2)
    assert after.desk.canary("smk") == []
    with after.little.now() as now:
        assert after.little.found(now, 12) == {"Ø 3": "Bust 'of' \"x\"\n", "KMS1": "Winter", "KMS2": "Summer"}
        (best, *_) = now.likeness("smk", "KMS1", "clip", 5)
        assert (best.payload["object_number"], best.payload["release"]) == ("KMS2", 2)
        assert after.published.get(best.payload["thumbnail"]) == WORKS["KMS2"].jpeg
        point = now.point("smk", "Ø 3")
    assert point is not None
    assert float(point.vectors["text_clip"] @ axis(12)) == pytest.approx(1)


def test_a_restored_release_costs_only_what_differs_and_the_next_builds_on_it(archives: Archives) -> None:
    archives.promote(1, WORKS)
    archives.export(1)
    archives.promote(2, OTHER)
    restored = archives.restore(1)
    with archives.desk.production.connect() as conn:
        outside = find(conn, "smk", restored.id)["outside"]
        assert live(conn, "smk") == 2
    assert outside == {
        "points_made": 4,
        "points_there": 0,
        "points_ended": 2,
        "thumbnails_copied": 0,
        "thumbnails_there": 2,
    }
    archives.promote(4, OTHER)
    with archives.little.now() as now:
        assert set(archives.little.found(now, 13)) == {"KMS1", "KMS9"}


def test_the_files_are_parquet_that_anything_reads(archives: Archives) -> None:
    archives.promote(1, WORKS)
    manifest = archives.export(1)
    artwork = next(table for table in manifest.tables if table.name == "artwork")
    table = pq.read_table(io.BytesIO(archives.archive.get(artwork.files[0].key)))
    assert dict(zip(table["object_number"].to_pylist(), table["title"].to_pylist(), strict=True)) == {
        number: desk.title for number, desk in WORKS.items()
    }
    vectors = pq.read_table(io.BytesIO(archives.archive.get(manifest.vectors[0].key)))
    assert {len(vector) for vector in vectors["vector"].to_pylist()} == {768}


def test_exporting_again_changes_nothing_and_exports_are_listed(archives: Archives) -> None:
    archives.promote(1, WORKS)
    first = archives.export(1)
    archives.promote(2, OTHER)
    archives.export(2)
    assert archives.export(1) == first
    assert [manifest.release for manifest in exports(archives.archive, "smk")] == [1, 2]
    assert list(exports(archives.archive, "met")) == []


def test_every_type_of_a_kiosk_museum_comes_back(archives: Archives) -> None:
    moment = datetime(2024, 5, 1, 9, 30, 15, 123456, tzinfo=UTC)
    with connected(archives.desk.production) as conn:
        with archives.desk.locked("lmnh") as production:
            from museum_assets.releases.record import begin, set_state

            release = begin(production, "lmnh", by="x", why="x")
        for name, values in {
            "exhibition": {"exhibition_code": "EXH_1", "exhibition_id": 1, "name": "Bones", "description": None,
                           "department": "Zoology", "floors": ["Vault", "1"], "start_date": date(2021, 7, 1)},
            "review": {"at": moment, "exhibition_code": "EXH_1", "rating": 4, "occurrence": 1, "origin": "file",
                       "label": "Amazing"},
        }.items():  # fmt: skip
            columns = ", ".join(["museum", "slot", *values, "row_hash"])
            conn.execute(
                f"INSERT INTO production.{name}_release ({columns}) VALUES (%s{', %s' * (len(values) + 2)})",
                ["lmnh", release.slot, *values.values(), b"x"],
            )
        archives.note(conn, "lmnh", release.id)
        set_state(conn, release, "ready", was=["building"])
    manifest = archives.export(release.id, "lmnh")
    assert {table.name: table.rows for table in manifest.tables} == {"exhibition": 1, "review": 1, "incident": 0}
    restored = archives.restore(release.id, "lmnh")
    with connected(archives.desk.production) as conn:
        (review,) = conn.execute("SELECT * FROM production.review_release WHERE slot = %s", (restored.slot,)).fetchall()
        assert find(conn, "lmnh", restored.id)["state"] == "ready"
    assert (review["at"], review["rating"]) == (moment, 4)


def test_only_what_was_built_is_exported(archives: Archives) -> None:
    archives.promote(1, WORKS)
    with archives.desk.production.connect() as conn:
        conn.execute("UPDATE production.artwork_release SET title = 'Edited by hand' WHERE object_number = 'KMS4'")
    with pytest.raises(MuseumError, match=r"not what was built: artwork differ"):
        archives.export(1)
    archives.little.mark("smk", 1, "pruned")
    with pytest.raises(MuseumError, match="is pruned: only a ready one"):
        archives.export(1)
    assert list(archives.archive.list()) == []


def test_another_release_of_the_same_number_is_not_written_over(archives: Archives) -> None:
    archives.promote(1, WORKS)
    archives.export(1)
    before = {item.key: item.etag for item in archives.archive.list()}
    with archives.desk.production.connect() as conn:
        conn.execute("UPDATE production.artwork_release SET title = 'Another' WHERE object_number = 'KMS4'")
    with connected(archives.desk.production) as conn:
        archives.note(conn, "smk", 1)
    with pytest.raises(MuseumError, match=r"another release 1 of smk.*RELEASE_ARCHIVE_BUCKET"):
        archives.export(1)
    assert {item.key: item.etag for item in archives.archive.list()} == before


def files(archives: Archives, name: str) -> str:
    return next(item.key for item in archives.archive.list("smk/1/") if f"/{name}" in item.key)


def damage(archives: Archives, how: str) -> None:
    archive = archives.archive
    key = files(archives, how.split(maxsplit=1)[0])
    if how.endswith("changed"):
        archive.put(key, archive.get(key)[:-1] + b"\0", content_type="x")
    elif how.endswith("gone"):
        archive.delete_many([key])
    else:
        archive.put(key, archive.get(key).replace(b'"rows": 4', b'"rows": 5'), content_type="x")


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("artwork-00001 changed", r"artwork-00001\.parquet.*not the file that was exported"),
        ("vectors-00001 changed", r"vectors-00001\.parquet.*not the file that was exported"),
        ("index_status-00001 gone", r"index_status-00001\.parquet is missing"),
        ("manifest forged", r"artwork of release 2 of smk holds 4 rows.*says 5.*do not belong together"),
        ("manifest changed", r"smk/1/manifest\.json.*is no manifest"),
        ("manifest gone", r"no export of release 1 of smk"),
    ],
)
def test_a_damaged_export_is_refused_and_leaves_nothing(archives: Archives, how: str, says: str) -> None:
    archives.promote(1, WORKS)
    archives.export(1)
    before = archives.little.points()
    damage(archives, how)
    with pytest.raises(MuseumError, match=says):
        archives.restore(1)
    assert archives.little.points() == before
    with archives.desk.production.connect() as conn:
        rows = conn.execute(
            "SELECT release_id, state FROM production.release WHERE museum = 'smk' ORDER BY 1"
        ).fetchall()
        left = conn.execute("SELECT count(*) AS n FROM production.artwork_release WHERE museum = 'smk'").fetchone()
    assert [row["state"] for row in rows] in (["ready"], ["ready", "failed"])
    assert left == {"n": 4}


def test_a_thumbnail_that_was_changed_is_named(archives: Archives, platform: Platform) -> None:
    archives.promote(1, WORKS)
    archives.export(1)
    after = lose_everything(archives, platform)
    (key, *_) = [item.key for item in after.archive.list("thumbnails/")]
    after.archive.put(key, b"garbage", content_type="image/jpeg")
    with pytest.raises(MuseumError, match=r"thumbnails are not those.*smk:.*does not hold what was exported"):
        after.restore(1)
    assert after.state(2)[0] == "failed"


def test_an_export_of_another_shape_is_refused(archives: Archives) -> None:
    archives.promote(1, WORKS)
    archives.export(1)
    with archives.desk.production.connect() as conn:
        conn.execute("ALTER TABLE production.artwork_release ADD COLUMN colour text")
    with pytest.raises(MuseumError, match=r"other tables \(artwork differ\)"):
        archives.restore(1)


def test_an_export_from_before_artists_is_restored_and_can_be_exported_again(archives: Archives) -> None:
    """A release that was there before production's migration 0003 has no checksums of these tables."""
    archives.promote(1, WORKS)
    with archives.desk.production.connect() as conn:
        made = find(conn, "smk", 1)
        before = {of: {name: each for name, each in made[of].items() if name not in LATER}
                  for of in ("counts", "checksums")}  # fmt: skip
        note(conn, Release("smk", 1, made["slot"]), **before)
    tables = {table.name: table.checksum for table in archives.export(1).tables}
    assert tables == before["checksums"]
    assert len(tables) == 5, "as version 0.2.0 wrote them"

    restored = archives.restore(1)
    assert archives.state(restored.id) == ("ready", tables)
    archives.little.commit("smk", restored.id)
    assert archives.desk.canary("smk") == []
    with closing(Reader(archives.little.database, archives.little.outside.index, lambda _: None)) as reader:
        (found,) = reader.search(Question("winter")).found
        assert (found.artwork.title, found.artwork.release) == ("Winter", restored.id)
        assert reader.search(Question()).artists == []
    assert {table.name: table.checksum for table in archives.export(restored.id).tables} == tables
