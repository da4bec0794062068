"""Harvesting a museum: walk its listing, store each page with its checkpoint, and account for every entry.

A harvest is complete only when the walk ended by itself, every scope listed as many entries as the API counts, and
no record failed. Only a complete full harvest withdraws records, and not when suspiciously many would go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import orjson
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from museum_assets.failures import CheckpointExpired, Failure, MuseumError
from museum_assets.loop.concurrently import one_behind
from museum_assets.loop.letters import settle_letters
from museum_assets.loop.progress import silent
from museum_assets.loop.run import streaming
from museum_assets.loop.stage import Options
from museum_assets.museums.museum import Api, Museum, Page
from museum_assets.stages.harvest_books import HarvestReport, State
from museum_assets.stages.harvest_letters import (
    LISTING,
    close_letters_of_absent,
    keep_listing_letter,
    keep_record_letters,
)
from museum_assets.stages.raw_store import Compared, Prepared, all_new, compare, prepare, store
from museum_assets.stages.withdrawal import withdraw, withdraw_absent
from resources.postgres import Connection, Database, flushed_later, scalar
from sql import query

STAGE = "raw_metadata"
MAX_OPEN_AGE = timedelta(days=7)
"""An open harvest older than this starts over: what it listed then says little about the collection now."""


class HarvestInterrupted(MuseumError):
    """The walk could not go on. What was fetched is stored; the next run resumes at the checkpoint."""


def harvest(
    database: Database,
    museum: Museum,
    api: Api,
    *,
    since: datetime | None = None,
    limit: int | None = None,
    force: bool = False,
    retry_failed: bool = False,
    progress: Callable[[int, int | None], None] = silent,
) -> HarvestReport:
    """Harvest one museum and return the books.

    `force` starts over instead of resuming an open harvest, and believes a listing that lost suspiciously much.

    `limit` bounds the records of this run; the harvest stays open and the next run goes on from there. `retry_failed`
    asks only for the records that could not be fetched, also those given up, where single ones can be asked for.

    Raises HarvestInterrupted when the API cannot be walked on, Busy when another run harvests this museum.
    """
    if since and not museum.incremental:
        raise MuseumError(f"{museum.slug} cannot be harvested incrementally: run without `since`")
    with database.lock(museum.slug, STAGE) as conn:
        if retry_failed and museum.refetches:
            return _retry(conn, museum, api)
        report, checkpoint, since = _open(conn, museum.slug, since, force=force)
        try:
            if museum.refetches and (report.resumed or since):
                _refetch(conn, museum, api, report)
            walk = museum.harvest(api, checkpoint=checkpoint, since=since, limit=limit)
            with database.connect() as lookups:
                _walk(conn, lookups, museum, walk, report, limit, progress)
            settle_letters(conn, museum.slug, STAGE, [LISTING], "replayed")
        except CheckpointExpired as expired:
            _end(conn, report, "restarted")
            raise HarvestInterrupted(
                f"{museum.slug} no longer accepts the checkpoint of its open harvest ({expired}): "
                "run again, it starts from the beginning"
            ) from expired
        except Failure as failure:
            keep_listing_letter(conn, museum.slug, failure, report.scopes)
            raise HarvestInterrupted(
                f"the harvest of {museum.slug} stopped after {report.listed} entries: {failure} [{failure.code}]. "
                "What was fetched is stored; run again to go on from there"
            ) from failure
        if report.state != "limited":
            _finish(conn, museum, report, since, believe=force)
    return report


def _open(
    conn: Connection, slug: str, since: datetime | None, *, force: bool
) -> tuple[HarvestReport, dict[str, Any] | None, datetime | None]:
    with conn.transaction():
        row = conn.execute(
            "SELECT id, since, checkpoint, counts, started_at > now() - %s AS fresh FROM ops.harvest"
            " WHERE museum = %s AND state = 'open'",
            (MAX_OPEN_AGE, slug),
        ).fetchone()
        # A full harvest left open is not finished by an incremental one, nor the other way round.
        if row and not force and row["fresh"] and (row["since"] is None) == (since is None):
            return HarvestReport(row["id"], resumed=True, **row["counts"]), row["checkpoint"], row["since"]
        if row:
            conn.execute("DELETE FROM ops.harvest_page WHERE harvest_id = %s", (row["id"],))
            conn.execute("UPDATE ops.harvest SET state = 'restarted', ended_at = now() WHERE id = %s", (row["id"],))
        if since is None:
            # A full harvest meets every record anew: what an earlier one could not fetch is found again, or gone.
            conn.execute("DELETE FROM ops.ledger WHERE museum = %s AND stage = %s", (slug, STAGE))
        new = conn.execute(
            "INSERT INTO ops.harvest (museum, since) VALUES (%(museum)s, %(since)s)"
            " RETURNING id, NOT EXISTS (SELECT FROM raw.record WHERE museum = %(museum)s) AS first",
            {"museum": slug, "since": since},
        ).fetchone()
        assert new is not None
        return HarvestReport(new["id"], first=new["first"]), None, since


def _walk(
    conn: Connection,
    lookups: Connection,
    museum: Museum,
    walk: Iterator[Page],
    report: HarvestReport,
    limit: int | None,
    progress: Callable[[int, int | None], None],
) -> None:
    started = time.monotonic()

    def pages() -> Iterator[tuple[Page, list[Prepared], Compared | None]]:
        fetched = 0
        before: set[str] = set()
        for page in walk:
            records = prepare(page.records, museum.volatile_keys)
            ids = {record.id for record in records}
            compared = None
            if report.first:
                # There is nothing to look up but what comes twice, of which the key tells.
                compared = all_new(museum.slug, records)
            elif before.isdisjoint(ids):
                # Compared while the page before is being stored, whose records cannot be seen from here yet.
                compared = compare(lookups, museum.slug, records)
            yield page, records, compared
            before = ids.union(page.withdrawn)
            fetched += len(page.records)
            if limit is not None and fetched >= limit:
                report.state = "limited"
                return

    def store_page(item: tuple[Page, list[Prepared], Compared | None]) -> None:
        page, records, compared = item
        if compared:
            # The records are what is stored first: nothing was counted yet when one of them breaks the key.
            with suppress(UniqueViolation), conn.transaction():
                _store_page(conn, museum, report, page, compared)
                return
        with conn.transaction():
            _store_page(conn, museum, report, page, compare(conn, museum.slug, records))

    report.failing = scalar(conn, query("harvest_failing"), {"museum": museum.slug, "stage": STAGE})
    with streaming(), flushed_later(conn):
        for _ in one_behind(pages(), store_page):
            report.seconds = time.monotonic() - started
            progress(report.listed, report.total)


def _retry(conn: Connection, museum: Museum, api: Api) -> HarvestReport:
    """Fetch what failed and nothing else; such a run says nothing about the rest of the collection."""
    row = conn.execute(
        "INSERT INTO ops.harvest (museum, state) VALUES (%s, 'retried') RETURNING id", (museum.slug,)
    ).fetchone()
    assert row is not None
    report = HarvestReport(row["id"])
    try:
        _refetch(conn, museum, api, report, given_up=True)
    finally:
        report.failed = scalar(
            conn, "SELECT count(*) FROM ops.ledger WHERE museum = %s AND stage = %s", (museum.slug, STAGE)
        )
        _end(conn, report, "retried")
    return report


def _refetch(conn: Connection, museum: Museum, api: Api, report: HarvestReport, *, given_up: bool = False) -> None:
    """Ask again for what an earlier run could not fetch."""
    rows = conn.execute(
        "SELECT record_id FROM ops.ledger WHERE museum = %s AND stage = %s AND (%s OR NOT permanent)"
        " ORDER BY record_id",
        (museum.slug, STAGE, given_up),
    ).fetchall()
    for page in museum.refetch(api, [row["record_id"] for row in rows]) if rows else ():
        with conn.transaction():
            records = prepare(page.records, museum.volatile_keys)
            _store_records(conn, museum, report, page, compare(conn, museum.slug, records))


def _store_page(conn: Connection, museum: Museum, report: HarvestReport, page: Page, compared: Compared) -> None:
    """Store a page of the walk together with the checkpoint behind it."""
    _store_records(conn, museum, report, page, compared)
    scope = report.scopes.setdefault(page.scope, {"listed": 0, "total": None})
    scope["listed"] = (scope["listed"] or 0) + page.listed
    if page.total is not None:
        # A deletion during the walk moves a record to a page that was read already, where nobody meets it.
        scope["shrunk"] = (scope.get("shrunk") or 0) + max(0, (scope["total"] or 0) - page.total)
        scope["total"] = page.total
    conn.execute(
        "UPDATE ops.harvest SET checkpoint = %s, counts = %s WHERE id = %s",
        (Jsonb(page.checkpoint), Jsonb(report.counts()), report.harvest_id),
    )


def _store_records(conn: Connection, museum: Museum, report: HarvestReport, page: Page, compared: Compared) -> None:
    stored = store(conn, museum.slug, compared)
    seen = [record.id for record in page.records]
    # What is listed but could not be read is still in the collection: it must not be withdrawn as absent.
    # What is gone (404) is not met: it is withdrawn with the absent ones, behind their guard. A museum whose whole
    # API answers 404 for an hour must not lose its collection here.
    listed = [*seen, *page.failed, *page.withdrawn]
    conn.execute(
        "INSERT INTO ops.harvest_page VALUES (%s, %s, %s)",
        (report.harvest_id, page.scope, Jsonb(listed, dumps=orjson.dumps)),
    )
    report.new += stored.new
    report.changed += stored.changed
    report.unchanged += len(page.records) - stored.new - stored.changed
    report.gone += len(page.gone)
    report.withdrawn += withdraw(conn, museum.slug, page.withdrawn, "deleted by the museum")
    report.failing = report.failing or bool(page.failed)
    if report.failing:
        _record_failures(conn, museum, [*seen, *page.gone, *page.withdrawn], page.failed)


def _record_failures(conn: Connection, museum: Museum, settled: list[str], failures: dict[str, Failure]) -> None:
    """Keep the ledger's rows of records that could not be fetched; they go when the record arrives or is gone."""
    if settled:
        conn.execute(
            "DELETE FROM ops.ledger WHERE museum = %s AND stage = %s AND record_id = ANY(%s)",
            (museum.slug, STAGE, settled),
        )
    with conn.cursor() as cursor:
        cursor.executemany(
            query("harvest_failure"),
            [
                {"museum": museum.slug, "stage": STAGE, "record_id": id_, "code": f.code, "message": str(f),
                 "permanent": f.permanent, "max_attempts": Options().max_attempts}
                for id_, f in failures.items()
            ],
        )  # fmt: skip
    keep_record_letters(conn, museum, settled, failures.keys())


def _finish(conn: Connection, museum: Museum, report: HarvestReport, since: datetime | None, *, believe: bool) -> None:
    """Decide what the walk amounted to, and withdraw what a complete full harvest did not meet."""
    # Where every entry was new, none was listed twice.
    repeated = (
        conn.execute(query("harvest_repeated"), {"harvest": report.harvest_id}) if report.new < report.listed else ()
    )
    for counted in repeated:
        report.scopes.setdefault(counted["scope"], {"listed": 0, "total": None})["repeated"] = counted["repeated"]
    row = conn.execute(
        "SELECT count(*) AS failed, count(*) FILTER (WHERE NOT permanent) AS retryable FROM ops.ledger"
        " WHERE museum = %s AND stage = %s",
        (museum.slug, STAGE),
    ).fetchone()
    assert row is not None
    report.failed = row["failed"]
    if row["retryable"] and museum.refetches and not report.missing():
        # Left open: the next run asks for just these records again instead of walking everything anew.
        conn.execute("UPDATE ops.harvest SET counts = %s WHERE id = %s", (Jsonb(report.counts()), report.harvest_id))
    elif report.missing() or report.failed:
        _end(conn, report, "short")
    else:
        with conn.transaction():
            if since is None:
                withdraw_absent(conn, museum.slug, report, believe=believe)
                close_letters_of_absent(conn, museum.slug)
            _end(conn, report, "short" if report.withheld else "complete")


def _end(conn: Connection, report: HarvestReport, state: State) -> None:
    report.state = state
    with conn.transaction():
        conn.execute("DELETE FROM ops.harvest_page WHERE harvest_id = %s", (report.harvest_id,))
        conn.execute(
            "UPDATE ops.harvest SET state = %s, ended_at = now(), counts = %s WHERE id = %s",
            (state, Jsonb(report.counts()), report.harvest_id),
        )


def failures(conn: Connection, slug: str) -> list[dict[str, Any]]:
    """Return the records that could not be fetched, by code."""
    return conn.execute(query("audit_codes"), {"museum": slug, "stage": STAGE}).fetchall()
