"""The records of a museum's API, as the museum sends them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import islice
from typing import ClassVar

from museum_assets.museums.museum import Api, Museum
from museum_assets.sources.connector import Connector, Record, Refusal


class MuseumApiSource(Connector):
    """A museum's listing, at most `limit` records of it. The asset raw_metadata keeps books and goes on after a kill;
    this looks and leaves nothing behind.
    """

    kind: ClassVar[str] = "museum_api"

    def __init__(self, museum: Museum, client: AbstractContextManager[Api], limit: int | None = None) -> None:
        self.museum = museum
        self.client = client
        self.limit = limit

    def extract(self) -> Iterator[Record | Refusal]:
        """Yield each payload under the museum's internal id."""
        with self.client as api:
            yield from islice(self._walk(api), self.limit)

    def _walk(self, api: Api) -> Iterator[Record | Refusal]:
        for page in self.museum.harvest(api, limit=self.limit):
            for record in page.records:
                yield Record(record.id, record.payload)
            for id_, failure in page.failed.items():
                yield Refusal(id_, failure.code, str(failure))
