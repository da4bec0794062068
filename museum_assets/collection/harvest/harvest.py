"""Harvesting a museum: walk its listing, store each page with its checkpoint, and account for every entry.

A harvest is complete only when the walk ended by itself, every scope listed as many entries as the API counts, and
no record is left that may succeed when it is asked for again. What fails for good is listed, so it is not absent.
Only a complete full harvest withdraws records, and not when suspiciously many would go.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from museum_assets.collection.harvest.books import HarvestReport, HarvestState
from museum_assets.collection.harvest.letters import LISTING_PLACE, close_letters_of_absent, keep_listing_letter
from museum_assets.collection.harvest.page_store import PageStore, PreparedPage
from museum_assets.collection.harvest.stage import raw_metadata
from museum_assets.collection.harvest.withdrawal import withdraw_absent
from museum_assets.core.failures import CheckpointExpired, Failure, MuseumError
from museum_assets.core.progress import OnProgress, silent
from museum_assets.loop.concurrently import overlapped
from museum_assets.loop.letters import settle_letters
from museum_assets.loop.run import streaming
from museum_assets.museums.museum import Api, Museum, Page
from resources.postgres import Connection, Database, flushed_later, scalar
from resources.tracing import stage_traced
from sql import query

MAX_OPEN_AGE = timedelta(days=7)
"""An open harvest older than this starts over: what it listed then says little about the collection now."""


OVERLAP = timedelta(days=1)
"""An incremental harvest looks back this far before the last one began: museums stamp before they publish."""


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
    on_progress: OnProgress = silent,
) -> HarvestReport:
    """Harvest one museum and return the books.

    `force` starts over instead of resuming an open harvest, and withdraws also suspiciously many records.

    `limit` bounds the records of this run; the harvest stays open and the next run goes on from there. `retry_failed`
    asks only for the records that could not be fetched, also those given up, where single ones can be asked for.

    An open harvest whose checkpoint the museum no longer accepts starts over, as after a dump's new edition.

    Raises HarvestInterrupted when the API cannot be walked on, Busy when another run harvests this museum.
    """
    if since and not museum.incremental:
        raise MuseumError(f"{museum.slug} cannot be harvested incrementally: run without `since`")
    held = database.lock(museum.slug, raw_metadata.name)
    with stage_traced(museum.slug, raw_metadata.name), held as conn:
        if retry_failed and museum.refetches:
            return _retry(conn, museum, api)
        while True:
            report, checkpoint, began_since = _open(conn, museum.slug, since, force=force)
            try:
                if museum.refetches and (report.resumed or began_since):
                    _refetch(conn, museum, api, report)
                walk = museum.harvest(api, checkpoint=checkpoint, since=began_since, limit=limit)
                with database.connect() as lookups:
                    _walk(conn, lookups, museum, walk, report, limit, on_progress)
                settle_letters(conn, museum.slug, raw_metadata.name, [LISTING_PLACE], "replayed")
            except CheckpointExpired as expired:
                _end(conn, report, "restarted")
                if report.resumed:
                    continue  # What it lists then is compared with what is stored: starting over loses nothing.
                raise HarvestInterrupted(
                    f"{museum.slug} did not accept a checkpoint that it had given in this run ({expired}): "
                    f"run {raw_metadata.again(museum.slug)}, it starts from the beginning"
                ) from expired
            except Failure as failure:
                keep_listing_letter(conn, museum.slug, failure, report.scopes)
                raise HarvestInterrupted(
                    f"the harvest of {museum.slug} stopped after {report.listed} entries: {failure} [{failure.code}]. "
                    f"What was fetched is stored; {raw_metadata.again(museum.slug)} goes on from there"
                ) from failure
            if report.state != "limited":
                _finish(conn, museum, report, began_since, force=force)
            return report


def _open(
    conn: Connection, slug: str, since: datetime | None, *, force: bool
) -> tuple[HarvestReport, dict[str, Any] | None, datetime | None]:
    with conn.transaction():
        row = conn.execute(query("harvest.open"), {"museum": slug, "most": MAX_OPEN_AGE}).fetchone()
        # A full harvest left open is not finished by an incremental one, nor the other way round.
        if row and not force and row["fresh"] and (row["since"] is None) == (since is None):
            return HarvestReport(row["id"], resumed=True, **row["counts"]), row["checkpoint"], row["since"]
        if row:
            conn.execute(query("harvest.forget_pages"), {"harvest": row["id"]})
            conn.execute("UPDATE ops.harvest SET state = 'restarted', ended_at = now() WHERE id = %s", (row["id"],))
        if since is None:
            # A full harvest meets every record anew: what an earlier one could not fetch is found again, or gone.
            conn.execute("DELETE FROM ops.ledger WHERE museum = %s AND stage = %s", (slug, raw_metadata.name))
        new = conn.execute(query("harvest.begin"), {"museum": slug, "since": since}).fetchone()
        assert new is not None
        return HarvestReport(new["id"], first=new["first"]), None, since


def _walk(
    conn: Connection,
    lookups: Connection,
    museum: Museum,
    walk: Iterator[Page],
    report: HarvestReport,
    limit: int | None,
    on_progress: OnProgress,
) -> None:
    started = time.monotonic()

    def pages() -> Iterator[PreparedPage]:
        fetched = 0
        before: set[str] = set()
        for page in walk:
            prepared = store.prepare(page, lookups, before)
            yield prepared
            before = {record.id for record in prepared.records}.union(page.withdrawn)
            fetched += len(page.records)
            if limit is not None and fetched >= limit:
                report.state = "limited"
                return

    store = PageStore(conn, museum, report)
    report.failing = scalar(conn, query("harvest.failing"), {"museum": museum.slug, "stage": raw_metadata.name})
    with streaming(), flushed_later(conn):
        for _ in overlapped(pages(), store.keep):
            report.seconds = time.monotonic() - started
            on_progress(report.listed, report.total)


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
            conn, "SELECT count(*) FROM ops.ledger WHERE museum = %s AND stage = %s", (museum.slug, raw_metadata.name)
        )
        _end(conn, report, "retried")
    return report


def _refetch(conn: Connection, museum: Museum, api: Api, report: HarvestReport, *, given_up: bool = False) -> None:
    """Ask again for what an earlier run could not fetch."""
    params = {"museum": museum.slug, "stage": raw_metadata.name, "given_up": given_up}
    rows = conn.execute(query("harvest.to_fetch_again"), params).fetchall()
    store = PageStore(conn, museum, report, listing=False)
    for page in museum.refetch(api, [row["record_id"] for row in rows]) if rows else ():
        store.keep(store.prepare(page, conn))


def _finish(conn: Connection, museum: Museum, report: HarvestReport, since: datetime | None, *, force: bool) -> None:
    """Decide what the walk amounted to, and withdraw what a complete full harvest did not meet."""
    # Where every entry was new, none was listed twice.
    repeated = (
        conn.execute(query("harvest.repeated"), {"harvest": report.harvest_id}) if report.new < report.listed else ()
    )
    for counted in repeated:
        report.scopes.setdefault(counted["scope"], {"listed": 0, "total": None})["repeated"] = counted["repeated"]
    row = conn.execute(query("harvest.failure_counts"), {"museum": museum.slug, "stage": raw_metadata.name}).fetchone()
    assert row is not None
    report.failed = row["failed"]
    if row["retryable"] and museum.refetches and not report.missing():
        # Left open: the next run asks for just these records again instead of walking everything anew.
        conn.execute("UPDATE ops.harvest SET counts = %s WHERE id = %s", (Jsonb(report.counts()), report.harvest_id))
    elif report.missing() or row["retryable"]:
        _end(conn, report, "short")
    else:
        with conn.transaction():
            if since is None:
                withdraw_absent(conn, museum.slug, report, accept_losses=force)
                close_letters_of_absent(conn, museum.slug)
            _end(conn, report, "short" if report.withheld else "complete")


def _end(conn: Connection, report: HarvestReport, state: HarvestState) -> None:
    report.state = state
    with conn.transaction():
        conn.execute(query("harvest.forget_pages"), {"harvest": report.harvest_id})
        conn.execute(
            "UPDATE ops.harvest SET state = %s, ended_at = now(), counts = %s WHERE id = %s",
            (state, Jsonb(report.counts()), report.harvest_id),
        )


def failures(conn: Connection, slug: str) -> list[dict[str, Any]]:
    """Return the records that could not be fetched, by code."""
    return conn.execute(query("loop.codes"), {"museum": slug, "stage": raw_metadata.name}).fetchall()


def harvest_start(conn: Connection, slug: str, since: str | None) -> datetime | None:
    """Return from when on changes are asked for; None for a full harvest, also when none was complete before."""
    if since is None:
        return None
    if since != "last":
        try:
            return datetime.fromisoformat(since).replace(tzinfo=UTC)
        except ValueError as error:
            raise MuseumError(f"since is {since!r}: give a date such as 2026-11-01, or `last`") from error
    row = conn.execute(
        "SELECT max(started_at) AS began FROM ops.harvest WHERE museum = %s AND state = 'complete'", (slug,)
    ).fetchone()
    return row["began"] - OVERLAP if row and row["began"] else None
