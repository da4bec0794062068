"""What one release changes over another: rows added, changed and removed per table, with examples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from psycopg import sql

from museum_assets.releases.copying import copy_across
from museum_assets.releases.rules import printable
from museum_assets.releases.schema import Table
from resources.postgres import Connection, scalar
from sql import query

EXAMPLES = 5
WORK_MEM = "256MB"
"""The hashes of two million rows fit: a join that spills to disk takes twice as long."""

How = Literal["added", "changed", "removed"]
HOWS: tuple[How, ...] = ("added", "changed", "removed")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared: where each table's rows of the museum are, None for no release at all."""

    conn: Connection
    museum: str
    slot: int | None = None
    candidate: bool = False

    def rows(self, table: Table) -> sql.Composable | None:
        """Return the table or partition that holds only this side's rows."""
        if self.candidate:
            return sql.Identifier("candidate", f"{self.museum}_{table.name}")
        return None if self.slot is None else table.leaf(self.museum, self.slot)


@dataclass(frozen=True, slots=True)
class TableChange:
    """What becomes of one table. An example is a row's key, and for a changed row {column: [before, after]}."""

    table: str
    added: int
    changed: int
    removed: int
    unchanged: int
    examples: dict[How, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Say whether there is a change."""
        return bool(self.added or self.changed or self.removed)


def summarise(new: Side, old: Side, tables: Iterable[Table]) -> list[TableChange]:
    """Compare two sides table by table; the old one may be on another server."""
    return [compare(new, old, table) for table in tables]


def compare(new: Side, old: Side, table: Table) -> TableChange:
    """Compare one table by the hashes of its rows, in one join on the new side's server."""
    new_rows, old_rows = new.rows(table), old.rows(table)
    if new_rows is None or old_rows is None:
        return _one_sided(new, old, table)
    conn, keys = new.conn, _names(table.key)
    total = scalar(conn, sql.SQL("SELECT count(*) FROM {}").format(new_rows))
    with conn.transaction():
        conn.execute("SELECT set_config('work_mem', %s, true)", (WORK_MEM,))
        if old.conn is not conn:
            old_rows = _fetched(conn, old.conn, table, old_rows)
        conn.execute(sql.SQL(query("releases_rows.difference")).format(keys=keys, new_rows=new_rows, old_rows=old_rows))
        rows = conn.execute(query("releases_rows.difference_counts")).fetchall()
        chosen = {how: _first(conn, sql.SQL("difference WHERE how = {}").format(how), table) for how in HOWS}
    counts = dict.fromkeys(HOWS, 0) | {row["how"]: row["rows"] for row in rows}
    examples = {how: keys for how, keys in chosen.items() if keys}
    if changed := chosen["changed"]:
        examples["changed"] = _details(new, old, table, changed)
    unchanged = total - counts["added"] - counts["changed"]
    return TableChange(table.name, counts["added"], counts["changed"], counts["removed"], unchanged, examples)


def _one_sided(new: Side, old: Side, table: Table) -> TableChange:
    how: How = "added" if old.rows(table) is None else "removed"
    side = new if how == "added" else old
    rows = side.rows(table)
    if rows is None:
        return TableChange(table.name, 0, 0, 0, 0)
    count = scalar(side.conn, sql.SQL("SELECT count(*) FROM {}").format(rows))
    keys = _first(side.conn, rows, table)
    counts = dict.fromkeys(HOWS, 0) | {how: count}
    return TableChange(table.name, **counts, unchanged=0, examples={how: keys} if keys else {})


def _names(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _fetched(conn: Connection, away: Connection, table: Table, rows: sql.Composable) -> sql.Composable:
    """Bring keys and hashes of another server's rows here, as a stream."""
    columns = sql.SQL("{}, row_hash").format(_names(table.key))
    conn.execute(
        sql.SQL("CREATE TEMP TABLE fetched ON COMMIT DROP AS SELECT {} FROM {} WHERE false").format(
            columns, table.candidate
        )
    )
    copy_across(away, conn, sql.SQL("SELECT {} FROM {}").format(columns, rows), sql.SQL("fetched ({})").format(columns))
    conn.execute("ANALYZE fetched")
    return sql.Identifier("fetched")


def _first(conn: Connection, source: sql.Composable, table: Table) -> list[dict[str, Any]]:
    keys = _names(table.key)
    statement = sql.SQL("SELECT {} FROM {} ORDER BY {} LIMIT {}").format(keys, source, keys, EXAMPLES)
    return conn.execute(statement).fetchall()


def _details(new: Side, old: Side, table: Table, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the keys with {column: [before, after]} of what differs."""
    after, before = (_rows(side, table, keys) for side in (new, old))
    details = []
    for key in keys:
        name = tuple(key.values())
        differing = {
            column: [printable(before[name][column]), printable(after[name][column])]
            for column in table.columns
            if name in before and name in after and before[name][column] != after[name][column]
        }
        details.append(key | {"columns": differing})
    return details


def _rows(side: Side, table: Table, keys: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows = side.rows(table)
    assert rows is not None
    wanted = sql.SQL(" OR ").join(
        sql.SQL("({}) = ({})").format(_names(table.key), sql.SQL(", ").join(map(sql.Literal, key.values())))
        for key in keys
    )
    found = side.conn.execute(sql.SQL("SELECT {} FROM {} WHERE {}").format(_names(table.columns), rows, wanted))
    return {tuple(row[name] for name in table.key): row for row in found}


def as_json(changes: Iterable[TableChange]) -> dict[str, Any]:
    """Return a summary as JSON may hold it."""
    return {change.table: {name: getattr(change, name) for name in (*HOWS, "unchanged")}
            | {"examples": {how: [_plain(row) for row in rows] for how, rows in change.examples.items()}}
            for change in changes}  # fmt: skip


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name == "columns" else printable(value) for name, value in row.items()}


def as_markdown(changes: Sequence[TableChange], warnings: Sequence[str] = ()) -> str:
    """Return a summary for the UI: the warnings, a table of counts, and the examples under it."""
    lines = [line for warning in warnings for line in (f"**Warning:** {_escaped(warning)}", "")]
    lines += ["| table | added | changed | removed | unchanged |", "|---|--:|--:|--:|--:|"]
    lines += [f"| {c.table} | {c.added:,} | {c.changed:,} | {c.removed:,} | {c.unchanged:,} |" for c in changes]
    for change in changes:
        for how, rows in change.examples.items():
            lines += ["", f"**{change.table}, {how}**, such as", ""]
            lines += [f"- {_escaped(example_line(row))}" for row in rows]
    return "\n".join(lines)


def example_line(row: dict[str, Any]) -> str:
    """Return one example in a line."""
    key = ", ".join(str(printable(value)) for name, value in row.items() if name != "columns")
    said = "; ".join(
        f"{name}: {_short(before)} → {_short(after)}" for name, (before, after) in row.get("columns", {}).items()
    )
    return f"{key} ({said})" if said else key


def _short(value: Any, limit: int = 60) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= limit else f"{text[:limit]}…"


def _escaped(text: str) -> str:
    """Return a museum's words so that they are no markup in Markdown, nor break its line."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else " " if c in "\r\n" else c for c in text)
