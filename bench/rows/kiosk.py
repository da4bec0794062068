"""The kiosks' history: a bucket of files into the tables, against COPY of the same files and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import LiteralString

from bench.bench import Bench
from bench.collection import emptied
from bench.kiosk import combined, copies, fill, loaded
from bench.measuring import Result, Target, alternated, per_second, rate, ratio
from resources.platform import Platform
from resources.postgres import Database

TABLES = ("kiosk.review", "kiosk.incident", "kiosk.file", "ops.dead_letter")
BARE: LiteralString = "CREATE TABLE bare (at timestamptz, site integer, val smallint, type real)"
INDEXED: LiteralString = BARE + "; CREATE INDEX ON bare (at, site, val, type)"
FILES = 50


def measure(bench: Bench) -> Iterator[Result]:
    """Load the same bucket anew each round; then load two buckets, one ten times the other, in fresh processes."""
    rows = bench.size(100_000, 10_000)
    with bench.platform() as platform:
        database = platform.database()
        platform.bucket(platform.settings.kiosk_combined_bucket).ensure_bucket()
        bodies = fill(platform.kiosk_source("lmnh"), FILES, rows)

        def both() -> None:
            combined(platform)
            loaded(platform)

        def everything() -> float:
            emptied(database, *TABLES)
            return rate(FILES * rows, both)

        def load() -> float:
            emptied(database, *TABLES)
            return rate(FILES * rows, lambda: loaded(platform))

        sides = {
            "both steps": everything,
            "load": load,
            "bare COPY": copies(database, bodies, FILES * rows, BARE),
            "COPY into an indexed table": copies(database, bodies, FILES * rows, INDEXED),
        }
        rates = alternated(bench.size(3, 2), sides)
        peak = _peak(platform, database)
        platform.kiosk_source("lmnh").delete_many(f"lmnh_hist_data_{n}.csv" for n in range(FILES // 10, FILES))
        small = _peak(platform, database)
    note = per_second(rates, "rows") + f"; {FILES} files of {rows:,} rows"
    yield Result("kiosk", "load of the combined kiosk files into the tables, of a bare COPY",
                 100 * ratio(rates, "load", "bare COPY"), "%", Target("at least", 100 / 3), note)  # fmt: skip
    yield Result("kiosk", "the same with combining them from the bucket's files, of a bare COPY",
                 100 * ratio(rates, "both steps", "bare COPY"), "%", Target("at least", 100 / 3), note)  # fmt: skip
    yield Result("kiosk", "both, of a COPY into a table with an index over the same columns",
                 100 * ratio(rates, "both steps", "COPY into an indexed table"), "%", None, note)  # fmt: skip
    yield Result("kiosk", "peak memory of that load, against one of a tenth of the files", peak / small, "times",
                 Target("at most", 1.2), f"{peak / 1e6:,.0f} MB and {small / 1e6:,.0f} MB, the interpreter and its "
                 "libraries included")  # fmt: skip


def _peak(platform: Platform, database: Database) -> int:
    """Load everything in a process that does nothing else; return its largest resident size in bytes."""
    emptied(database, *TABLES)
    secret = platform.settings.aws_secret_access_key
    services = {
        "DATABASE_URL": platform.settings.database_url,
        "S3_ENDPOINT_URL": platform.settings.s3_endpoint_url,
        "AWS_ACCESS_KEY_ID": platform.settings.aws_access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret.get_secret_value() if secret else None,
    }
    child = subprocess.run(
        [sys.executable, "-m", "bench.kiosk"],
        env={**os.environ, **{name: value for name, value in services.items() if value}},
        stdout=subprocess.PIPE,
        check=True,
    )
    return int(child.stdout)
