import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.museums.years import EARLIEST, LATEST, year, year_range, year_range_as_written, years_in


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1642, 1642),
        (-500, -500),
        (800, 800),
        (0, 0),
        ("1642", 1642),
        (" 1642 ", 1642),
        ("-500", -500),
        ("50", 50),
        ("1824-11-29T00:00:00.000Z", 1824),
        ("1824-11-29", 1824),
        ("1824-11", 1824),
        ("-0500-01-01", -500),
        (-10_000, -10_000),
        (-10_001, None),
        (2_100, 2_100),
        (2_101, None),
        (9_999, None),
        ("9999-12-31", None),
        ("c. 1640", None),
        ("1640-1650", None),
        ("", None),
        (None, None),
        (True, None),
        (1642.5, None),
        ([1642], None),
    ],
)
def test_year(value: object, expected: int | None) -> None:
    assert year(value) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1640, 1650, (1640, 1650)),
        (1650, 1640, (1640, 1650)),
        (-500, -400, (-500, -400)),
        (-400, -500, (-500, -400)),
        (None, 1650, (None, 1650)),
        ("1640-01-01", None, (1640, None)),
        ("?", "?", (None, None)),
    ],
)
def test_year_range(start: object, end: object, expected: tuple[int | None, int | None]) -> None:
    assert year_range(start, end) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1642", (1642, 1642)),
        ("(1658)", (1658, 1658)),
        ("Ca. 1800", (1800, 1800)),
        ("c. 1640 - 1650", (1640, 1650)),
        ("ca. 1640–ca. 1650", (1640, 1650)),
        ("1640 -1650", (1640, 1650)),
        ("1650 of 1640", (1640, 1650)),
        ("1580s", (1580, 1580)),
        ("1642?", (1642, 1642)),
        ("800", (800, 800)),
        ("600-900", (600, 900)),
        ("1824-11-29", (1824, 1824)),
        ("ca. 500 BC", (-500, -500)),
        ("500 B.C.E.", (-500, -500)),
        ("50 v. Chr.", (-50, -50)),
        ("ca. 800 f.Kr.", (-800, -800)),
        ("500-400 BC", (-500, -400)),
        ("c. 1391-1353 BC", (-1391, -1353)),
        ("200 - ca. 100 B.C.", (-200, -100)),
        ("500 BC - 200 AD", (-500, 200)),
        ("100 BC - 300", (-100, 300)),
        ("-0500/-0400", (-500, -400)),
        ("300 Becher", (300, 300)),
        ("164?", (None, None)),
        ("16??", (None, None)),
        ("9999", (None, None)),
        ("17th century", (None, None)),
        ("Udateret", (None, None)),
        ("", (None, None)),
    ],
)
def test_years_in(text: str, expected: tuple[int | None, int | None]) -> None:
    assert years_in(text) == expected


@pytest.mark.parametrize(
    ("start", "end", "written", "expected"),
    [
        (1391, 1353, "c. 1391-1353 BC", (-1391, -1353)),
        (400, 375, "400-375 BC", (-400, -375)),
        (400, 300, "early 4th century BC", (-400, -300)),
        (100, 100, "1st century BC-1st century AD", (-100, 100)),
        (100, 300, "100 BC - 300", (-100, 300)),
        (-400, -375, "400-375 BC", (-400, -375)),
        (1900, 1950, "1900-1950 CE", (1900, 1950)),
        (1460, 1465, None, (1460, 1465)),
        (None, None, "500 BC", (None, None)),
    ],
)
def test_a_museum_that_leaves_the_sign_to_the_text(
    start: object, end: object, written: str | None, expected: tuple[int | None, int | None]
) -> None:
    assert year_range_as_written(start, end, written) == expected


@given(st.text() | st.from_regex(r"[c(\-]?\d{1,6} ?(BC|v\.Chr\.|AD)?[-/–]\d{1,6} ?(B\.C\.)?", fullmatch=True))
def test_any_text_gives_an_ordered_range_of_possible_years_or_none(text: str) -> None:
    first, last = years_in(text)
    if first is None or last is None:
        assert (first, last) == (None, None)
    else:
        assert EARLIEST <= first <= last <= LATEST
