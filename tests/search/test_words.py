"""Words find works in three languages, with accents and typing errors, and say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from psycopg.errors import InsufficientPrivilege

from museum_assets.releases.promotion.build import NotArrived, fill_search
from museum_assets.releases.record import Release
from museum_assets.releases.schema import migrate_production
from museum_assets.search.answer import Reason
from museum_assets.search.production import Production
from museum_assets.search.question import Filters, Question
from museum_assets.search.reader import Reader
from museum_assets.search.words import read_words
from resources.migrations import downgrade
from resources.platform import Platform
from sql.migrations import PRODUCTION
from tests.support.little_production import LittleProduction, Work

WORKS = {
    "KMS1": Work("Vinterlandskab med skøjteløbere", artist="Hendrick Avercamp"),
    "KMS2": Work("Ships in a storm", artist="Willem van de Velde"),
    "KMS3": Work("Bloemen en schepen op zee", artist="Willem van de Velde", kind="drawing"),
    "KMS4": Work("Portræt af en ældre kvinde", artist="Anna Ancher"),
    "KKS 1966-5/12": Work("Étude de fleurs", artist="Émile Gallé", kind="drawing"),
    "KMS6": Work("Winter", artist="Anna Ancher"),
    "KMS7": Work("Winter near the winter palace in winter", artist="Ivan Winter"),
    "KMS8": Work("Paintings of <b>a</b> man's 'life' & \\death", artist="O'Keeffe"),
}


@pytest.fixture
def little(platform: Platform) -> LittleProduction:
    made = LittleProduction(platform)
    made.promote("smk", 1, WORKS)
    return made


@pytest.fixture
def reader(little: LittleProduction) -> Iterator[Reader]:
    found = Reader(little.database, little.outside.index, lambda _: None)
    yield found
    found.close()


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("skøjteløberne", "KMS1"),  # another form in Danish
        ("skojteloberne", "KMS1"),  # without its letters
        ("storms ship", "KMS2"),  # English
        ("bloem schepen", "KMS3"),  # Dutch
        ("PORTRAET aeldre", "KMS4"),
        ("etude fleur", "KKS 1966-5/12"),
        ("emile galle", "KKS 1966-5/12"),
        ("kks1966-5-12", "KKS 1966-5/12"),
        ("KKS 1966", "KKS 1966-5/12"),
        ("painting man's life \\death", "KMS8"),
        ("the man", "KMS8"),
        ("ancher winter", "KMS6"),
        ("avercamp storm", "KMS2"),  # no work has both: one is enough
        ("1880 velde storm", "KMS2"),
    ],
)
def test_a_word_in_any_form_finds_the_work(reader: Reader, words: str, number: str) -> None:
    answer = reader.search(Question(words))
    assert number in [each.artwork.object_number for each in answer.found][:2]
    assert answer.corrected is None
    assert answer.words_only


def test_what_is_a_frequent_word_in_one_language_alone_is_asked_for_where_works_have_it(
    little: LittleProduction,
) -> None:
    expected = {
        "dog in autumn": (["dog", "autumn"], "'autumn'"),  # "dog" is a stop word in Danish
        "a dog evening": (["a", "dog", "evening"], "'evening'"),  # one word for English, one for Danish
        "black dog": (["black", "dog"], "'black'"),
        "by om vinteren": (["by", "vinteren"], "'vinteren'"),  # "by" is one in English
        "skib i storm": (["skib", "storm"], "'skib' | 'storm'"),
        "the": (["the"], "'the'"),
    }
    with closing(Production(little.database)) as production, production.now() as now:
        read = {words: read_words(now, words) for words in expected}
    found = {words: ([word.text for word in each.required], each.some) for words, each in read.items()}
    assert found == expected


def test_a_stop_word_of_another_language_is_asked_for(reader: Reader) -> None:
    """In Danish "man" is one."""
    assert reader.search(Question("painting of a man")).total == 1
    assert reader.search(Question("the winter of a man")).total > 1, "no work has both, so one word is enough"
    assert [each.artwork.object_number for each in reader.search(Question("the winter palace")).found] == ["KMS7"]


@pytest.mark.parametrize(
    ("words", "corrected", "number"),
    [
        ("avercmap", "avercamp", "KMS1"),
        ("hendrik avercamp", "hendrick avercamp", "KMS1"),
        ("vinterlandkab", "vinterlandskab", "KMS1"),
        ("portret ældre", "portraet aeldre", "KMS4"),
    ],
)
def test_a_typing_error_is_corrected_and_said(reader: Reader, words: str, corrected: str, number: str) -> None:
    answer = reader.search(Question(words))
    assert answer.corrected == corrected
    assert [each.artwork.object_number for each in answer.found] == [number]


@pytest.mark.parametrize("words", ["xyzzy", "…", "KMS99", "''", "a:b|c & !d"])
def test_what_nothing_is_like_finds_nothing_or_little(reader: Reader, words: str) -> None:
    answer = reader.search(Question(words))
    assert answer.total == len(answer.found) <= 1


def test_object_numbers_and_exact_titles_come_first_and_each_work_says_why(reader: Reader) -> None:
    found = reader.search(Question("winter")).found
    assert [each.artwork.object_number for each in found] == ["KMS6", "KMS7"]
    assert [why.reason for why in found[0].why] == [Reason.TITLE, Reason.WORDS]
    assert [(why.reason, why.words) for why in found[1].why] == [(Reason.ARTIST, ()), (Reason.WORDS, ("winter",))]
    for number in ("kms1", "KMS 1", "smk:KMS1"):
        first = reader.search(Question(number)).found[0]
        assert first.artwork.object_number == "KMS1"
        assert first.why[0].reason == Reason.OBJECT_NUMBER


def test_counts_are_of_what_is_found_and_lead_there(reader: Reader) -> None:
    answer = reader.search(Question("velde"))
    assert answer.total == 2
    assert answer.facets.work_type == [("drawing", 1), ("painting", 1)]
    for value, works in answer.facets.work_type:
        narrowed = reader.search(Question("velde", Filters(work_type=value)))
        assert narrowed.total == len(narrowed.found) == works
        assert narrowed.facets.work_type == answer.facets.work_type
    assert reader.search(Question("velde", Filters(century=17))).total == 0
    assert reader.search(Question("velde", Filters(museum="met"))).found == []


def test_news_names_what_was_added_and_changed(reader: Reader, little: LittleProduction) -> None:
    little.promote("smk", 2, {**WORKS, "KMS6": Work("Deep winter"), "KMS10": Work("Night")})
    (news,) = reader.news()
    assert {(how, each.object_number) for how, each in news.works} >= {("added", "KMS10"), ("changed", "KMS6")}
    assert reader.search(Question("deep")).total == 1
    little.commit("smk", 1)
    assert reader.search(Question("deep")).total == 0


def test_readers_may_read_nothing_but_the_views(little: LittleProduction) -> None:
    production = Production(little.database)
    try:
        for table in ("production.artwork_search_release", "production.promotion", "staging.artwork", "ops.ledger"):
            with production.now() as now, pytest.raises(InsufficientPrivilege), now.conn.transaction():
                now.conn.execute(f"SELECT count(*) FROM {table}")
    finally:
        production.close()


def test_an_upgrade_makes_what_is_live_already_searchable(platform: Platform, little: LittleProduction) -> None:
    downgrade(platform.production(), PRODUCTION, "0001")
    migrate_production(platform.production(), {"collection": ["smk", "met"]})
    reader = Reader(little.database, little.outside.index, lambda _: None)
    assert reader.search(Question("winter")).total == 2
    reader.close()


def test_a_release_of_which_a_work_cannot_be_found_is_not_promoted(little: LittleProduction) -> None:
    with little.database.connect() as conn:
        conn.execute("CREATE OR REPLACE FUNCTION production.fill_search(slug text, filled smallint, before smallint)"
                     " RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint'")  # fmt: skip
        with pytest.raises(NotArrived, match="7 of the 8 artworks of release 1 of smk"):
            fill_search(conn, Release("smk", 1, 1))
