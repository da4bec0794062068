"""`museum init`: everything that the platform needs on its servers and can make there. Safe to repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from museum_assets.core.failures import MuseumError
from museum_assets.operations.buckets import make_buckets
from museum_assets.operations.collections import make_collections
from museum_assets.operations.doctor.line import Line, well
from museum_assets.operations.metrics.role import DAGSTER, PLATFORM, PRODUCTION, WATCHER, make_watcher
from museum_assets.operations.metrics.sources import dagster_database
from museum_assets.operations.running import migrate
from museum_assets.releases.roles import make_reader
from museum_assets.releases.schema import READER
from resources.platform import Platform

Making = Iterator[tuple[str, bool]]
AGAIN = "mend that, then run `museum init` again: what was made stays"


def init(platform: Platform, *, of_kiosks: bool = False) -> Iterator[Line]:
    """Bring the databases up to date, then make the roles, buckets and collections that are missing.

    Yields a line for each thing. What cannot be made holds up nothing else, but for the databases: raises as `migrate`.
    """
    migrate(platform)
    yield well("databases", "up to date, with every museum's partitions")
    yield from _made("role", lambda: _roles(platform))
    yield from _made("bucket", lambda: make_buckets(platform, of_kiosks=of_kiosks))
    yield from _made("collection", lambda: make_collections(platform))


def _roles(platform: Platform) -> Making:
    yield READER, make_reader(platform.production())
    made = [
        make_watcher(platform.database(), PLATFORM),
        make_watcher(platform.production(), PRODUCTION),
        make_watcher(dagster_database(platform), DAGSTER),
    ]
    yield WATCHER, any(made)


def _made(kind: str, make: Callable[[], Making]) -> Iterator[Line]:
    try:
        for name, new in make():
            yield well(f"{kind} {name}", "made" if new else "there already")
    except MuseumError as error:
        yield Line(kind, "fail", str(error), AGAIN)
