"""The canary sings when readers get what they should, and names what they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from psycopg.types.json import Jsonb

from museum_assets.core.failures import MuseumError
from museum_assets.releases.promotion.canary import Canary, add_canary, canary
from resources.platform import Platform
from resources.vector_index.index import SearchFilter
from tests.support.little_production import LittleProduction, Words, Work

WORKS = {
    "KMS1": Work("Winter", image=0, text=10),
    "KMS2": Work("Winter again", image=0),
    "KMS3": Work("Bust", image=2),
    "KMS4": Work("Bare"),
}


@pytest.fixture
def little(platform: Platform) -> LittleProduction:
    made = LittleProduction(platform)
    made.promote("smk", 1, WORKS)
    return made


@pytest.fixture
def bird(little: LittleProduction) -> Canary:
    return replace(canary(little.platform), embedder=Words)


def know(little: LittleProduction, kind: str, subject: str, at_least: int = 1, finds: str | None = None) -> None:
    with little.database.connect() as conn:
        add_canary(conn, "smk", kind, subject, at_least=at_least, finds=finds, by="Ida")


def test_a_good_release_raises_nothing(little: LittleProduction, bird: Canary) -> None:
    know(little, "count", "artwork", 4)
    know(little, "object", "KMS3")
    know(little, "query", "2", 3, finds="KMS3")
    assert bird("smk") == []


def test_no_model_is_loaded_when_no_words_are_asked(little: LittleProduction) -> None:
    def never() -> Words:
        raise AssertionError("the model was loaded")

    know(little, "object", "KMS3")
    assert replace(canary(little.platform), embedder=never)("smk") == []


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (("count", "artwork", 5), "production.artwork shows 4 rows of smk, fewer than 5"),
        (("object", "KMS9"), "smk:KMS9 is missing"),
        (("query", "7", 4), "'7' finds 3 works of smk, fewer than 4"),
        (("query", "2", 1, "KMS4"), "'2' does not find smk:KMS4 among the first 3"),
    ],
)
def test_what_a_person_knows_is_asked(little: LittleProduction, bird: Canary, known: tuple, says: str) -> None:
    know(little, *known)
    assert bird("smk") == [says]
    with little.database.connect() as conn:
        conn.execute("DELETE FROM production.canary")
    assert bird("smk") == []


def test_noting_the_same_again_replaces_it_and_an_unknown_view_is_refused(
    little: LittleProduction, bird: Canary
) -> None:
    know(little, "count", "artwork", 5)
    know(little, "count", "artwork", 4)
    assert bird("smk") == []
    with pytest.raises(MuseumError, match=r"no view production\.artworks.*artwork, artist"):
        know(little, "count", "artworks")


def test_views_that_lost_rows_are_seen(little: LittleProduction, bird: Canary) -> None:
    with little.database.connect() as conn:
        conn.execute("UPDATE production.release SET counts = %s", (Jsonb({"artwork": 4, "index_status": 4}),))
        assert bird("smk") == []
        conn.execute("DELETE FROM production.artwork_release WHERE object_number = 'KMS4'")
    assert "production.artwork shows 3 rows of smk, 4 were built" in bird("smk")


def test_a_museum_that_shows_nothing_is_seen(little: LittleProduction, bird: Canary) -> None:
    assert bird("met") == [
        "production.artwork shows nothing of met",
        'met is not in production yet: `museum release promote met --why "…"` promotes a candidate.',
    ]
    assert bird("lmnh") == ["production.exhibition shows nothing of lmnh"]


def test_an_index_that_forgot_is_seen(little: LittleProduction, bird: Canary) -> None:
    with little.outside.index.open() as session:
        session.delete_where(SearchFilter(museum="smk", object_numbers=("KMS3",)))
    assert bird("smk") == ["smk:KMS3 is in the tables and not in the index"]


def test_a_point_of_another_version_is_seen(little: LittleProduction, bird: Canary) -> None:
    with little.outside.index.open() as session:
        session.set_where(SearchFilter(museum="smk", object_numbers=("KMS3",)), "digest", 0)
    (problem,) = bird("smk")
    assert problem.startswith("The index shows smk:KMS3 in release 1, and the tables of production do not")


def test_a_lost_thumbnail_is_seen(little: LittleProduction, bird: Canary) -> None:
    store = little.outside.thumbnails
    store.delete_many([item.key for item in store.list()])
    problems = bird("smk")
    assert len(problems) == 3
    assert all("is not in bucket" in problem for problem in problems)
