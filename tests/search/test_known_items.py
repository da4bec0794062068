"""Whoever knows what to look for finds it first: every recorded work by its number, its title, its artist and title."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from statistics import mean
from typing import Any

import pytest

from museum_assets.collection.vectors.embedding import keep_vectors
from museum_assets.museums.artwork import Artwork
from museum_assets.search.answer import Artwork as Shown
from museum_assets.search.answer import QueryVector, Reason
from museum_assets.search.nearest import by_query, shown
from museum_assets.search.question import Filters, Question
from museum_assets.search.reader import Reader
from resources.platform import Platform
from sql import query
from tests.support.letters import CONTRACT, letters
from tests.support.little_production import LittleProduction, insert
from tests.support.recorded_works import recorded_works

pytestmark = [pytest.mark.shared, pytest.mark.integration]

WORKS, ASKED = 2000, 60
"""Works of Tate, and how many of each museum are asked for."""

Works = dict[str, dict[str, Artwork]]


@pytest.fixture
def works(shared: object) -> Works:
    return recorded_works(WORKS)


@pytest.fixture
def little(platform: Platform, works: Works) -> LittleProduction:
    """Every recorded work, live, with a vector of its text."""
    made = LittleProduction(platform, tuple(works))
    for museum, of_museum in works.items():
        publish(made, museum, of_museum)
    return made


def publish(little: LittleProduction, museum: str, works: dict[str, Artwork]) -> None:
    common = {"museum": museum, "slot": 1}
    texts = {number: f"{', '.join(work.artists)}. {work.title}" for number, work in works.items()}
    contents = {number: sha256(text.encode()).digest() for number, text in texts.items()}
    with little.database.connect() as conn, conn.transaction():
        conn.execute(
            "INSERT INTO production.release (museum, release_id, slot, made_by, why) VALUES (%s, 1, 1, 'x', 'x')",
            (museum,),
        )
        insert(conn, "artwork", [
            common | work.model_dump(exclude={"museum", "text_repairs"}) | {"row_hash": b"x"}
            | {name: list(getattr(work, name)) for name in ("artists", "work_types", "searchable_work_types")}
            for work in works.values()])  # fmt: skip
        insert(conn, "index_status", [
            common | {"object_number": number, "digest": content, "vectors": ["text_clip"], "contracts": [CONTRACT],
                      "contents": [content], "row_hash": b"x"} for number, content in contents.items()])  # fmt: skip
        conn.execute(query("releases.fill_search"), {"museum": museum, "slot": 1})
    with little.outside.platform.connect() as conn:
        keep_vectors(conn, CONTRACT, {contents[number]: letters(text) for number, text in texts.items()})
    little.outside.add(museum, 1, None)
    little.outside.show(museum, 1)
    little.ready(museum, 1)
    little.commit(museum, 1)


Find = Callable[[str], list[Shown]]


@pytest.fixture
def sides(little: LittleProduction) -> Iterator[dict[str, Find]]:
    """How works are found: by words, by vectors, and by both."""
    both = Reader(little.database, little.outside.index, in_letters)
    words = Reader(little.database, little.outside.index, lambda _: None)

    def near(text: str) -> list[Shown]:
        with both._production.now() as now, both._index.open(now.releases) as session:
            (hits,) = by_query(session, in_letters(text), shown(now, Filters()), 24).values()
            return [each.artwork for each in both._found(now, hits, Reason.DESCRIBED, Filters())]

    yield {
        "both": lambda text: [each.artwork for each in both.search(Question(text)).found],
        "words": lambda text: [each.artwork for each in words.search(Question(text)).found],
        "vectors": near,
    }
    for each in (both, words):
        each.close()


def in_letters(text: str) -> QueryVector:
    return QueryVector("clip", CONTRACT, letters(text))


def asked(works: Works, museum: str) -> list[Artwork]:
    found = [work for work in works[museum].values() if work.title and work.artists]
    return found[:: max(1, len(found) // ASKED)][:ASKED]


def reciprocal(found: list[Shown], work: Artwork, same: Callable[[Any], object]) -> float:
    return next((1 / rank for rank, each in enumerate(found, start=1) if same(each) == same(work)), 0.0)


def read(title: str | None) -> str:
    """Return a title as whoever looks for it reads it: a "Blank" is a "[blank]"."""
    return " ".join(re.findall(r"\w+", str(title).lower()))


KINDS: dict[str, tuple[Callable[[Artwork], str], Callable[[Any], object]]] = {
    "object number": (lambda work: work.object_number, lambda work: (work.museum, work.object_number)),
    "title": (lambda work: str(work.title)[:300], lambda work: read(work.title)),
    "artist and title": (
        lambda work: f"{work.artists[0]} {work.title}"[:300],
        lambda work: (read(work.title), tuple(work.artists)),
    ),
}


def test_known_works_are_found_first_and_by_both_sides_as_well_as_by_either(
    sides: dict[str, Find], works: Works
) -> None:
    figures = {
        (museum, kind): {
            side: mean(reciprocal(find(ask(work)), work, same) for work in asked(works, museum))
            for side, find in sides.items()
        }
        for museum in works
        for kind, (ask, same) in KINDS.items()
    }
    for name, each in figures.items():
        print(*name, {side: round(value, 3) for side, value in each.items()})  # noqa: T201
    for kind in KINDS:
        assert mean(each["both"] for (_, asked_for), each in figures.items() if asked_for == kind) >= 0.95, kind
    for name, each in figures.items():
        assert each["both"] >= max(each["words"], each["vectors"]), name
