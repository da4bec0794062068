"""A museum whose pages a test plans, and its harvests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from museum_assets.collection.harvest.books import HarvestReport
from museum_assets.collection.harvest.harvest import harvest
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.museum import Museum, Page, RawRecord
from resources.postgres import Connection, Database, scalar

API: Any = None
"""A planned museum asks nobody."""


def page(*ids: str, total: int | None = None, **more: Any) -> Page:
    return Page("all", [RawRecord(id_, {"id": id_}) for id_ in ids], {}, len(ids), total, **more)


class Planned(Museum):
    """A museum whose listing is a list of pages; an exception among them is raised in its place."""

    slug: ClassVar[str] = "smk"
    name: ClassVar[str] = "Planned"
    api_base: ClassVar[str] = "http://127.0.0.1"
    image_hosts: ClassVar[tuple[str, ...]] = ()
    requests_per_second: ClassVar[float] = 1
    incremental: ClassVar[bool] = True

    def __init__(self, *pages: Page | Exception) -> None:
        self.pages = list(pages)
        self.began: list[int] = []
        self.since: datetime | None = None

    def harvest(self, api: Any, *, checkpoint: Any = None, since: Any = None, limit: Any = None) -> Iterator[Page]:
        start = checkpoint["next"] if checkpoint else 0
        self.began.append(start)
        self.since = since
        for number, found in enumerate(self.pages[start:], start + 1):
            if isinstance(found, Exception):
                raise found
            yield replace(found, checkpoint={"next": number})

    def read(self, payload: dict[str, Any]) -> Artwork:
        raise NotImplementedError


def walk(database: Database, museum: Planned, **kwargs: Any) -> HarvestReport:
    return harvest(database, museum, API, **kwargs)


def live(database: Database) -> set[str]:
    with database.connect() as conn:
        return {row["record_id"] for row in conn.execute("SELECT record_id FROM raw.record WHERE withdrawn_at IS NULL")}


def state(conn: Connection) -> str:
    return str(scalar(conn, "SELECT state FROM ops.harvest ORDER BY id DESC LIMIT 1"))
