"""Going back: the same one-row commit, to a release that is still there. It needs no lock and waits for nobody."""

from __future__ import annotations

from museum_assets.failures import MuseumError
from museum_assets.releases.record import find, live, move
from museum_assets.releases.record import retract as take_back
from resources.postgres import Database, scalar


def rollback(production: Database, museum: str, *, to: int | None = None, by: str, why: str) -> tuple[int | None, int]:
    """Make an earlier release live again, the one live before by default; return from which and to which.

    Raises MuseumError when there is none, or when it was pruned or never finished.
    """
    _said(by, why)
    with production.connect() as conn:
        current = live(conn, museum)
        target = to if to is not None else scalar(conn, "SELECT production.live_before(%s)", (museum,))
        if target is None:
            raise MuseumError(f"no earlier release of {museum} was live: say which one with --to")
        release = find(conn, museum, target)
        if release["state"] != "ready":
            raise MuseumError(
                f"release {target} of {museum} is {release['state']}, so its rows are not there: choose a ready one of "
                f"`museum release list --museum {museum}`, or restore an export"
            )
        if target == current:
            raise MuseumError(f"release {target} of {museum} is live already")
        move(conn, museum, "rollback", from_=current, to=target, by=by, why=why)
    return current, target


def retract(production: Database, museum: str, *, by: str, why: str) -> int:
    """Take a museum out of production until it is promoted or rolled back; return what was live."""
    _said(by, why)
    with production.connect() as conn:
        return take_back(conn, museum, by=by, why=why)


def _said(by: str, why: str) -> None:
    if not by.strip() or not why.strip():
        raise MuseumError("moving what readers see needs who and why: neither may be empty")
