"""Checks of one museum's kiosks that Postgres alone can answer."""

from __future__ import annotations

from collections import Counter
from typing import Any

from museum_assets.audit.finding import SAMPLE, Finding
from museum_assets.kiosk.message import CLOCK_TOLERANCE
from museum_assets.museums import kiosks
from resources.postgres import Connection
from sql import query


def _rows(conn: Connection, name: str, museum: str, **params: Any) -> list[dict[str, Any]]:
    return conn.execute(query(name), {"museum": museum, **params}).fetchall()


def presses_have_exhibitions(conn: Connection, museum: str) -> Finding:
    """Every review and every incident belongs to an exhibition."""
    rows = _rows(conn, "audit_kiosk_orphans", museum)
    count = sum(row["presses"] for row in rows)
    ids = ", ".join(str(row["exhibition_id"]) for row in rows[:SAMPLE])
    return Finding(
        passed=not rows,
        description=f"{count} presses belong to no exhibition (ids {ids}): add the exhibition's file to the bucket, or "
        "find out who wrote past the triggers of kiosk.review and kiosk.incident"
        if rows
        else "every press has its exhibition",
        metadata={"presses": count, "exhibitions": rows[:SAMPLE]},
    )


def no_future_presses(conn: Connection, museum: str) -> Finding:
    """No press is later than now, beyond what a kiosk's clock may run ahead."""
    rows = _rows(conn, "audit_kiosk_future", museum, tolerance=CLOCK_TOLERANCE, limit=SAMPLE)
    count = rows[0]["presses"] if rows else 0
    return Finding(
        passed=not rows,
        description=f"{count} presses lie in the future, the latest at {rows[0]['at']}: check the clocks of the kiosks "
        "and of the database"
        if rows
        else "no press lies in the future",
        metadata={"presses": count, "latest": [{name: str(value) for name, value in row.items()} for row in rows]},
    )


def books(conn: Connection, museum: str) -> list[dict[str, Any]]:
    """Return what was read of files and of the stream, what became of it, and how many presses the tables hold."""
    return _rows(conn, "audit_kiosk_books", museum)


def books_agree(conn: Connection, museum: str) -> Finding:
    """Read = loaded + rejected + duplicate, and as many presses are in the tables as files and stream loaded."""
    found = books(conn, museum)
    problems = []
    for row in found:
        accounted = row["loaded"] + row["rejected"] + row["duplicate"]
        if row["read"] != accounted:
            problems.append(f"{row['origin']}: {row['read']} read but {accounted} accounted for")
        if row["loaded"] != row["stored"]:
            problems.append(f"{row['origin']}: {row['loaded']} were loaded but the tables hold {row['stored']}")
    loaded, read = (sum(row[name] for row in found) for name in ("loaded", "read"))
    return Finding(
        passed=not problems,
        description=f"{'; '.join(problems)}: somebody else wrote kiosk.review or kiosk.incident, or the books"
        if problems
        else f"all {read} rows and messages are accounted for, {loaded} of them loaded",
        metadata={"books": found},
    )


def sites_known(conn: Connection, museum: str) -> Finding:
    """Every site that presses came from has an exhibition; the others' presses wait as dead letters."""
    rows = _rows(conn, "audit_kiosk_sites", museum)
    waiting = sum(row["presses"] for row in rows)
    sites: Counter[str] = Counter()
    for row in rows:
        sites[row["site"] or "not told"] += row["presses"]
    named = ", ".join(f"{site} ({count})" for site, count in sites.most_common(SAMPLE))
    return Finding(
        passed=not rows,
        description=f"{waiting} presses wait for the exhibitions of {len(sites)} unknown sites: {named}. They are "
        f"loaded by themselves when a file {kiosks(museum).exhibition_pattern} names the exhibition; close "
        f"what is noise with `museum dead-letters close --museum {museum} --reason unknown_site`"
        if rows
        else "every site seen has an exhibition",
        metadata={"presses": waiting, "sites": dict(sites.most_common(SAMPLE))},
        warn=True,
    )


def open_days_have_data(conn: Connection, museum: str) -> Finding:
    """Between the first press and the last there is none of the museum's open days without any."""
    days = [row["day"].isoformat() for row in _rows(conn, "audit_kiosk_silent_days", museum)]
    more = f" and {len(days) - SAMPLE} more" if len(days) > SAMPLE else ""
    return Finding(
        passed=not days,
        description=f"{len(days)} open days have no press at all: {', '.join(days[:SAMPLE])}{more}. Ask the museum for "
        "the files of these days; weekdays without visitors are `closed_on` of its KioskMuseum"
        if days
        else "no open day is without data",
        metadata={"days": len(days), "first": days[:SAMPLE]},
        warn=True,
    )


def one_origin_a_day(conn: Connection, museum: str) -> Finding:
    """No day has presses of both a history file and the stream: the two are not matched, and might count twice."""
    rows = _rows(conn, "audit_kiosk_origins", museum)
    days = [row["day"].isoformat() for row in rows]
    more = f" and {len(days) - SAMPLE} more" if len(days) > SAMPLE else ""
    return Finding(
        passed=not rows,
        description=f"{len(rows)} days have presses from files and from the stream, which may be the same visitors: "
        f"{', '.join(days[:SAMPLE])}{more}. Ask the museum which of the two is complete"
        if rows
        else "no day has presses of both origins",
        metadata={"days": len(rows), "first": [row | {"day": row["day"].isoformat()} for row in rows[:SAMPLE]]},
        warn=True,
    )
