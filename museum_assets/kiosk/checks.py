"""Checks of one museum's kiosks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any, LiteralString

from museum_assets.core.findings import SAMPLE, Finding
from museum_assets.kiosk.files.bucket import list_files
from museum_assets.museums import kiosks
from museum_assets.museums.kiosk_files import FILE_KINDS
from museum_assets.museums.kiosk_museum import CLOCK_TOLERANCE, KioskMuseum
from resources.postgres import Connection
from resources.s3 import ObjectStore
from sql import query

PressCheck = Callable[[Connection, str], Finding]


def _rows(conn: Connection, statement: LiteralString, slug: str, **params: Any) -> list[dict[str, Any]]:
    return conn.execute(statement, {"museum": slug, **params}).fetchall()


def needs_presses(check: PressCheck) -> PressCheck:
    """Return the check, changed to pass only where the museum has presses: over none it has checked nothing."""

    @wraps(check)
    def checked(conn: Connection, slug: str) -> Finding:
        finding = check(conn, slug)
        return finding if not finding.passed or _has_presses(conn, slug) else without_presses(slug)

    return checked


def without_presses(slug: str) -> Finding:
    """Return the finding for a museum without presses: nothing to check, and how to load some."""
    return Finding.nothing(
        f"no press of {slug} was read; `museum kiosk put FILE --museum {slug}` and then "
        f"`museum kiosk load --museum {slug}` load a history file; KAFKA_BOOTSTRAP_SERVERS turns the live stream on"
    )


def _has_presses(conn: Connection, slug: str) -> bool:
    reviews = conn.execute("SELECT FROM kiosk.review WHERE museum = %s LIMIT 1", (slug,))
    incidents = conn.execute("SELECT FROM kiosk.incident WHERE museum = %s LIMIT 1", (slug,))
    return bool(reviews.fetchone() is not None or incidents.fetchone() is not None)


@needs_presses
def presses_have_exhibitions(conn: Connection, slug: str) -> Finding:
    """Every review and every incident belongs to an exhibition."""
    rows = _rows(conn, query("kiosk_checks.orphans"), slug)
    count = sum(row["presses"] for row in rows)
    ids = ", ".join(str(row["exhibition_id"]) for row in rows[:SAMPLE])
    return Finding(
        passed=not rows,
        description=f"{count} presses belong to no exhibition (ids {ids}): add the exhibition's file to the bucket, or "
        "find out who wrote to kiosk.review and kiosk.incident with their triggers off"
        if rows
        else "every press belongs to an exhibition",
        metadata={"presses": count, "exhibitions": rows[:SAMPLE]},
    )


@needs_presses
def plausible_times(conn: Connection, slug: str) -> Finding:
    """Every press lies in the past, and no press before the museum's first day with kiosks."""
    rows = _rows(conn, query("kiosk_checks.implausible"), slug, tolerance=CLOCK_TOLERANCE, limit=SAMPLE)
    count = rows[0]["presses"] if rows else 0
    return Finding(
        passed=not rows,
        description=f"{count} presses lie in the future or before {kiosks(slug).since}, the latest at "
        f"{rows[0]['at']}: check the clocks of the kiosks and of the database, and take back the file that they came "
        f"from with `museum kiosk unload FILE --museum {slug}`"
        if rows
        else "every press lies in the past, and none before the museum's first day with kiosks",
        metadata={"presses": count, "latest": [{name: str(value) for name, value in row.items()} for row in rows]},
    )


def books(conn: Connection, slug: str) -> list[dict[str, Any]]:
    """Return the books of files and of the stream, each beside how many presses the tables hold."""
    return _rows(conn, query("kiosk_checks.books"), slug)


def books_agree(conn: Connection, slug: str) -> Finding:
    """Read = loaded + rejected + duplicate, and the tables hold every press that was loaded."""
    origins = books(conn, slug)
    problems = []
    for row in origins:
        accounted = row["loaded"] + row["rejected"] + row["duplicate"]
        if row["read"] != accounted:
            problems.append(f"{row['origin']}: {row['read']} read but {accounted} accounted for")
        if row["loaded"] != row["stored"]:
            problems.append(f"{row['origin']}: {row['loaded']} were loaded but the tables hold {row['stored']}")
    loaded, read = (sum(row[name] for row in origins) for name in ("loaded", "read"))
    if not read and not problems:
        return without_presses(slug)
    return Finding(
        passed=not problems,
        description=f"{'; '.join(problems)}: another program wrote to kiosk.review, kiosk.incident or the books"
        if problems
        else f"all {read} rows and messages are accounted for, {loaded} of them loaded",
        metadata={"books": origins},
    )


@needs_presses
def sites_known(conn: Connection, slug: str) -> Finding:
    """Every site that sent presses has an exhibition. Presses of an unknown site wait as dead letters."""
    rows = _rows(conn, query("kiosk_checks.unknown_sites"), slug)
    waiting = sum(row["presses"] for row in rows)
    sites: Counter[str] = Counter()
    for row in rows:
        sites[row["site"] or "no site"] += row["presses"]
    named = ", ".join(f"{site} ({count})" for site, count in sites.most_common(SAMPLE))
    return Finding(
        passed=not rows,
        description=f"{waiting} presses wait for the exhibitions of {len(sites)} unknown sites: {named}. They are "
        f"loaded by themselves when a file {kiosks(slug).exhibition_pattern} names the exhibition. "
        f'Settle noise with `museum dead-letters close --museum {slug} --reason unknown_site --note "…"`'
        if rows
        else "every site that sent presses has an exhibition",
        metadata={"presses": waiting, "sites": dict(sites.most_common(SAMPLE))},
        warn=True,
    )


def no_file_held(conn: Connection, slug: str) -> Finding:
    """No history file waits for a person because nearly every row of it recurs."""
    rows = _rows(conn, query("kiosk_checks.held_files"), slug)
    names = ", ".join(row["file"] for row in rows[:SAMPLE])
    return Finding(
        passed=not rows,
        description=f"{len(rows)} history files are held, since nearly every row stands in them more than once: "
        f"{names}. `museum dead-letters replay --source kiosk_file --museum {slug} --reason rows_recur` loads them all "
        f"the same, `museum dead-letters close --source kiosk_file --museum {slug} --reason rows_recur` "
        "leaves them out"
        if rows
        else "no history file is held",
        metadata={"files": len(rows), "first": rows[:SAMPLE]},
        warn=True,
    )


@needs_presses
def open_days_have_data(conn: Connection, slug: str) -> Finding:
    """Every open day between the first press and the last has presses."""
    days = [row["day"].isoformat() for row in _rows(conn, query("kiosk_checks.silent_days"), slug)]
    more = f" and {len(days) - SAMPLE} more" if len(days) > SAMPLE else ""
    return Finding(
        passed=not days,
        description=f"{len(days)} open days have no press: {', '.join(days[:SAMPLE])}{more}. Ask the museum for "
        "the files of these days; list weekdays without visitors in `closed_on` of its KioskMuseum"
        if days
        else "every open day has presses",
        metadata={"days": len(days), "first": days[:SAMPLE]},
        warn=True,
    )


@needs_presses
def one_origin_a_day(conn: Connection, slug: str) -> Finding:
    """Each day's presses come from one origin: a file and the stream would count the same press twice."""
    rows = _rows(conn, query("kiosk_checks.origins"), slug)
    days = [row["day"].isoformat() for row in rows]
    more = f" and {len(days) - SAMPLE} more" if len(days) > SAMPLE else ""
    return Finding(
        passed=not rows,
        description=f"{len(rows)} days have presses from files and from the stream, which may be the same visitors: "
        f"{', '.join(days[:SAMPLE])}{more}. Ask the museum which of the two is complete"
        if rows
        else "each day's presses come from one origin",
        metadata={"days": len(rows), "first": [row | {"day": row["day"].isoformat()} for row in rows[:SAMPLE]]},
        warn=True,
    )


def files_accounted(conn: Connection, museum: KioskMuseum, store: ObjectStore) -> Finding:
    """Every kiosk file in the museum's bucket has an outcome in `kiosk.file`, for the version in the bucket."""
    listed = [file for kind in FILE_KINDS for file in list_files(store, museum, kind)]
    if not listed:
        return Finding.nothing(
            f"bucket {store.bucket} holds no kiosk file of {museum.slug}; "
            f"`museum kiosk put FILE --museum {museum.slug}` puts one there"
        )
    rows = conn.execute(query("kiosk_files.known"), {"museum": museum.slug, "keys": [file.key for file in listed]})
    known = {(row["key"], row["etag"]) for row in rows}
    missing = sorted(file.key for file in listed if (file.key, file.etag) not in known)
    more = f" and {len(missing) - SAMPLE} more" if len(missing) > SAMPLE else ""
    return Finding(
        passed=not missing,
        description=f"{len(missing)} of {len(listed)} files have no outcome yet: {', '.join(missing[:SAMPLE])}{more}. "
        "A file that came during the run is loaded by the next one. A file that could not be fetched is tried again; "
        "the metadata of combined_exhibitions or combined_kiosk_data says why it could not"
        if missing
        else f"all {len(listed)} files of the bucket have their outcome",
        metadata={"files": len(listed), "without an outcome": len(missing), "first": missing[:SAMPLE]},
        warn=True,
    )
