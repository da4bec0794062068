"""Every rule: data that must fail it, naming the rows at fault, and data that must pass."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.core.profiles import SettingsError
from museum_assets.releases.checks import DRIFTS, RULES, rules_for, validate
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import PromotionRequest
from museum_assets.releases.rules import Verdict, judge
from museum_assets.releases.staging.candidate import stage_candidate
from museum_assets.releases.staging.limits import Limits, limits, parsed
from resources.platform import Platform
from resources.postgres import Connection
from tests.support.release_tables import stage

HARM = {
    "orphaned_links": (
        ("INSERT INTO candidate.artwork_artist"
         " SELECT museum, 'N404', 1, artist_id, row_hash FROM candidate.artist LIMIT 1;"
         "UPDATE candidate.artwork_artist SET artist_id = gen_random_uuid()"
         " WHERE object_number = 'N2' AND position = 1"),
        2, ["N2", "no such artist", "N404", "no such artwork"]),
    "orphaned_rows": (
        ("UPDATE candidate.thumbnail SET object_number = 'N404' WHERE object_number = 'N2';"
        "UPDATE candidate.index_status SET object_number = 'N405' WHERE object_number = 'N3'"),
        2, ["N404", "thumbnail of no artwork", "N405", "index status of no artwork"]),
    "unsearchable_artworks": (
        "UPDATE candidate.artwork SET searchable_work_types = '{}' WHERE object_number IN ('N4', 'N5')",
        2, ["N4", "N5"]),
    "thumbnails_without_object": (
        "UPDATE candidate.thumbnail SET source_key = 'smk_gone.jpg' WHERE object_number = 'N2'",
        1, ["N2", "smk_gone.jpg"]),
    "duplicate_object_numbers": (
        "UPDATE candidate.artwork SET object_number = 'N1' WHERE object_number = 'N2'", 1, ["N1", "r1", "r2"]),
    "duplicate_museum_ids": (
        "UPDATE candidate.artwork SET museum_db_id = 'r1' WHERE object_number = 'N2'", 1, ["r1", "N1", "N2"]),
    "duplicate_artists": (
        ("INSERT INTO candidate.artist SELECT museum, gen_random_uuid(), identity, 'Another', 1, row_hash"
        " FROM candidate.artist WHERE identity = 'anna ancher'"), 1, ["anna ancher", "Another"]),
    "duplicate_rows": (
        ("INSERT INTO candidate.thumbnail SELECT * FROM candidate.thumbnail WHERE object_number = 'N3';"
        "INSERT INTO candidate.artwork_artist SELECT * FROM candidate.artwork_artist"
        " WHERE object_number = 'N2' AND position = 1"), 2, ["N2", "link at position 1", "N3", "thumbnail"]),
    "impossible_years": (
        "UPDATE candidate.artwork SET production_date_end = -5 WHERE object_number = 'N6'", 1, ["N6", "-5"]),
    "empty_text": (
        ("UPDATE candidate.artwork SET rights = ' ', title = '' WHERE object_number = 'N2';"
        "UPDATE candidate.artist SET name = NULL WHERE identity = 'anna ancher'"),
        3, ["artwork.rights", "artwork.title", "artist.name"]),
    "thumbnails_not_stored": (
        ("INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, output)"
        " VALUES ('smk', 'stored_thumbnails', 'r7', '', 'c', 'done', 'smk_N7.jpg');"
        "DELETE FROM candidate.thumbnail WHERE object_number = 'N7'"), 1, ["N7", "smk_N7.jpg"]),
    "orphaned_identities": (
        ("UPDATE candidate.artwork_identity SET object_number = 'N404' WHERE object_number = 'N2' AND position = 1;"
         "UPDATE candidate.artwork_identity SET identity = 'smk:x' WHERE object_number = 'N3' AND position = 1"),
        2, ["N404", "no such artwork", "N3", "no such artist"]),
    "contradicting_deaths": (
        ("INSERT INTO staging.joined_identities (museum, maker_key, identity, label, method, candidates)"
         " SELECT DISTINCT museum, maker_key, 'smk:artist 1', 'One', 'inferred', '[]'::jsonb FROM staging.makers"
         " WHERE maker_key IN ('smk:artist 1', 'smk:artist 2');"
         "UPDATE staging.makers SET death_year = 1800 + position + length(object_number)"
         " WHERE maker_key = 'smk:artist 1';"
         "UPDATE staging.makers SET death_year = 1850 WHERE maker_key = 'smk:artist 2'"),
        1, ["smk:artist 1", "smk 1850"]),
    "works_before_birth": (
        "UPDATE candidate.artwork SET production_date_end = 1700 WHERE object_number = 'N6'", 2, ["N6", "1700"]),
    "impossible_coordinates": (
        "UPDATE candidate.artwork_place SET latitude = 95.5, longitude = 1 WHERE object_number = 'N6'",
        1, ["N6", "95.5"]),
    "nothing_staged": ("DELETE FROM candidate.artwork", None, ["no artwork at all"]),
    "fewer_rows": ("DELETE FROM candidate.artwork WHERE object_number IN ('N1', 'N2')", None, ["artwork from 10 to 8"]),
    "missing_titles": ("UPDATE candidate.artwork SET title = NULL WHERE object_number = 'N1'", None, ["10.0%"]),
    "missing_artists": ("UPDATE candidate.artwork SET artists = '{}' WHERE object_number = 'N1'", None, ["10.0%"]),
    "missing_thumbnails": ("DELETE FROM candidate.thumbnail WHERE object_number = 'N1'", None, ["10.0%"]),
}  # fmt: skip
KIOSK_HARM = {
    "orphaned_presses": (
        ("INSERT INTO candidate.review SELECT museum, at, 'EXH_99', rating, occurrence, origin, label, row_hash"
        " FROM candidate.review LIMIT 1"), 1, ["EXH_99", "review"]),
    "duplicate_exhibitions": (
        "INSERT INTO candidate.exhibition SELECT * FROM candidate.exhibition WHERE exhibition_code = 'EXH_00'",
        2, ["EXH_00"]),
    "duplicate_presses": ("INSERT INTO candidate.incident SELECT * FROM candidate.incident", 1, ["incident 1"]),
    "empty_kiosk_text": ("UPDATE candidate.exhibition SET department = '' WHERE exhibition_code = 'EXH_01'",
                         1, ["EXH_01", "department"]),
    "unknown_buttons": ("UPDATE candidate.review SET label = NULL", 1, ["rating 4"]),
}  # fmt: skip


def verdict(desk: ReleaseDesk, museum: str, name: str) -> Verdict:
    with desk.candidate(museum) as candidate:
        return judge(candidate, next(rule for rule in RULES if rule.name == name))


@pytest.fixture
def ten(desk: ReleaseDesk, platform: Platform) -> ReleaseDesk:
    """A candidate of ten works."""
    stage(desk.platform, "smk", 10, bucket=platform.thumbnails())
    stage_candidate(desk.platform, desk.production, "smk")
    return desk


@pytest.fixture
def live(ten: ReleaseDesk) -> ReleaseDesk:
    """Ten works that are live and the candidate."""
    promote(ten, PromotionRequest("smk", "Ida", "test"))
    return ten


@pytest.fixture
def kiosks(desk: ReleaseDesk) -> ReleaseDesk:
    """Two exhibitions with a review and an incident."""
    with desk.platform.connect() as conn:
        stage_kiosks(conn)
    stage_candidate(desk.platform, desk.production, "lmnh")
    return desk


def stage_kiosks(conn: Connection) -> None:
    conn.execute("INSERT INTO kiosk.department (museum, name) VALUES ('lmnh', 'Zoology')")
    conn.execute(
        "INSERT INTO kiosk.exhibition (museum, exhibition_id, site, exhibition_code, name, department_id)"
        " SELECT museum, n + 1, n, 'EXH_0' || n, 'Exhibition ' || n, department_id"
        " FROM kiosk.department, generate_series(0, 1) AS n"
    )
    conn.execute(
        "INSERT INTO kiosk.review (at, exhibition_id, rating, origin, museum) VALUES (now(), 1, 4, 's', 'lmnh')"
    )
    conn.execute(
        "INSERT INTO kiosk.incident (at, exhibition_id, incident_type, origin, museum)"
        " VALUES (now(), 2, 1, 's', 'lmnh')"
    )


def check(desk: ReleaseDesk, museum: str, name: str, harm: tuple[str, int | None, list[str]]) -> None:
    good = verdict(desk, museum, name)
    assert good.finding.passed, good.text
    statement, count, named = harm
    with desk.platform.connect() as conn:
        for part in statement.split(";"):
            conn.execute(part)
    bad = verdict(desk, museum, name)
    assert not bad.passed
    said: Any = bad.finding.metadata
    assert count is None or said["count"] == count, bad.text
    told = f"{said} {bad.finding.description}"
    assert all(word in told for word in named), told


@pytest.mark.parametrize("name", [name for name in HARM if name not in DRIFTS])
def test_a_rule_of_collections(ten: ReleaseDesk, name: str) -> None:
    check(ten, "smk", name, HARM[name])


@pytest.mark.parametrize("name", [name for name in HARM if name in DRIFTS])
def test_a_rule_against_what_is_live(live: ReleaseDesk, name: str) -> None:
    check(live, "smk", name, HARM[name])


@pytest.mark.parametrize("name", KIOSK_HARM)
def test_a_rule_of_kiosks(kiosks: ReleaseDesk, name: str) -> None:
    check(kiosks, "lmnh", name, KIOSK_HARM[name])


def test_every_rule_has_its_harm() -> None:
    # Those of vectors have their own tests below: they need vectors.
    vectors = {"vectors_not_kept", "vectors_not_indexed", "demo_vectors"}
    assert {*HARM, *KIOSK_HARM} | vectors == {rule.name for rule in RULES}
    assert {"fewer_rows", "missing_titles"} <= {*DRIFTS}
    assert "nothing_staged" not in DRIFTS, "nobody can promote over it: the canary would send the release back"
    assert not {rule.name for rule in rules_for("kiosk")} & {"orphaned_links", "missing_titles"}


def test_what_was_staged_passes_every_rule(ten: ReleaseDesk, kiosks: ReleaseDesk) -> None:
    for museum in ("smk", "lmnh"):
        with ten.candidate(museum) as candidate:
            verdicts = validate(candidate)
        assert [v.text for v in verdicts if v.blocks or v.warns] == []
        assert [v.rule.name for v in verdicts if not v.passed] == [v.rule.name for v in verdicts if v.finding.empty]


def test_the_first_twenty_rows_are_named_and_all_are_counted(desk: ReleaseDesk) -> None:
    stage(desk.platform, "met", 50)
    stage_candidate(desk.platform, desk.production, "met")
    with desk.platform.connect() as conn:
        conn.execute("UPDATE candidate.artwork SET searchable_work_types = '{}'")
    found = verdict(desk, "met", "unsearchable_artworks").finding
    assert found.metadata["count"] == 50
    assert len(found.metadata["first"]) == 20
    assert found.description.startswith("50 artworks have no searchable work type")


def test_vectors_that_are_recorded_but_not_kept_or_not_indexed_are_named(ten: ReleaseDesk) -> None:
    for name in ("vectors_not_kept", "vectors_not_indexed", "demo_vectors"):
        unasked = verdict(ten, "smk", name)
        assert (unasked.finding.empty, unasked.passed, unasked.blocks) == (True, False, False)
        assert unasked.text == "nothing to check yet: the candidate of smk has no vectors"
    with ten.platform.connect() as conn:
        conn.execute(
            "UPDATE candidate.index_status SET vectors = '{text_clip}', contracts = '{little}',"
            " contents = ARRAY[sha256('x')] WHERE object_number = 'N5'"
        )
        kept = verdict(ten, "smk", "vectors_not_kept")
        assert kept.blocks
        assert "not kept in ops.vector: N5, text_clip" in kept.text
        assert "`museum run text_clip --museum smk --force`, then `museum release stage smk`" in kept.text
        conn.execute("INSERT INTO ops.vector VALUES ('little', sha256('x'), '')")
        conn.execute(
            "INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, output)"
            " VALUES ('smk', 'text_clip', 'r5', '', 'little in here', 'done', 'the point')"
        )
        said = verdict(ten, "smk", "vectors_not_indexed").text
        assert "not in the index: N5, text_clip, the point" in said
        assert verdict(ten, "smk", "vectors_not_kept").passed
        assert verdict(ten, "smk", "demo_vectors").passed


def test_limits_differ_per_museum(live: ReleaseDesk, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    with live.platform.connect() as conn:
        conn.execute("DELETE FROM candidate.artwork WHERE object_number IN ('N1', 'N2')")
    assert not verdict(live, "smk", "fewer_rows").passed
    monkeypatch.setenv("MUSEUM_DRIFT_SMK", "rows=0.5")
    assert limits(platform, "smk") == Limits(rows=0.5)
    assert limits(platform, "met") == Limits()
    assert verdict(live, "smk", "fewer_rows").passed


@pytest.mark.parametrize("text", ["rows", "rows=much", "rows=2", "lines=0.1", "rows=-0.1", "rows=nan"])
def test_limits_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="RELEASE_DRIFT"):
        parsed(text, Limits(), "RELEASE_DRIFT")
