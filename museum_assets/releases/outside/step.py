"""What a release is made from: its rows in production beside those of the release before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from museum_assets.core.failures import MuseumError
from museum_assets.releases import commands
from resources.postgres import Connection
from sql import query


@dataclass(frozen=True, slots=True)
class ReleaseStep:
    """One museum's release and the newest ready one before it, each with the slot of its rows."""

    museum: str
    release_id: int
    slot: int
    base: int | None
    base_slot: int | None

    def params(self, **more: Any) -> dict[str, Any]:
        """Return the parameters of the queries over both."""
        return {"museum": self.museum, "slot": self.slot, "base_slot": self.base_slot, **more}


def release_step(conn: Connection, museum: str, release_id: int) -> ReleaseStep:
    """Look a release up in production. Raises MuseumError when it has no rows there."""
    row = conn.execute(query("releases.slot_and_base"), {"museum": museum, "release_id": release_id}).fetchone()
    if row is None or row["state"] not in {"building", "ready"}:
        said = "does not exist" if row is None else f"is {row['state']}, so its rows are gone"
        raise MuseumError(f"Release {release_id} of {museum} {said}: see {commands.list_releases(museum)}.")
    return ReleaseStep(museum, release_id, row["slot"], row["base"], row["base_slot"])
