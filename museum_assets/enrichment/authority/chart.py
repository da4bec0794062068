"""The largest artists over all museums, as a picture for the asset's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from museum_assets.core.findings import Markdown
from museum_assets.images.contact_sheet import as_markdown
from resources.postgres import Connection
from sql import query

SHOWN = 20
_WIDTH, _ROW, _LABEL, _LEGEND, _MARGIN = 760, 22, 250, 70, 8
_LONGEST = 34
"""Letters of a name that have room."""
_COLOURS = ("#3b6ea5", "#c46210", "#4f8a4b", "#8a4f7d", "#a3a32a", "#3d8f8f", "#8c5a3c", "#6b6b6b")


def largest_artists(conn: Connection) -> dict[str, Markdown]:
    """Return the chart as the asset's page shows it, nothing where no maker has an identity."""
    rows = conn.execute(query("identities.largest"), {"limit": SHOWN}).fetchall()
    if not rows:
        return {}
    bars: dict[str, dict[str, int]] = {}
    labels: dict[str, str] = {}
    for row in rows:
        artist = f"{row['authority']}:{row['identity']}"
        labels.setdefault(artist, row["label"])
        bars.setdefault(artist, {})[row["museum"]] = row["works"]
    named = [(labels[artist], works) for artist, works in bars.items()]
    return {"largest artists": Markdown(as_markdown(bar_chart(named), "works by artist and museum", "image/svg+xml"))}


def bar_chart(bars: Sequence[tuple[str, Mapping[str, int]]]) -> bytes:
    """Return an SVG with a bar per artist, (label, {museum: works}), coloured by museum.

    The browser draws the names: Pillow's own font knows neither ø nor ü.
    """
    museums = sorted({museum for _, works in bars for museum in works})
    colours = {museum: _COLOURS[place % len(_COLOURS)] for place, museum in enumerate(museums)}
    most = max(sum(works.values()) for _, works in bars)
    parts = []
    for place, museum in enumerate(museums):
        start = _LABEL + place * _LEGEND
        parts += [_bar(start, _MARGIN + 4, 10, 10, colours[museum]), _text(start + 15, _MARGIN, museum)]
    for place, (label, works) in enumerate(bars, 1):
        top, left = _MARGIN + place * _ROW, float(_LABEL)
        parts.append(_text(_MARGIN, top, label[:_LONGEST]))
        for museum in museums:
            width = works.get(museum, 0) / most * (_WIDTH - _LABEL - 70)
            parts.append(_bar(left, top + 2, max(0.0, width - 1), _ROW - 8, colours[museum]))
            left += width
        parts.append(_text(left + 5, top, f"{sum(works.values()):,}"))
    height = _ROW * (len(bars) + 1) + 2 * _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" font-family="sans-serif" '
        f'font-size="13"><rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>'
    ).encode()


def _bar(left: float, top: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _text(left: float, top: float, text: str) -> str:
    shown = "".join(letter for letter in text if letter.isprintable())
    return f'<text x="{left:.1f}" y="{top + 13:.1f}">{escape(shown)}</text>'
