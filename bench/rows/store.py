"""raw_metadata: a harvest from memory against the least Postgres can do, and against a transaction per record."""

from __future__ import annotations

from collections.abc import Iterator

from bench.baselines import bare_copy, store_each
from bench.bench import Bench
from bench.collection import emptied, harvested, records
from bench.measuring import Result, Target, alternated, per_second, rate, ratio

TABLES = ("raw.record", "ops.harvest", "ops.harvest_page", "ops.ledger")


def measure(bench: Bench) -> Iterator[Result]:
    """Harvest the same records anew each round."""
    found = records(bench.size(100_000, 15_000))
    few = found[: bench.size(300, 150)]
    with bench.database() as database:

        def ours() -> float:
            emptied(database, *TABLES)
            return rate(len(found), lambda: harvested(database, found))

        def one_by_one() -> float:
            emptied(database, *TABLES)
            with database.connect() as conn:
                return rate(len(few), lambda: store_each(conn, few))

        sides = {"harvest": ours, "COPY": bare_copy(database, found), "one by one": one_by_one}
        rates = alternated(bench.size(5, 3), sides)
    note = per_second(rates, "records")
    yield Result("store", "raw store, of a bare COPY", 100 * ratio(rates, "harvest", "COPY"), "%",
                 Target("at least", 60), note)  # fmt: skip
    yield Result("store", "raw store, against a transaction per record", ratio(rates, "harvest", "one by one"),
                 "times", Target("at least", 8), note)  # fmt: skip
