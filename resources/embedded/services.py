"""Run the embedded services for as long as any process needs them.

Several processes may share a home. Each holds a lock on a file of its own in `<home>/users` while it is inside
`running_services`; the last one out stops the services. The kernel frees a lock however its process ends, so a
killed process counts as gone, and what it had started is taken over by the next one in.

A child that was given its parent's lock holds it too, also when the parent has been killed. Code servers and runs of
Dagster, which hand nothing on, `join` for themselves. So services are never stopped under a living process.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic import SecretStr

from museum_assets.core.profiles import SettingsError
from museum_assets.core.settings import Settings, where_to_set
from resources.embedded import EmbeddedServiceError, postgres, s3

Environment = dict[str, str]

DATABASES = dict(zip(("database_url", "dagster_postgres_url"), postgres.DATABASES, strict=True))
LOCK_SECONDS = 300
"""A first start makes a database and may wait for the recovery of another."""


@contextmanager
def running_services(settings: Settings, prepare: Callable[[Settings], None]) -> Iterator[Environment]:
    """Yield the environment in which every process of the platform finds its services, prepared by `prepare`.

    What the settings name is used as it is. The rest is started, on loopback and unix sockets only; with the
    profile prod nothing is. `prepare` gets the settings with all of them filled in, while nobody else starts or stops
    a service.
    SIGTERM and SIGHUP unwind the block. Raises SettingsError, EmbeddedServiceError,
    DatabaseUnavailable, StorageMisconfigured or Unavailable.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with unwinding_on_signals(), registered(settings.home):
        with exclusive(settings.home):
            attached = attach(settings)
            prepare(attached)
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
            raise SettingsError(f"The profile prod runs no database of its own: set {names} in {where_to_set()}")
        return settings
    found: dict[str, Any] = {}
    if missing:
        postgres.ensure_running(settings.home)
        found |= {name: postgres.url(settings.home, DATABASES[name]) for name in missing}
    if settings.s3_endpoint_url in {None, s3.own_url(settings.home)}:
        found |= _given(s3.ensure_running(settings.home))
    return settings.model_copy(update=found)


def attach_running(settings: Settings) -> Settings:
    """Return the settings with those services filled in that run already; none is started."""
    found: dict[str, Any] = {}
    if settings.profile == "prod":
        return settings
    if postgres.is_running(settings.home):
        found |= {name: postgres.url(settings.home, DATABASES[name]) for name in own_databases(settings)}
    if settings.s3_endpoint_url in {None, s3.own_url(settings.home)} and s3.processes(settings.home):
        found |= _given(s3.load_access(settings.home))
    return settings.model_copy(update=found)


def _given(access: s3.Access) -> dict[str, Any]:
    return {
        "s3_endpoint_url": access.url,
        "aws_access_key_id": access.access_key,
        "aws_secret_access_key": SecretStr(access.secret_key),
    }


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
        "DAGSTER_POSTGRES_URL": settings.dagster_postgres_url,
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
    (home / "users").mkdir(exist_ok=True)
    with exclusive(home):
        came = join(home)
    try:
        yield
    finally:
        with exclusive(home):
            if came:
                # Closed and not unlocked: children that were given it still hold it.
                os.close(_locks.pop(home))
            if not users(home):
                stop_services(home)


_locks: dict[Path, int] = {}
"""The home and the file descriptor of each lock that this process holds itself."""


def join(home: Path) -> bool:
    """Count this process among the users of the services until it ends; False when it is one, or nobody is.

    A home that nothing has used has no services to hold, and is not made.
    """
    folder = home / "users"
    if home in _locks or not folder.is_dir():
        return False
    while home not in _locks:
        lock = os.open(folder / f"{os.getpid()}-{secrets.token_hex(4)}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Whoever counted the users in between took the file for one of a process that is gone, and removed it.
        if os.fstat(lock).st_nlink:
            _locks[home] = lock
        else:
            os.close(lock)
    return True


def lock_of(home: Path) -> int:
    """Return the file descriptor that lets a child hold the services too. For use inside `running_services`."""
    return _locks[home]


def users(home: Path) -> list[Path]:
    """Return the locks of the living processes that work with this home. For use under `exclusive`."""
    return [file for file in (home / "users").glob("*.lock") if in_use(file)]


def stop_services(home: Path) -> None:
    """Stop the services of a home. For use under `exclusive`. Raises EmbeddedServiceError."""
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
