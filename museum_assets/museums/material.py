"""What a museum says an artwork is made of, and how."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from museum_assets.museums.keys import own_key
from museum_assets.museums.maker import NonEmptyText, clean, clean_links


class Material(BaseModel):
    """A material or a technique in the museum's own words: "canvas", or all in one, "Oil on canvas"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    term: NonEmptyText
    language: NonEmptyText | None = None
    museum_id: NonEmptyText | None = None
    links: tuple[NonEmptyText, ...] = ()

    def key(self, slug: str) -> str:
        """Return what tells this material from the museum's others."""
        return own_key(slug, self.museum_id, self.term, *self.links)


# The works of a collection share their materials.
@lru_cache(maxsize=16_384)
def material(
    term: str | None,
    language: str | None = None,
    museum_id: str | None = None,
    links: tuple[str | None, ...] = (),
) -> Material | None:
    """Return the material of a record's fields, None without a term."""
    said = clean(term)
    if said is None:
        return None
    return Material(term=said, language=clean(language), museum_id=clean(museum_id), links=clean_links(links))


def materials(terms: Iterable[Any], language: str | None) -> tuple[Material, ...]:
    """Return the materials of these texts, each once; what is no text is none."""
    found = (material(each, language) for each in terms if isinstance(each, str))
    return tuple(dict.fromkeys(each for each in found if each))
