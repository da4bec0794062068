"""Removing external outputs (S3 keys, point ids) that no record stands for any more.

Outputs are named by object number, and a number can pass from one record to another within a run: while the old
owner's batch commits, the new owner may just have written the same name. So an abandoned output is only noted with
its ledger row, and removed when nothing is being made: then the ledger says for certain which record stands for it.

A process that is killed leaves outputs that no ledger row names. So a new output is noted before it is made, and its
note goes with the ledger row that names it: what is still noted afterwards is removed in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from museum_assets.loop.stage import Outcome, Stage, Work
from resources.postgres import Connection, Database
from sql import query

OUTPUTS_PER_BATCH = 1000


def announced(database: Database, slug: str, stage: Stage, works: Iterator[Work]) -> Iterator[Work]:
    """Yield the works, a batch at a time, after noting the outputs that they will make for the first time."""
    if not announces(stage):
        yield from works
        return
    with database.connect() as conn:
        while batch := list(islice(works, stage.batch_size)):
            named = [(stage.output_of(work), work.previous_output) for work in batch]
            abandon(conn, slug, stage, [output for output, before in named if output and output != before])
            yield from batch


def announces(stage: Stage) -> bool:
    """Say whether a stage knows what it will make."""
    return stage.external and type(stage).output_of is not Stage.output_of


def forget_announced(conn: Connection, slug: str, stage: Stage, outcomes: Sequence[Outcome]) -> None:
    """Drop the notes of outputs that the ledger names from now on, in the transaction that writes its rows."""
    if announces(stage):
        _forget(conn, slug, stage, [outcome.output for outcome in outcomes if outcome.output])


def abandon(conn: Connection, slug: str, stage: Stage, outputs: Sequence[str]) -> None:
    """Note outputs for removal, in the transaction that changes their ledger rows."""
    if stage.external and outputs:
        # A tuple: `TextArrayDumper` packs it five times as fast as psycopg packs a list.
        params = {"museum": slug, "stage": stage.name, "outputs": tuple(outputs)}
        conn.execute(query("loop.abandon"), params)


def discard_abandoned(conn: Connection, slug: str, stage: Stage) -> None:
    """Remove the noted outputs that no record stands for. To be called while no batch of the stage is in work."""
    while stage.external:
        with conn.transaction():
            params = {"museum": slug, "stage": stage.name, "limit": OUTPUTS_PER_BATCH}
            rows = conn.execute(query("loop.abandoned"), params).fetchall()
            if not rows:
                return
            # Removed first: a kill in between leaves the note, and removing again does no harm.
            stage.discard(conn, slug, [row["output"] for row in rows if not row["owned"]])
            _forget(conn, slug, stage, [row["output"] for row in rows])


def _forget(conn: Connection, slug: str, stage: Stage, outputs: Sequence[str]) -> None:
    if outputs:
        conn.execute(
            "DELETE FROM ops.abandoned_output WHERE museum = %s AND stage = %s AND output = ANY(%s)",
            (slug, stage.name, tuple(outputs)),
        )
