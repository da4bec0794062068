"""The suite can fail: whatever is taken away, added or altered by hand, its oracle names it."""

from __future__ import annotations

import multiprocessing.util
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from resources.embedded.services import Environment
from resources.postgres import Connection
from tests.robustness.actions import Action, Strike
from tests.robustness.plan import AUTHORITY_FAULTS, SLUGS, MuseumPlan, Plan, Process, Round, Step, listed, plan_of
from tests.robustness.play import Broken, Player
from tests.robustness.seed import differences as seed_differences
from tests.robustness.tripwire import STRIKES
from tests.robustness.world import World, world_of

SLUG = "smk"
NOTHING: Round = Round({SLUG: frozenset()}, {SLUG: {}}, {SLUG: {}}, ())
PLAN = Plan(0, {SLUG: MuseumPlan(16, frozenset(), {})}, (NOTHING,), 2, authority=True)


@pytest.fixture(scope="module")
def quiet(services: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, int]]:
    """A museum to which nothing happened, with its release."""
    # Its server's socket outlives the folder of the tests' files, which is removed before this process ends.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", "/tmp")
        multiprocessing.util.get_temp_dir()
    with world_of(PLAN, services, tmp_path_factory.mktemp("quiet")) as world:
        player = Player(world)
        world.enter(NOTHING)
        player.quieten(SLUG)
        release = player.publish(SLUG)
        assert release
        yield world, release


def differences(world: World, release: int, conn: Connection) -> list[str]:
    return list(seed_differences(world, SLUG, release, conn))


FIRST = "(SELECT min(record_id) FROM staging.artwork)"
MAKER = "(SELECT min(maker_key) FROM staging.makers)"
BY_HAND = {
    f"DELETE FROM raw.record WHERE record_id = {FIRST}": "1 records are missing",
    f"DELETE FROM staging.artwork WHERE record_id = {FIRST}": "1 artworks are missing",
    f"UPDATE staging.artwork SET title = 'altered' WHERE record_id = {FIRST}": "is staged as",
    f"DELETE FROM staging.thumbnail WHERE record_id = {FIRST}": "1 thumbnails are missing",
    f"UPDATE staging.thumbnail SET sha256 = '' WHERE record_id = {FIRST}": "has not the recorded bytes",
    f"DELETE FROM ops.ledger WHERE stage = 'image_clip' AND record_id = {FIRST}": "1 ledger of image_clip are missing",
    f"UPDATE ops.ledger SET outcome = 'failed', code = 'internal' WHERE stage = 'text_clip' AND record_id = {FIRST}":
        "text_clip of .* is failed internal",
    f"UPDATE ops.ledger SET outcome = 'rejected', code = 'no_image' WHERE stage = 'transformed_artworks'"
    f" AND record_id = {FIRST}": "should be an artwork",
    "INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, output) VALUES"
    " ('smk', 'stored_thumbnails', 'nobody', '', '', 'done', 'smk_nobody.jpg')": "1 keys in the ledger too many",
    "INSERT INTO ops.abandoned_output VALUES ('smk', 'stored_thumbnails', 'smk_nobody.jpg')": "abandoned output",
    "INSERT INTO ops.dead_letter (source, museum, place, reasons, body) VALUES"
    " ('stored_thumbnails', 'smk', 'nobody', '{gone}', '')": "1 open letters too many",
    "UPDATE ops.harvest SET state = 'open' WHERE id = (SELECT max(id) FROM ops.harvest)": "the last harvest is",
    "UPDATE production.release SET state = 'building'": "still being built",
    "DELETE FROM production.artwork_release WHERE object_number = (SELECT min(object_number) FROM staging.artwork)":
        "holds .* rows of artwork",
    "UPDATE production.current_release SET release_id = NULL, slot = NULL": "was promoted last, and None is live",
    f"DELETE FROM staging.makers WHERE maker_key = {MAKER}": "makers of works are missing",
    f"DELETE FROM staging.artist_identities WHERE maker_key = {MAKER}": "1 identities are missing",
    "INSERT INTO staging.artist_identities (museum, maker_key, candidates) VALUES ('smk', 'smk:nobody', '[]')":
        "1 identities too many",
    f"UPDATE staging.artist_identities SET identity = 'Q1' WHERE maker_key = {MAKER}": "the maker .* is .*'Q1'",
    "UPDATE staging.artist_identities SET (authority, identity, label, method, score, candidates)"
    f" = (NULL, NULL, NULL, NULL, NULL, '[]') WHERE maker_key = {MAKER}": "the maker .* is .* of \\[\\], and should be",
    f"DELETE FROM ops.ledger WHERE stage = 'artist_identities' AND record_id = {MAKER}":
        "1 ledger of artist_identities are missing",
    f"UPDATE ops.ledger SET outcome = 'failed', code = 'unavailable' WHERE stage = 'artist_identities'"
    f" AND record_id = {MAKER}": "the maker .* is failed unavailable",
    f"UPDATE staging.joined_identities SET identity = maker_key WHERE maker_key = {MAKER}": "is joined as",
    f"DELETE FROM staging.joined_identities WHERE maker_key = {MAKER}": "1 joined makers are missing",
    "UPDATE staging.artwork_enrichments SET facts = facts - 'birth' WHERE source = 'artist_facts'":
        "the facts of simulated:Q.* are",
    f"DELETE FROM staging.artwork_enrichments WHERE source = 'thumbnail_colours' AND subject = {FIRST}":
        "1 facts of thumbnail_colours are missing",
    """UPDATE staging.artwork_enrichments SET facts = facts || '{"latitude": 0}' WHERE source = 'place_coordinates'""":
        "the place .* lies at .0",
    "DELETE FROM ops.ledger WHERE stage = 'place_coordinates'": "ledger of place_coordinates are missing",
    "UPDATE production.artwork_identity_release SET identity = 'simulated:Q1'": "rows of artwork_identity in release 1",
    "UPDATE production.artist_identity_release SET identity = 'simulated:Q1'": "rows of artist_identity in release 1",
    "UPDATE production.artwork_place_release SET latitude = NULL": "rows of artwork_place in release 1",
}  # fmt: skip


@pytest.mark.parametrize("statement", BY_HAND)
def test_what_was_altered_in_postgres_is_found(quiet: tuple[World, int], statement: str) -> None:
    world, release = quiet
    with world.database().connect() as conn, conn.transaction(force_rollback=True):
        assert differences(world, release, conn) == []
        assert conn.execute(statement).rowcount > 0
        found = differences(world, release, conn)
    assert any(re.search(BY_HAND[statement], line) for line in found), found


Damage = Callable[[World], Callable[[], None]]


def lose_object(world: World) -> Callable[[], None]:
    store = world.platform.thumbnails()
    key = next(store.list(f"{SLUG}_")).key
    body = store.get(key)
    store.delete_many([key])
    return lambda: store.put_jpeg(key, body, {})


def stray_object(world: World) -> Callable[[], None]:
    store = world.platform.thumbnails()
    store.put_jpeg("smk_nobody.jpg", b"x", {})
    return lambda: store.delete_many(["smk_nobody.jpg"])


def lose_published_object(world: World) -> Callable[[], None]:
    store = world.platform.production_thumbnails()
    key = next(store.list(f"{SLUG}/")).key
    body = store.get(key)
    store.delete_many([key])
    return lambda: store.put_jpeg(key, body, {})


def lose_point(world: World) -> Callable[[], None]:
    with world.platform.vector_index().open() as session:
        record = session.retrieve([next(iter(session.ids(SLUG)))], with_vectors=True)[0]
        session.delete_points([record.id])

    def undo() -> None:
        with world.platform.vector_index().open() as session:
            session.put_records([record])

    return undo


def swap_vectors(world: World) -> Callable[[], None]:
    with world.platform.vector_index().open() as session:
        one, other = session.retrieve(list(session.ids(SLUG))[:2], with_vectors=True)
        mixed = {"image_clip": other.vectors["image_clip"]}
        session.put_records([type(one)(one.id, one.payload, one.vectors | mixed)])

    def undo() -> None:
        with world.platform.vector_index().open() as session:
            session.put_records([one])

    return undo


def lose_published_point(world: World) -> Callable[[], None]:
    with world.platform.production_index().open() as session:
        record = session.retrieve([next(iter(session.ids(SLUG)))], with_vectors=True)[0]
        session.delete_points([record.id])

    def undo() -> None:
        with world.platform.production_index().open() as session:
            session.put_records([record])

    return undo


OUTSIDE: dict[Damage, str] = {
    lose_object: "1 objects are missing", stray_object: "1 objects too many",
    lose_published_object: "is not in the bucket", lose_point: "1 points are missing",
    swap_vectors: "the vector image_clip of .* is of something else",
    lose_published_point: "1 points of release 1 are missing",
}  # fmt: skip


@pytest.mark.parametrize("damage", OUTSIDE)
def test_what_was_altered_outside_postgres_is_found(quiet: tuple[World, int], damage: Damage) -> None:
    world, release = quiet
    with ExitStack() as undo, world.database().connect() as conn:
        assert differences(world, release, conn) == []
        undo.callback(damage(world))
        found = differences(world, release, conn)
    assert any(re.search(OUTSIDE[damage], line) for line in found), found


def test_a_vanished_record_makes_the_platform_move(quiet: tuple[World, int]) -> None:
    world, release = quiet
    world.enter(Round({SLUG: frozenset(range(16))}, {SLUG: {}}, {SLUG: {}}, ()))
    with world.database().connect() as conn:
        assert any("records too many" in line for line in differences(world, release, conn))
    world.enter(NOTHING)


def test_an_exception_that_nothing_foresees_breaks_a_seed(quiet: tuple[World, int]) -> None:
    world, _ = quiet
    with pytest.raises(Broken, match="an exception that nothing foresees"):
        Player(world).play(Step((Process((Action("nonsense", SLUG),)),)))


@pytest.mark.parametrize(("kind", "status"), [("kill", -9), ("term", 143)])
def test_a_strike_falls_on_the_process(quiet: tuple[World, int], kind: str, status: int) -> None:
    world, _ = quiet
    (ended,) = Player(world).play(Step((Process((Action("run", SLUG, force=True),), Strike(kind, 20)),)))
    assert ended.status == status


def test_an_authority_that_is_down_ends_those_stages_alone_that_need_it(quiet: tuple[World, int]) -> None:
    world, release = quiet
    with world.database().connect() as conn, conn.transaction():
        conn.execute("DELETE FROM ops.authority_answer")
    world.enter(replace(NOTHING, authority_faults={"server_errors": 1.0}))
    (ended,) = Player(world).play(Step((Process((Action("enrich", SLUG, force=True),)),)))
    (result,) = ended.results
    assert result["kind"] == "SlowDown"
    # SMK's places are points and its subjects persons, of which nothing is asked.
    others = ["place_coordinates", "subject_identities", "work_type_terms", "material_terms", "thumbnail_colours",
              "joined_identities"]  # fmt: skip
    assert list(result["counts"]) == others
    with world.database().connect() as conn:
        assert differences(world, release, conn) == []
    world.enter(NOTHING)


def test_a_seed_is_always_the_same_plan() -> None:
    assert [list(plan_of(seed).lines()) for seed in range(50)] == [list(plan_of(seed).lines()) for seed in range(50)]
    assert plan_of(1) == plan_of(1) != plan_of(2)


def test_the_seeds_of_ci_have_everything_in_them() -> None:
    told = "\n".join(line for seed in range(20) for line in plan_of(seed).lines())
    words = (
        "run, force, retry_failed, limit, since last, enrich, stage, promote, rollback, retract, prune, replay, read, |"
    )
    mishaps = ("postgres restarts", "the index is lost", *STRIKES, *map(listed, AUTHORITY_FAULTS))
    assert [word for word in (*SLUGS, *words.split(", "), *mishaps) if word not in told] == []
