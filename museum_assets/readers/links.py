"""The addresses of pages, pictures and answers: the one place that knows their form."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from museum_assets.core.settings import Settings
from museum_assets.search.answer import Artwork
from museum_assets.search.question import DEEPEST, Filters, Question

PARAMETERS = {"museum": "museum", "work_type": "type", "century": "century", "has_image": "image",
              "artist": "artist"}  # fmt: skip
"""The name of each filter in an address."""
PER_PAGE = 24
LAST_PAGE = DEEPEST // PER_PAGE


class Links:
    """Addresses below the path at which the pages are published, with its host where a setting names it."""

    def __init__(self, settings: Settings) -> None:
        self.base = settings.readers_path
        self._published = settings.readers_url is not None
        self._origin = (settings.readers_url or "").removesuffix("/").removesuffix(self.base)

    def full(self, link: str) -> str:
        """Return a link with the host under which the pages are published, where that is known."""
        return f"{self._origin}{link}"

    def search(self, question: Question, **changes: Any) -> str:
        """Return the address of a search, with some of its filters changed; it begins at its first page."""
        filters = replace(question.filters, **changes)
        return self._search(question.words, filters, 1)

    def page(self, question: Question, number: int) -> str:
        """Return the address of another page of a search."""
        return self._search(question.words, question.filters, number)

    def words(self, words: str, filters: Filters | None = None) -> str:
        """Return the address of a search for words."""
        return self._search(words, filters or Filters(), 1)

    def _search(self, words: str, filters: Filters, page: int) -> str:
        values = {"q": words or None, **{name: getattr(filters, field) for field, name in PARAMETERS.items()}}
        values["image"] = None if filters.has_image is None else str(filters.has_image).lower()
        values["page"] = page if page > 1 else None
        given = {name: value for name, value in values.items() if value is not None}
        return f"{self.base}/{'?' if given else ''}{urlencode(given)}"

    def artwork(self, museum: str, number: str) -> str:
        """Return the address of a work's page."""
        return f"{self.base}/artworks/{museum}/{quote(number)}"

    def similar(self, museum: str, number: str) -> str:
        """Return the address of the page of what is similar to a work."""
        return f"{self.base}/similar/{museum}/{quote(number)}"

    def museum(self, slug: str) -> str:
        """Return the address of a museum's page."""
        return f"{self.base}/museums/{slug}"

    def artist(self, identity: str) -> str:
        """Return the address of an artist's page."""
        return f"{self.base}/artists/{quote(identity, safe=':')}"

    def thumbnail(self, artwork: Artwork) -> str | None:
        """Return the address of a work's thumbnail, which changes with the picture; None without one."""
        if artwork.thumbnail is None:
            return None
        return (
            f"{self.base}/thumbnails/{artwork.museum}/{quote(artwork.object_number)}?v={picture_id(artwork.thumbnail)}"
        )


def picture_id(key: str) -> str:
    """Return what tells a museum's pictures apart in an address; the key of the bucket names its content."""
    return sha256(key.encode()).hexdigest()[:16]
