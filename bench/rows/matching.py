"""Makers matched at a local authority: memory and pace of it, and how much a second run and a second museum ask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from bench.bench import Bench
from bench.measuring import Result, Target
from museum_assets.simulator.authority.people import made_up_person
from museum_assets.simulator.server import authority_environment
from resources.copying import copy_rows
from resources.postgres import Database

COLUMNS = (
    "museum",
    "object_number",
    "position",
    "maker_key",
    "name",
    "birth_year",
    "death_year",
    "nationality",
    "links",
)
TYPES = ("text", "text", "int4", "text", "text", "int4", "int4", "text", "text[]")
BATCH = 50
NEW = 100
"""Makers of the second museum whom the first does not have, among ten times as many."""


def measure(bench: Bench) -> Iterator[Result]:
    """Match a large museum's makers in a process of its own, again, and then another museum's."""
    count = bench.size(200_000, 5_000)
    with bench.platform() as platform, authority(count + NEW) as url:
        database = platform.database()
        add(database, "smk", range(count))
        environment = {**os.environ, "DATABASE_URL": database.url, "RECONCILIATION_BATCH": str(BATCH),
                       "MUSEUM_HOME": str(platform.settings.home), **authority_environment(url)}  # fmt: skip
        started = time.perf_counter()
        peak = in_a_child("smk", environment)
        seconds = time.perf_counter() - started
        first = asked(url)
        in_a_child("smk", environment)
        second = asked(url) - first
        add(database, "met", range(count - 9 * NEW, count + NEW))
        in_a_child("met", environment)
        third = asked(url) - first - second
        with database.connect() as conn:
            methods = conn.execute(
                "SELECT method, count(*) AS makers FROM staging.artist_identities WHERE museum = 'smk' GROUP BY method"
            ).fetchall()
    makers = {row["method"] or "question": row["makers"] for row in methods}
    assert sum(makers.values()) == count
    assert (second, third) == (0, NEW)
    note = (
        f"{count / seconds:,.0f} makers/s in batches of {BATCH}, the authority on the same cores; {first:,} asked, "
        f"{second} by the second run, {third} by a museum with {NEW} new ones; "
        + ", ".join(f"{method} {number:,}" for method, number in makers.items())
    )
    yield Result(
        "matching", f"peak memory of matching {count:,} makers", peak / 1e6, "MB", Target("at most", 400), note
    )


def add(database: Database, slug: str, numbers: Iterable[int]) -> None:
    """Give a museum these made-up people as makers, each of one work."""

    def rows() -> Iterator[tuple[Any, ...]]:
        for n in numbers:
            person = made_up_person(n)
            yield (slug, str(n), 0, f"{slug}:{n}", person.name, person.born, person.died, person.nationality, [])

    with database.connect() as conn:
        copy_rows(conn, "staging.makers", COLUMNS, TYPES, rows())
        conn.execute("ANALYZE staging.makers")


def in_a_child(slug: str, environment: dict[str, str]) -> int:
    """Match a museum's makers in a process that does nothing else; return its peak memory in bytes."""
    command = [sys.executable, "-m", "bench.matching", slug]
    return int(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)


@contextmanager
def authority(people: int) -> Iterator[str]:
    """Run the simulator with so many made-up people, in a process of its own; yield its address."""
    command = [sys.executable, "-m", "museum_assets.simulator", "--works", "0", "--people", str(people)]
    process = subprocess.Popen(
        [*command, "--until-stdin-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        url: str = json.loads(process.stdout.readline())["base_url"]
        # The first request makes the index of names, which is none of the stage's time.
        httpx.get(f"{url}/authority/suggest", params={"prefix": "x"}, timeout=300)
        yield url
    finally:
        process.terminate()
        process.communicate()


def asked(url: str) -> int:
    """Return how many names the authority was asked for."""
    return int(httpx.get(f"{url}/_control", timeout=60).json()["authority"]["names"])
