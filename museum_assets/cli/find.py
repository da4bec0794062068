"""`museum search` and `museum similar`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from museum_assets.cli import published
from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.core.failures import Gone, MuseumError
from museum_assets.museums import MUSEUMS
from museum_assets.museums.work_types import SEARCHABLE

if TYPE_CHECKING:  # half a second, which an answer of the readers' server does not need
    from resources.platform import Platform
    from resources.vector_index.index import Hit


@dataclass(frozen=True, slots=True)
class Ways:
    """How results are asked for and shown."""

    limit: int
    html: Path | None
    as_json: bool
    production: bool


def show_search(query: str, ways: Ways, *, museum: str | None, work_type: str | None) -> None:
    """Print what a query in words finds."""
    if museum is not None and museum not in MUSEUMS:
        raise MuseumError(f"unknown museum {museum!r}: choose from {', '.join(MUSEUMS)}")
    if work_type is not None and work_type not in SEARCHABLE:
        raise MuseumError(f"unknown work type {work_type!r}: choose from {', '.join(SEARCHABLE)}")

    if ways.production:
        with published.opened() as found:
            answer = found.search(query, museum=museum, work_type=work_type, limit=ways.limit)
            published.show(found, query, answer, html=ways.html, as_json=ways.as_json)
        return

    def find(platform: Platform) -> list[Hit]:
        from museum_assets.collection.stages import vectors_of
        from museum_assets.collection.vectors.embedders import query_model
        from resources.vector_index.search import search_text

        model = query_model(platform)
        narrow: dict[str, Any] = {"museum": museum, "work_type": work_type, "limit": ways.limit}
        return search_text(platform.vector_index(), model, vectors_of(model.name), query, **narrow)

    _show(query, find, ways)


def show_similar(name: str, ways: Ways) -> None:
    """Print what looks like one artwork."""
    slug, _, number = name.partition(":")
    if slug not in MUSEUMS or not number:
        raise MuseumError(f"{name!r} is not museum:object_number, such as smk:KMS1 (museums: {', '.join(MUSEUMS)})")

    if ways.production:
        with published.opened() as found:
            answer = found.similar(slug, number, limit=ways.limit)
            published.show(found, f"Like {name}", answer, html=ways.html, as_json=ways.as_json)
        return

    def find(platform: Platform) -> list[Hit]:
        from museum_assets.collection.stages import vectors_of
        from museum_assets.collection.vectors.embedders import searched
        from resources.vector_index.search import similar

        names = vectors_of(searched(platform.settings).name)
        return similar(platform.vector_index(), slug, number, names, limit=ways.limit)

    _show(f"Like {name}", find, ways)


def _show(heading: str, find: Callable[[Platform], list[Hit]], ways: Ways) -> None:
    from museum_assets.cli.session import connected

    with connected() as platform:
        hits = find(platform)
        if ways.html:
            ways.html.write_text(_page(platform, heading, hits), encoding="utf-8")
    if ways.as_json:
        print_json([{"rank": rank, "score": hit.score, **hit.payload} for rank, hit in enumerate(hits, start=1)])
        return
    print_table(heading, ("rank", "score", "artwork", "title", "artists", "date", "types"), _rows(hits))
    if ways.html:
        console.print(f"Page with thumbnails: {ways.html.resolve()}", markup=False, soft_wrap=True)


def _rows(hits: Sequence[Hit]) -> list[tuple[object, ...]]:
    return [
        (
            rank,
            f"{hit.score:.4f}",
            f"{hit.payload['museum']}:{hit.payload['object_number']}",
            # The index leaves out what is null.
            hit.payload.get("title") or "(untitled)",
            ", ".join(hit.payload.get("artists", [])),
            hit.payload.get("production_date"),
            ", ".join(hit.payload.get("searchable_work_types", [])),
        )
        for rank, hit in enumerate(hits, start=1)
    ]


def _page(platform: Platform, heading: str, hits: Sequence[Hit]) -> str:
    from museum_assets.search.page import render
    from resources.s3 import thumbnail_key

    thumbnails = platform.thumbnails()

    def picture(hit: Hit) -> bytes | None:
        try:
            return thumbnails.get(thumbnail_key(hit.payload["museum"], hit.payload["object_number"]))
        except Gone:
            return None

    return render(heading, hits, picture)
