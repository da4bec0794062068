"""Going back: the same one-row commit, to a release that is still there. It needs no lock and waits for nobody."""

from __future__ import annotations

from museum_assets.core.failures import MuseumError
from museum_assets.releases import commands
from museum_assets.releases.record import clear_pointer, find, in_state, live, live_before, move_pointer
from resources.postgres import Connection, Database


class NoEarlierRelease(MuseumError):
    """No release was live before the one that is. The message says which releases there are."""


def roll_back(production: Database, museum: str, *, to: int | None = None, by: str, why: str) -> tuple[int | None, int]:
    """Make an earlier release live again, the one live before by default; return from which and to which.

    Raises MuseumError when there is none, or when it was pruned or never finished.
    """
    _said(by, why)
    with production.connect() as conn:
        current = live(conn, museum)
        target = to if to is not None else live_before(conn, museum)
        if target is None:
            raise NoEarlierRelease(_what_there_is(conn, museum, current))
        release = find(conn, museum, target)
        if release["state"] != "ready":
            raise MuseumError(
                f"release {target} of {museum} is {release['state']}, so its rows are not there: choose a ready one of "
                f"{commands.list_releases(museum)}, or restore one of `museum release exports {museum}`"
            )
        if target == current:
            raise MuseumError(f"release {target} of {museum} is live already")
        move_pointer(conn, museum, "rollback", from_=current, to=target, by=by, why=why)
    return current, target


def _what_there_is(conn: Connection, museum: str, current: int | None) -> str:
    """Say why nothing can be rolled back to, and what there is instead."""
    others = [release.id for release in in_state(conn, museum, "ready") if release.id != current]
    if current is None and not others:
        return (
            f"{museum} has no release, so there is none to roll back to: {commands.stage(museum)} makes a candidate, "
            f"{commands.promote(museum)} a release of it"
        )
    if not others:
        return (
            f"release {current} of {museum} is live and the only one there is, so there is none to roll back to: "
            f"{commands.retract(museum)} takes the museum out of production"
        )
    before = f" before release {current}" if current else ""
    return (
        f"no earlier release of {museum} was live{before}; ready are {', '.join(map(str, others))}: "
        f"{commands.roll_back(museum, others[0])} makes release {others[0]} live"
    )


def retract(production: Database, museum: str, *, by: str, why: str) -> int:
    """Take a museum out of production until it is promoted or rolled back; return what was live."""
    _said(by, why)
    with production.connect() as conn:
        return clear_pointer(conn, museum, by=by, why=why)


def _said(by: str, why: str) -> None:
    if not by.strip() or not why.strip():
        raise MuseumError("moving what readers see needs who and why: neither may be empty")
