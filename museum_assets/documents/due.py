"""Whether a museum's documents need a run: a bounded look at its bucket, and what the ledger says is due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from museum_assets.documents.prompt import extraction_contract
from museum_assets.documents.stages import staging_contract
from museum_assets.loop.launching import Lag
from museum_assets.loop.ledger import stage_books
from museum_assets.loop.stage import Options
from museum_assets.settings import Settings
from museum_assets.sources.wildcard import Wildcard
from resources.postgres import Connection
from resources.s3 import StoredObject
from sql import query

LISTED = 5_000
"""Objects looked at per tick and museum: five requests. A larger bucket is gone through in several ticks."""


class Bucket(Protocol):
    """What is looked at. Raises StorageMisconfigured or Unavailable when it cannot be listed."""

    bucket: str

    def list(self, prefix: str = "", *, start_after: str = "") -> Iterator[StoredObject]:
        """Yield the objects under a prefix, in key order."""
        ...


@dataclass(frozen=True, slots=True)
class Due:
    """What waits for a run, and the key after which the next look goes on, empty at the end of the bucket."""

    lag: Lag
    after: str


def documents_due(
    conn: Connection, settings: Settings, slug: str, bucket: Bucket, wildcard: Wildcard, after: str
) -> Due:
    """Count what a run would work on. Without a language model nothing waits for one."""
    found = list(islice(bucket.list(wildcard.prefix, start_after=after), LISTED))
    end = found[-1].key if len(found) == LISTED else ""
    listed = [each for each in found if wildcard.matches(each.key)]
    params = {"museum": slug, "bucket": bucket.bucket, "keys": [each.key for each in listed],
              "etags": [each.etag for each in listed], "after": after, "end": end}  # fmt: skip
    row = conn.execute(query("document_news"), params).fetchone()
    assert row is not None
    waiting = _due(conn, slug, "document_files", staging_contract(settings.documents_max_bytes))
    if reads_documents(settings):
        waiting += _due(conn, slug, "document_records", extraction_contract(settings.llm_model or ""))
    return Due(Lag(row["new"] + row["gone"] + waiting, row["settled"]), end)


def reads_documents(settings: Settings) -> bool:
    """Say whether a language model is configured."""
    return bool(settings.llm_base_url and settings.llm_model)


def _due(conn: Connection, slug: str, stage: str, contract: str) -> int:
    books = stage_books(conn, slug, stage, contract, Options())
    return books["due"] + books["leftovers"]
