"""Storing the pages of a harvest, each in one transaction with its failures, its counts and its checkpoint.

A page is stored whole. Where one of its records cannot be written as JSON, or Postgres refuses it, that record fails.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import orjson
import psycopg
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from museum_assets.collection.harvest.books import HarvestReport
from museum_assets.collection.harvest.letters import keep_record_letters
from museum_assets.collection.harvest.raw_store import (
    PreparedRecord,
    RawDifference,
    StoreCounts,
    all_new,
    compare,
    prepare_each,
    store,
)
from museum_assets.collection.harvest.stage import raw_metadata
from museum_assets.collection.harvest.withdrawal import withdraw
from museum_assets.core.failures import Failure
from museum_assets.dead_letters.letters import storable
from museum_assets.loop.isolation import STALLED_AFTER, refusal
from museum_assets.loop.stage import Options
from museum_assets.museums.museum import Museum, Page, Place
from resources.postgres import Connection, refuses_data
from sql import query


class PreparedPage(NamedTuple):
    """A page ready to be stored. Without a `difference` it is looked up when it is stored."""

    page: Page
    records: list[PreparedRecord]
    difference: RawDifference | None


class PageStore:
    """Where the pages of one harvest go. Those of a `listing` count as its entries and move its checkpoint."""

    def __init__(self, conn: Connection, museum: Museum, report: HarvestReport, *, listing: bool = True) -> None:
        self.conn = conn
        self.museum = museum
        self.report = report
        self.listing = listing

    def prepare(self, page: Page, lookups: Connection, before: Set[str] = frozenset()) -> PreparedPage:
        """Return a page with its records hashed; `before` are the ids of the page that is perhaps still being stored.

        A record that cannot be written as JSON, such as one nested too deeply, is one of the page's failures.
        """
        records, failed = prepare_each(page.records, self.museum.volatile_keys)
        if failed:
            page = _failing(page, failed)
        difference = None
        if self.report.first:
            # Nothing is stored yet, so nothing is looked up; a record that comes twice breaks the key.
            difference = all_new(self.museum.slug, records)
        elif before.isdisjoint({record.id for record in records}):
            # Compared while the page before is being stored, whose records are not visible here yet.
            difference = compare(lookups, self.museum.slug, records)
        return PreparedPage(page, records, difference)

    def keep(self, prepared: PreparedPage) -> None:
        """Store a page. Records come before any counting: one that is refused leaves the books as they were.

        Raises psycopg.Error when Postgres refuses a whole page, record by record.
        """
        page, records, difference = prepared
        try:
            if difference:
                with suppress(UniqueViolation), self.conn.transaction():
                    self._count(page, store(self.conn, self.museum.slug, difference))
                    return
            with self.conn.transaction():
                self._count(page, self._stored(records))
        except psycopg.Error as error:
            if not refuses_data(error):
                raise
            with self.conn.transaction():
                counts, refused = self._in_halves(records)
                if len(refused) == len(records) >= STALLED_AFTER:
                    raise
                self._count(_failing(page, refused), counts)

    def _stored(self, records: Sequence[PreparedRecord]) -> StoreCounts:
        return store(self.conn, self.museum.slug, compare(self.conn, self.museum.slug, records))

    def _in_halves(self, records: Sequence[PreparedRecord]) -> tuple[StoreCounts, dict[str, Failure]]:
        """Store what Postgres takes of these records; return (counts, failures by record id)."""
        try:
            with self.conn.transaction():
                return self._stored(records), {}
        except psycopg.Error as error:
            if not refuses_data(error):
                raise
            if len(records) == 1:
                return StoreCounts(0, 0, 0), {records[0].id: _refused(error, records[0])}
        middle = len(records) // 2
        (first, failed), (second, more) = self._in_halves(records[:middle]), self._in_halves(records[middle:])
        return StoreCounts(*map(sum, zip(first, second, strict=True))), failed | more

    def _count(self, page: Page, stored: StoreCounts) -> None:
        """Account for a page's entries, in the transaction that stored its records."""
        report = self.report
        seen = [record.id for record in page.records]
        # What is listed but could not be read is still in the collection: it must not be withdrawn as absent.
        # What is gone (404) is not met: it is withdrawn with the absent ones, behind their guard. A museum whose whole
        # API answers 404 for an hour must not lose its collection here.
        listed = [*seen, *page.failed, *page.withdrawn]
        self.conn.execute(
            "INSERT INTO ops.harvest_page VALUES (%s, %s, %s)",
            (report.harvest_id, page.scope, Jsonb(listed, dumps=orjson.dumps)),
        )
        report.new += stored.new
        report.changed += stored.changed
        report.unchanged += len(page.records) - stored.new - stored.changed
        report.gone += len(page.gone)
        report.nameless += sum(isinstance(name, Place) for name in page.failed)
        report.withdrawn += withdraw(self.conn, self.museum.slug, page.withdrawn, "deleted by the museum")
        report.failing = report.failing or bool(page.failed)
        if report.failing:
            self._record_failures([*seen, *page.gone, *page.withdrawn], page.failed)
        if self.listing:
            self._advance(page)

    def _advance(self, page: Page) -> None:
        """Count the page's entries, and keep the checkpoint behind it."""
        report = self.report
        scope = report.scopes.setdefault(page.scope, {"listed": 0, "total": None})
        scope["listed"] = (scope["listed"] or 0) + page.listed
        if page.total is not None:
            # A deletion during the walk moves a record to a page that was read already, where it is not met.
            scope["shrunk"] = (scope.get("shrunk") or 0) + max(0, (scope["total"] or 0) - page.total)
            scope["total"] = page.total
        self.conn.execute(
            "UPDATE ops.harvest SET checkpoint = %s, counts = %s WHERE id = %s",
            (Jsonb(page.checkpoint), Jsonb(report.counts()), report.harvest_id),
        )

    def _record_failures(self, settled: list[str], failures: dict[str, Failure]) -> None:
        """Keep the ledger's rows of records that could not be fetched; they go when the record arrives or is gone."""
        key = {"museum": self.museum.slug, "stage": raw_metadata.name}
        if settled:
            self.conn.execute(query("loop.forget"), {**key, "record_ids": settled})
        with self.conn.cursor() as cursor:
            cursor.executemany(
                query("harvest.failed"),
                [
                    {**key, "record_id": id_, "code": f.code, "message": storable(str(f)), "permanent": f.permanent,
                     "max_attempts": Options().max_attempts}
                    for id_, f in failures.items()
                ],
            )  # fmt: skip
        keep_record_letters(self.conn, self.museum, settled, failures)


def _failing(page: Page, failed: dict[str, Failure]) -> Page:
    """Return the page with these of its records among its failures."""
    return replace(
        page,
        records=[record for record in page.records if record.id not in failed],
        failed=page.failed | failed,
    )


def _refused(error: psycopg.Error, record: PreparedRecord) -> Failure:
    failure = refusal(error)
    failure.evidence = record.body
    return failure
