"""Releases: the commit of a large museum beside a small one's, building, reading through the views, and summaries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

import psycopg
from psycopg import sql

from bench.bench import Bench
from bench.measuring import Rates, Result, Target, alternated, per_second, rate, ratio
from museum_assets.releases.promotion.build import build
from museum_assets.releases.promotion.summary import Side, compare
from museum_assets.releases.record import Release, begin, live, move_pointer, set_state
from museum_assets.releases.rows import connected
from museum_assets.releases.schema import Table, tables_of
from museum_assets.releases.staging.candidate import stage_candidate
from resources.postgres import Connection, Database

LARGE, SMALL = "met", "smk"
STAGE = """
    INSERT INTO staging.artwork (museum, record_id, record_seq, object_number, museum_db_id, title, artists,
        production_date_start, production_date_end, period, work_types, searchable_work_types, thumbnail_url, image_url,
        rights, source_url, row_hash)
    SELECT %(museum)s, n::text, n, '19' || n %% 100 || '.' || n, n::text,
        'Portrait of sitter ' || n || ' in a landscape',
        ARRAY['Artist ' || n %% 50000], 1500 + n %% 500, 1500 + n %% 500, (1500 + n %% 500)::text, ARRAY['Paintings'],
        ARRAY['painting'], 'https://images.example.org/' || n || '/web-large.jpg',
        'https://images.example.org/' || n || '/original.jpg', 'CC0', 'https://example.org/art/' || n,
        sha256(n::text::bytea)
    FROM generate_series(1, %(works)s) AS n
"""
CHANGE = """
    UPDATE staging.artwork SET title = title || ', restored' WHERE museum = %(museum)s AND record_seq %% 100 = 0
"""
QUERIES = {
    "one work": "SELECT title FROM {} WHERE museum = 'met' AND object_number = '1977.77'",
    "a hundred works": "SELECT title FROM {} WHERE museum = 'met' AND object_number = ANY"
    " (ARRAY(SELECT '19' || n % 100 || '.' || n FROM generate_series(100, 199) AS n))",
    "a museum's count": "SELECT count(*) FROM {} WHERE museum = 'met'",
    "works by year": "SELECT production_date_start, count(*) FROM {} WHERE museum = 'met' GROUP BY 1",
}


def measure(bench: Bench) -> Iterator[Result]:
    """Stage a large and a small museum, publish each twice, and measure."""
    works = {LARGE: bench.size(2_000_000, 100_000), SMALL: bench.size(20_000, 1_000)}
    with bench.database() as database, connected(database) as conn:
        for museum, count in works.items():
            conn.execute(STAGE, {"museum": museum, "works": count})
            published(database, conn, museum)
            conn.execute(CHANGE, {"museum": museum})
        artwork = next(table for table in tables_of(conn, LARGE) if table.name == "artwork")
        for museum in works:
            stage_candidate(database, database, museum)
        yield summary(bench, conn, artwork, works[LARGE])
        yield building(bench, conn, artwork, works[LARGE])
        for museum in works:
            published(database, conn, museum, made=True)
        yield from commits(bench, database, conn, works)
        yield from reading(bench, database, conn)


def published(database: Database, conn: Connection, museum: str, *, made: bool = False) -> Release:
    """Make what is staged of a museum its next release."""
    if not made:
        stage_candidate(database, database, museum)
    release = begin(conn, museum, by="bench", why="bench")
    build(conn, conn, tables_of(conn, museum), release, same=True)
    set_state(conn, release, "ready", was=["building"])
    move_pointer(conn, museum, "promote", from_=live(conn, museum), to=release.id, by="bench", why="bench")
    return release


def summary(bench: Bench, conn: Connection, artwork: Table, works: int) -> Result:
    """Compare the candidate with what is live, in rows of the candidate per second."""
    rates = alternated(
        bench.size(5, 3),
        {
            "summary": lambda: rate(
                works, lambda: compare(Side(conn, LARGE, candidate=True), Side(conn, LARGE, 1), artwork)
            )
        },
    )
    return Result("release", f"summary of {works:,} artworks", median(rates["summary"]), "rows/s",
                  Target("at least", 50_000), "one in a hundred changed")  # fmt: skip


def building(bench: Bench, conn: Connection, artwork: Table, works: int) -> Result:
    """Build a release's artworks, verified, against INSERT … SELECT into a table with the same indexes."""
    columns = sql.SQL(", ").join(map(sql.Identifier, ("museum", *artwork.columns, "row_hash")))

    def ours() -> float:
        release = begin(conn, LARGE, by="bench", why="bench")
        rated = rate(works, lambda: build(conn, conn, [artwork], release, same=True))
        set_state(conn, release, "failed", was=["building"])
        return rated

    def plain() -> float:
        conn.execute("DROP TABLE IF EXISTS plain")
        conn.execute("CREATE TABLE plain (LIKE production.artwork_release INCLUDING INDEXES)")
        statement = sql.SQL("INSERT INTO plain (slot, {}) SELECT 1, {} FROM candidate.artwork WHERE museum = {}")
        return rate(works, lambda: conn.execute(statement.format(columns, columns, LARGE)))

    rates = alternated(bench.size(3, 2), {"build": ours, "INSERT … SELECT": plain})
    note = per_second(rates, "rows")
    return Result("release", f"build of {works:,} artworks, verified, of INSERT … SELECT",
                  100 * ratio(rates, "build", "INSERT … SELECT"), "%", Target("at least", 50), note)  # fmt: skip


def commits(bench: Bench, database: Database, conn: Connection, works: dict[str, int]) -> Iterator[Result]:
    """Commit and roll back both museums in turns, while a reader holds a REPEATABLE READ transaction open."""
    ends = {}
    for museum in works:
        rows = conn.execute(
            "SELECT release_id FROM production.release WHERE museum = %s AND state = 'ready' ORDER BY 1", (museum,)
        ).fetchall()
        ends[museum] = (rows[0]["release_id"], rows[-1]["release_id"])

    def moving(museum: str, target: int) -> float:
        action = "promote" if target == ends[museum][1] else "rollback"
        start = time.perf_counter()
        move_pointer(conn, museum, action, from_=live(conn, museum), to=target, by="bench", why="bench")  # type: ignore[arg-type]
        return 1 / (time.perf_counter() - start)

    with reader(database):
        times: dict[str, Rates] = {"commit": {}, "rollback": {}}
        for _ in range(bench.size(50, 20)):
            for number, name in ((0, "rollback"), (1, "commit")):
                for museum in works:
                    times[name].setdefault(museum, []).append(moving(museum, ends[museum][number]))
    for name, rates in times.items():
        note = ", ".join(
            f"{works[museum]:,} artworks {1000 / median(rates[museum]):.1f} ms, at most {1000 / min(rates[museum]):.1f}"
            for museum in works
        )
        yield Result("release", f"{name}, large museum against small one", ratio(rates, SMALL, LARGE), "times",
                     Target("at most", 1.5), f"beside a reader in REPEATABLE READ: {note}")  # fmt: skip


@contextmanager
def reader(database: Database) -> Iterator[None]:
    """Hold a REPEATABLE READ transaction open that has read both museums."""
    with psycopg.connect(database.url) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        conn.execute("SELECT museum, count(*) FROM production.artwork GROUP BY museum").fetchall()
        yield


def reading(bench: Bench, database: Database, conn: Connection) -> Iterator[Result]:
    """Ask the view what is asked of a plain table with the same rows and indexes."""
    (slot,) = (row["slot"] for row in conn.execute(
        "SELECT slot FROM production.current_release WHERE museum = %s", (LARGE,)))  # fmt: skip
    conn.execute("DROP TABLE IF EXISTS plain")
    conn.execute("CREATE TABLE plain (LIKE production.artwork_release INCLUDING INDEXES)")
    conn.execute(
        "INSERT INTO plain SELECT * FROM production.artwork_release WHERE museum = %s AND slot = %s", (LARGE, slot)
    )
    conn.execute("VACUUM ANALYZE plain")
    with psycopg.connect(database.url, autocommit=True) as client:
        for what, statement in QUERIES.items():
            times = bench.size(2_000, 200) if "work" in what and "year" not in what else 3
            sides: dict[str, Callable[[], float]] = {
                name: lambda source=source: rate(times, lambda: _asked(client, statement.format(source), times))  # type: ignore[misc] # noqa: B023
                for name, source in (("view", "production.artwork"), ("plain", "plain"))
            }
            # Many rounds: a tenth of a look-up is 6 us, which the machine's other work moves more than that.
            rates = alternated(bench.size(9, 3), sides)
            yield Result("release", f"{what} through the view, against a plain table", ratio(rates, "plain", "view"),
                         "times", Target("at most", 1.2), _milliseconds(rates))  # fmt: skip


def _asked(client: psycopg.Connection[tuple[object, ...]], statement: str, times: int) -> None:
    for _ in range(times):
        client.execute(statement).fetchall()


def _milliseconds(rates: Rates) -> str:
    return ", ".join(f"{name} {1000 / median(values):.3f} ms" for name, values in rates.items())
