"""What people decide over makers stands: against harvests, matching and another authority; the data may answer back."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.core.failures import MuseumError
from museum_assets.enrichment.authority.checks import decisions_uncontradicted
from museum_assets.enrichment.authority.decisions import Decision, Kind, decide, decisions, drop, questions
from museum_assets.simulator.server import authority_environment
from tests.support.authority_world import AuthorityWorld, MakerRow

HAMMERSHOEI = MakerRow("smk:2", "Vilhelm Hammershøi", works=3)
CUYP = MakerRow("smk:1", "Cuyp, Albert", 1620, 1691)


@pytest.fixture
def two(world: AuthorityWorld) -> AuthorityWorld:
    """A maker who is matched and one who is a question."""
    world.add(CUYP, HAMMERSHOEI)
    world.run("smk")
    return world


def make(world: AuthorityWorld, key: str, kind: Kind, about: str = "", why: str = "seen") -> int:
    with world.database.connect() as conn:
        return decide(conn, key, kind, about, authority="simulated", why=why, by="Ida")


def listed(world: AuthorityWorld, **options: bool) -> list[Decision]:
    with world.database.connect() as conn:
        return decisions(conn, ["smk", "met"], **options)


def test_a_question_is_answered_by_one_decision_and_survives_all_that_comes(two: AuthorityWorld) -> None:
    with two.database.connect() as conn:
        (question,) = questions(conn, ["smk"], 20)
    assert (question["maker_key"], question["works"], question["questions"]) == ("smk:2", 3, 1)
    number = make(two, "smk:2", "accept", "Q1000")
    assert [(each.state, each.about) for each in listed(two)] == [
        ("with the next run", "simulated:Q1000 (Vilhelm Hammershøi)")
    ]
    asked = two.asked()
    assert two.run("smk").processed == 1
    assert two.asked() == asked
    accepted = ("curated", "simulated:Q1000", ["Q1000", "Q1001"], None)
    assert _short(two)["smk:2"] == accepted
    two.run("smk", force=True)
    assert _short(two)["smk:2"] == accepted
    two.run("smk", authority="elsewhere")
    assert _short(two)["smk:2"][:2] == ("curated", "simulated:Q1000")
    assert _short(two)["smk:1"][1] == "elsewhere:Q1040"
    two.run("smk")
    with two.database.connect() as conn:
        assert questions(conn, ["smk"], 20) == []
        assert [row["id"] for row in drop(conn, [number], by="Ida")] == [number]
        with pytest.raises(MuseumError, match=r"no decision .* stands"):
            drop(conn, [number], by="Ida")
    assert two.run("smk").processed == 1
    assert _short(two)["smk:2"][:2] == (None, None)
    assert listed(two) == []
    assert [each.state for each in listed(two, dropped=True)] == ["dropped"]
    assert two.balanced("smk")


def _short(world: AuthorityWorld) -> dict[str, tuple]:
    return {key: (*row[:2], row[2][:2], row[3]) for key, row in world.identities("smk").items()}


def test_a_decision_that_the_data_contradicts_later_is_shown_and_stands(two: AuthorityWorld) -> None:
    make(two, "smk:2", "accept", "Q1000")
    two.run("smk")
    with two.database.connect() as conn:
        assert decisions_uncontradicted(conn, "smk").passed
        conn.execute("UPDATE staging.makers SET birth_year = 1994, death_year = 2036 WHERE maker_key = 'smk:2'")
    two.run("smk")
    (found,) = listed(two)
    assert found.news == (
        "born 1864 there, 1994 at the museum; the authority's best match is simulated:Q1001 (Vilhelm Hammershøi)"
    )
    assert two.identities("smk")["smk:2"][:2] == ("curated", "simulated:Q1000")
    with two.database.connect() as conn:
        check = decisions_uncontradicted(conn, "smk")
        conn.execute("DELETE FROM staging.makers WHERE maker_key = 'smk:2'")
    assert (check.passed, check.warn) == (False, True)
    assert found.news in check.description
    two.run("smk")
    assert [(each.state, each.news) for each in listed(two)] == [("no maker", "")]


def test_refused_is_refused(two: AuthorityWorld) -> None:
    make(two, "smk:1", "refuse", "Q1040")
    two.run("smk")
    assert two.identities("smk")["smk:1"][:2] == (None, None)
    make(two, "smk:1", "refuse")
    two.run("smk")
    assert two.identities("smk")["smk:1"][:2] == ("curated", None)
    make(two, "smk:1", "accept", "Q1040")
    assert [each.kind for each in listed(two)] == ["accept"]
    two.run("smk")
    assert two.identities("smk")["smk:1"][:2] == ("curated", "simulated:Q1040")
    assert two.balanced("smk")


def test_two_makers_are_one_or_are_not(two: AuthorityWorld) -> None:
    two.add(MakerRow("met:9", "Albert Cuyp", 1720, 1791))
    two.run("met")
    make(two, "smk:1", "merge", "met:9")
    (found,) = listed(two)
    assert (found.kind, found.about, found.state) == ("merge", "met:9", "in effect")
    assert found.news == "born 1720 as met:9, 1620 at the museum"
    make(two, "smk:1", "split", "met:9")
    assert [(each.kind, each.news) for each in listed(two)] == [("split", "")]
    assert two.run("smk").processed == 0


@pytest.mark.parametrize(
    ("key", "kind", "about", "why", "said"),
    [
        ("louvre:1", "accept", "Q1", "seen", "no maker"),
        ("smk:1", "accept", "https://example.org/1", "seen", "no identity"),
        ("smk:99", "accept", "Q1", "seen", "no artwork has the maker"),
        ("smk:1", "merge", "smk:99", "seen", "no artwork has the maker"),
        ("smk:1", "merge", "smk:1", "seen", "with itself"),
        ("smk:1", "accept", "Q1", " ", "--why"),
    ],
)
def test_what_is_no_decision_is_refused(two: AuthorityWorld, key, kind, about, why, said) -> None:
    with pytest.raises(MuseumError, match=said):
        make(two, key, kind, about, why)
    assert listed(two) == []


def test_the_commands(two: AuthorityWorld, monkeypatch: pytest.MonkeyPatch, services, tmp_path) -> None:
    own = {"DATABASE_URL": two.database.url, "MUSEUM_HOME": str(tmp_path)}
    for name, value in {**services, **own, **authority_environment(two.simulator.base_url)}.items():
        monkeypatch.setenv(name, value)

    def museum(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["artists", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    assert '"maker_key": "smk:2"' in museum("questions", "--json")
    assert "1 in all" in museum("questions")
    assert "Danish artist, 1864–1916" in museum("suggest", "vilhelm", "--json")
    said = museum("decide", "smk:2", "accept", "Q1000", "--why", "signed", "--by", "Ida")
    assert "museum run" in said
    assert '"state": "with the next run"' in museum("decisions", "--json")
    assert '"id": 1' in museum("drop", "1", "--json", "--by", "Ida")
    assert museum("decisions", "--json").strip() == "[]"
