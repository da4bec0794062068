"""One of each poison among a museum's records: everything is accounted for, and every good record gets through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from museum_assets.collection.thumbnails.thumbnails import object_metadata
from museum_assets.collection.vectors.stages import indexed_artworks
from museum_assets.images.thumbnail import Thumbnail
from museum_assets.loop.books import books
from museum_assets.museums import MUSEUMS
from museum_assets.simulator.hostile import Poison
from museum_assets.simulator.server import Running, Simulator, running
from resources.platform import Platform
from tests.support import whole_pipeline

LISTED = 1_000
KINDS = {"painting", "drawing", "watercolor", "pastel", "aquatint", "bust"}
"""What all of the museums' listings hold, or nearly all."""
UNREADABLE = {Poison.LONE_SURROGATE, Poison.BROKEN_UTF8, Poison.NAN, Poison.HUGE_INTEGER, Poison.NESTED, Poison.LONG_ID}
"""What is no record that can be stored: the harvest's failures."""


@pytest.fixture
def big(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with running(Simulator(dict.fromkeys(MUSEUMS, 60) | {"smk": 2_600})) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def ids_of(server: Running, slug: str) -> list[str]:
    """The works that the museum shows and that the platform wants."""
    collection = server.simulator.collections[slug]
    wanted = {kind for each in KINDS for kind in collection.dialect.kinds(each)}
    source = collection.source
    facts = {n: source.facts(n) for n in range(source.count)}
    return [source.id(n) for n, f in facts.items() if f.is_open and f.has_image and not wanted.isdisjoint(f.kinds)]


def poison(server: Running, slug: str, ids: list[str]) -> dict[str, Poison]:
    """Spread one of each poison over the museum."""
    step = len(ids) // len(Poison)
    hostile = {ids[place * step]: poison for place, poison in enumerate(Poison)}
    server.set_faults(slug, hostile=hostile)
    return hostile


def rows(platform: Platform, statement: str, *params: Any) -> list[dict[str, Any]]:
    with platform.database().connect() as conn:
        return conn.execute(statement, params).fetchall()


def failures(platform: Platform, slug: str, stage: str) -> dict[str, str]:
    statement = "SELECT record_id, code FROM ops.ledger WHERE museum = %s AND stage = %s AND outcome <> 'done'"
    return {row["record_id"]: row["code"] for row in rows(platform, statement, slug, stage)}


def test_a_thousand_records_with_one_of_each_poison(big: Running, platform: Platform) -> None:
    ids = ids_of(big, "smk")
    big.set_faults("smk", vanished=set(ids[LISTED:]))
    hostile = poison(big, "smk", ids[:LISTED])
    report = whole_pipeline.gather(platform, "smk")
    assert (report.listed, report.total, report.missing()) == (LISTED, LISTED, {})
    assert (report.new, report.failed) == (LISTED - len(UNREADABLE), len(UNREADABLE))
    unread = failures(platform, "smk", "raw_metadata")
    assert sorted(unread.values()) == ["id_too_long", *["malformed_record"] * 5]
    named = [id_ for id_ in unread if "…" not in id_ and "@" not in id_]
    assert {hostile[id_] for id_ in named} == UNREADABLE - {Poison.LONG_ID}
    letters = rows(platform, "SELECT place, body FROM ops.dead_letter WHERE source = 'raw_metadata'")
    assert {row["place"] for row in letters} == set(unread)
    assert any(b"Caf\xe9" in row["body"] for row in letters), "the bytes as they came"

    transformed = whole_pipeline.run(platform, "smk", "transformed_artworks")
    assert transformed.inputs == transformed.processed == report.new
    fates = {hostile[id_]: code for id_, code in failures(platform, "smk", "transformed_artworks").items()}
    assert fates == {Poison.LONG_NUMBER: "object_number_too_long", Poison.WRONG_TYPES: "not_public_domain"}
    indexed = whole_pipeline.run(platform, "smk", indexed_artworks.name)
    assert indexed.done == indexed.inputs == report.new - len(fates) == LISTED - len(UNREADABLE) - 2
    with platform.vector_index().open() as session:
        assert len(list(session.ids("smk"))) == indexed.done

    again = whole_pipeline.gather(platform, "smk")
    assert (again.unchanged, again.new, again.changed, again.failed) == (report.new, 0, 0, len(UNREADABLE))


@pytest.mark.parametrize("slug", MUSEUMS)
def test_every_museum_survives_every_poison(big: Running, platform: Platform, slug: str) -> None:
    big.set_faults("smk", vanished=set(ids_of(big, "smk")[40:]))
    whole_pipeline.gather(platform, slug)
    clean = {row["record_id"] for row in rows(platform, "SELECT record_id FROM raw.record")}
    rows(platform, "DELETE FROM raw.record RETURNING 1")
    hostile = poison(big, slug, ids_of(big, slug)[:36])
    report = whole_pipeline.gather(platform, slug, force=True)
    assert report.missing() == {}
    failed = failures(platform, slug, "raw_metadata")
    stored = {row["record_id"] for row in rows(platform, "SELECT record_id FROM raw.record")}
    assert len(stored) + len(failed) == len(clean), "every entry is accounted for"
    assert clean - set(hostile) <= stored, "every good record is stored"
    assert 0 < len(failed) <= len(UNREADABLE) + 1
    assert set(failed.values()) <= {"malformed_record", "id_too_long", "malformed"}
    with platform.database().connect() as conn:
        for spec in whole_pipeline.active(platform)[:2]:
            counts = whole_pipeline.run(platform, slug, spec.name)
            found = books(conn, slug, spec)
            assert counts.inputs == counts.processed == found.accounted
            assert (found.failed, found.retrying, found.pending) == (0, 0, 0)
            assert counts.done > 20 - len(hostile)


def test_an_address_that_no_host_can_have_is_its_records_failure(big: Running, platform: Platform) -> None:
    big.set_faults("smk", vanished=set(ids_of(big, "smk")[20:]))
    hostile = poison(big, "smk", ids_of(big, "smk")[:20])
    whole_pipeline.gather(platform, "smk")
    for spec in whole_pipeline.active(platform):
        counts = whole_pipeline.run(platform, "smk", spec.name)
        assert counts.inputs == counts.processed > 0
        if spec.name == "stored_thumbnails":
            assert counts.failed == 1
            (record_id,) = failures(platform, "smk", spec.name)
            assert hostile[record_id] is Poison.BAD_HOST


def test_the_metadata_of_a_thumbnail_stays_within_what_s3_takes() -> None:
    for url in "http://x/" + "é" * 5_000, "http://x/\ud800", "http://x/" + "a" * 5_000:
        metadata = object_metadata(Thumbnail(b"", 800, 800, b"\0" * 32), url)
        assert sum(len(key) + len(value) for key, value in metadata.items()) < 2_000
        assert metadata["source"].startswith("http://x/")
