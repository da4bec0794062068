"""Draws reports as one picture: exhibitions side by side, the hours of a day, and the average day by day.

It is an SVG, because a browser has glyphs for every exhibition's name and keeps text sharp.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import count

from psycopg.rows import DictRow

from museum_assets.kiosk.report.report import Report

WIDTH, LEFT, ROW, HALF = 960, 20, 26, 130
BAR_AT, BAR = 270, 230
SHARES_AT, SHARES = 570, 250
INK, FAINT, AVERAGE, INCIDENT = "#222222", "#dddddd", "#33658a", "#b02a2a"
SCALE_COLOURS = ("#a6342e", "#dd8452", "#c9c9c9", "#7fae72", "#2f7d4f")
"""From the lowest rating to the highest. On a longer scale neighbouring ratings share a colour."""
MOST_EXHIBITIONS = 40
"""At most this many exhibitions are drawn; the report's table has them all."""
LONGEST_NAME = 32
"""Characters of a name that fit beside its bar."""


def chart(reports: Iterable[tuple[str, Report]]) -> str:
    """Return one SVG document with the museums one below the other. `reports` are pairs of (museum's name, report).

    The picture of a museum without presses says so.
    """
    parts: list[str] = []
    height = 0
    for name, report in reports:
        drawing, own_height = _museum(name, report)
        parts.append(f'<svg y="{height}" width="{WIDTH}" height="{own_height}">{"".join(drawing)}</svg>')
        height += own_height
    font = 'font-family="system-ui, sans-serif" font-size="13"'
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    background = f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>{background}{"".join(parts)}</svg>'


def _museum(name: str, report: Report) -> tuple[list[str], int]:
    """Return (the parts of one museum's picture, its height)."""
    rows = report.tables["exhibitions"][:MOST_EXHIBITIONS]
    average = "no ratings yet" if report.average is None else f"average rating {report.average:.2f}"
    heading = f"{report.reviews:,} reviews, {average} on the scale {report.scale}, {report.incidents:,} incidents"
    parts = [_text(LEFT, 28, name, size=18, weight="bold"), _text(LEFT, 50, heading)]
    top = 84
    parts += _exhibitions(rows, report, top)
    top += 44 + ROW * max(1, len(rows))
    if not report.presses:
        return [*parts, _text(LEFT, top, "No presses yet.")], top + 30
    parts += _hours(report.tables["hours"], top)
    top += HALF + 70
    parts += _days(report.tables["days"], report, top)
    return parts, top + HALF + 60


def _exhibitions(rows: Sequence[DictRow], report: Report, top: int) -> Iterator[str]:
    """Draw a line for each exhibition: its average, the shares of its ratings, its incidents."""
    shares: dict[str, list[DictRow]] = {}
    for row in report.tables["ratings"]:
        shares.setdefault(row["code"], []).append(row)
    lowest, highest = bounds(report)
    yield _text(LEFT, top, "Exhibition", weight="bold")
    yield _text(BAR_AT, top, f"Average rating, {lowest} to {highest}", weight="bold")
    yield _text(WIDTH - LEFT, top, "Incidents", weight="bold", anchor="end")
    at = float(SHARES_AT)
    for number, row in enumerate(next(iter(shares.values()), [])):
        yield _rect(at, top - 10, 10, 10, colour(number, highest - lowest))
        yield _text(at + 13, top, row["label"], size=10)
        at += 18 + 6 * len(row["label"])
    for row, y in zip(rows, count(top + 12, ROW), strict=False):
        middle = y + ROW / 2 + 2
        yield _text(LEFT, middle, shortened(f"{row['code'].removeprefix('EXH_')} {row['exhibition']}"))
        yield _rect(BAR_AT, y + 4, BAR, ROW - 8, FAINT)
        if row["reviews"]:
            yield _rect(BAR_AT, y + 4, BAR * part(row["average rating"], lowest, highest), ROW - 8, AVERAGE)
        label = f"{row['average rating']:.2f}" if row["reviews"] else "none"
        yield _text(BAR_AT + BAR + 8, middle, label)
        yield from _shares(shares.get(row["code"], []), y + 4, highest - lowest)
        yield _text(WIDTH - LEFT, middle, f"{row['incidents']:,}", anchor="end")
    if not rows:
        yield _text(LEFT, top + 28, "No exhibitions yet.")


def _shares(rows: Sequence[DictRow], y: float, steps: int) -> Iterator[str]:
    at = float(SHARES_AT)
    for number, row in enumerate(rows):
        width = SHARES * (row["share"] or 0)
        title = f"{row['label']}: {row['reviews']:,} ({row['share'] or 0:.0%})"
        yield _rect(at, y, width, ROW - 8, colour(number, steps), title)
        at += width


def _hours(rows: Sequence[DictRow], top: int) -> Iterator[str]:
    """Draw a column for each hour of the day: its presses, with the incidents among them in red."""
    yield _text(LEFT, top, "Presses by hour of the day, all days together", weight="bold")
    yield _text(WIDTH - LEFT, top, "incidents in red", anchor="end", fill=INCIDENT)
    most = max((row["reviews"] + row["incidents"] for row in rows), default=0)
    step = (WIDTH - 2 * LEFT) / max(1, len(rows))
    floor = top + 30 + HALF
    for n, row in enumerate(rows):
        x, presses = LEFT + n * step, row["reviews"] + row["incidents"]
        height, red = (HALF * value / most if most else 0 for value in (presses, row["incidents"]))
        yield _rect(
            x + 4, floor - height, step - 8, height - red, AVERAGE, f"{row['hour']}:00: {row['reviews']:,} reviews"
        )
        yield _rect(x + 4, floor - red, step - 8, red, INCIDENT, f"{row['hour']}:00: {row['incidents']:,} incidents")
        yield _text(x + step / 2, floor - height - 4, f"{presses:,}", size=11, anchor="middle")
        yield _text(x + step / 2, floor + 15, f"{row['hour']:02d}", size=11, anchor="middle")


def _days(rows: Sequence[DictRow], report: Report, top: int) -> Iterator[str]:
    """Draw each day's average on the whole scale. A day without reviews leaves a gap."""
    lowest, highest = bounds(report)
    yield _text(LEFT, top, f"Average rating by day, {lowest} to {highest}, the latest {len(rows)} days", weight="bold")
    floor, step = top + 20 + HALF, (WIDTH - 2 * LEFT - 20) / max(1, len(rows))
    for rating in range(lowest, highest + 1):
        y = floor - HALF * part(rating, lowest, highest)
        yield f'<line x1="{LEFT + 16}" x2="{WIDTH - LEFT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{FAINT}"/>'
        yield _text(LEFT, y + 4, str(rating), size=11)
    before: tuple[float, float] | None = None
    for n, row in enumerate(rows):
        x = LEFT + 20 + (n + 0.5) * step
        if n % max(1, -(-len(rows) // 12)) == 0:
            yield _text(x, floor + 16, f"{row['day']:%d %b}", size=11, anchor="middle")
        if not row["reviews"]:
            before = None
            continue
        y = floor - HALF * part(row["average rating"], lowest, highest)
        if before:
            yield f'<path d="M{before[0]:.1f} {before[1]:.1f}L{x:.1f} {y:.1f}" stroke="{AVERAGE}" stroke-width="2"/>'
        title = escape(f"{row['day']}: {row['average rating']:.2f} of {row['reviews']:,} reviews")
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{AVERAGE}"><title>{title}</title></circle>'
        before = x, y


def bounds(report: Report) -> tuple[int, int]:
    """Return (the lowest rating, the highest rating) that the buttons offer."""
    ratings = [row["rating"] for row in report.tables["ratings"]]
    return (min(ratings), max(ratings)) if ratings else (0, 4)


def part(value: float, lowest: int, highest: int) -> float:
    """Return how far up the scale a value is, from 0 to 1."""
    return (value - lowest) / ((highest - lowest) or 1)


def colour(number: int, steps: int) -> str:
    """Return the colour of a rating: `number` counts from the lowest, 0, to the highest, `steps`."""
    return SCALE_COLOURS[round(number / (steps or 1) * (len(SCALE_COLOURS) - 1))]


def shortened(text: str) -> str:
    """Return a name cut to what fits beside its bar."""
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1].rstrip()}…"


def _text(x: float, y: float, text: str, *, size: int = 13, weight: str = "", anchor: str = "", fill: str = INK) -> str:
    style = f' font-weight="{weight}"' if weight else ""
    style += f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}"{style}>{_escaped(text)}</text>'


def _rect(x: float, y: float, width: float, height: float, fill: str, title: str = "") -> str:
    inside = f"<title>{_escaped(title)}</title>" if title else ""
    size = f'width="{max(0.0, width):.1f}" height="{max(0.0, height):.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{fill}">{inside}</rect>'


def _escaped(text: str) -> str:
    """Return a name escaped for XML, its control characters as spaces: XML allows none."""
    return escape("".join(sign if sign.isprintable() else " " for sign in text))
