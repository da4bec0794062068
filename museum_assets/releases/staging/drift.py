"""What the candidate has less of than what is live."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import sql

from museum_assets.core.findings import Finding
from museum_assets.releases import commands
from museum_assets.releases.schema import Table
from museum_assets.releases.staging.limits import Limits
from resources.postgres import Connection
from sql import query

COUNTING = {"artwork": query("releases_rows.artwork_figures")}
"""What is counted of a table beside its rows."""
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
        counting = COUNTING.get(table.name, query("releases_rows.figures"))
        row = conn.execute(sql.SQL(counting).format(rows=sources[table.name]), {"museum": museum}).fetchone() or {}
        rows[table.name] = row.pop("rows")
        missing |= row
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


def nothing_staged(museum: str, kind: str, candidate: Figures) -> Finding:
    """There is something to promote."""
    main = next(iter(candidate.rows))
    good = candidate.rows[main] > 0
    command = f"museum {'kiosk ' if kind == 'kiosk' else ''}status --museum {museum}"
    text = (
        f"{candidate.rows[main]} rows of {main}"
        if good
        else f"the candidate has no {main} at all. See `{command}` for where its records are; "
        f"{commands.retract(museum)} is what empties production on purpose"
    )
    return Finding(good, text, {"rows": candidate.rows})


def fewer_rows(candidate: Figures, live: Figures | None, limits: Limits) -> Finding:
    """No table is smaller than the live one by more than the limit."""
    if live is None:
        return Finding.nothing("no release is live to compare with", rows=candidate.rows)
    down = {name: 1 - candidate.rows[name] / rows for name, rows in live.rows.items() if rows}
    bad = {name: share for name, share in down.items() if share > limits.rows}
    shrunk = ", ".join(
        f"{name} from {live.rows[name]} to {candidate.rows[name]} (-{share:.1%})" for name, share in bad.items()
    )
    text = f"shrunk by more than {limits.rows:.1%}: {shrunk}"
    return Finding(
        not bad,
        text if bad else f"no table shrunk by more than {limits.rows:.1%}",
        {"candidate": candidate.rows, "live": live.rows, "limit": limits.rows},
    )


def more_missing(name: str, candidate: Figures, live: Figures | None, limits: Limits) -> Finding:
    """The share of artworks without titles, artists or thumbnails grew by no more than the limit."""
    limit = getattr(limits, name)
    now, before = candidate.missing.get(name, 0.0), live.missing.get(name, 0.0) if live else None
    if before is None:
        return Finding.nothing(
            f"{now:.1%} of the artworks have no {name}, and no release is live to compare with", missing=now
        )
    good = now - before <= limit
    text = f"{now:.1%} of the artworks have no {name}, {before:.1%} of the live ones (limit +{limit:.1%})"
    return Finding(good, text, {"missing": now, "live": before, "limit": limit})
