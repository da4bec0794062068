"""Run the embedded services for as long as any process needs them.

Several processes may share a home. Each holds a lock on a file of its own in `<home>/users` while it is inside
`running_services`; the last one out stops the services. The kernel frees a lock however its process ends, so a
killed process counts as gone, and what it had started is taken over by the next one in.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic import SecretStr

from museum_assets.kiosk.register import register_all
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS
from museum_assets.profiles import SettingsError
from museum_assets.releases.schema import prepare as prepare_releases
from museum_assets.settings import REPO_ROOT, Settings
from resources.embedded import EmbeddedServiceError, postgres, s3
from resources.platform import kiosk_source
from resources.postgres import Database, migrate
from resources.s3 import ObjectStore

Environment = dict[str, str]

DATABASES = dict(zip(("database_url", "dagster_postgres_url"), postgres.DATABASES, strict=True))
LOCK_SECONDS = 300
"""A first start makes a database and may wait for the recovery of another."""


@contextmanager
def running_services(settings: Settings, *, for_runs: bool = True) -> Iterator[Environment]:
    """Yield the environment in which every process of the platform finds its services, migrated and ready.

    What the settings name is used as it is. The rest is started, on loopback and unix sockets only; with the
    profile prod nothing is. What only reads leaves out `for_runs`: it needs neither buckets nor Dagster's home.
    SIGTERM and SIGHUP unwind the block. Raises SettingsError, EmbeddedServiceError,
    DatabaseUnavailable, StorageMisconfigured or Unavailable.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with unwinding_on_signals(), registered(settings.home):
        with exclusive(settings.home):
            attached = attach(settings)
            prepare(attached, for_runs=for_runs)
        yield environment(attached)


def keep_running(settings: Settings) -> None:
    """Restart the services that died. For use inside `running_services`. Raises EmbeddedServiceError."""
    with exclusive(settings.home):
        attach(settings)


def attach(settings: Settings) -> Settings:
    """Start the services that are needed and do not run; return the settings with all of them filled in."""
    missing = own_databases(settings)
    if settings.profile == "prod":
        if missing:
            names = " and ".join(name.upper() for name in missing)
            raise SettingsError(f"The profile prod runs no database of its own: set {names}")
        return settings
    found: dict[str, Any] = {}
    if missing:
        postgres.ensure_running(settings.home)
        found |= {name: postgres.url(settings.home, DATABASES[name]) for name in missing}
    if settings.s3_endpoint_url in {None, s3.own_url(settings.home)}:
        access = s3.ensure_running(settings.home)
        found |= {
            "s3_endpoint_url": access.url,
            "aws_access_key_id": access.access_key,
            "aws_secret_access_key": SecretStr(access.secret_key),
        }
    return settings.model_copy(update=found)


def own_databases(settings: Settings) -> list[str]:
    """Return which of the two database settings mean the embedded Postgres.

    Unset ones do, and those that name it: a process may have them from the environment of another.
    """
    names = []
    for name, database in DATABASES.items():
        place = (getattr(settings, name) or "").partition("://")[2]
        if not place or place == postgres.url(settings.home, database).partition("://")[2]:
            names.append(name)
    return names


def prepare(settings: Settings, *, for_runs: bool) -> None:
    """Bring the schema up to date, and for runs also buckets and Dagster's home."""
    assert settings.database_url
    museums = {"collection": MUSEUMS, "kiosk": KIOSK_MUSEUMS}
    migrate(settings.database_url, museums, withdrawal_grace_days=settings.withdrawal_grace_days)
    register_all(Database(settings.database_url))
    if settings.production_database_url is None:
        # Production elsewhere is prepared by what needs it: `museum status` must not fail because that server is away.
        prepare_releases(Database(settings.database_url), Database(settings.database_url), museums)
    if not for_runs:
        return
    for name, value in settings:
        if name.endswith("_bucket"):
            ObjectStore.from_settings(settings, value).ensure_bucket()
    if settings.s3_endpoint_url == s3.own_url(settings.home):
        # Elsewhere these are the museums' own; here nobody else makes them.
        for slug in KIOSK_MUSEUMS:
            kiosk_source(settings, slug).ensure_bucket()
    home = dagster_home(settings)
    home.mkdir(exist_ok=True)
    # Renamed: a process of Dagster that reads it at this moment finds a whole one.
    unfinished = home / "dagster.yaml.unfinished"
    shutil.copyfile(REPO_ROOT / "dagster.yaml", unfinished)
    unfinished.replace(home / "dagster.yaml")


def dagster_home(settings: Settings) -> Path:
    """Return the directory of Dagster's instance."""
    return settings.home / "dagster"


def environment(settings: Settings) -> Environment:
    """Return the variables that lead other processes to the services of these settings."""
    secret = settings.aws_secret_access_key
    values = {
        "MUSEUM_PROFILE": settings.profile,
        "MUSEUM_HOME": str(settings.home),
        "DAGSTER_HOME": str(dagster_home(settings)),
        "DATABASE_URL": settings.database_url,
        # Under SQLAlchemy 2.1 a bare postgresql:// means psycopg 3, on which Dagster's LISTEN/NOTIFY fails.
        "DAGSTER_POSTGRES_URL": f"postgresql+psycopg2://{(settings.dagster_postgres_url or '').partition('://')[2]}",
        "S3_ENDPOINT_URL": settings.s3_endpoint_url,
        "AWS_ACCESS_KEY_ID": settings.aws_access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret.get_secret_value() if secret else None,
        "AWS_REGION": settings.aws_region,
    }
    return {name: value for name, value in values.items() if value is not None}


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Hold the lock under which services of this home are started and stopped."""
    lock = FileLock(home / "services.lock", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise EmbeddedServiceError(
            f"Another process has been starting or stopping the services in {home} for {LOCK_SECONDS} s: "
            "look at its output, or stop it, and run again"
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def registered(home: Path) -> Iterator[None]:
    """Count this process among the users of the services; stop them when it leaves as the last one."""
    users = home / "users"
    users.mkdir(exist_ok=True)
    mine = FileLock(users / f"{os.getpid()}-{secrets.token_hex(4)}.lock", thread_local=False)
    with exclusive(home):
        mine.acquire()
    try:
        yield
    finally:
        with exclusive(home):
            mine.release()
            if not any(in_use(file) for file in users.glob("*.lock")):
                s3.stop(home)
                postgres.stop(home)


def in_use(file: Path) -> bool:
    """Tell whether a living process holds this user's lock; removes the file of one that is gone."""
    try:
        with FileLock(file, timeout=0):
            file.unlink(missing_ok=True)
            return False
    except Timeout:
        return True


@contextmanager
def unwinding_on_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP (a closed terminal) end the program by SystemExit, so that `finally` is run."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    caught = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in caught}
    for number in caught:
        if before[number] is signal.SIG_DFL:  # what the program handles or ignores (nohup) stays so
            signal.signal(number, lambda received, _: sys.exit(128 + received))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
