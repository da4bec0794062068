"""Debian's PostgreSQL 15, and its pgbouncer in front of it, in either mode."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import psycopg

from resources.embedded.s3 import free_port
from tests.servers.process import ServerProcess, program

PROGRAMS = "/usr/lib/postgresql/15/bin"
USER, PASSWORD = "museum", "not-the-first-guess"


def postgres(folder: Path) -> tuple[ServerProcess, str]:
    """Return a server with accounts (SCRAM) that is not started yet, and the address of its database `postgres`.

    Raises Missing.
    """
    initdb = program("initdb", PROGRAMS, package="postgresql-15")
    user = as_user(folder)
    secret = folder / "password"
    secret.write_text(PASSWORD)
    give(secret, user)
    make = [initdb, "-D", folder / "data", "-A", "scram-sha-256", "-U", USER, f"--pwfile={secret}", "-E", "UTF8"]
    subprocess.run(list(map(str, make)), cwd=folder, user=user, check=True, capture_output=True)
    port = free_port()
    url = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres"
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off",
               "max_connections": 200}  # fmt: skip
    command: list[str | Path] = [initdb.with_name("postgres"), "-D", folder / "data"]
    command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return ServerProcess("postgres", command, folder, lambda: answers(url), user=user), url


def pgbouncer(folder: Path, url: str, mode: str) -> tuple[ServerProcess, str]:
    """Return a pooler in front of a server, with this `pool_mode`, and its address. Raises Missing."""
    bouncer = program("pgbouncer", "/usr/sbin", package="pgbouncer")
    user = as_user(folder)
    port, behind = free_port(), psycopg.conninfo.conninfo_to_dict(url)
    users, file = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text(f'"{USER}" "{PASSWORD}"\n')
    file.write_text(f"""[databases]
* = host={behind["host"]} port={behind["port"]}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {mode}
ignore_startup_parameters = extra_float_digits
""")
    for each in (users, file):
        give(each, user)
    through = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres"
    return ServerProcess("pgbouncer", [bouncer, file], folder, lambda: answers(through), user=user), through


def answers(url: str) -> bool:
    with psycopg.connect(url, connect_timeout=2):
        return True


def as_user(folder: Path) -> str | None:
    """The user as whom root runs Postgres, which gets the folder; None for others."""
    if os.geteuid() != 0:
        return None
    give(folder, "postgres")
    return "postgres"


def give(path: Path, user: str | None) -> None:
    if user:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)
        path.chmod(0o700 if path.is_dir() else 0o600)
