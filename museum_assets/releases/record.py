"""What is known of each release, the pointer to the live one, and the only ways in which they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import sql
from psycopg.types.json import Jsonb
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from museum_assets.core.failures import MuseumError
from museum_assets.releases import commands
from museum_assets.releases.schema import settle_slots
from resources.postgres import Connection, scalar
from sql import query

Action = Literal["promote", "rollback", "automatic_rollback"]
SLOT_SECONDS = 60
"""How long a promotion waits for a slot: readers' transactions end in moments, and promotions in a row met them."""


class NoSlot(MuseumError):
    """Every slot of the museum is taken or still in somebody's plan."""


class PointerMoved(MuseumError):
    """Somebody else moved the museum's pointer meanwhile, or the release cannot be shown any more."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a museum: its number and where its rows are."""

    museum: str
    id: int
    slot: int

    @property
    def name(self) -> str:
        """Return the name that messages use."""
        return f"release {self.id} of {self.museum}"


def begin(
    conn: Connection,
    museum: str,
    *,
    by: str,
    why: str,
    forced: Mapping[str, Any] | None = None,
    candidate_made_at: datetime | None = None,
) -> Release:
    """Take a free slot for a new release in state building. Its rows are those of whoever used it before.

    Under the museum's lock. Waits for readers whose plans are from before the newest slot. Raises NoSlot.
    """
    keep_slot_ready(conn, museum)
    slot = Retrying(
        retry=retry_if_result(lambda found: found is None),
        wait=wait_fixed(0.1),
        stop=stop_after_delay(SLOT_SECONDS),
        retry_error_callback=lambda _: None,
    )(free_slot, conn, museum)
    if slot is None:
        raise NoSlot(
            f"no slot of {museum} is free yet: a transaction that was open when the newest one was added may still "
            f"read with a plan from before, after {SLOT_SECONDS} s of waiting. End transactions that have been open "
            f"for long, then run {commands.promote(museum)} again"
        )
    values = {"museum": museum, "slot": slot, "by": by, "why": why, "forced": Jsonb(dict(forced or {})),
              "candidate_made_at": candidate_made_at}  # fmt: skip
    return Release(museum, int(scalar(conn, query("releases.begin"), values)), slot)


def keep_slot_ready(conn: Connection, museum: str) -> None:
    """Give the museum one slot more unless there is one that no release uses, be it free already or soon."""
    if not scalar(conn, query("releases.idle_slot"), {"museum": museum}):
        add_slot(conn, museum)


def free_slot(conn: Connection, museum: str) -> int | None:
    """Return the slot to use next."""
    settle_slots(conn, museum)
    row = conn.execute(query("releases.free_slot"), {"museum": museum}).fetchone()
    return row["slot"] if row else None


def add_slot(conn: Connection, museum: str) -> None:
    """Give the museum one slot more. No reader waits for it."""
    conn.execute(query("releases.add_slot"), {"museum": museum})
    settle_slots(conn, museum)


def note(conn: Connection, release: Release, **values: Any) -> None:
    """Write facts of a release: counts, checksums, summary, outside, warnings (as JSON) or message."""
    for name, value in values.items():
        assert name in {"counts", "checksums", "summary", "outside", "warnings", "message"}
        conn.execute(
            sql.SQL("UPDATE production.release SET {} = %s WHERE museum = %s AND release_id = %s").format(
                sql.Identifier(name)
            ),
            (value if isinstance(value, str) else Jsonb(value), release.museum, release.id),
        )


def set_state(
    conn: Connection, release: Release, state: str, *, was: Sequence[str], message: str | None = None
) -> None:
    """Move a release from one state to the next. Raises PointerMoved when it is in none of `was`."""
    done = conn.execute(
        query("releases.set_state"),
        {"state": state, "message": message, "museum": release.museum, "id": release.id, "was": list(was)},
    )
    if done.rowcount != 1:
        raise PointerMoved(f"{release.name} is not {' or '.join(was)} any more: another process took it over")


def move_pointer(
    conn: Connection, museum: str, action: Action, *, from_: int | None, to: int, by: str, why: str
) -> datetime:
    """Show this release from now on: one row changes, and nobody waits. Returns when.

    Raises PointerMoved unless `from_` is live and `to` ready.
    """
    values = {"museum": museum, "action": action, "from": from_, "to": to, "by": by, "why": why}
    row = conn.execute(query("releases.move_pointer"), values).fetchone()
    if row is None:
        raise PointerMoved(
            f"release {to} of {museum} was not made live: it is not ready, or release {from_ or 'none'} is not the "
            f"live one any more. See {commands.list_releases(museum)}, then decide again"
        )
    return row["at"]  # type: ignore[no-any-return]


def clear_pointer(conn: Connection, museum: str, *, by: str, why: str) -> int:
    """Take a museum out of production: its views are empty from now on. Returns the release that was live."""
    from_ = live(conn, museum)
    values = {"museum": museum, "from": from_, "by": by, "why": why}
    if from_ is None or conn.execute(query("releases.clear_pointer"), values).fetchone() is None:
        raise PointerMoved(f"no release of {museum} is live, so there is nothing to retract")
    return from_


def live(conn: Connection, museum: str) -> int | None:
    """Return the release that readers see."""
    row = conn.execute("SELECT release_id FROM production.current_release WHERE museum = %s", (museum,)).fetchone()
    return row["release_id"] if row else None


def live_before(conn: Connection, museum: str) -> int | None:
    """Return the release that readers saw before the live one, as long as it is there."""
    found: int | None = scalar(conn, "SELECT production.live_before(%s)", (museum,))
    return found


def find(conn: Connection, museum: str, number: int) -> dict[str, Any]:
    """Return everything known of a release. Raises MuseumError when there is none of this number."""
    statement = "SELECT * FROM production.release WHERE museum = %s AND release_id = %s"
    row = conn.execute(statement, (museum, number)).fetchone()
    if row is None:
        raise MuseumError(f"{museum} has no release {number}: see {commands.list_releases(museum)}")
    return row


def history(conn: Connection, museum: str, number: int) -> list[dict[str, Any]]:
    """Return the moves of the pointer to a release and from it, oldest first."""
    return conn.execute(query("releases.pointer_moves"), {"museum": museum, "number": number}).fetchall()


def in_state(conn: Connection, museum: str, state: str) -> list[Release]:
    """Return the museum's releases in a state, newest first."""
    rows = conn.execute(
        "SELECT release_id, slot FROM production.release WHERE museum = %s AND state = %s ORDER BY release_id DESC",
        (museum, state),
    )
    return [Release(museum, row["release_id"], row["slot"]) for row in rows]
