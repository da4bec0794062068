"""A collection to measure with: records of the simulator's SMK, 1.5 kB each, listed from memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, cast

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.artworks.transform import TransformStage
from museum_assets.collection.harvest.harvest import harvest
from museum_assets.loop.run import run_stage
from museum_assets.museums.museum import Api, Page, RawRecord
from museum_assets.museums.smk import OBJECT_NAMES, ROWS_PER_REQUEST, Smk
from museum_assets.simulator.collection import SyntheticSource
from museum_assets.simulator.smk import Smk as Dialect
from museum_assets.simulator.works import Works
from resources.postgres import Database

MUSEUM = "smk"
DISTINCT = 10_000
"""Works that are really drawn up; a larger collection repeats them under other numbers, which costs less."""


class Listed(Smk):
    """SMK with its listing in memory, page for page as large as the API's."""

    def __init__(self, records: Sequence[RawRecord]) -> None:
        self._records = records

    def harvest(
        self,
        api: Api,  # noqa: ARG002
        *,
        checkpoint: dict[str, Any] | None = None,  # noqa: ARG002
        since: datetime | None = None,  # noqa: ARG002
        limit: int | None = None,  # noqa: ARG002
    ) -> Iterator[Page]:
        """Walk the listing."""
        total = len(self._records)
        for start in range(0, total, ROWS_PER_REQUEST):
            page = list(self._records[start : start + ROWS_PER_REQUEST])
            yield Page("all", page, {"scope": "all", "offset": start + len(page)}, len(page), total)


def records(count: int, *, pictures: int = 1, image_server: str = "http://127.0.0.1") -> list[RawRecord]:
    """Return records that SMK's own filter would let through; they show `pictures` pictures in turns."""
    works = _works()
    return [
        RawRecord(
            f"{n}_object",
            works[n % DISTINCT]
            | {
                "id": f"{n}_object",
                "object_number": f"BENCH{n}",
                "image_thumbnail": f"{image_server}/{n % pictures}.jpg",
            },
        )
        for n in range(count)
    ]


@cache
def _works() -> list[dict[str, Any]]:
    dialect = Dialect()
    source = SyntheticSource(dialect, Works(MUSEUM, 10 * DISTINCT, seed=1))
    wanted = frozenset[str]().union(*(dialect.kinds(name) for name in OBJECT_NAMES))
    numbers = (n for n in range(source.count) if _listed(source, n, wanted))
    return [source.record(n, "http://127.0.0.1") for n in islice(numbers, DISTINCT)]


def _listed(source: SyntheticSource, n: int, wanted: frozenset[str]) -> bool:
    facts = source.facts(n)
    return facts.is_open and facts.has_image and not facts.kinds.isdisjoint(wanted)


def harvested(database: Database, found: Sequence[RawRecord]) -> None:
    """Harvest these records as the asset does."""
    report = harvest(database, Listed(found), cast(Api, None))  # a listing in memory asks no API
    assert report.new == len(found)


def transformed(database: Database) -> None:
    """Transform what was harvested."""
    run_stage(database, MUSEUM, transformed_artworks.bind(TransformStage(Smk()), "bench"))


def emptied(database: Database, *tables: str) -> None:
    """Empty these tables, and flush what they left to the disk, so that nobody else pays for it."""
    with database.connect() as conn:
        conn.execute(f"TRUNCATE {', '.join(tables)}")  # names of ours
        conn.execute("CHECKPOINT")
