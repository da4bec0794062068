"""Points and thumbnails of releases: what each release shows, what a change costs, and that anything can be undone."""

from __future__ import annotations

import random

import pytest

from museum_assets.core.failures import MuseumError
from resources.platform import Platform
from resources.s3 import thumbnail_key
from resources.vector_index.index import STILL, SearchFilter
from tests.support.little_production import LittleProduction, Work, axis

FIRST = {
    "KMS1": Work("Winter", image=0, text=10),
    "KMS2": Work("Summer", image=1, text=11),
    "KMS3": Work("Bust", image=2, text=12, kind="sculpture"),
    "KMS4": Work("Bare"),
}
# KMS1 has another title, KMS2 another image, KMS3 is gone, KMS4 is as it was, KMS5 is new.
SECOND = {
    "KMS1": Work("Deep winter", image=0, text=13),
    "KMS2": Work("Summer", image=3, text=11),
    "KMS4": Work("Bare"),
    "KMS5": Work("New", image=4),
}


@pytest.fixture
def little(platform: Platform) -> LittleProduction:
    return LittleProduction(platform)


def titles(little: LittleProduction, museum: str, release: int) -> dict[str, str]:
    """Return {object number: title} of the points that a release shows."""
    with little.outside.index.open() as session:
        return {
            record.payload["object_number"]: record.payload["title"]
            for record in session.scroll(SearchFilter(releases=((museum, release),)))
        }


def objects(little: LittleProduction) -> set[str]:
    return {item.key for item in little.outside.thumbnails.list()}


def key(museum: str, work: Work) -> str:
    from hashlib import sha256

    return f"{museum}/{sha256(work.jpeg).hexdigest()}.jpg"


def test_a_release_costs_what_it_changes_and_each_shows_its_own(little: LittleProduction) -> None:
    first = little.promote("smk", 1, FIRST)
    assert first == {
        "points_made": 4,
        "points_there": 0,
        "points_ended": 0,
        "thumbnails_copied": 3,
        "thumbnails_there": 0,
    }
    second = little.promote("smk", 2, SECOND)
    assert second == {
        "points_made": 3,
        "points_there": 0,
        "points_ended": 3,
        "thumbnails_copied": 2,
        "thumbnails_there": 0,
    }
    assert little.points() == {
        "smk:KMS1": [(1, 2), (2, STILL)],
        "smk:KMS2": [(1, 2), (2, STILL)],
        "smk:KMS3": [(1, 2)],
        "smk:KMS4": [(1, STILL)],
        "smk:KMS5": [(2, STILL)],
    }
    assert titles(little, "smk", 1) == {number: work.title for number, work in FIRST.items()}
    assert titles(little, "smk", 2) == {number: work.title for number, work in SECOND.items()}
    assert objects(little) == {key("smk", w) for w in (*FIRST.values(), *SECOND.values()) if w.image is not None}


def test_a_point_says_what_the_rows_and_the_cache_say(little: LittleProduction) -> None:
    little.promote("smk", 1, FIRST)
    with little.now() as now:
        record = now.point("smk", "KMS3")
    assert record is not None
    assert {name: float(vector @ vector) for name, vector in record.vectors.items()} == pytest.approx(
        {"image_clip": 1, "text_clip": 1}
    )
    assert float(record.vectors["image_clip"] @ axis(2)) == pytest.approx(1)
    assert float(record.vectors["text_clip"] @ axis(12)) == pytest.approx(1)
    shown = record.payload
    assert (shown["title"], shown["searchable_work_types"], shown["artists"]) == (
        "Bust",
        ["sculpture"],
        ["Anna Ancher"],
    )
    assert shown["production_date"] == "1880–1882"


def test_publishing_again_changes_nothing(little: LittleProduction) -> None:
    little.promote("smk", 1, FIRST)
    base = little.build("smk", 2, SECOND)
    little.outside.add("smk", 2, base)
    before = little.points(), objects(little)
    again = little.outside.add("smk", 2, base)
    assert again == {
        "points_made": 0,
        "points_there": 3,
        "points_ended": 3,
        "thumbnails_copied": 0,
        "thumbnails_there": 2,
    }
    assert (little.points(), objects(little)) == before


def test_an_artwork_that_comes_back_as_it_was_shows_again_and_not_in_between(little: LittleProduction) -> None:
    little.promote("smk", 1, FIRST)
    little.promote("smk", 2, SECOND)
    little.promote("smk", 3, FIRST)
    assert little.points()["smk:KMS3"] == [(1, 2), (3, STILL)]
    assert [set(titles(little, "smk", release)) for release in (1, 2, 3)] == [set(FIRST), set(SECOND), set(FIRST)]


def test_withdrawing_undoes_a_release_and_the_next_one_builds_on_what_is_left(little: LittleProduction) -> None:
    little.promote("smk", 1, FIRST)
    before = little.points()
    little.outside.add("smk", 2, little.build("smk", 2, SECOND))
    little.outside.undo("smk", 2)
    little.outside.undo("smk", 2)
    assert little.points() == before
    little.mark("smk", 2, "failed")
    little.promote("smk", 3, SECOND)
    assert titles(little, "smk", 3) == {number: work.title for number, work in SECOND.items()}
    assert titles(little, "smk", 1) == {number: work.title for number, work in FIRST.items()}


def test_museums_do_not_touch_each_other(little: LittleProduction) -> None:
    little.promote("smk", 1, FIRST)
    little.promote("met", 1, FIRST)
    little.promote("met", 2, SECOND)
    little.outside.undo("met", 2)
    little.outside.prune("met", [])
    assert titles(little, "smk", 1) == {number: work.title for number, work in FIRST.items()}
    assert not titles(little, "met", 1)
    # The same image of two museums is two objects, so that pruning one leaves the other's.
    assert objects(little) == {key("smk", work) for work in FIRST.values() if work.image is not None}


def test_pruning_keeps_what_a_kept_release_shows_and_nothing_else(little: LittleProduction) -> None:
    for release, works in enumerate((FIRST, SECOND, FIRST, SECOND), start=1):
        little.promote("smk", release, works)
    for release in (2, 4):
        little.mark("smk", release, "pruned")
    counts = little.outside.prune("smk", [1, 3])
    assert counts == {"points_removed": 6, "thumbnails_removed": 2}
    assert set(titles(little, "smk", 1)) == set(titles(little, "smk", 3)) == set(FIRST)
    assert objects(little) == {key("smk", work) for work in FIRST.values() if work.image is not None}
    # What the pruned newest release had ended goes on, so that the next one can build on release 3.
    little.promote("smk", 5, {**FIRST, "KMS1": Work("Winter again", image=0)})
    assert titles(little, "smk", 5) == {number: work.title for number, work in FIRST.items()} | {"KMS1": "Winter again"}


@pytest.mark.parametrize("seed", range(3))
def test_any_history_shows_every_kept_release_as_it_was(little: LittleProduction, seed: int) -> None:
    """Promotions, failures and prunings in any order, with works coming, going, changing and coming back."""
    choose = random.Random(seed)
    kept: dict[int, dict[str, Work]] = {}
    works: dict[str, Work] = {}
    for release in range(1, 13):
        for number in choose.sample([f"N{n}" for n in range(12)], 5):
            if number in works and choose.random() < 0.4:
                del works[number]
            else:
                works[number] = Work(
                    choose.choice("abc"), image=choose.choice([None, 1, 2]), text=choose.choice([None, 3])
                )
        little.outside.add("smk", release, little.build("smk", release, works))
        if choose.random() < 0.25:
            little.outside.undo("smk", release)
            little.mark("smk", release, "failed")
        else:
            assert little.outside.verify("smk", release) == []
            little.ready("smk", release)
            kept[release] = dict(works)
        if len(kept) > 3:
            gone = choose.choice(sorted(kept))
            del kept[gone]
            little.mark("smk", gone, "pruned")
            little.outside.prune("smk", kept)
        for each, shown in kept.items():
            assert titles(little, "smk", each) == {number: work.title for number, work in shown.items()}
    little.outside.prune("smk", kept)
    assert objects(little) == {key("smk", w) for shown in kept.values() for w in shown.values() if w.image is not None}


def test_a_base_that_is_not_the_newest_is_refused(little: LittleProduction) -> None:
    little.promote("smk", 1, FIRST)
    little.promote("smk", 2, SECOND)
    little.build("smk", 3, FIRST)
    with pytest.raises(MuseumError, match=r"Release 3 of smk.*on release 1.*newest ready one is 2"):
        little.outside.add("smk", 3, 1)
    assert little.points()["smk:KMS4"] == [(1, STILL)]


def test_a_release_that_has_no_rows_is_refused(little: LittleProduction) -> None:
    with pytest.raises(MuseumError, match="Release 7 of smk does not exist"):
        little.outside.add("smk", 7, None)
    little.build("smk", 1, FIRST)
    little.mark("smk", 1, "failed")
    with pytest.raises(MuseumError, match="is failed"):
        little.outside.verify("smk", 1)


def test_a_vector_that_the_cache_lacks_is_named(little: LittleProduction) -> None:
    base = little.build("smk", 1, FIRST)
    with little.outside.platform.connect() as conn:
        conn.execute("DELETE FROM ops.vector WHERE content_hash = sha256('text 12')")
    with pytest.raises(MuseumError, match=r"1 vectors.*text_clip of smk:KMS3.*force"):
        little.outside.add("smk", 1, base)


@pytest.mark.parametrize("moved", ["replaced", "removed"])
def test_staging_that_moved_on_is_refused_by_name(little: LittleProduction, moved: str) -> None:
    little.promote("smk", 1, FIRST)
    before = little.points(), objects(little)
    base = little.build("smk", 2, SECOND)
    source, changed = little.outside.source, thumbnail_key("smk", "KMS2")
    if moved == "replaced":
        source.put_jpeg(changed, b"the image of tomorrow", {})
    else:
        source.delete_many([changed])
    with pytest.raises(
        MuseumError, match=r"1 thumbnails.*smk:KMS2.*staging changed since.*smk.*museum release stage smk"
    ):
        little.outside.add("smk", 2, base)
    assert any("thumbnail of smk:KMS2" in problem for problem in little.outside.verify("smk", 2))
    little.outside.undo("smk", 2)
    little.mark("smk", 2, "failed")
    little.outside.prune("smk", [1])
    assert (little.points(), objects(little)) == before


def test_staging_that_moves_on_later_changes_nothing_in_a_release(little: LittleProduction) -> None:
    little.promote("smk", 1, FIRST)
    little.outside.source.put_jpeg(thumbnail_key("smk", "KMS1"), b"the image of tomorrow", {})
    with platform_index(little).open() as session:
        session.delete_points(list(session.ids()))
    assert little.outside.verify("smk", 1) == []
    assert little.outside.thumbnails.get(key("smk", FIRST["KMS1"])) == FIRST["KMS1"].jpeg


def platform_index(little: LittleProduction):
    return little.platform.vector_index()


def of(number: str) -> SearchFilter:
    return SearchFilter(museum="smk", object_numbers=(number,))


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda s, b: s.delete_where(of("KMS1")), r"3 points in the index, 4"),
        (lambda s, b: s.set_where(of("KMS1"), "until_release", 1), r"smk:KMS1 has 0 points"),
        (lambda s, b: s.set_where(of("KMS1"), "digest", 0), r"smk:KMS1 has 1 points.*not those of the release"),
        (lambda s, b: s.delete_vectors("text_clip", [next(s.scroll(of("KMS2"))).id]), r"2 text_clip vectors.*3 in"),
        (lambda s, b: b.delete_many([key("smk", FIRST["KMS3"])]), r"thumbnail of smk:KMS3 is not in bucket"),
        (lambda s, b: b.put_jpeg(key("smk", FIRST["KMS3"]), b"cut", {}), r"thumbnail of smk:KMS3 has 3 bytes"),
    ],
)
def test_verifying_names_what_is_wrong(little: LittleProduction, harm, says: str) -> None:
    import re

    little.promote("smk", 1, FIRST)
    with little.outside.index.open() as session:
        harm(session, little.outside.thumbnails)
    problems = little.outside.verify("smk", 1)
    assert any(re.search(says, problem) for problem in problems), problems


def test_points_left_over_are_seen_too(little: LittleProduction) -> None:
    little.promote("smk", 1, FIRST)
    little.promote("smk", 2, SECOND)
    with little.outside.index.open() as session:
        session.set_where(of("KMS3"), "until_release", STILL)
    assert little.outside.verify("smk", 2) == [
        "5 points in the index, 4 in the release's rows",
        "4 image_clip vectors in the index, 3 in the release's rows",
        "3 text_clip vectors in the index, 2 in the release's rows",
    ]
