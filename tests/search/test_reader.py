"""What readers of production get, always of the live releases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from museum_assets.search.answer import QueryVector, Reason
from museum_assets.search.question import BadQuestion, Filters, Question
from museum_assets.search.reader import Reader
from resources.platform import Platform
from tests.support.little_production import CONTRACT, LittleProduction, Work, axis

SMK = {
    "KMS1": Work("Winter", image=0, text=10),
    "KMS2": Work("Summer", image=1),
    "KMS3": Work("Bust of a man", kind="bust"),
}


@pytest.fixture
def little(platform: Platform) -> LittleProduction:
    made = LittleProduction(platform)
    made.promote("smk", 1, SMK)
    made.promote("met", 1, {"1": Work("Winter in New York", image=0)})
    return made


@pytest.fixture
def reader(little: LittleProduction) -> Iterator[Reader]:
    found = Reader(little.database, little.outside.index, lambda _: None)
    yield found
    found.close()


def test_without_words_everything_is_listed_and_counted(reader: Reader) -> None:
    answer = reader.search(Question())
    assert {(each.artwork.museum, each.artwork.object_number) for each in answer.found} == {
        ("smk", "KMS1"), ("smk", "KMS2"), ("smk", "KMS3"), ("met", "1")}  # fmt: skip
    assert answer.total == 4
    assert answer.releases == {"smk": 1, "met": 1}
    assert answer.facets.museum == [("smk", 3), ("met", 1)]
    assert answer.facets.work_type == [("painting", 3), ("bust", 1)]
    assert answer.facets.century == [(19, 4)]
    assert answer.facets.has_image == [(True, 3), (False, 1)]


def test_a_filter_narrows_and_its_own_counts_stay(reader: Reader) -> None:
    answer = reader.search(Question(filters=Filters(museum="smk", has_image=True)))
    assert {each.artwork.object_number for each in answer.found} == {"KMS1", "KMS2"}
    assert answer.facets.museum == [("smk", 2), ("met", 1)]
    assert answer.facets.has_image == [(True, 2), (False, 1)]


def test_with_words_each_value_finds_as_many_works_as_it_is_counted_with(little: LittleProduction) -> None:
    kinds = ("painting", "bust", "print")
    works = {
        str(n): Work(f"Winter {n}", kind=kinds[n % 3], image=n if n % 4 else None, years=(1580 + 40 * n, 1610 + 40 * n))
        for n in range(8)
    }
    little.promote("met", 2, works)
    reader = Reader(little.database, little.outside.index, lambda _: None)
    asked = reader.search(Question("winter")).facets
    choices = {
        (name, value): works
        for name in ("museum", "work_type", "century", "has_image")
        for value, works in getattr(asked, name)
    }
    found = {choice: reader.search(Question("winter", Filters(**dict([choice])))) for choice in choices}
    reader.close()
    assert len(asked.century) > 2
    assert len(asked.has_image) == 2
    assert {choice: len(answer.found) for choice, answer in found.items()} == choices
    assert {choice: answer.total for choice, answer in found.items()} == choices


def test_pages_follow_one_another(reader: Reader) -> None:
    pages = [reader.search(Question(limit=3, offset=offset)) for offset in (0, 3)]
    assert [len(page.found) for page in pages] == [3, 1]
    assert {page.total for page in pages} == {4}


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: Question("x" * 301), "at most 300 characters"),
        (lambda: Question(limit=0), "1 to 100"),
        (lambda: Question(limit=24, offset=990), "first 1,000"),
        (lambda: Filters(museum="louvre"), "choose from smk"),
        (lambda: Filters(work_type="sled"), "choose from drawing"),
        (lambda: Filters(century=0), "17 being 1601 to 1700"),
    ],
)
def test_what_cannot_be_asked_names_the_choices(ask, said: str) -> None:
    with pytest.raises(BadQuestion, match=said):
        ask()


def test_one_work_is_shown_with_all_that_is_known(reader: Reader, little: LittleProduction) -> None:
    work = reader.artwork("smk", "KMS1")
    assert work
    assert (work.title, work.release, work.rights, work.production_date) == ("Winter", 1, "CC0", "1880–1882")
    assert work.thumbnail
    assert little.outside.thumbnails.get(work.thumbnail) == SMK["KMS1"].jpeg
    assert reader.artwork("smk", "KMS9") is None
    assert reader.artwork("tate", "KMS1") is None


def test_likeness_is_by_image_and_says_so(reader: Reader) -> None:
    now = reader.similar("smk", "KMS1", 1)
    assert now
    assert (now.artwork.title, now.live.release) == (reader.artwork("smk", "KMS1").title, 1)  # type: ignore[union-attr]
    (first,) = now.similar
    assert (first.artwork.museum, first.artwork.object_number) == ("met", "1")
    assert [why.reason for why in first.why] == [Reason.LOOKS]
    without_vector = reader.similar("smk", "KMS3", 1)
    assert without_vector
    assert without_vector.similar == []
    assert reader.similar("smk", "KMS9", 1) is None
    found = reader.by_vector(QueryVector("clip", CONTRACT, axis(1)), Filters(museum="smk"), 1)
    assert [each.artwork.object_number for each in found] == ["KMS2"]


def test_a_museum_and_the_news_follow_the_pointer(reader: Reader, little: LittleProduction) -> None:
    little.promote("smk", 2, {"KMS1": Work("Deep winter", image=0)})
    now = reader.museum("smk")
    assert now
    assert (now.live.release, now.facets.work_type, now.rights) == (2, [("painting", 1)], [("CC0", 1)])
    assert [each.artwork.title for each in now.works] == ["Deep winter"]
    assert reader.museum("tate") is None
    assert {(news.live.museum, news.live.release) for news in reader.news()} == {("smk", 2), ("met", 1)}
    little.commit("smk", 1)
    assert {museum: live.release for museum, live in reader.releases().items()} == {"smk": 1, "met": 1}


def test_what_words_find_is_counted_anew_for_each_release(reader: Reader, little: LittleProduction) -> None:
    def counted() -> tuple[int, list[tuple[str, int]], list[tuple[str, int]]]:
        answer = reader.search(Question("winter"))
        return answer.total, answer.facets.museum, answer.facets.work_type

    first = (2, [("met", 1), ("smk", 1)], [("painting", 2)])
    assert counted() == first
    more = {f"KMS{number}": Work("Deep winter", kind="print") for number in range(5)}
    little.promote("smk", 2, {**more, "KMS9": Work("Summer")})
    assert counted() == (6, [("smk", 5), ("met", 1)], [("print", 5), ("painting", 1)])
    little.commit("smk", 1)
    assert counted() == first
