"""The tables of a release: production's shape, read from its catalog, and the candidate's, which is made from it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from psycopg import sql
from psycopg.errors import LockNotAvailable

from museum_assets.core.failures import MuseumError
from resources.migrations import upgrade
from resources.postgres import Connection, Database
from sql import query
from sql.migrations import PRODUCTION

log = logging.getLogger(__name__)

FIRST_SLOTS = 2
"""Of a new museum: the one to fill and the one after it. More are added as releases are kept."""
CANDIDATE = "staging_database"
"""The museum's lock under which its candidate is made, and under which a promotion reads it."""
TRIES = 5
LOCK_TIMEOUT = "2s"
"""Whoever waits for an exclusive lock makes every later reader wait behind it."""
READER = "museum_reader"
"""The role of those who read what is live; `museum_assets.releases.roles` makes it."""


class ShapeDrift(MuseumError):
    """The candidate's tables are not made like production's. The message says where they differ."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a release: its columns apart from museum, slot and row_hash, and those that tell its rows apart."""

    name: str
    kind: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    key: tuple[str, ...]

    def leaf(self, museum: str, slot: int) -> sql.Identifier:
        """Return the partition of one slot in production."""
        return sql.Identifier("production", f"{museum}_{self.name}_release_{slot}")

    @property
    def candidate(self) -> sql.Identifier:
        """Return the candidate's table."""
        return sql.Identifier("candidate", self.name)


def migrate_production(production: Database, museums: Mapping[str, Sequence[str]]) -> None:
    """Bring production to the newest schema and give every museum its partitions, slots and views. Safe to repeat."""
    upgrade(production, PRODUCTION)
    with production.connect() as conn:
        settled = conn.execute("SELECT DISTINCT museum FROM production.slot WHERE holders IS NOT NULL")
        known = {row["museum"] for row in settled}
        new = [(slug, kind) for kind, slugs in museums.items() for slug in slugs if slug not in known]
        conn.execute("SELECT set_config('lock_timeout', %s, false)", (LOCK_TIMEOUT,))
        for slug, kind in new:
            conn.execute("SELECT production.add_museum(%s, %s, %s)", (slug, kind, FIRST_SLOTS))
            settle_slots(conn, slug)
        make_views(conn)


def make_views(conn: Connection) -> None:
    """Make the views anew if the museums changed. Left to the next start while readers keep them in use."""
    conn.execute("SELECT set_config('lock_timeout', '200ms', false)")
    for _ in range(TRIES):
        with suppress(LockNotAvailable):
            conn.execute("SELECT production.make_views()")
            let_read(conn)
            return
    log.warning(
        "The views of production lack a museum: readers have used them all the time. The next start tries again."
    )


def let_read(conn: Connection) -> None:
    """Let the role of readers read the views that it cannot read yet, where there is such a role."""
    with conn.transaction():
        # Two at once would write one row of the catalog, which Postgres calls an internal error.
        conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('production.let_read', 0))")
        for row in conn.execute(query("releases_roles.views_hidden_from"), {"role": READER}).fetchall():
            statement = f"GRANT SELECT ON {row['name']} TO {{}}"  # as Postgres's catalog writes it
            conn.execute(sql.SQL(statement).format(sql.Identifier(READER)))  # type: ignore[arg-type]


def settle_slots(conn: Connection, museum: str) -> None:
    """Note which transactions may hold a plan from before a museum's newest slots."""
    conn.execute(query("releases.note_slot_holders"), {"museum": museum})


def tables(production: Connection, kind: str | None = None, *, derived: bool = False) -> list[Table]:
    """Return the tables of a release of this kind of museum, of both kinds by default, in the order of their making.

    They are those that a candidate has as well; with `derived`, those that production makes from them instead.
    """
    return [
        Table(row["name"], row["kind"], tuple(row["columns"]), tuple(row["types"]), tuple(row["key"]))
        for row in production.execute(query("releases.tables"))
        if kind in {None, row["kind"]} and row["derived"] == derived
    ]


def tables_of(production: Connection, museum: str, *, derived: bool = False) -> list[Table]:
    """Return the tables of a museum's releases. Raises MuseumError for a museum that production does not know."""
    row = production.execute("SELECT kind FROM production.museum WHERE museum = %s", (museum,)).fetchone()
    if row is None:
        raise MuseumError(f"production knows no museum {museum!r}: add it to the registry and run `museum migrate`")
    return tables(production, row["kind"], derived=derived)


def slot_tables(production: Connection, museum: str) -> list[Table]:
    """Return every table that a slot of a museum has rows in. Raises MuseumError for an unknown museum."""
    return [*tables_of(production, museum), *tables_of(production, museum, derived=True)]


def drift(platform: Connection, production: Connection) -> list[str]:
    """Return where the candidate's tables differ from production's, a line each; nothing when they do not."""
    there = {row["name"]: dict(zip(row["columns"], row["types"], strict=True))
             for row in platform.execute(query("releases_candidate.tables"))}  # fmt: skip
    lines = []
    for table in tables(production):
        wanted, found = dict(zip(table.columns, table.types, strict=True)), there.pop(table.name, None)
        if found is None:
            lines.append(f"{table.name} is missing")
        elif list(wanted.items()) != list(found.items()):
            lines += [f"{table.name}.{name} is {found.get(name, 'missing')}, production has {wanted.get(name, 'none')}"
                      for name in {**wanted, **found} if wanted.get(name) != found.get(name)] or [
                          f"{table.name} has its columns in another order"]  # fmt: skip
    return lines + [f"{name} is no table of production" for name in there]


def require_same_shape(platform: Connection, production: Connection) -> None:
    """Raise ShapeDrift unless the candidate's tables are made like production's."""
    if lines := drift(platform, production):
        raise ShapeDrift(
            f"the candidate's tables are not production's ({'; '.join(lines)}): run `museum release sync-schema`, "
            "which empties every candidate, then stage each museum again, such as with `museum release stage smk`"
        )


def sync(platform: Connection, production: Connection, museums: Mapping[str, Sequence[str]]) -> list[str]:
    """Make the candidate's tables that differ anew, empty; return what differed."""
    lines = drift(platform, production)
    if not lines:
        return []
    with platform.transaction():
        platform.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_TIMEOUT,))
        for row in platform.execute(query("releases_candidate.tables")).fetchall():
            platform.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier("candidate", row["name"])))
        platform.execute("DELETE FROM ops.partitioned_table WHERE parent LIKE 'candidate.%'")
        platform.execute("DELETE FROM candidate.made")
        for table in tables(production):
            # Without keys and NOT NULL: what breaks them is for the validation to name, not for an INSERT to fail on.
            columns = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_))  # type: ignore[arg-type]
                       for name, type_ in zip(table.columns, table.types, strict=True)]  # fmt: skip
            statement = "CREATE TABLE {} (museum text NOT NULL, {}, row_hash bytea NOT NULL) PARTITION BY LIST (museum)"
            platform.execute(sql.SQL(statement).format(table.candidate, sql.SQL(", ").join(columns)))
            name = f"candidate.{table.name}"
            platform.execute("INSERT INTO ops.partitioned_table VALUES (%s, %s)", (table.kind, name))
        for kind, slugs in museums.items():
            for slug in slugs:
                platform.execute("SELECT ops.add_museum(%s, %s)", (slug, kind))
    return lines


def sync_schema(platform: Database, production: Database, museums: Mapping[str, Sequence[str]]) -> list[str]:
    """Make the candidate's tables like production's again; return what differed. Raises Busy while one is in use."""
    with ExitStack() as held, platform.connect() as platform_conn, production.connect() as production_conn:
        for slugs in museums.values():
            for slug in slugs:
                held.enter_context(platform.lock(slug, CANDIDATE))
        return sync(platform_conn, production_conn, museums)


def prepare(platform: Database, production: Database, museums: Mapping[str, Sequence[str]]) -> None:
    """Prepare production, and make the candidate's tables where there are none yet. Drift is left to `sync`."""
    migrate_production(production, museums)
    with platform.connect() as platform_conn:
        if (
            platform_conn.execute("SELECT FROM ops.partitioned_table WHERE parent LIKE 'candidate.%'").fetchone()
            is None
        ):
            with production.connect() as production_conn:
                sync(platform_conn, production_conn, museums)
