"""A tab-delimited file imported whole, against a bare COPY of its bytes into a table of the same types."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.archive import COLUMNS, generate
from bench.bench import Bench
from bench.measuring import Result, Target, alternated, per_second, rate, ratio
from resources.postgres import Database


def measure(bench: Bench) -> Iterator[Result]:
    """Import the same file anew each round, in a process of its own; two rounds, of minutes each."""
    megabytes = bench.size(1000, 100)
    peaks: list[int] = []
    with tempfile.TemporaryDirectory(prefix="museum-bench-") as folder, bench.database() as database:
        path = Path(folder) / "bench.txt"
        rows = generate(path, megabytes * 1_000_000)

        def ours() -> float:
            command = [sys.executable, "-m", "bench.archive", str(path)]
            environment = {**os.environ, "DATABASE_URL": database.url}
            child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
            seconds, peak, loaded = child.stdout.split()
            assert int(loaded) == rows
            peaks.append(int(peak))
            _forget(database)
            return megabytes / float(seconds)

        sides = {"import": ours, "COPY": lambda: _bare(database, path, megabytes)}
        rates = alternated(2, sides)
    note = f"{rows:,} rows; {per_second(rates, 'MB')}"
    yield Result("archive", f"import of {megabytes:,} MB, of a bare COPY", 100 * ratio(rates, "import", "COPY"), "%",
                 Target("at least", 33.3), note)  # fmt: skip
    yield Result("archive", f"peak memory of importing {megabytes:,} MB", max(peaks) / 1e6, "MB",
                 Target("at most", 300), "the whole process, the interpreter and its libraries included")  # fmt: skip


def _bare(database: Database, path: Path, megabytes: int) -> float:
    columns = ", ".join(f"{name} {column.sql_type}" for name, column in COLUMNS.items())

    def copy() -> None:
        # An empty field is NULL, as the import has it.
        statement = "COPY bare FROM STDIN (ENCODING 'LATIN1', NULL '')"
        with conn.transaction(), conn.cursor() as cursor, cursor.copy(statement) as writing, path.open("rb") as file:
            while body := file.read(1 << 20):
                writing.write(body)

    with database.connect() as conn:
        conn.execute(f"CREATE TABLE bare ({columns})")  # names of ours
        conn.execute("CHECKPOINT")
        measured = rate(megabytes, copy)
        conn.execute("DROP TABLE bare")
    return measured


def _forget(database: Database) -> None:
    """Drop what an import left, and flush it to the disk, so that nobody else pays for it."""
    with database.connect() as conn:
        conn.execute("DROP VIEW archive.bench")
        conn.execute("DROP TABLE archive.bench__all")
        conn.execute("TRUNCATE ops.archive_import, ops.archive_current, ops.archive_duplicate")
        conn.execute("CHECKPOINT")
