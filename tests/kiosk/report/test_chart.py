"""The picture of a report: well-formed, to scale, and harmless whatever an exhibition is called."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from museum_assets.kiosk.report.chart import (
    AVERAGE,
    BAR,
    BAR_AT,
    HALF,
    INCIDENT,
    MOST_EXHIBITIONS,
    SHARES,
    SHARES_AT,
    chart,
)
from museum_assets.kiosk.report.report import REPORT_TABLES, Report

SVG = "{http://www.w3.org/2000/svg}"
LABELS = ("Terrible", "Bad", "Neutral", "Good", "Amazing")


def exhibition(number: int, average: float | None, **change: Any) -> dict[str, Any]:
    return {"code": f"EXH_{number:02d}", "exhibition": f"Exhibition {number}", "reviews": 0 if average is None else 10,
            "average rating": average, "incidents": 0} | change  # fmt: skip


def report(*exhibitions: dict[str, Any], **tables: list[dict[str, Any]]) -> Report:
    shares = [
        {"code": row["code"], "rating": rating, "label": label, "reviews": 2 if row["reviews"] else 0,
         "share": 0.2 if row["reviews"] else None}
        for row in exhibitions for rating, label in enumerate(LABELS)
    ]  # fmt: skip
    empty: dict[str, list[dict[str, Any]]] = {name: [] for name in REPORT_TABLES}
    return Report(
        "lmnh", "0 Terrible to 4 Amazing", empty | {"exhibitions": list(exhibitions), "ratings": shares} | tables
    )


def drawn(made: Report, name: str = "A museum") -> ElementTree.Element:
    return ElementTree.fromstring(chart([(name, made)]))


def texts(svg: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in svg.iter(f"{SVG}text")]


def widths(svg: ElementTree.Element, **style: str) -> list[float]:
    rects = svg.iter(f"{SVG}rect")
    return [float(rect.get("width", 0)) for rect in rects if all(rect.get(k) == v for k, v in style.items())]


def test_bars_are_as_long_as_their_averages_on_the_whole_scale() -> None:
    svg = drawn(report(exhibition(0, 4.0), exhibition(1, 1.0), exhibition(2, 0.0), exhibition(3, None)))
    assert widths(svg, x=f"{BAR_AT:.1f}", fill=AVERAGE) == [BAR, BAR / 4, 0]
    assert {"4.00", "1.00", "0.00", "none"} <= set(texts(svg))
    assert "Average rating, 0 to 4" in texts(svg)
    assert any("30 reviews, average rating 1.67 on the scale 0 Terrible to 4 Amazing" in text for text in texts(svg))


def test_shares_of_ratings_fill_their_column_and_are_named() -> None:
    svg = drawn(report(exhibition(0, 2.0), exhibition(1, None)))
    bars = [rect for rect in svg.iter(f"{SVG}rect") if rect.find(f"{SVG}title") is not None]
    assert sum(float(bar.get("width", 0)) for bar in bars) == pytest.approx(SHARES)
    assert bars[0].get("x") == f"{SHARES_AT:.1f}"
    assert set(LABELS) <= set(texts(svg))
    assert bars[0].findtext(f"{SVG}title") == "Terrible: 2 (20%)"


def test_the_busiest_hour_is_the_highest_column_and_incidents_are_part_of_it() -> None:
    hours = [{"hour": 9, "reviews": 30, "incidents": 10}, {"hour": 10, "reviews": 10, "incidents": 0}]
    svg = drawn(report(exhibition(0, 2.0), hours=hours))
    red = [float(rect.get("height", 0)) for rect in svg.iter(f"{SVG}rect") if rect.get("fill") == INCIDENT]
    assert red == [HALF / 4, 0]
    assert {"40", "10", "09"} <= set(texts(svg))


def test_a_day_without_reviews_leaves_a_gap() -> None:
    first = date(2026, 3, 6)
    days = [
        {"day": first + timedelta(days=n), "reviews": reviews, "average rating": 2.0 if reviews else None}
        for n, reviews in enumerate((1, 1, 0, 1, 1))
    ]
    svg = drawn(report(exhibition(0, 2.0), days=days))
    assert len(list(svg.iter(f"{SVG}circle"))) == 4
    assert len(list(svg.iter(f"{SVG}path"))) == 2


def test_a_museum_without_anything_says_so() -> None:
    found = texts(drawn(report()))
    assert {"No exhibitions yet.", "No presses yet."} <= set(found)
    assert not [text for text in found if "hour" in text or "by day" in text]
    assert any("0 reviews, no ratings yet" in text for text in found)


def test_several_museums_stand_one_below_the_other_in_one_picture() -> None:
    svg = ElementTree.fromstring(chart([("One", report(exhibition(0, 4.0))), ("Two", report())]))
    one, two = svg.findall(f"{SVG}svg")
    assert ("One" in texts(one), "Two" in texts(two)) == (True, True)
    heights = [float(each.get("height", 0)) for each in (one, two)]
    assert (float(one.get("y", 0)), float(two.get("y", 0))) == (0, heights[0])
    assert float(svg.get("height", 0)) == sum(heights)


HOSTILE = ["<script>alert(1)</script>", 'A & B "C"', "bell\x07 and \x00 and \ud800", "恐竜 🦕", "x" * 5_000]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_gives_a_picture(name: str) -> None:
    svg = drawn(report(exhibition(0, 2.0, exhibition=name)), name)
    assert not [element for element in svg.iter() if element.tag.endswith("script")]
    chart([(name, report(exhibition(0, 2.0, exhibition=name)))]).encode()


def test_a_hundred_exhibitions_are_drawn_as_far_as_they_fit() -> None:
    svg = drawn(report(*(exhibition(n, 2.0) for n in range(100))))
    assert len(widths(svg, x=f"{BAR_AT:.1f}", fill=AVERAGE)) == MOST_EXHIBITIONS
