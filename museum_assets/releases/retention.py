"""Old releases are the backups; beyond so many they go, and no reader waits for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from museum_assets.releases.build import empty, vacuum
from museum_assets.releases.record import Release, keep_slot_ready, set_state
from museum_assets.releases.schema import tables_of
from museum_assets.releases.workplace import Workplace
from resources.postgres import Connection
from sql import query


def prune(work: Workplace, museum: str, tell: Callable[[str], None] = lambda _: None) -> list[int]:
    """Remove a museum's releases beyond those to keep; return which. Raises Busy."""
    with work.locked(museum) as theirs:
        return prune_locked(work, theirs, museum, tell)


def surplus(rows: list[dict[str, Any]], kept: int) -> list[dict[str, Any]]:
    """Return the releases that may go: neither among the newest `kept`, nor live, nor the one live before that.

    With nothing live (retracted), the newest counts as what was last good.
    """
    newest = {row["release_id"] for row in rows[:kept]}
    return [row for row in rows if row["release_id"] not in newest and not row["live"] and not row["before"]]


def prune_locked(
    work: Workplace, theirs: Connection, museum: str, tell: Callable[[str], None] = lambda _: None
) -> list[int]:
    """Prune under the museum's lock, and leave a slot for the next release."""
    rows = theirs.execute(query("release_retention"), {"museum": museum}).fetchall()
    gone = []
    for row in surplus(rows, work.kept):
        release = Release(museum, row["release_id"], row["slot"])
        if row["read"]:
            tell(f"{release.name} stays for now: a transaction is open that may read it; the next promotion prunes it")
        elif _give_up(theirs, release):
            gone.append(release.id)
    tables = tables_of(theirs, museum)
    slots = {row["release_id"]: row["slot"] for row in rows}
    for number in gone:
        empty(theirs, tables, museum, slots[number])
        vacuum(theirs, tables, museum, slots[number])
    _prune_outside(work, theirs, museum, [row["release_id"] for row in rows if row["release_id"] not in gone])
    keep_slot_ready(theirs, museum)
    return gone


def _prune_outside(work: Workplace, theirs: Connection, museum: str, kept: list[int]) -> None:
    """Remove what only pruned releases showed, also those of an earlier time when the index or the bucket was away."""
    found = theirs.execute(
        "SELECT FROM production.release WHERE museum = %s AND state = 'pruned' AND outside <> '{}'", (museum,)
    )
    if found.fetchone() is not None:
        work.outside.prune(museum, kept)
        theirs.execute("UPDATE production.release SET outside = '{}' WHERE museum = %s AND state = 'pruned'", (museum,))


def _give_up(theirs: Connection, release: Release) -> bool:
    """Mark a release as pruned unless somebody rolled back to it this moment."""
    with theirs.transaction():
        theirs.execute(
            "SELECT FROM production.release WHERE museum = %s AND release_id = %s FOR UPDATE",
            (release.museum, release.id),
        )
        # A statement of its own: it sees what was committed while the lock was waited for.
        row = theirs.execute(
            "SELECT release_id FROM production.current_release WHERE museum = %s", (release.museum,)
        ).fetchone()
        if row and row["release_id"] == release.id:
            return False
        set_state(theirs, release, "pruned", was=["ready"])
    return True
