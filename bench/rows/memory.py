"""Peak memory of a long stage, in a process that does nothing else (`bench.peak`)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

from bench.bench import Bench
from bench.collection import harvested, records
from bench.measuring import Result, Target


def measure(bench: Bench) -> Iterator[Result]:
    """Transform a large collection in a child process."""
    count = bench.size(200_000, 20_000)
    with bench.platform() as platform:
        database = platform.database()
        harvested(database, records(count))
        child = subprocess.run(
            [sys.executable, "-m", "bench.peak"],
            env={**os.environ, "DATABASE_URL": database.url},
            stdout=subprocess.PIPE,
            check=True,
        )
        with database.connect() as conn:
            done = conn.execute("SELECT count(*) AS done FROM staging.artwork").fetchone()
    assert done == {"done": count}
    yield Result("memory", f"peak memory of transforming {count:,} records", int(child.stdout) / 1e6, "MB",
                 Target("at most", 400), "the run's process and those that read for it, all told")  # fmt: skip
