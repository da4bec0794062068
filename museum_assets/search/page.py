"""Search results as one HTML page that opens in a browser without a server."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from museum_assets.museums import MUSEUMS, museum
from resources.vector_index.index import Hit

Picture = bytes | str | None
"""A JPEG, the address of an image, or nothing."""


def render(heading: str, hits: Sequence[Hit], picture: Callable[[Hit], Picture], *, note: str | None = None) -> str:
    """Return the page: `heading` is the query or the artwork asked about, `note` a warning above the results.

    A picture that is bytes travels inside the page. Everything from the records is escaped.
    """
    return _template().render(heading=heading, note=note, works=[_work(hit, picture(hit)) for hit in hits])


def _work(hit: Hit, picture: Picture) -> dict[str, Any]:
    payload = hit.payload
    slug = payload["museum"]
    return {
        "id": f"{slug}:{payload['object_number']}",
        "title": payload.get("title") or "Untitled",
        "artists": ", ".join(payload.get("artists") or []) or "Unknown artist",
        "details": [text for text in (payload.get("production_date"), *payload.get("work_types", [])[:2]) if text],
        "museum": museum(slug).name if slug in MUSEUMS else slug,
        "source": _source(picture),
    }


def _source(picture: Picture) -> str | None:
    if isinstance(picture, bytes):
        return f"data:image/jpeg;base64,{base64.b64encode(picture).decode('ascii')}"
    # An address comes from a museum's record: nothing but the web is followed.
    return picture if picture and picture.startswith(("https://", "http://")) else None


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")
