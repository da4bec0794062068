"""Removing external outputs (S3 keys, point ids) that no record stands for any more.

Outputs are named by object number, and a number can pass from one record to another within a run: while the old
owner's batch commits, the new owner may just have written the same name. So an abandoned output is only noted with
its ledger row, and removed when nothing is being made: then the ledger says for certain who stands for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from museum_assets.loop.stage import Stage
from resources.postgres import Connection
from sql import query

BATCH = 1000


def abandon(conn: Connection, museum: str, stage: Stage, outputs: Sequence[str]) -> None:
    """Note outputs for removal, in the transaction that changes their ledger rows."""
    if stage.external and outputs:
        params = {"museum": museum, "stage": stage.name, "outputs": list(outputs)}
        conn.execute(query("outputs_abandon"), params)


def discard_abandoned(conn: Connection, museum: str, stage: Stage) -> None:
    """Remove what was noted and is nobody's. For when no batch of this museum and stage is in work."""
    while stage.external:
        with conn.transaction():
            params = {"museum": museum, "stage": stage.name, "limit": BATCH}
            rows = conn.execute(query("outputs_abandoned"), params).fetchall()
            if not rows:
                return
            # Removed first: a kill in between leaves the note, and removing again does no harm.
            stage.discard(conn, museum, [row["output"] for row in rows if not row["owned"]])
            conn.execute(
                "DELETE FROM ops.abandoned_output WHERE museum = %s AND stage = %s AND output = ANY(%s)",
                (museum, stage.name, [row["output"] for row in rows]),
            )
