"""Makers against the simulated authority: who they are, what is a question, and that nothing is asked twice."""

from __future__ import annotations

import signal

import pytest

from museum_assets.core.failures import SlowDown, Unavailable
from museum_assets.enrichment.authority.checks import makers_explained
from museum_assets.enrichment.authority.stage import artist_identities
from museum_assets.simulator.authority.people import made_up_person
from tests.support.authority_world import AuthorityWorld, MakerRow
from tests.support.killable import Killable

CUYP = MakerRow("smk:1", "Cuyp, Albert", 1620, 1691, "hollandsk")
MAKERS = (
    CUYP,
    MakerRow("smk:2", "Vilhelm Hammershøi", works=3),
    MakerRow("smk:3", "Hammershøi, Vilhelm", 1994, 2036),
    MakerRow("smk:4", "Rembrandt van Rijn", 1606, 1669, qualifier="school of"),
    MakerRow("smk:5", "Qqq Zzyzx", 1900, 1950),
    MakerRow("smk:6", "Anna Ancher", 1859, 1935, links=("https://www.wikidata.org/wiki/Q233134",)),
    MakerRow("smk:7", "Ubekendt"),
    MakerRow("smk:8", "Albert Cuyp", 1720, 1791),
)


def people(slug: str, count: int) -> list[MakerRow]:
    """Return makers whom the authority knows."""
    found = [made_up_person(n) for n in range(count)]
    return [MakerRow(f"{slug}:{each.id}", each.name, each.born, each.died, each.nationality) for each in found]


def test_a_maker_is_who_name_and_years_say_and_a_question_where_they_do_not(world: AuthorityWorld) -> None:
    world.add(*MAKERS)
    counts = world.run("smk")
    assert (counts.done, counts.rejected) == (6, 2)
    assert counts.codes == {"kept_apart": 1, "unknown_hand": 1}
    found = world.identities("smk")
    assert found["smk:1"][:2] == ("reconciled", "simulated:Q1040")
    assert found["smk:2"][:2] == (None, None)
    assert found["smk:2"][2][:2] == ["Q1000", "Q1001"]
    assert found["smk:3"][:2] == ("reconciled", "simulated:Q1001")
    assert found["smk:5"] == (None, None, [], None)
    assert found["smk:6"] == ("given", "wikidata:Q233134", [], None)
    assert found["smk:8"][:2] == (None, None)
    assert world.balanced("smk")
    with world.database.connect() as conn:
        assert makers_explained(conn, "smk", artist_identities).passed
        conn.execute("UPDATE staging.artist_identities SET method = NULL WHERE maker_key = 'smk:1'")
        assert not makers_explained(conn, "smk", artist_identities).passed


def test_nothing_is_asked_twice(world: AuthorityWorld) -> None:
    world.add(*people("smk", 20))
    world.run("smk")
    assert world.asked() == 20
    assert world.run("smk").processed == 0
    before = world.identities("smk")
    assert world.run("smk", force=True).done == 20
    assert world.asked() == 20
    assert world.identities("smk") == before
    world.add(*(MakerRow(f"met:{n}", *_said(each)) for n, each in enumerate(people("smk", 23))))
    world.run("met")
    assert world.asked() == 23


def _said(maker: MakerRow) -> tuple[str, int | None, int | None, str | None]:
    return maker.name, maker.birth, maker.death, maker.nationality


def test_a_changed_maker_is_matched_anew_and_one_without_works_is_forgotten(world: AuthorityWorld) -> None:
    world.add(*MAKERS)
    world.run("smk")
    with world.database.connect() as conn:
        conn.execute("UPDATE staging.makers SET birth_year = 1864, death_year = 1916 WHERE maker_key = 'smk:2'")
        conn.execute("UPDATE staging.makers SET qualifier = 'after' WHERE maker_key = 'smk:1'")
        conn.execute("DELETE FROM staging.makers WHERE maker_key = 'smk:3'")
    counts = world.run("smk")
    assert (counts.processed, counts.removed) == (2, 1)
    found = world.identities("smk")
    assert found["smk:2"][:2] == ("reconciled", "simulated:Q1000")
    assert found.keys() == {"smk:2", "smk:5", "smk:6", "smk:8"}
    assert world.balanced("smk")


@pytest.mark.parametrize(
    ("faults", "raised"),
    [({"server_errors": 1}, SlowDown), ({"truncated": 1}, Unavailable), ({"html_answers": 1}, SlowDown)],
)
def test_an_authority_that_goes_down_ends_the_run_and_the_next_one_goes_on(
    world: AuthorityWorld, faults, raised
) -> None:
    world.add(*people("smk", 60))
    world.run("smk", rows=5)
    wanted = world.identities("smk")
    with world.database.connect() as conn:
        for table in ("staging.artist_identities", "ops.ledger", "ops.authority_answer"):
            conn.execute(f"TRUNCATE {table}")  # type: ignore[arg-type]

    def goes_down(done: int, _: int | None) -> None:
        world.simulator.set_faults("authority", **faults)

    with pytest.raises(raised):
        world.run("smk", rows=5, on_progress=goes_down)
    some = world.identities("smk")
    assert 0 < len(some) < 60
    with pytest.raises(raised):
        world.run("smk", rows=5)
    assert world.identities("smk") == some
    world.simulator.clear_faults()
    world.simulator.simulator.authority.faults.clear()
    assert world.run("smk").failed == 0
    assert world.identities("smk") == wanted
    assert world.balanced("smk")


RUN = """
import sys
from resources.postgres import Database
from tests.support.authority_world import AuthorityWorld

class Place:
    base_url = sys.argv[2]

world = AuthorityWorld(Database(sys.argv[1]), Place)
world.run("smk", rows=4, batch=2, on_progress=lambda done, _: print(done, flush=True))
"""


def test_a_killed_run_has_asked_nothing_in_vain(world: AuthorityWorld) -> None:
    world.add(*people("smk", 60))
    for lines in (1, 4):
        child = Killable(RUN, world.database.url, world.simulator.base_url)
        for _ in range(lines):
            assert child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    world.run("smk")
    assert world.balanced("smk")
    assert len(world.identities("smk")) == 60
    # What was in flight when the process was killed is asked again: 4 requests of 2 names, each time.
    assert 60 <= world.asked() <= 60 + 2 * 8
    killed = world.identities("smk")
    with world.database.connect() as conn:
        conn.execute("TRUNCATE staging.artist_identities, ops.ledger")
    world.run("smk")
    assert world.identities("smk") == killed
