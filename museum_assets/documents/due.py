"""Whether a museum's documents need a run: what changed in a part of its bucket, and what the ledger says is due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from museum_assets.core.wildcards import Wildcard
from museum_assets.documents.stages import STAGES
from museum_assets.loop.launching import Lag
from museum_assets.loop.ledger import stage_books
from museum_assets.loop.spec import StageSpec
from museum_assets.loop.stage import Options
from resources.platform import Platform
from resources.postgres import Connection
from resources.s3 import StoredObject
from sql import query

OBJECTS_PER_TICK = 5_000
"""Objects that are listed per tick and museum, in five requests. A larger bucket takes several ticks."""


class ListableBucket(Protocol):
    """A bucket that can be listed in parts. Raises StorageMisconfigured or Unavailable when it cannot be listed."""

    bucket: str

    def list(self, prefix: str = "", *, start_after: str = "") -> Iterator[StoredObject]:
        """Yield the objects under a prefix in key order, those after the key `start_after`."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentsDue:
    """What a run would work on, and the key after which the next tick lists; '' at the end of the bucket."""

    lag: Lag
    after: str


def documents_due(
    conn: Connection, platform: Platform, slug: str, bucket: ListableBucket, wildcard: Wildcard, after: str
) -> DocumentsDue:
    """Return what a run would work on. Stages that are not configured, such as without a model, count for nothing."""
    listed = list(islice(bucket.list(wildcard.prefix, start_after=after), OBJECTS_PER_TICK))
    end = listed[-1].key if len(listed) == OBJECTS_PER_TICK else ""
    matching = [each for each in listed if wildcard.matches(each.key)]
    params = {"museum": slug, "bucket": bucket.bucket, "keys": [each.key for each in matching],
              "etags": [each.etag for each in matching], "after": after, "end": end}  # fmt: skip
    row = conn.execute(query("documents.news"), params).fetchone()
    assert row is not None
    due = sum(_due(conn, platform, slug, spec) for spec in STAGES if not spec.inactive(platform.settings))
    return DocumentsDue(Lag(row["new"] + row["gone"] + due, row["settled"]), end)


def _due(conn: Connection, platform: Platform, slug: str, spec: StageSpec) -> int:
    books = stage_books(conn, slug, spec.name, spec.view, spec.contract(platform, slug), Options())
    return books["due"] + books["leftovers"]
