"""transformed_artworks against the least Postgres can do with the raw bytes, and a transaction per record."""

from __future__ import annotations

from collections.abc import Iterator

from bench.baselines import bare_copy, transform_each
from bench.bench import Bench
from bench.collection import emptied, harvested, records, transformed
from bench.measuring import Result, Target, alternated, per_second, rate, ratio

TABLES = ("staging.artwork", "ops.ledger")


def measure(bench: Bench) -> Iterator[Result]:
    """Transform the same records anew each round."""
    found = records(bench.size(100_000, 15_000))
    few = [record.id for record in found[: bench.size(300, 150)]]
    with bench.database() as database:
        harvested(database, found)

        def ours() -> float:
            emptied(database, *TABLES)
            return rate(len(found), lambda: transformed(database))

        def one_by_one() -> float:
            emptied(database, *TABLES)
            with database.connect() as conn:
                return rate(len(few), lambda: transform_each(conn, few))

        sides = {"stage": ours, "COPY": bare_copy(database, found), "one by one": one_by_one}
        rates = alternated(bench.size(5, 3), sides)
    note = per_second(rates, "records")
    yield Result("transform", "transform, of a bare COPY of the raw bytes", 100 * ratio(rates, "stage", "COPY"), "%",
                 Target("at least", 40), note)  # fmt: skip
    yield Result("transform", "transform, against a transaction per record", ratio(rates, "stage", "one by one"),
                 "times", Target("at least", 8), note)  # fmt: skip
