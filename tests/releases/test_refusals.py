"""What a refused promotion or rollback says: only what is so, with commands that run when pasted."""

from __future__ import annotations

import pytest

from museum_assets.releases.checks import RULES
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import NotValid, PromotionRequest
from museum_assets.releases.promotion.rollback import NoEarlierRelease, roll_back
from museum_assets.releases.staging.candidate import stage_candidate
from resources.platform import Platform
from tests.support.commands import commands_in, parse
from tests.support.release_fixtures import Publish
from tests.support.release_tables import stage

pytestmark = pytest.mark.integration


def refused(desk: ReleaseDesk, **forced: bool) -> str:
    with pytest.raises(NotValid) as stopped:
        promote(desk, PromotionRequest("smk", "Ida", "test", **forced))
    for command in commands_in(str(stopped.value)):
        parse(command)
    return str(stopped.value)


@pytest.fixture
def fewer(desk: ReleaseDesk, publish: Publish, platform: Platform) -> ReleaseDesk:
    """Ten works are live, five are the candidate."""
    publish(works=10)
    stage(desk.platform, "smk", 5, bucket=platform.thumbnails())
    stage_candidate(desk.platform, desk.production, "smk")
    return desk


def test_drift_alone_takes_force_or_an_acceptance(fewer: ReleaseDesk) -> None:
    said = refused(fewer)
    assert "museum release accept smk fewer_rows --until" in said
    assert '`museum release promote smk --force --why "…"`' in said
    assert "force-invalid" not in said


def test_duplicates_take_force_invalid_and_drift_beside_them_both(fewer: ReleaseDesk) -> None:
    with fewer.platform.connect() as conn:
        conn.execute("UPDATE candidate.artwork SET museum_db_id = 'r1' WHERE object_number = 'N2'")
    assert '`museum release promote smk --force --force-invalid --why "…"`' in refused(fewer)
    beyond_drift = refused(fewer, force=True)
    assert '`museum release promote smk --force --force-invalid --why "…"`' in beyond_drift
    assert "accept" not in beyond_drift
    assert "in the launchpad of promoted_database it is force and force_invalid" in beyond_drift


@pytest.mark.parametrize("name", ["thumbnails_without_object", "vectors_not_kept", "nothing_staged"])
def test_nothing_promotes_over_what_could_not_be_built_or_shown(fewer: ReleaseDesk, name: str) -> None:
    harm = {
        "thumbnails_without_object": "UPDATE candidate.thumbnail SET source_key = 'smk_gone.jpg'",
        "vectors_not_kept": "UPDATE candidate.index_status SET vectors = '{text_clip}', contracts = '{little}',"
        " contents = ARRAY[sha256('x')]",
        "nothing_staged": "DELETE FROM candidate.artwork",
    }
    with fewer.platform.connect() as conn:
        conn.execute(harm[name])  # type: ignore[call-overload]
    for forced in ({}, {"force": True, "force_invalid": True}):
        said = refused(fewer, **forced)
        assert f"Nothing promotes over {name}" in said
        assert "promote over it nevertheless" not in said.lower()


def test_a_rule_says_what_is_so_when_it_passes() -> None:
    denied = [rule.name for rule in RULES if not rule.meaning.startswith(("Every ", "The share ", "There is "))]
    assert denied == ["fewer_rows"], "a limit is the one thing that is easier to say with a no"
    assert all(rule.meaning.endswith(".") for rule in RULES)


def test_a_rollback_without_an_earlier_release_says_what_there_is(desk: ReleaseDesk, publish: Publish) -> None:
    said = []
    for works in (0, 3):
        if works:
            publish(works=works)
        with pytest.raises(NoEarlierRelease) as stopped:
            roll_back(desk.production, "smk", by="Ida", why="test")
        said.append(str(stopped.value))
    publish(works=3)
    roll_back(desk.production, "smk", by="Ida", why="test")
    with pytest.raises(NoEarlierRelease) as stopped:
        roll_back(desk.production, "smk", by="Ida", why="test")
    said.append(str(stopped.value))
    assert "smk has no release" in said[0]
    assert "release 1 of smk is live and the only one there is" in said[1]
    assert "no earlier release of smk was live before release 1; ready are 2" in said[2]
    assert '`museum release rollback smk --to 2 --why "…"`' in said[2]
    for message in said:
        assert commands_in(message)
        for command in commands_in(message):
            parse(command)
