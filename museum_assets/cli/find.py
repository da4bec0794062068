"""`museum search` and `museum similar`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.cli.session import connected
from museum_assets.failures import Gone, MuseumError
from museum_assets.museums import MUSEUMS
from museum_assets.museums.work_types import SEARCHABLE
from museum_assets.settings import Settings
from resources.vector_index.index import Hit

UNTRAINED = "The model's weights are untrained (demo without the model hub): the order of these results means nothing."


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

    def find(settings: Settings) -> list[Hit]:
        from museum_assets.search.find import search_text
        from museum_assets.search.production import search_production
        from resources import platform

        model = platform.embedder(settings, "clip")
        narrow: dict[str, Any] = {"museum": museum, "work_type": work_type, "limit": ways.limit}
        if ways.production:
            return search_production(
                platform.production(settings), platform.production_index(settings), model, query, **narrow
            )
        return search_text(platform.vector_index(settings), model, query, **narrow)

    _show(query, find, ways)


def show_similar(name: str, ways: Ways) -> None:
    """Print what looks like one artwork."""
    slug, _, number = name.partition(":")
    if slug not in MUSEUMS or not number:
        raise MuseumError(f"{name!r} is not museum:object_number, such as smk:KMS1 (museums: {', '.join(MUSEUMS)})")

    def find(settings: Settings) -> list[Hit]:
        from museum_assets.search.find import similar
        from museum_assets.search.production import similar_in_production
        from resources import platform

        if ways.production:
            database, index = platform.production(settings), platform.production_index(settings)
            return similar_in_production(database, index, slug, number, limit=ways.limit)
        return similar(platform.vector_index(settings), slug, number, limit=ways.limit)

    _show(f"Like {name}", find, ways)


def _show(heading: str, find: Callable[[Settings], list[Hit]], ways: Ways) -> None:
    with connected() as settings:
        hits = find(settings)
        note = UNTRAINED if any("untrained" in str(hit.payload.get("image_clip_contract")) for hit in hits) else None
        if ways.html:
            ways.html.write_text(_page(settings, heading, hits, note), encoding="utf-8")
    if ways.as_json:
        print_json([{"rank": rank, "score": hit.score, **hit.payload} for rank, hit in enumerate(hits, start=1)])
        return
    print_table(heading, ("rank", "score", "artwork", "title", "artists", "date", "types"), _rows(hits))
    if note:
        console.print(f"[yellow]{note}[/]")
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


def _page(settings: Settings, heading: str, hits: Sequence[Hit], note: str | None) -> str:
    from museum_assets.search.page import render
    from resources import platform
    from resources.s3 import thumbnail_key

    working, published = platform.thumbnails(settings), platform.production_thumbnails(settings)

    def picture(hit: Hit) -> bytes | None:
        try:
            if "release" in hit.payload:
                return published.get(hit.payload["thumbnail"]) if hit.payload["thumbnail"] else None
            return working.get(thumbnail_key(hit.payload["museum"], hit.payload["object_number"]))
        except Gone:
            return None

    return render(heading, hits, picture, note=note)
