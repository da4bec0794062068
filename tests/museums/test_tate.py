"""Tate's mapping: rights, images and work types, over records of our own and over the real slice."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from museum_assets.core.failures import Malformed, Rejected
from museum_assets.museums import museum, rights

MUSEUM = museum("tate")


def maker(name: str = "William Blake", date: str | None = "1757–1827", born: int | None = 1757, role: str = "artist"):
    return {"fc": name, "date": date, "birthYear": born, "role": role}


def record(**changes: Any) -> dict[str, Any]:
    return {
        "acno": "N03353", "id": 1096, "title": "Homer and the Ancient Poets", "classification": "on paper, unique",
        "medium": "Graphite, ink and watercolour on paper", "dateText": "1824–7", "thumbnailCopyright": None,
        "dateRange": {"startYear": 1824, "endYear": 1827, "text": "1824-7"}, "contributors": [maker()],
        "thumbnailUrl": "http://www.tate.org.uk/art/images/work/N/N03/N03353_8.jpg",
        "url": "http://www.tate.org.uk/art/artworks/blake-homer-n03353",
        **changes,
    }  # fmt: skip


def code(**changes: Any) -> str:
    with pytest.raises(Rejected) as caught:
        MUSEUM.read(record(**changes))
    return caught.value.code


def test_a_record_is_read() -> None:
    artwork = MUSEUM.read(record())
    assert (artwork.object_number, artwork.museum_db_id, artwork.artists) == ("N03353", "1096", ("William Blake",))
    assert (artwork.production_date_start, artwork.production_date_end, artwork.period) == (1824, 1827, "1824–7")
    assert artwork.searchable_work_types == ("drawing", "watercolor")
    assert artwork.work_types == ("on paper, unique", "Graphite, ink and watercolour on paper")
    assert artwork.thumbnail_url.endswith("N03353_8.jpg")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"thumbnailCopyright": "© The estate of Max Beerbohm"}, "not_public_domain"),
        ({"contributors": [maker("Henry Moore", "1898–1986", 1898)]}, "not_public_domain"),
        ({"contributors": [maker("Peter Joseph", "born 1929", 1929)]}, "not_public_domain"),
        ({"contributors": [maker("British School", None, None)], "dateRange": None}, "not_public_domain"),
        ({"contributors": [maker("Andrei", None, 1700)]}, "not_public_domain"),
        ({"contributors": [], "dateRange": {"startYear": 1999, "endYear": 1999}}, "not_public_domain"),
        ({"thumbnailUrl": None}, "no_image"),
        ({"thumbnailUrl": ""}, "no_image"),
        ({"thumbnailUrl": "ftp://x/y.jpg"}, "malformed_record"),
        ({"classification": "sculpture"}, "work_type_out_of_scope"),
        ({"classification": None}, "work_type_out_of_scope"),
        ({"classification": "on paper, print", "medium": "Photograph, gelatin silver print"}, "work_type_out_of_scope"),
        ({"acno": ""}, "no_object_number"),
        ({"id": None}, "no_id"),
        ({"contributors": "Blake"}, "malformed_record"),
    ],
)
def test_rejections_have_their_code(changes: dict[str, Any], expected: str) -> None:
    assert code(**changes) == expected


@pytest.mark.parametrize(("now", "free"), [(2025, 1954), (2026, 1955)])
def test_a_maker_has_been_dead_for_seventy_whole_years(monkeypatch: pytest.MonkeyPatch, now: int, free: int) -> None:
    monkeypatch.setattr(rights, "this_year", lambda: now)
    assert MUSEUM.read(record(contributors=[maker(), maker("Anthony Gross", f"1905–{free}", 1905)])).object_number
    assert code(contributors=[maker(), maker("Anthony Gross", f"1905–{free + 1}", 1905)]) == "not_public_domain"


def test_makers_without_dates_of_early_works_are_no_obstacle() -> None:
    artwork = MUSEUM.read(record(contributors=[maker("British School 17th century", None, None)]))
    assert artwork.artists == ("British School 17th century",)
    assert MUSEUM.read(record(contributors=[])).artists == ()


def test_a_work_after_somebody_says_so() -> None:
    artwork = MUSEUM.read(record(contributors=[maker("Turner", "1775–1851", 1775, "after")]))
    assert artwork.artists == ("after Turner",)


@pytest.mark.parametrize(
    ("classification", "medium", "types"),
    [
        ("painting", "Oil paint on canvas", ("painting",)),
        ("painting", "Watercolour on ivory", ("painting", "watercolor")),
        ("on paper, print", "Etching and aquatint on paper", ("print", "aquatint")),
        ("on paper, print", "Lithograph on paper", ("print",)),
        ("on paper, unique", None, ("drawing",)),
        ("on paper, unique", "Gouache on paper", ("gouache",)),
        ("on paper, unique", "Watercolour and bodycolour on paper", ("watercolor", "gouache")),
        ("on paper, unique", "Oil paint on paper", ("painting",)),
        ("on paper, unique", "Engraving on paper", ("print",)),
        ("on paper, unique", "Pastel on paper", ("pastel",)),
    ],
)
def test_work_types(classification: str, medium: str | None, types: tuple[str, ...]) -> None:
    assert MUSEUM.read(record(classification=classification, medium=medium)).searchable_work_types == types


def test_dates_that_are_not_known_or_written_as_text() -> None:
    unknown = MUSEUM.read(record(dateText="date not known", dateRange=None))
    assert (unknown.production_date_start, unknown.period) == (None, None)
    assert MUSEUM.read(record(dateRange={"startYear": "1807", "text": "1807"})).production_date_start == 1807


def test_every_record_of_the_real_slice_is_read_or_rejected_with_a_code(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "this_year", lambda: 2025)
    found: Counter[str] = Counter()
    with tarfile.open(shared / "data/tate-artworks.tar.gz") as archive:
        for member in archive:
            try:
                MUSEUM.read(json.load(archive.extractfile(member)))  # type: ignore[arg-type]
                found["read"] += 1
            except Rejected as rejection:
                found[rejection.code] += 1
    assert found == {"read": 3869, "not_public_domain": 1556, "no_image": 557, "work_type_out_of_scope": 18}


def test_without_an_archive_there_is_nothing_to_harvest() -> None:
    class Api:
        base, dump = "https://example.org", None

    with pytest.raises(Malformed, match="MUSEUM_API_TATE"):
        list(MUSEUM.harvest(Api()))  # type: ignore[arg-type]
