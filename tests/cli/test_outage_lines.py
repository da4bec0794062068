"""What a person reads when a server goes away under a command: a few lines, and running again ends as it should."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import dagster as dg  # noqa: TID251 - what its runs say is what is tested
import pytest

from museum_assets.cli import main
from museum_assets.loop.books import books
from museum_assets.simulator.server import Running
from resources.embedded.services import Environment
from resources.platform import Platform
from resources.postgres import Database
from tests.support.clock import Clock
from tests.support.little_qdrant import little_qdrant
from tests.support.new_database import NewDatabase
from tests.support.unplugged import Cable, cable_to
from tests.support.whole_pipeline import SPECS

pytestmark = pytest.mark.slow
MOST_LINES = 5
MUSEUMS = ("smk", "cma")
BOX = tuple("┏┃┡│└")
Museum = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def museum(platform: Platform, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Museum]:
    """Run a command; return (its exit status, every line that it wrote but for tables)."""
    clock = Clock()
    for module in ("dagster_postgres.utils", "museum_assets.core.outage", "tenacity.nap"):
        monkeypatch.setattr(f"{module}.time", clock)
    # What reaches the terminal where nobody has set up logging: pytest has.
    assert logging.lastResort
    logging.root.addHandler(logging.lastResort)

    def run(*arguments: str) -> tuple[int, list[str]]:
        monkeypatch.setattr(sys, "argv", ["museum", *arguments])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        lines = "".join(capfd.readouterr()).splitlines()
        return code, [line for line in lines if line.strip() and not line.startswith((*BOX, "Materialized"))]

    yield run
    logging.root.removeHandler(logging.lastResort)


@pytest.fixture
def ephemeral(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are recorded in memory."""
    monkeypatch.setattr(dg.DagsterInstance, "get", staticmethod(dg.DagsterInstance.ephemeral))


def break_off_and_go_on(museum: Museum, cable: Cable, told: str, *assets: str, most: int = 1) -> None:
    """Run assets while the cable is cut, and again when it is mended."""
    command = ["run", *assets, *(f"--museum={slug}" for slug in MUSEUMS)]
    code, lines = museum(*command)
    assert code == 1
    assert cable.is_cut
    assert len(lines) <= most, lines
    assert told in lines[-1]
    cable.mend()
    code, lines = museum(*command)
    assert (code, [line for line in lines if "reached again after" not in line]) == (0, [])


def pending(database: Database, stage: str) -> int:
    """How many records of a stage are not done, which a run without an outage leaves none of."""
    with database.connect() as conn:
        found = [books(conn, slug, SPECS[stage]) for slug in MUSEUMS]
    assert all(each.inputs == each.accounted > 0 for each in found)
    return sum(each.pending for each in found)


def test_postgres_goes_away(
    museum: Museum,
    database: Database,
    new_database: NewDatabase,
    services: Environment,
    simulator: Running,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The platform's tables and Dagster's storage are lost at once."""
    folder = parse_qs(urlsplit(services["DATABASE_URL"]).query)["host"][0]
    with new_database() as dagster_url, cable_to(f"{folder}/.s.PGSQL.5432") as cable:
        for name, url in {"DATABASE_URL": database.url, "DAGSTER_POSTGRES_URL": dagster_url}.items():
            monkeypatch.setenv(name, f"postgresql://postgres@127.0.0.1:{cable.port}{urlsplit(url).path}")
        assert museum("migrate")[0] == 0
        cable.cut_at = b"COPY "
        break_off_and_go_on(museum, cable, "run again: finished work is kept", "raw_metadata", "transformed_artworks",
                            most=MOST_LINES)  # fmt: skip
    assert pending(database, "transformed_artworks") == 0


def test_s3_goes_away(
    museum: Museum,
    ephemeral: None,
    database: Database,
    services: Environment,
    simulator: Running,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = urlsplit(services["S3_ENDPOINT_URL"])
    assert there.hostname
    assert there.port
    with cable_to((there.hostname, there.port)) as cable:
        monkeypatch.setenv("S3_ENDPOINT_URL", f"http://127.0.0.1:{cable.port}")
        cable.cut_at = b".jpg"
        assets = ("raw_metadata", "transformed_artworks", "stored_thumbnails")
        break_off_and_go_on(museum, cable, "run again: finished work is kept", *assets)
    assert pending(database, "stored_thumbnails") == 0


def test_qdrant_goes_away(
    museum: Museum, ephemeral: None, database: Database, simulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    with little_qdrant() as server, cable_to(("127.0.0.1", server.rest_port)) as cable:
        monkeypatch.setenv("QDRANT_URL", f"http://127.0.0.1:{cable.port}")
        cable.cut_at = b"/points"
        assets = ("raw_metadata", "transformed_artworks", "indexed_artworks")
        break_off_and_go_on(museum, cable, "run this again: finished work is kept", *assets)
    assert pending(database, "indexed_artworks") == 0
