"""Which external outputs (S3 keys, point ids) may be removed.

Outputs are named by object number. When a number passes from one record to another, the old owner's clean-up must
not take away what the new owner has just made under the same name.
"""

from __future__ import annotations

from collections.abc import Sequence

from museum_assets.loop.stage import Leftover, Outcome
from resources.postgres import Connection
from sql import query


def superseded(conn: Connection, museum: str, stage: str, outcomes: Sequence[Outcome]) -> list[str]:
    """Return the earlier outputs that this batch's records no longer stand for."""
    made = {o.output for o in outcomes if o.output}
    moved = [
        (o.work.previous_output, o.work.record_id)
        for o in outcomes
        if o.status == "done" and o.work.previous_output and o.work.previous_output != o.output
    ]
    removable = list({output for output, _ in moved} - made)
    return _without_owner(conn, museum, stage, removable, [record_id for _, record_id in moved])


def abandoned(conn: Connection, museum: str, stage: str, leftovers: Sequence[Leftover]) -> list[str]:
    """Return the outputs of records that are gone."""
    outputs = [leftover.output for leftover in leftovers if leftover.output]
    return _without_owner(conn, museum, stage, outputs, [leftover.record_id for leftover in leftovers])


def _without_owner(conn: Connection, museum: str, stage: str, outputs: list[str], record_ids: list[str]) -> list[str]:
    if not outputs:
        return []
    params = {"museum": museum, "stage": stage, "outputs": outputs, "record_ids": record_ids}
    owned = {row["output"] for row in conn.execute(query("outputs_owned"), params)}
    return [output for output in outputs if output not in owned]
