"""A fault at the n-th thing that a process does to a service: a statement, a commit, an object, a point.

Counting makes a kill repeatable where a clock would not: the seed says at which operation it falls.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

import psycopg

STRIKES = ("kill", "term", "backend", "crash", "s3_500", "s3_slow_down", "s3_cut")
"""What can happen: SIGKILL or SIGTERM to the process, all its connections ended, Postgres killed, S3 failing."""

STRUCK = "the strike falls here"
S3_MISHAPS = {"s3_500": "500", "s3_slow_down": "503", "s3_cut": "cut"}


class Tripwire:
    """Counts what the process does and strikes once, at the operation numbered `at`."""

    def __init__(self, at: int, strike: Callable[[], None]) -> None:
        self.at, self.count = at, 0
        self._strike = strike
        self._lock = threading.Lock()

    def step(self) -> None:
        """Count one operation."""
        with self._lock:
            self.count += 1
            struck = self.count == self.at
        if struck:
            self._strike()

    def watch(self, owner: Any, name: str) -> None:
        """Count each call of a method before it is done."""
        method = getattr(owner, name)

        @functools.wraps(method)
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.step()
            return method(*args, **kwargs)

        setattr(owner, name, counted)


def install(at: int, strike: str, burst: int) -> Tripwire:
    """Watch everything that this process does to Postgres, S3 and the vector index; it is not undone."""
    from resources.s3 import ObjectStore
    from resources.vector_index.edge import EdgeSession

    wire = Tripwire(at, functools.partial(_strike, strike, burst))
    for owner, names in (
        (psycopg.Cursor, ("execute", "executemany", "copy")),
        # A commit: the last statement of a transaction is not yet its end.
        (psycopg.Transaction, ("__exit__",)),
        (ObjectStore, ("put", "get", "head", "delete_many", "list")),
        (EdgeSession, ("_insert", "_merge", "_write_vectors", "_set_key", "_drop_key", "_put", "set_where",
                       "_delete_where", "delete_points", "optimise")),
    ):  # fmt: skip
        for name in names:
            wire.watch(owner, name)
    return wire


def _strike(strike: str, burst: int) -> None:
    sys.stdout.write(f"{STRUCK}\n")
    if strike == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif strike == "term":
        os.kill(os.getpid(), signal.SIGTERM)
    elif strike == "backend":
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    elif strike == "crash":
        # SIGQUIT: the server ends at once and recovers from its log when it is started again.
        os.kill(int(os.environ["ROBUSTNESS_POSTGRES"]), signal.SIGQUIT)
    else:
        url = f"{os.environ['S3_ENDPOINT_URL']}/_mishaps?kind={S3_MISHAPS[strike]}&count={burst}"
        with urllib.request.urlopen(url):
            pass
