"""The world of one seed: museums on a simulator, and an empty platform on services that other seeds used before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from museum_assets.simulator.authority.service import NAME as AUTHORITY
from museum_assets.simulator.collection import SyntheticSource
from museum_assets.simulator.faults import Faults, MuseumFaults
from museum_assets.simulator.server import Running, Simulator, authority_environment, running
from resources.embedded import postgres
from resources.embedded.postgres_files import data_directory
from resources.embedded.services import Environment
from resources.platform import Platform
from resources.postgres import Database
from tests.robustness.actions import IMPATIENCE
from tests.robustness.plan import Plan, Round
from tests.robustness.s3_proxy import S3Proxy, s3_proxy
from tests.support.fake_jina import KEY, FakeJina
from tests.support.new_database import new_database

BUCKETS = ("THUMBNAILS_BUCKET", "PRODUCTION_THUMBNAILS_BUCKET", "RELEASE_ARCHIVE_BUCKET")
SMALLER = 4
"""Pictures are this many times smaller than the simulator's: drawing and shrinking them is most of a seed's time."""


class SmallPictures(SyntheticSource):
    """The simulator's works with smaller pictures."""

    reduced = True

    def image_size(self, n: int) -> tuple[int, int]:
        """Return the size in pixels."""
        width, height = super().image_size(n)
        return max(width // SMALLER, 32), max(height // SMALLER, 32)


@dataclass
class World:
    """What a plan is played on."""

    plan: Plan
    services: Environment
    simulator: Running
    proxy: S3Proxy
    jina: FakeJina
    platform: Platform
    """The platform as the oracle sees it: nothing fails on its way to S3."""
    folder: Path
    environment: dict[str, str]

    def enter(self, round_: Round) -> None:
        """Bring the museums to the state of a round, with its faults."""
        for status in round_.model_faults:
            self.jina.fail(status, **{"Retry-After": "0"})
        self._set_authority(round_.authority_faults)
        for slug in self.plan.museums:
            dialect = self.simulator.simulator.collections[slug].dialect
            passing = MuseumFaults().model_dump() | self.plan.museums[slug].lasting | round_.faults[slug]
            passing["vanished"] = frozenset(dialect.id(n) for n in round_.hidden[slug])
            passing["changed"] = {dialect.id(n): version for n, version in round_.versions[slug].items()}
            passing["hostile"] = {dialect.id(n): poison for n, poison in self.plan.museums[slug].hostile.items()}
            self.simulator.set_faults(slug, **passing)

    def heal(self) -> None:
        """End every fault that passes; museums stay as they are, and so do broken images."""
        for slug, museum in self.plan.museums.items():
            keep = {"vanished", "changed", "hostile", *museum.lasting}
            values = {name: value for name, value in MuseumFaults().model_dump().items() if name not in keep}
            self.simulator.set_faults(slug, **values)
        self._set_authority({})
        self.proxy.mishaps.clear()
        self.jina.mishaps.clear()
        self.start_postgres()

    def _set_authority(self, faults: dict[str, Any]) -> None:
        self.simulator.set_faults(AUTHORITY, **(MuseumFaults().model_dump() | faults))
        # Nobody is impatient with one in health: on a busy machine it would be a fault.
        self.environment.pop("ROBUSTNESS_IMPATIENCE", None)
        if "delayed" in faults:
            self.environment["ROBUSTNESS_IMPATIENCE"] = str(IMPATIENCE)

    def cure(self, slug: str) -> None:
        """Let a museum correct its hostile records."""
        self.simulator.set_faults(slug, hostile={})

    def start_postgres(self) -> None:
        """Start Postgres where it was killed, and note which process it is now."""
        home = Path(self.services["MUSEUM_HOME"])
        postgres.ensure_running(home)
        self.environment["ROBUSTNESS_POSTGRES"] = str(postgres_pid(home))

    def restart_postgres(self) -> None:
        """Stop and start Postgres."""
        postgres.stop(Path(self.services["MUSEUM_HOME"]))
        self.start_postgres()

    def lose_index(self) -> None:
        """Lose the working index, as with a disk; that of production has its releases and stays."""
        shutil.rmtree(self.platform.settings.home / "vectors" / self.platform.settings.qdrant_collection,
                      ignore_errors=True)  # fmt: skip

    def database(self) -> Database:
        """Return the platform's database."""
        return self.platform.database()

    @property
    def base(self) -> str:
        """The simulator's address."""
        return self.simulator.base_url


def postgres_pid(home: Path) -> int:
    """Return the process that is in charge of the embedded Postgres."""
    return int((data_directory(home) / "postmaster.pid").read_text().split()[0])


@contextmanager
def world_of(plan: Plan, services: Environment, folder: Path) -> Iterator[World]:
    """Make the world of a plan; its database, buckets and index are new."""
    counts = {slug: museum.works for slug, museum in plan.museums.items()}
    simulator = Simulator(counts, seed=plan.seed + 1, faults=Faults(plan.seed + 1))
    for collection in simulator.collections.values():
        source: Any = collection.source
        collection.source = SmallPictures(collection.dialect, source._works)
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    with (
        running(simulator) as server,
        s3_proxy(services["S3_ENDPOINT_URL"]) as proxy,
        closing(FakeJina()) as jina,
        new_database(services["DATABASE_URL"]) as url,
    ):
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("UPDATE ops.setting SET value = '0' WHERE name = 'withdrawal_grace_days'")
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ},
            **services,
            **server.environment,
            "DATABASE_URL": url,
            "MUSEUM_PROFILE": "dev",
            "MUSEUM_HOME": str(home),
            "DAGSTER_HOME": str(home / "dagster"),
            "WITHDRAWAL_GRACE_DAYS": "0",
            "RELEASES_KEPT": str(plan.releases_kept),
            "DOWNLOAD_CONCURRENCY": "4",
            **({"JINA_API_KEY": KEY, "JINA_API_URL": jina.url} if plan.jina else {}),
            **(_authority(server.base_url) if plan.authority else {}),
            **{name: f"{name.split('_')[0].lower()}-{os.getpid()}-{plan.seed}" for name in BUCKETS},
        }
        platform = platform_in(environment)
        for bucket in (platform.thumbnails(), platform.production_thumbnails(), platform.release_archive()):
            bucket.ensure_bucket()
        environment["S3_ENDPOINT_URL"] = proxy.url
        world = World(plan, services, server, proxy, jina, platform, folder, environment)
        world.start_postgres()
        try:
            yield world
        finally:
            drop_buckets(services, environment)


def _authority(base_url: str) -> dict[str, str]:
    # By another name than the museums have: it is a host of its own, whose pace is not theirs. A museum of a seed has
    # few makers, so that batches are small.
    given = authority_environment(base_url.replace("127.0.0.1", "localhost"))
    return given | {"RECONCILIATION_BATCH": "4"}


def platform_in(environment: dict[str, str]) -> Platform:
    """Return the platform that an environment configures; this process keeps its own."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        return Platform.from_settings()
    finally:
        os.environ.clear()
        os.environ.update(before)


def drop_buckets(services: Environment, environment: dict[str, str]) -> None:
    """Remove the buckets of a seed: the embedded S3 keeps them as folders."""
    for name in BUCKETS:
        shutil.rmtree(Path(services["MUSEUM_HOME"]) / "s3" / environment[name], ignore_errors=True)


def dump_tables(database: Database, folder: Path) -> None:
    """Write what every table of the platform holds, for whoever looks for the cause of a failure."""
    folder.mkdir(parents=True, exist_ok=True)
    with database.connect() as conn:
        tables = conn.execute(
            "SELECT n.nspname AS schema, c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n"
            " ON n.oid = c.relnamespace WHERE c.relkind = ANY('{r,p}') AND NOT c.relispartition"
            " AND n.nspname = ANY('{raw,staging,ops,candidate,production,kiosk}')"
        ).fetchall()
        for table in tables:
            statement = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT WITH (FORMAT csv, HEADER)").format(
                sql.Identifier(table["schema"], table["name"])
            )
            with conn.cursor().copy(statement) as copy, (folder / f"{table['schema']}.{table['name']}.csv").open(
                "wb"
            ) as file:  # fmt: skip
                for block in copy:
                    file.write(block)
