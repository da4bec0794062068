"""Whoever knows what to look for finds it first: recorded works by number, title, artist and title, or artist alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from statistics import mean
from typing import Any

import pytest

from museum_assets.collection.artworks.beside import TABLES
from museum_assets.museums.artwork import Artwork
from museum_assets.search.answer import Artwork as Shown
from museum_assets.search.answer import QueryVector, Reason
from museum_assets.search.nearest import by_query, shown
from museum_assets.search.question import Filters, Question
from museum_assets.search.reader import Reader
from resources.platform import Platform
from tests.support.letters import CONTRACT, letters
from tests.support.little_production import LittleProduction
from tests.support.published_works import PublishedWork, publish
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
        publish(made, museum, {number: published(work) for number, work in of_museum.items()}, CONTRACT)
    return made


def published(work: Artwork) -> PublishedWork:
    """Return a recorded work with a vector of its text."""
    row = work.model_dump(exclude={"museum", "text_repairs", *(table.name for table in TABLES)})
    row |= {name: list(getattr(work, name)) for name in ("artists", "work_types", "searchable_work_types")}
    return PublishedWork(row, {"text_clip": letters(f"{', '.join(work.artists)}. {work.title}")})


Find = Callable[[str], list[Shown]]


@pytest.fixture
def sides(little: LittleProduction) -> Iterator[dict[str, Find]]:
    """How works are found: by words, by vectors, and by both."""
    both = Reader(little.database, little.outside.index, in_letters)
    words = Reader(little.database, little.outside.index, lambda _: None)

    def near(text: str) -> list[Shown]:
        with both._production.now() as now, both._index.open(now.releases) as session:
            (hits,) = by_query(session, in_letters(text), [shown(now, Filters())], 24).values()
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


def check_that_artists_come_first(find: Find, works: Works) -> None:
    everything = [
        [set(read(name).split()) for name in work.artists] for each in works.values() for work in each.values()
    ]
    for museum in works:
        for work in asked(works, museum)[::3]:
            name = work.artists[0]
            words = set(read(name).split())
            theirs = sum(any(words <= artist for artist in artists) for artists in everything)
            for each in find(name)[:theirs]:
                named = [set(read(artist).split()) for artist in each.artists]
                assert read(each.title) == read(name) or any(words <= artist for artist in named), (name, each)


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
    check_that_artists_come_first(sides["both"], works)
