"""Running a finished stage again: what the ledger makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from bench.bench import Bench
from bench.collection import MUSEUM, harvested, records, transformed
from bench.measuring import Result, Target
from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.artworks.transform import TransformStage
from museum_assets.collection.vectors.index import IndexStage
from museum_assets.collection.vectors.stages import indexed_artworks
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Stage
from museum_assets.museums.smk import Smk
from resources.platform import Platform
from resources.postgres import Database
from resources.vector_index.edge import EdgeVectorIndex

AGAIN = 3
"""Re-runs, of which the median counts; the first run is too long to repeat."""


def measure(bench: Bench) -> Iterator[Result]:
    """Run each stage once over everything, then over nothing."""
    with _collection(bench, bench.size(100_000, 20_000)) as (platform, count):
        yield _rerun(platform.database(), transformed_artworks.bind(TransformStage(Smk()), "bench"), count)
    with _collection(bench, bench.size(20_000, 5_000)) as (platform, count):
        database = platform.database()
        transformed(database)
        index = EdgeVectorIndex(platform.settings.home / "vectors")
        with index.open() as session:
            session.ensure_collection({})
        yield _rerun(database, indexed_artworks.bind(IndexStage(index), "bench"), count)


@contextmanager
def _collection(bench: Bench, count: int) -> Iterator[tuple[Platform, int]]:
    with bench.platform() as platform:
        harvested(platform.database(), records(count))
        yield platform, count


def _rerun(database: Database, stage: Stage, count: int) -> Result:
    first = run_stage(database, MUSEUM, stage)
    with database.connect() as conn:
        # What the server does by itself within a minute of a first run, and nobody runs a stage again before that.
        conn.execute("VACUUM (ANALYZE)")
    again = [run_stage(database, MUSEUM, stage) for _ in range(AGAIN)]
    assert first.done == count
    assert all(counts.unchanged == count for counts in again)
    seconds = median(counts.seconds for counts in again)
    return Result("rerun", f"{stage.name}, re-run of {count:,} finished records, of the first run",
                  100 * seconds / first.seconds, "%", Target("at most", 2),
                  f"{seconds:.3f} s, after autovacuum's work; first {first.seconds:.1f} s")  # fmt: skip
