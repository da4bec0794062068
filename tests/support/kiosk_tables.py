"""Exhibitions for tests of the stream, and readers of the tables that it fills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from resources.postgres import Connection, Database


def add_exhibitions(database: Database, slug: str, sites: Iterable[int]) -> None:
    """Open an exhibition at each site."""
    with database.connect() as conn, conn.transaction():
        conn.execute(
            "INSERT INTO kiosk.department (museum, name) VALUES (%s, 'Zoology') ON CONFLICT DO NOTHING", (slug,)
        )
        for site in sites:
            conn.execute(
                "INSERT INTO kiosk.exhibition (museum, exhibition_id, site, exhibition_code, name, department_id)"
                " SELECT museum, %(site)s + 1, %(site)s, 'EXH_0' || %(site)s, 'Exhibition ' || %(site)s, department_id"
                " FROM kiosk.department WHERE museum = %(museum)s",
                {"museum": slug, "site": site},
            )


def books(conn: Connection, slug: str) -> tuple[int, int, int, int]:
    """Return (messages, loaded, duplicate, rejected) over all partitions."""
    row = conn.execute(
        "SELECT coalesce(sum(messages), 0)::int AS m, coalesce(sum(loaded), 0)::int AS l,"
        " coalesce(sum(duplicate), 0)::int AS d, coalesce(sum(rejected), 0)::int AS r"
        " FROM kiosk.stream_position WHERE museum = %s",
        (slug,),
    ).fetchone()
    assert row
    return row["m"], row["l"], row["d"], row["r"]


def presses(conn: Connection, slug: str) -> list[tuple[Any, ...]]:
    """Return every press as (at, site, val, type), sorted."""
    rows = conn.execute(
        "SELECT at, exhibition_id - 1 AS site, rating AS val, NULL::int AS type FROM kiosk.review WHERE museum = %(m)s"
        " UNION ALL SELECT at, exhibition_id - 1, -1, incident_type FROM kiosk.incident WHERE museum = %(m)s"
        " ORDER BY 1, 2, 3",
        {"m": slug},
    )
    return [tuple(row.values()) for row in rows]


def reasons(conn: Connection, slug: str, state: str = "open") -> Counter[str]:
    """Count the stream's letters by reason."""
    rows = conn.execute(
        "SELECT reason, count(*) AS n FROM ops.dead_letter, unnest(reasons) AS reason"
        " WHERE museum = %s AND source = 'kiosk_stream' AND state = %s GROUP BY 1",
        (slug, state),
    )
    return Counter({row["reason"]: row["n"] for row in rows})
