"""An artist is found by every spelling, and narrows a search in all museums."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from museum_assets.search import nearest
from museum_assets.search.answer import Answer, QueryVector, Reason
from museum_assets.search.question import BadQuestion, Filters, Question
from museum_assets.search.reader import Reader
from resources.platform import Platform
from tests.support.little_production import CONTRACT, LittleProduction, axis
from tests.support.little_qdrant import little_qdrant
from tests.support.published_works import PublishedWork, publish

REMBRANDT = ("wikidata:Q5598", "Rembrandt", ["Rembrandt van Rijn", "Rijn, Rembrandt van", "Rembrandt Harmensz"])
SCHOOL = ("smk:7 (school of)", "Rembrandt (school of)", ["Rijn, Rembrandt van"])
STEEN = ("rkd:1", "Jan Steen", ["Jan Steen"])
SMK = {"1": ("Winter", "Rijn, Rembrandt van"), "2": ("Old man", "Rijn, Rembrandt van"), "3": ("Summer", "Anna Ancher")}
MET = {"1": ("Old woman", "Rembrandt (Rembrandt van Rijn)"), "2": ("Winter", "Jan Steen")}


@pytest.fixture
def reader(platform: Platform) -> Iterator[Reader]:
    little = LittleProduction(platform)
    publish(little, "smk", works(SMK), CONTRACT, {"1": REMBRANDT, "2": SCHOOL})
    publish(little, "met", works(MET), CONTRACT, {"1": REMBRANDT})
    with closing(Reader(little.database, little.outside.index, lambda _: None)) as made:
        yield made


def works(given: dict[str, tuple[str, str]]) -> dict[str, PublishedWork]:
    return {number: work(title, artist, int(number)) for number, (title, artist) in given.items()}


def work(title: str, artist: str, at: int) -> PublishedWork:
    row = {
        "museum_db_id": title, "title": title, "artists": [artist], "production_date_start": 1640,
        "production_date_end": 1642, "period": None, "work_types": ["painting"], "searchable_work_types": ["painting"],
        "thumbnail_url": "https://example.org/x", "image_url": None, "rights": "CC0", "source_url": None,
    }  # fmt: skip
    return PublishedWork(row, {"text_clip": axis(at)})


def found(reader: Reader, words: str = "", **filters: str) -> set[str]:
    answer = reader.search(Question(words, Filters(**filters)))  # type: ignore[arg-type]
    assert answer.total == len(answer.found)
    return {f"{each.artwork.museum}:{each.artwork.object_number}" for each in answer.found}


def test_any_spelling_finds_the_works_of_all_museums(reader: Reader) -> None:
    for spelling in ("Rembrandt van Rijn", "harmensz", "Rembrandt Harmensz"):
        assert {"smk:1", "met:1"} <= found(reader, spelling)
    assert found(reader, "harmensz") == {"smk:1", "met:1"}


def test_an_artist_narrows_a_search_in_all_museums(reader: Reader) -> None:
    assert found(reader, artist=REMBRANDT[0]) == {"smk:1", "met:1"}
    assert found(reader, "winter", artist=REMBRANDT[0]) == {"smk:1"}
    assert found(reader, artist=REMBRANDT[0], museum="met") == {"met:1"}
    assert found(reader, artist=SCHOOL[0]) == {"smk:2"}
    assert found(reader, artist="wikidata:Q1") == set()
    answer = reader.search(Question(filters=Filters(artist=REMBRANDT[0], museum="met")))
    assert answer.facets.museum == [("met", 1), ("smk", 1)]
    assert [(each.label, each.works) for each in answer.artists] == [("Rembrandt", 1)]
    with pytest.raises(BadQuestion):
        Filters(artist="x" * 2_000)


@pytest.fixture(params=["embedded", "server"])
def both(request: pytest.FixtureRequest, platform: Platform) -> Iterator[Reader]:
    """A reader with vectors, on either engine. A query's vector is that of "Old man"."""
    with ExitStack() as stack:
        if request.param == "server":
            server = stack.enter_context(little_qdrant())
            platform = platform.with_settings(qdrant_url=server.url, qdrant_grpc_port=server.grpc_port)
        little = LittleProduction(platform)
        publish(
            little, "smk", works(SMK | {"4": ("Old men", "Anna Ancher")}), CONTRACT, {"1": REMBRANDT, "2": REMBRANDT}
        )
        # Of two works with one object number, each of its own museum, one alone is the artist's.
        publish(little, "met", works(MET), CONTRACT, {"1": REMBRANDT, "2": STEEN})
        vector = QueryVector("clip", CONTRACT, axis(2))
        yield stack.enter_context(closing(Reader(little.database, little.outside.index, lambda _: vector)))


def why(answer: Answer) -> dict[str, list[Reason]]:
    return {f"{each.artwork.museum}:{each.artwork.object_number}": [why.reason for why in each.why]
            for each in answer.found}  # fmt: skip


def test_words_and_vectors_search_an_artists_works_as_they_search_all(
    both: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = both.search(Question("winter", Filters(artist=REMBRANDT[0])))
    assert why(answer) == {
        "smk:1": [Reason.TITLE, Reason.WORDS, Reason.DESCRIBED], "smk:2": [Reason.DESCRIBED],
        "met:1": [Reason.DESCRIBED]}  # fmt: skip
    assert (answer.total, answer.words_only, answer.corrected) == (3, False, None)
    assert answer.facets.museum == [("smk", 2), ("met", 1)]
    # As with every filter, its own counts are those without it.
    assert [(each.identity, each.works) for each in answer.artists] == [(REMBRANDT[0], 3), (STEEN[0], 1)]
    mistyped = both.search(Question("wintre", Filters(artist=REMBRANDT[0])))
    assert (mistyped.corrected, mistyped.total) == ("winter", 3)
    assert [each.artwork.object_number for each in mistyped.found if Reason.WORDS in [w.reason for w in each.why]] == [
        "1"
    ]
    in_smk = Filters(artist=REMBRANDT[0], museum="smk")
    assert list(why(both.search(Question("man", in_smk)))) == ["smk:2", "smk:1"]
    assert set(why(both.search(Question("met:2", Filters(artist=REMBRANDT[0]))))) == {"smk:1", "smk:2", "met:1"}
    assert both.search(Question("winter", Filters(artist="wikidata:Q1"))).found == []
    # An artist of more works than one search names.
    monkeypatch.setattr(nearest, "AT_ONCE", 1)
    assert why(both.search(Question("winter", Filters(artist=REMBRANDT[0])))) == why(answer)


def test_artists_are_counted_over_all_that_is_found(platform: Platform) -> None:
    many = {str(number): ("Storm", "Jan Steen") for number in range(1, 231)}
    few = {str(number): ("Storm", "Rijn, Rembrandt van") for number in range(231, 241)}
    little = LittleProduction(platform)
    rows = {number: PublishedWork(work(*each, 0).row, {}) for number, each in (many | few).items()}
    publish(little, "smk", rows, CONTRACT, dict.fromkeys(many, STEEN) | dict.fromkeys(few, REMBRANDT))
    with closing(Reader(little.database, little.outside.index, lambda _: None)) as reader:
        for question in (Question(), Question("storm"), Question("storm", Filters(artist=REMBRANDT[0], museum="smk"))):
            counted = {each.label: each.works for each in reader.search(question).artists}
            assert counted == {"Jan Steen": 230, "Rembrandt": 10}, question
        assert reader.search(Question("storm", Filters(century=18))).artists == []


def test_an_answer_names_the_artists_to_narrow_it_by(reader: Reader) -> None:
    for question in (Question(), Question("old")):
        counted = {each.identity: each.works for each in reader.search(question).artists}
        assert counted == {REMBRANDT[0]: 1 if question.words else 2, SCHOOL[0]: 1}


def test_an_artist_is_one_in_all_museums(reader: Reader) -> None:
    now = reader.artist(REMBRANDT[0])
    assert now
    assert now.artist.museums == (("met", 1), ("smk", 1))
    assert (now.artist.label, now.artist.born, now.artist.names) == ("Rembrandt", 1606, tuple(REMBRANDT[2]))
    assert now.answer.total == 2
    assert reader.artist("wikidata:Q1") is None
    assert reader.artist(SCHOOL[0])
