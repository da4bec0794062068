"""What the rows run on: embedded services in a directory of their own, and a fresh database for each."""

from __future__ import annotations

import itertools
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from museum_assets.core.settings import Settings
from museum_assets.operations.running import running_platform
from resources.platform import Platform
from resources.postgres import Database

_numbers = itertools.count(1)
GRPC_PORT = 6334
"""Qdrant's own default."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The services and the size of the run."""

    settings: Settings
    quick: bool
    qdrant: str | None = None
    """A Qdrant server to measure with; the embedded index when left out."""

    def size(self, full: int, quick: int) -> int:
        """Return how many items or rounds to measure with."""
        return quick if self.quick else full

    @contextmanager
    def platform(self) -> Iterator[Platform]:
        """Yield an empty platform: database, bucket and home of its own."""
        name = f"bench_{next(_numbers)}"
        origin = self.settings.database_url or ""
        admin = origin.replace("/platform?", "/postgres?")
        home = self.settings.home / name
        home.mkdir()
        with psycopg.connect(admin, autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE platform").format(sql.Identifier(name)))
            yield Platform(self.settings).with_settings(
                database_url=origin.replace("/platform?", f"/{name}?"),
                thumbnails_bucket=name.replace("_", "-"),
                home=home,
                **self._server(name),
            )
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _server(self, name: str) -> dict[str, Any]:
        """Return the settings of the server, with collections that no other run has."""
        if self.qdrant is None:
            return {}
        collection = f"{name}_{secrets.token_hex(4)}"
        return {"qdrant_url": self.qdrant, "qdrant_grpc_port": GRPC_PORT, "qdrant_collection": collection,
                "qdrant_production_collection": f"{collection}_production"}  # fmt: skip

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Yield an empty, migrated database."""
        with self.platform() as platform:
            yield platform.database()


@contextmanager
def started(*, quick: bool, qdrant: str | None = None) -> Iterator[Bench]:
    """Start the services for a benchmark. Whatever the environment names is left alone: it may be production."""
    own = {"database_url": None, "dagster_postgres_url": None, "s3_endpoint_url": None, "qdrant_url": None}
    with tempfile.TemporaryDirectory(prefix="museum-bench-") as folder:
        Path(folder).chmod(0o711)  # for root, Postgres runs as another user, with its data beside the home
        given = {"museum_home": Path(folder) / "home", "museum_profile": "demo"}
        with running_platform(Settings(**given, **own)) as found:  # type: ignore[arg-type] # aliases
            os.environ["MUSEUM_PROFILE"] = "demo"
            services = {
                "database_url": found["DATABASE_URL"],
                "s3_endpoint_url": found["S3_ENDPOINT_URL"],
                "aws_access_key_id": found["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": found["AWS_SECRET_ACCESS_KEY"],
            }
            yield Bench(Settings(**given, **own | services), quick, qdrant)  # type: ignore[arg-type]
