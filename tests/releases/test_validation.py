"""Every rule: data that must fail it, naming the rows at fault, and data that must pass."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.profiles import SettingsError
from museum_assets.releases.candidate import make_candidate
from museum_assets.releases.limits import Limits, limits, parsed
from museum_assets.releases.promotion import Request, promote
from museum_assets.releases.validation import DRIFTS, RULES, Verdict, judge, rules_for, validate
from museum_assets.releases.workplace import Workplace
from museum_assets.settings import Settings
from resources.platform import thumbnails
from resources.postgres import Connection
from tests.release_tables import stage

pytestmark = pytest.mark.integration

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


def verdict(work: Workplace, museum: str, name: str) -> Verdict:
    with work.candidate(museum) as candidate:
        return judge(candidate, next(rule for rule in RULES if rule.name == name))


@pytest.fixture
def ten(work: Workplace, platform: Settings) -> Workplace:
    """A candidate of ten works."""
    stage(work.platform, "smk", 10, bucket=thumbnails(platform))
    make_candidate(work.platform, work.production, "smk")
    return work


@pytest.fixture
def live(ten: Workplace) -> Workplace:
    """Ten works that are live and the candidate."""
    promote(ten, Request("smk", "Ida", "test"))
    return ten


@pytest.fixture
def kiosks(work: Workplace) -> Workplace:
    """Two exhibitions with a review and an incident."""
    with work.platform.connect() as conn:
        stage_kiosks(conn)
    make_candidate(work.platform, work.production, "lmnh")
    return work


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


def check(work: Workplace, museum: str, name: str, harm: tuple[str, int | None, list[str]]) -> None:
    good = verdict(work, museum, name)
    assert good.finding.passed, good.text
    statement, count, named = harm
    with work.platform.connect() as conn:
        for part in statement.split(";"):
            conn.execute(part)  # type: ignore[call-overload]
    bad = verdict(work, museum, name)
    assert not bad.passed
    said: Any = bad.finding.metadata
    assert count is None or said["count"] == count, bad.text
    told = f"{said} {bad.finding.description}"
    assert all(word in told for word in named), told


@pytest.mark.parametrize("name", [name for name in HARM if name not in DRIFTS])
def test_a_rule_of_collections(ten: Workplace, name: str) -> None:
    check(ten, "smk", name, HARM[name])


@pytest.mark.parametrize("name", [name for name in HARM if name in DRIFTS])
def test_a_rule_against_what_is_live(live: Workplace, name: str) -> None:
    check(live, "smk", name, HARM[name])


@pytest.mark.parametrize("name", KIOSK_HARM)
def test_a_rule_of_kiosks(kiosks: Workplace, name: str) -> None:
    check(kiosks, "lmnh", name, KIOSK_HARM[name])


def test_every_rule_has_its_harm() -> None:
    # vectors_not_indexed has its own test below: it needs vectors.
    assert {*HARM, *KIOSK_HARM, "vectors_not_indexed"} == {rule.name for rule in RULES}
    assert {"nothing_staged", "fewer_rows", "missing_titles"} <= {*DRIFTS}
    assert not {rule.name for rule in rules_for("kiosk")} & {"orphaned_links", "missing_titles"}


def test_what_was_staged_passes_every_rule(ten: Workplace, kiosks: Workplace) -> None:
    for museum in ("smk", "lmnh"):
        with ten.candidate(museum) as candidate:
            assert [v.text for v in validate(candidate) if not v.passed] == []


def test_the_first_twenty_rows_are_named_and_all_are_counted(work: Workplace) -> None:
    stage(work.platform, "met", 50)
    make_candidate(work.platform, work.production, "met")
    with work.platform.connect() as conn:
        conn.execute("UPDATE candidate.artwork SET searchable_work_types = '{}'")
    found = verdict(work, "met", "unsearchable_artworks").finding
    assert found.metadata["count"] == 50
    assert len(found.metadata["first"]) == 20
    assert found.description.startswith("50 artworks have no searchable work type")


def test_vectors_that_are_recorded_but_not_kept_or_not_indexed_are_named(ten: Workplace) -> None:
    assert verdict(ten, "smk", "vectors_not_indexed").passed
    with ten.platform.connect() as conn:
        conn.execute(
            "UPDATE candidate.index_status SET vectors = '{text_clip}', contracts = '{little}',"
            " contents = ARRAY[sha256('x')] WHERE object_number = 'N5'"
        )
        said = verdict(ten, "smk", "vectors_not_indexed").text
        assert "not kept in ops.vector" in said
        assert "N5" in said
        conn.execute("INSERT INTO ops.vector VALUES ('little', sha256('x'), '')")
        conn.execute(
            "INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, output)"
            " VALUES ('smk', 'text_clip', 'r5', '', 'little in here', 'done', 'the point')"
        )
        said = verdict(ten, "smk", "vectors_not_indexed").text
        assert "not in the index: N5, text_clip, the point" in said


def test_limits_differ_per_museum(live: Workplace, platform: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
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
