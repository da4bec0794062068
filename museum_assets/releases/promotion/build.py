"""Filling a release's slot from the candidate, and making sure that everything arrived."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from museum_assets.core.failures import MuseumError
from museum_assets.core.progress import OnLine, no_line
from museum_assets.releases import commands
from museum_assets.releases.copying import copy_across
from museum_assets.releases.record import Release
from museum_assets.releases.rows import TableDigest, candidate_digest, slot_digest
from museum_assets.releases.schema import Table, tables_of
from resources.postgres import Connection
from sql import query


class NotArrived(MuseumError):
    """A release does not hold what the candidate says. Nothing was promoted."""


def empty(conn: Connection, tables: Iterable[Table], museum: str, slot: int) -> int:
    """Delete what a slot holds, so that old snapshots still read it; return how many rows that were."""
    return sum(conn.execute(sql.SQL("DELETE FROM {}").format(table.leaf(museum, slot))).rowcount for table in tables)


def vacuum(conn: Connection, tables: Iterable[Table], museum: str, slot: int) -> None:
    """Give the space of deleted rows back to the slot and take statistics. Readers do not notice."""
    for table in tables:
        conn.execute(sql.SQL("VACUUM (ANALYZE, TRUNCATE false) {}").format(table.leaf(museum, slot)))


def fill(source: Connection, target: Connection, table: Table, release: Release, *, same: bool) -> int:
    """Copy a candidate's table into the release's slot; return how many rows. `same`: both are one database.

    Another server gets the rows as they come from the first one, a stream of COPY into a stream of COPY.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, (*table.columns, "row_hash")))
    rows = sql.SQL("SELECT museum, {}::smallint, {} FROM {} WHERE museum = {}").format(
        release.slot, columns, table.candidate, release.museum
    )
    into = sql.SQL("{} (museum, slot, {})").format(table.leaf(release.museum, release.slot), columns)
    if same:
        return target.execute(sql.SQL("INSERT INTO {} {}").format(into, rows)).rowcount
    return copy_across(source, target, rows, into)


def build(
    source: Connection,
    target: Connection,
    tables: Iterable[Table],
    release: Release,
    *,
    same: bool,
    on_progress: OnLine = no_line,
) -> dict[str, TableDigest]:
    """Fill every table of a release and verify it; return what each holds.

    Raises NotArrived when a table is not what the candidate says.
    """
    tables = list(tables)
    if empty(target, tables, release.museum, release.slot):
        vacuum(target, tables, release.museum, release.slot)
    digests = {}
    for table in tables:
        rows = fill(source, target, table, release, same=same)
        vacuum(target, [table], release.museum, release.slot)
        digests[table.name] = verify(source, target, table, release)
        on_progress(f"{table.name}: {rows} rows")
    return digests


def fill_search(conn: Connection, release: Release, on_progress: OnLine = no_line) -> None:
    """Make what readers search a release by from its rows, as news against what is live. Raises NotArrived."""
    found = conn.execute(query("releases.fill_search"), {"museum": release.museum, "slot": release.slot}).fetchone()
    assert found is not None
    vacuum(conn, tables_of(conn, release.museum, derived=True), release.museum, release.slot)
    if found["made"] != found["works"]:
        raise NotArrived(
            f"{found['made']} of the {found['works']} artworks of {release.name} can be searched for. "
            f"Run {commands.promote(release.museum)} again"
        )
    on_progress(f"artwork_search: {found['made']} rows")


def verify(source: Connection, target: Connection, table: Table, release: Release) -> TableDigest:
    """Compare count and checksum, the target's computed anew from its columns. Raises NotArrived."""
    wanted = candidate_digest(source, table, release.museum)
    found = slot_digest(target, table, release.museum, release.slot)
    if wanted != found:
        raise NotArrived(
            f"{table.name} of {release.name} holds {found.rows} rows with checksum {found.checksum}, the candidate "
            f"{wanted.rows} with {wanted.checksum}: one of them was changed by hand, or garbled on its way. "
            f"Run {commands.stage(release.museum)}, then {commands.promote(release.museum)}"
        )
    return found
