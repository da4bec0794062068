"""Points of releases: publishing one that is all new and one that changes one in a hundred; search in production."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from hashlib import sha256

import numpy as np

from bench.bench import Bench
from bench.measuring import IMAGES, TEXTS, VECTORS, Result, Target, alternated, per_second, rate, ratio
from museum_assets.collection.vectors.embedding import keep_vectors
from museum_assets.releases.outside.points import add_points
from museum_assets.releases.outside.step import release_step
from museum_assets.releases.record import begin, set_state
from resources.postgres import Connection
from resources.vector_index.edge import EdgeVectorIndex
from resources.vector_index.index import SearchFilter
from resources.vector_index.session import PUT_BATCH, VectorIndex

MUSEUM, MODEL = "met", "bench"
ROWS = {
    "artwork": """
        INSERT INTO production.artwork_release (museum, slot, object_number, museum_db_id, title, artists,
            production_date_start, production_date_end, work_types, searchable_work_types, thumbnail_url, rights,
            row_hash)
        SELECT %(museum)s, %(slot)s, n::text, n::text, 'Portrait of sitter ' || n, ARRAY['Artist ' || n %% 50000], 1500,
            1500, ARRAY['Paintings'], ARRAY['painting'], 'https://images.example.org/' || n, 'CC0', 'x'
        FROM generate_series(1, %(works)s) AS n""",
    "index_status": f"""
        INSERT INTO production.index_status_release (museum, slot, object_number, digest, vectors, contracts, contents,
            row_hash)
        SELECT %(museum)s, %(slot)s, n::text,
            sha256((n || CASE WHEN n %% 100 = 0 THEN %(version)s::text ELSE '' END)::bytea),
            ARRAY['{IMAGES}', '{TEXTS}'], ARRAY['bench', 'bench'],
            ARRAY[sha256(('i' || n)::bytea), sha256(('t' || n)::bytea)], 'x'
        FROM generate_series(1, %(works)s) AS n""",
}


def measure(bench: Bench) -> Iterator[Result]:
    """Publish into the embedded index and search it."""
    works = bench.size(20_000, 3_000)
    with bench.platform() as platform:
        database = platform.database()
        with database.connect() as conn:
            _cache(conn, works)
            first, second = (_release(conn, works, version) for version in (1, 2))
            index = platform.production_index()
            started = time.perf_counter()
            add_points(conn, conn, index, first[1](), _silent)
            all_new = time.perf_counter() - started
            set_state(conn, first[0], "ready", was=["building"])
            yield _against_the_engine(index, works, all_new)
            started = time.perf_counter()
            counts = add_points(conn, conn, index, second[1](), _silent)
            changed = time.perf_counter() - started
            yield Result("points", "publishing one change in a hundred, of publishing everything",
                         100 * changed / all_new, "%", Target("at most", 10),
                         f"{counts['points_made']} points in {changed:.2f} s")  # fmt: skip
            yield _searches(bench, index)


def _silent(_: str) -> None:
    pass


def _cache(conn: Connection, works: int) -> None:
    numbers = np.random.default_rng(0)
    for start in range(1, works + 1, 1000):
        keys = [f"{kind}{n}".encode() for n in range(start, min(start + 1000, works + 1)) for kind in "it"]
        rows = numbers.standard_normal((len(keys), VECTORS[IMAGES]), dtype=np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        keep_vectors(conn, MODEL, {sha256(key).digest(): row for key, row in zip(keys, rows, strict=True)})


def _release(conn: Connection, works: int, version: int):  # type: ignore[no-untyped-def]
    release = begin(conn, MUSEUM, by="bench", why="bench")
    for statement in ROWS.values():
        conn.execute(statement, {"museum": MUSEUM, "slot": release.slot, "works": works, "version": version})
    conn.execute("ANALYZE production.index_status_release")
    return release, lambda: release_step(conn, MUSEUM, release.id)


def _against_the_engine(index: VectorIndex, works: int, seconds: float) -> Result:
    """Put the same points into an empty index of their own, from memory and in the largest requests it takes well."""
    assert isinstance(index, EdgeVectorIndex)
    with index.open() as session:
        ids = list(session.ids(MUSEUM))
        records = session.retrieve(ids, with_vectors=True)
    with EdgeVectorIndex(index.directory / "plain").open() as session:
        session.ensure_collection(VECTORS, released=True)

        def put() -> None:
            for start in range(0, works, PUT_BATCH):
                session.put_records(records[start : start + PUT_BATCH])
            session.optimise()

        engine = rate(works, put)
    return Result("points", f"publishing {works:,} points of two vectors, of the engine's own speed",
                  100 * (works / seconds) / engine, "%", None,
                  f"publish {works / seconds:,.0f} points/s, engine {engine:,.0f} points/s")  # fmt: skip


def _searches(bench: Bench, index: VectorIndex) -> Result:
    vectors = np.random.default_rng(1).standard_normal((bench.size(200, 50), VECTORS[IMAGES]), dtype=np.float32)
    with index.open() as session:

        def searches(where: SearchFilter) -> Callable[[], float]:
            return lambda: rate(len(vectors), lambda: [session.search(IMAGES, v, 20, where) for v in vectors])

        rates = alternated(
            bench.size(7, 3),
            {
                "in a release": searches(SearchFilter(contract=MODEL, releases=((MUSEUM, 2), ("smk", 5)))),
                "in a museum": searches(SearchFilter(contract=MODEL, museum=MUSEUM)),
                "in everything": searches(SearchFilter(contract=MODEL)),
            },
        )
    return Result("points", "a search in one release of each museum, of one in everything",
                  ratio(rates, "in everything", "in a release"), "times", Target("at most", 2),
                  per_second(rates, "searches"))  # fmt: skip
