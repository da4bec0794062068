"""Running the platform: its services, started where none are configured, with everything prepared in them."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import Settings
from museum_assets.kiosk.register import register_all
from museum_assets.museums import BY_KIND
from museum_assets.operations.backup.unfinished import refuse_unfinished
from museum_assets.operations.buckets import make_buckets
from museum_assets.releases.schema import prepare as prepare_releases
from resources.embedded.dagster_instance import write_configuration
from resources.embedded.services import Environment, dagster_home, own_databases, running_services
from resources.migrations import OlderDatabase, migrate_platform
from resources.platform import Platform
from resources.postgres import Database, DatabaseUnavailable

log = logging.getLogger(__name__)


@contextmanager
def running_platform(settings: Settings, *, for_runs: bool = True, migrates: bool = False) -> Iterator[Environment]:
    """Yield the environment in which every process of the platform finds its services ready, as `prepare` makes them.

    Raises as `running_services` does, RestoreUnfinished, OutdatedDatabase, NewerDatabase, DatabaseUnavailable,
    StorageMisconfigured and Unavailable.
    """
    refuse_unfinished(settings.home)
    with running_services(settings, partial(prepare, for_runs=for_runs, migrates=migrates)) as environment:
        yield environment


@contextmanager
def running_unprepared(settings: Settings) -> Iterator[Platform]:
    """Yield the platform with its services running and nothing in them changed.

    Raises as `running_services` does, and RestoreUnfinished.
    """
    refuse_unfinished(settings.home)
    attached: list[Settings] = []
    with running_services(settings, attached.append):
        yield Platform(attached[0])


def prepare(settings: Settings, *, for_runs: bool, migrates: bool) -> None:
    """Compare the schema's version, and for runs make buckets and Dagster's home, which what only reads needs not.

    The embedded database is brought up to date by every command, another one only by those that `migrates` stands for.
    """
    platform = Platform(settings)
    if migrates or "database_url" in own_databases(settings):
        _prepare_platform(platform)
    else:
        with platform.database().connect():
            pass  # which compares the versions
    if migrates and settings.production_database_url:
        try:
            _prepare_production(platform)
        except DatabaseUnavailable as error:
            # Who promotes is told again. Everything else goes on without that server.
            log.warning("Production is not brought up to date: %s", error)
    if for_runs:
        for _ in make_buckets(platform):
            pass
        if migrates:
            _prepare_collections(platform)
        write_configuration(dagster_home(settings), settings)


def bring_up_to_date(platform: Platform) -> None:
    """Migrate both schemas, wherever production lies, and give every museum its partitions. Safe beside others."""
    _prepare_platform(platform)
    if platform.settings.production_database_url:
        _prepare_production(platform)


def migrate(platform: Platform) -> None:
    """Do what `bring_up_to_date` does, then bring Dagster's own tables up to date and write its `dagster.yaml`.

    Dagster's processes make missing tables as well, but two that do it at once get in each other's way.
    """
    from dagster import DagsterInstance  # noqa: TID251 - this is orchestration

    bring_up_to_date(platform)
    home = dagster_home(platform.settings)
    with _alone(Database(platform.settings.dagster_postgres_url or "", "DAGSTER_POSTGRES_URL")):
        write_configuration(home, platform.settings)
        with DagsterInstance.from_config(str(home)) as instance:
            instance.upgrade()


def _prepare_platform(platform: Platform) -> None:
    """Migrate the platform's database: its tables, and those of production where they are in it."""
    settings, database = platform.settings, platform.database()
    with _alone(database):
        _migrate(settings, database)
        register_all(database)
        if settings.production_database_url is None:
            prepare_releases(database, platform.production(), BY_KIND)


def _prepare_production(platform: Platform) -> None:
    """Migrate production in a database of its own; the candidate's tables, made like it, are in the platform's."""
    with _alone(platform.database()):
        prepare_releases(platform.database(), platform.production(), BY_KIND)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Wait until nobody else prepares this database. `migrating` has a lock of its own, for each history."""
    with database.unchecked().connect() as conn:
        conn.execute("SELECT pg_advisory_lock(hashtextextended('prepare', 0))")
        yield


def _migrate(settings: Settings, database: Database) -> None:
    try:
        migrate_platform(database, BY_KIND, withdrawal_grace_days=settings.withdrawal_grace_days)
    except OlderDatabase as error:
        if "database_url" not in own_databases(settings):
            raise
        old, aside = (shlex.quote(f"{settings.home}{suffix}") for suffix in ("", "-before-0.2"))
        raise OlderDatabase(
            f"The data in {settings.home} was made by a version of the platform before 0.2, which this one cannot take "
            "over. Nothing was changed. Go on with that version, for instance to export releases, or put the data "
            f"aside and begin anew: `mv {old} {aside}`, then run again"
        ) from error


def _prepare_collections(platform: Platform) -> None:
    """Make the collections of a Qdrant server. The embedded ones are made by the run that first writes to them."""
    if not platform.settings.qdrant_url:
        return
    from museum_assets.operations.collections import make_collections  # which loads the catalogue of all stages

    try:
        for _ in make_collections(platform):
            pass
    except MuseumError as error:
        # The stages of the index are told again. Everything else goes on without that server.
        log.warning("The collections of the vector index are not made: %s", error)
