"""Whoever asks for an artist by name gets the artist's works first, whatever vectors make of the name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from museum_assets.search.answer import Found, QueryVector, Reason
from museum_assets.search.question import Filters, Question
from museum_assets.search.reader import Reader
from resources.platform import Platform
from tests.support.little_production import CONTRACT, LittleProduction, axis
from tests.support.published_works import PublishedWork, publish

BY = {
    "1": ("Winter landscape", ["Rembrandt van Rijn"]),
    "2": ("Old man", ["Jan Lievens", "Rembrandt van Rijn"]),
    "3": ("A view near Copenhagen", ["Christen Købke"]),
    "4": ("A clothes iron with nails", ["Man Ray"]),
    "5": ("Summer", ["Jan van de Velde"]),
    "12": ("Autumn", ["Jan Velde"]),
    "6": ("Men at a window", ["Peter Storm"]),
    "7": ("Two ships", ["Storm van 's Gravesande"]),
    "8": ("Flowers", ["Peter Paul Rubens", "Jan Brueghel"]),
    # What vectors find for every query.
    "9": ("Ships in a storm", ["Anna Ancher"]),
    "10": ("Breakers", ["Anna Ancher"]),
    "11": ("After Rembrandt, by Rijn of Leiden", ["Anna Ancher"]),
}
NEAR = {"9", "10", "11"}


@pytest.fixture
def reader(platform: Platform) -> Iterator[Reader]:
    little = LittleProduction(platform)
    publish(little, "smk", {number: published(number) for number in BY}, CONTRACT)
    with closing(Reader(little.database, little.outside.index, lambda _: QueryVector("clip", CONTRACT, axis(0)))) as it:
        yield it


def published(number: str) -> PublishedWork:
    """Return a work as a promotion leaves it; the near ones by both vectors, the others far off by one."""
    title, artists = BY[number]
    row = {
        "museum_db_id": number, "title": title, "artists": artists, "production_date_start": 1880,
        "production_date_end": 1882, "period": None, "work_types": ["painting"],
        "searchable_work_types": ["painting"], "thumbnail_url": "https://example.org/x", "image_url": None,
        "rights": "CC0", "source_url": None,
    }  # fmt: skip
    near = {"image_clip": axis(0), "text_clip": axis(0, int(number))}
    return PublishedWork(row, near if number in NEAR else {"text_clip": axis(int(number) + 100)})


ASKED = [
    ("Rembrandt", ["1", "2"]),
    ("rembrandt van rijn", ["1", "2"]),
    ("Rijn, Rembrandt", ["1", "2"]),
    ("Rembrant", ["1", "2"]),  # corrected
    ("kobke", ["3"]),
    ("Christen KØBKE", ["3"]),
    ("man ray", ["4"]),
    ("Jan van de Velde", ["5", "12"]),
    ("storm", ["6", "7"]),
]
NOT_ASKED = [
    "ships in a storm",
    "two ships storm",  # one work has it all, and only part of it in its artist's name
    "peter brueghel",  # two artists
    "rembrandt winter",
    "storms",  # a form of the word is not the name
]


def test_works_of_an_artist_asked_for_by_name_come_before_what_only_vectors_find(reader: Reader) -> None:
    for words, expected in ASKED:
        found = reader.search(Question(words)).found
        first, rest = found[: len(expected)], found[len(expected) :]
        numbers = {each.artwork.object_number for each in first}
        assert numbers == set(expected), words
        assert all(each.why[0].reason == Reason.ARTIST for each in first), words
        assert not any(by_artist(each) for each in rest), words
        assert {each.artwork.object_number for each in rest} >= NEAR, words
    assert [each.artwork.object_number for each in reader.search(Question("Jan van de Velde")).found[:2]] == ["5", "12"]
    assert reader.search(Question("rembrandt", Filters(work_type="bust"))).found == []
    assert reader.search(Question("rembrandt")).total == len(BY), "a work counts once"


def test_a_word_of_a_query_that_is_also_a_name_does_not_take_it_over(reader: Reader) -> None:
    for words in NOT_ASKED:
        found = reader.search(Question(words)).found
        assert not any(by_artist(each) for each in found), words
    assert reader.search(Question("ships in a storm")).found[0].artwork.object_number == "9"


def by_artist(found: Found) -> bool:
    return any(why.reason == Reason.ARTIST for why in found.why)
