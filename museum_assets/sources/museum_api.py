"""The connector to a museum's API: its records as the museum sends them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import islice
from typing import ClassVar

from museum_assets.museums.museum import Api, Museum
from museum_assets.sources.connector import Connector, RecordRefusal, SourceRecord


class MuseumApiSource(Connector):
    """The records of a museum's listing, at most `limit` of them. Unlike a harvest it stores nothing."""

    kind: ClassVar[str] = "museum_api"

    def __init__(self, museum: Museum, client: AbstractContextManager[Api], limit: int | None = None) -> None:
        self.museum = museum
        self.client = client
        self.limit = limit

    def extract(self) -> Iterator[SourceRecord | RecordRefusal]:
        """Yield each record's payload; its place is the museum's id."""
        with self.client as api:
            yield from islice(self._walk(api), self.limit)

    def _walk(self, api: Api) -> Iterator[SourceRecord | RecordRefusal]:
        for page in self.museum.harvest(api, limit=self.limit):
            for record in page.records:
                yield SourceRecord(record.id, record.payload)
            for id_, failure in page.failed.items():
                yield RecordRefusal(id_, failure.code, str(failure))
