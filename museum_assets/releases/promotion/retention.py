"""Old releases are the backups; beyond so many they go, and no reader waits for that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.errors import LockNotAvailable

from museum_assets.core.progress import OnLine, no_line
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.promotion.build import empty, vacuum
from museum_assets.releases.record import Release, keep_slot_ready, live, set_state
from museum_assets.releases.schema import slot_tables
from resources.postgres import Busy, Connection, Database, scalar
from sql import query

PATIENCE = "60s"
"""How long a backup waits for prunes that run."""


def prune(desk: ReleaseDesk, museum: str, on_progress: OnLine = no_line) -> list[int]:
    """Remove a museum's releases beyond those to keep; return which. Raises Busy."""
    with desk.locked(museum) as production:
        return prune_locked(desk, production, museum, on_progress)


def surplus(rows: list[dict[str, Any]], kept: int) -> list[dict[str, Any]]:
    """Return the releases that may go: neither among the newest `kept`, nor live, nor the one live before that.

    With nothing live (retracted), the newest counts as what was last good.
    """
    newest = {row["release_id"] for row in rows[:kept]}
    return [row for row in rows if row["release_id"] not in newest and not row["live"] and not row["before"]]


@contextmanager
def nothing_pruned(production: Database) -> Iterator[None]:
    """Keep every release that is there for as long as the block lasts, in one process at a time.

    A prune that runs is waited for. Raises Busy.
    """
    with production.connect() as conn:
        for name, value in (("lock_timeout", PATIENCE), ("idle_session_timeout", "0")):
            conn.execute("SELECT set_config(%s, %s, false)", (name, value))
        try:
            conn.execute("SELECT pg_advisory_lock(hashtextextended('prune', 0))")
        except LockNotAvailable:
            raise Busy(
                f"another backup of this platform, or the pruning of a release, has been running for {PATIENCE}: wait "
                "for it, then run again"
            ) from None
        yield


def prune_locked(desk: ReleaseDesk, production: Connection, museum: str, on_progress: OnLine = no_line) -> list[int]:
    """Prune under the museum's lock, and leave a slot for the next release. Nothing is pruned during a backup."""
    if not scalar(production, "SELECT pg_try_advisory_lock_shared(hashtextextended('prune', 0))"):
        on_progress(f"old releases of {museum} stay for now: a backup is running; the next promotion prunes them")
        keep_slot_ready(production, museum)
        return []
    try:
        return _prune_locked(desk, production, museum, on_progress)
    finally:
        with suppress(psycopg.Error):
            production.execute("SELECT pg_advisory_unlock_shared(hashtextextended('prune', 0))")


def _prune_locked(desk: ReleaseDesk, production: Connection, museum: str, on_progress: OnLine) -> list[int]:
    rows = production.execute(query("releases.retention"), {"museum": museum}).fetchall()
    gone = []
    for row in surplus(rows, desk.kept):
        release = Release(museum, row["release_id"], row["slot"])
        if row["read"]:
            on_progress(
                f"{release.name} stays for now: a transaction is open that may read it; the next promotion prunes it"
            )
        elif _give_up(production, release):
            gone.append(release.id)
    tables = slot_tables(production, museum)
    slots = {row["release_id"]: row["slot"] for row in rows}
    for number in gone:
        empty(production, tables, museum, slots[number])
        vacuum(production, tables, museum, slots[number])
    _prune_outside(desk, production, museum, [row["release_id"] for row in rows if row["release_id"] not in gone])
    keep_slot_ready(production, museum)
    return gone


def _prune_outside(desk: ReleaseDesk, production: Connection, museum: str, kept: list[int]) -> None:
    """Remove what only pruned releases showed, also those of an earlier time when the index or the bucket was away."""
    found = production.execute(
        "SELECT FROM production.release WHERE museum = %s AND state = 'pruned' AND outside <> '{}'", (museum,)
    )
    if found.fetchone() is not None:
        desk.outside.prune(museum, kept)
        production.execute(
            "UPDATE production.release SET outside = '{}' WHERE museum = %s AND state = 'pruned'", (museum,)
        )


def _give_up(production: Connection, release: Release) -> bool:
    """Mark a release as pruned unless somebody rolled back to it this moment."""
    with production.transaction():
        production.execute(
            "SELECT FROM production.release WHERE museum = %s AND release_id = %s FOR UPDATE",
            (release.museum, release.id),
        )
        # A statement of its own: it sees what was committed while the lock was waited for.
        if live(production, release.museum) == release.id:
            return False
        set_state(production, release, "pruned", was=["ready"])
    return True
