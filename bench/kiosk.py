"""Loading a bucket of kiosk files, and printing this process's peak memory in bytes: `python -m bench.kiosk`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import LiteralString

import numpy as np
from psycopg import sql

from bench.measuring import rate
from bench.peak import peak_bytes
from museum_assets.kiosk.assets.frame_types import checked, exhibitions_type, presses_type
from museum_assets.kiosk.files.combine_exhibitions import combine_exhibitions
from museum_assets.kiosk.files.combine_history import combine_history
from museum_assets.kiosk.files.combined import open_combined
from museum_assets.kiosk.files.feedback import LoadReport, load_combined
from museum_assets.museums import kiosks
from museum_assets.simulator.kiosk import EXHIBITS, LATE, exhibition
from resources.platform import Platform
from resources.postgres import Connection, Database
from resources.s3 import ObjectStore

MUSEUM = kiosks("lmnh")
HEADER = b"at,site,val,type\n"
FIRST = datetime(2018, 1, 1, tzinfo=UTC)
BROKEN = 1_000
"""One row in so many breaks a rule."""


def histories(files: int, rows: int) -> Iterator[tuple[str, bytes]]:
    """Yield history files: each has its own weeks, unsorted like the real ones, 1,500 presses an hour."""
    chance = np.random.default_rng(1)
    sites = len(EXHIBITS["lmnh"]) - len(LATE)
    for file in range(files):
        start = int(FIRST.timestamp()) + file * rows * 2
        at = np.datetime64(start, "s") + chance.integers(0, rows * 2, rows).astype("timedelta64[s]")
        site, val = chance.integers(0, sites, rows), chance.integers(-1, 5, rows)
        broken = chance.integers(0, BROKEN, rows) == 0
        kind = np.where(val < 0, np.where(chance.integers(0, 40, rows), "0.0", "1.0"), np.where(broken, "7.0", ""))
        columns = (np.char.replace(at.astype(str), "T", " "), site.astype(str), val.astype(str), kind)
        yield f"lmnh_hist_data_{file}.csv", HEADER + "\n".join(map(",".join, zip(*columns, strict=True))).encode()


def fill(store: ObjectStore, files: int, rows: int) -> list[bytes]:
    """Put exhibitions and histories into the bucket; return the histories."""
    store.ensure_bucket()
    for site in range(len(EXHIBITS["lmnh"]) - len(LATE)):
        store.put(f"lmnh_exhibition_{site}.json", exhibition(MUSEUM, site), content_type="application/json")
    made = []
    for key, body in histories(files, rows):
        store.put(key, body, content_type="text/csv")
        made.append(body)
    return made


def combined(platform: Platform) -> None:
    """Make both combined files, as the assets do."""
    source, target = platform.kiosk_source("lmnh"), platform.bucket(platform.settings.kiosk_combined_bucket)
    combine_exhibitions(source, MUSEUM, target, checked(exhibitions_type()))
    with open_combined(target, "lmnh", "exhibition") as exhibitions:
        sites = exhibitions.sites()
    combine_history(source, MUSEUM, target, sites, datetime.now(UTC), checked(presses_type(MUSEUM)))


def loaded(platform: Platform) -> LoadReport:
    """Load the combined files into the tables, as the asset does."""
    target = platform.bucket(platform.settings.kiosk_combined_bucket)
    with (
        open_combined(target, "lmnh", "exhibition") as exhibitions,
        open_combined(target, "lmnh", "history") as history,
    ):
        return load_combined(platform.database(), MUSEUM, exhibitions, history)


def copies(database: Database, bodies: list[bytes], rows: int, table: LiteralString) -> Callable[[], float]:
    """Return a measurement of COPY of the same files' text: every row of the file, into a table that is made anew."""

    def copy(conn: Connection) -> None:
        with conn.transaction():
            for body in bodies:
                with conn.cursor() as cursor, cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as out:
                    out.write(body)

    def measure() -> float:
        with database.connect() as conn:
            conn.execute("DROP TABLE IF EXISTS bare")
            conn.execute(sql.SQL(table))
            conn.execute("CHECKPOINT")
            return rate(rows, lambda: copy(conn))

    return measure


if __name__ == "__main__":
    combined(Platform.from_settings())
    loaded(Platform.from_settings())
    print(peak_bytes())
