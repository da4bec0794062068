"""What the candidate has less of than what is live."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from museum_assets.audit.finding import Finding
from museum_assets.releases.limits import Limits
from museum_assets.releases.schema import Table
from resources.postgres import Connection

MISSING = {"titles": "title IS NULL OR btrim(title) = ''", "artists": "coalesce(cardinality(artists), 0) = 0"}
SHARES = ("titles", "artists", "thumbnails")


@dataclass(frozen=True, slots=True)
class Figures:
    """Rows of every table, and of the artworks the share that lacks something."""

    rows: dict[str, int]
    missing: dict[str, float]


def figures(conn: Connection, tables: Iterable[Table], sources: dict[str, sql.Composable], museum: str) -> Figures:
    """Count what the tables hold of a museum; `sources` says where each is."""
    rows: dict[str, int] = {}
    missing: dict[str, int] = {}
    for table in tables:
        counted = MISSING if table.name == "artwork" else {}
        statement = sql.SQL("SELECT count(*) AS rows{} FROM {} WHERE museum = {}").format(
            sql.SQL("").join(
                sql.SQL(", count(*) FILTER (WHERE {}) AS {}").format(sql.SQL(condition), sql.Identifier(name))  # type: ignore[arg-type]
                for name, condition in counted.items()
            ),
            sources[table.name],
            museum,
        )
        row: dict[str, Any] = conn.execute(statement).fetchone() or {}
        rows[table.name] = row["rows"]
        missing |= {name: row[name] for name in counted}
    if "thumbnail" in rows:
        missing["thumbnails"] = max(rows["artwork"] - rows["thumbnail"], 0)
    works = rows.get("artwork", 0)
    return Figures(rows, {name: count / works if works else 0.0 for name, count in missing.items()})


def candidate_figures(conn: Connection, tables: Iterable[Table], museum: str) -> Figures:
    """Count the candidate."""
    tables = list(tables)
    return figures(conn, tables, {table.name: table.candidate for table in tables}, museum)


def live_figures(conn: Connection, tables: Iterable[Table], museum: str) -> Figures | None:
    """Count the live release; None when there is none."""
    row = conn.execute("SELECT slot FROM production.current_release WHERE museum = %s", (museum,)).fetchone()
    if row is None or row["slot"] is None:
        return None
    tables = list(tables)
    return figures(conn, tables, {table.name: table.leaf(museum, row["slot"]) for table in tables}, museum)


def nothing_staged(ours: Figures) -> Finding:
    """There is something to publish."""
    main = next(iter(ours.rows))
    good = ours.rows[main] > 0
    text = (
        f"{ours.rows[main]} rows of {main}" if good else f"the candidate has no {main} at all: run the stages before it"
    )
    return Finding(good, text, {"rows": ours.rows})


def fewer_rows(ours: Figures, theirs: Figures | None, limits: Limits) -> Finding:
    """No table is smaller than the live one by more than the limit."""
    if theirs is None:
        return Finding(True, "nothing is live to compare with", {"rows": ours.rows})
    down = {name: 1 - ours.rows[name] / rows for name, rows in theirs.rows.items() if rows}
    bad = {name: share for name, share in down.items() if share > limits.rows}
    told = ", ".join(
        f"{name} from {theirs.rows[name]} to {ours.rows[name]} (-{share:.1%})" for name, share in bad.items()
    )
    return Finding(
        not bad,
        f"shrunk by more than {limits.rows:.1%}: {told}" if bad else f"no table shrunk by more than {limits.rows:.1%}",
        {"candidate": ours.rows, "live": theirs.rows, "limit": limits.rows},
    )


def more_missing(name: str, ours: Figures, theirs: Figures | None, limits: Limits) -> Finding:
    """The share of artworks without titles, artists or thumbnails grew by no more than the limit."""
    limit = getattr(limits, name)
    now, before = ours.missing.get(name, 0.0), theirs.missing.get(name, 0.0) if theirs else None
    if before is None:
        return Finding(
            True, f"{now:.1%} of the artworks have no {name}; nothing is live to compare with", {"missing": now}
        )
    good = now - before <= limit
    text = f"{now:.1%} of the artworks have no {name}, {before:.1%} of the live ones (limit +{limit:.1%})"
    return Finding(good, text, {"missing": now, "live": before, "limit": limit})
