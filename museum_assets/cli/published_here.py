"""Production as this process reads it, for the commands where no server of readers runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from museum_assets.collection.vectors.embedders import query_model, searched
from museum_assets.core.failures import Gone, MuseumError
from museum_assets.museums import MUSEUMS, museum
from museum_assets.readers.links import Links
from museum_assets.readers.login import production
from museum_assets.readers.shaped import Shaped
from museum_assets.releases import commands
from museum_assets.search.answer import Found, QueryVector
from museum_assets.search.question import Filters, Question
from museum_assets.search.reader import Reader
from resources.closing import Closing
from resources.platform import Platform
from resources.vector_index.search import embedded


class Here(Closing):
    """Answers like the API's, made here."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        model = searched(platform.settings).name
        self._reader = Reader(production(platform), platform.production_index(), self._vector, model)
        self._reader.begin()
        self._shaped = Shaped(Links(platform.settings), {slug: museum(slug).name for slug in MUSEUMS})
        self._thumbnails: dict[tuple[str, str], str | None] = {}

    def close(self) -> None:
        """Close the connections."""
        self._reader.close()

    def search(self, query: str, *, museum: str | None, work_type: str | None, limit: int) -> dict[str, Any]:
        """Return what a query in words finds. Raises MuseumError when nothing, or not this museum, is published."""
        live = self._reader.releases()
        if not live or (museum is not None and museum not in live):
            who = "No museum is" if museum is None else f"{museum} is not"
            todo = commands.promote(museum or MUSEUMS[0])
            raise MuseumError(f"{who} in production yet: {todo} promotes a candidate.")
        answer = self._reader.search(Question(query, Filters(museum=museum, work_type=work_type), limit))
        self._remember(answer.found)
        return self._shaped.answer(answer).model_dump(mode="json")

    def similar(self, museum: str, number: str, *, limit: int) -> dict[str, Any]:
        """Return what is like a work. Raises MuseumError for one that is not published."""
        found = self._reader.similar(museum, number, limit)
        if found is None:
            raise MuseumError(f"{museum}:{number} is not in production: see `museum release show {museum}`.")
        self._remember(found.similar)
        return self._shaped.similar(found.similar).model_dump(mode="json")

    def picture(self, work: dict[str, Any]) -> bytes | None:
        """Return the thumbnail of a work of an answer, None without one."""
        key = self._thumbnails[work["museum"], work["object_number"]]
        try:
            return self._platform.production_thumbnails().get(key) if key else None
        except Gone:
            return None

    def _remember(self, found: Sequence[Found]) -> None:
        for each in found:
            self._thumbnails[each.artwork.museum, each.artwork.object_number] = each.artwork.thumbnail

    def _vector(self, words: str) -> QueryVector:
        model = query_model(self._platform)
        return QueryVector(model.name, model.contract, embedded(model, words))
