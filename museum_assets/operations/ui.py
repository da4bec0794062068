"""The embedded services, Dagster's UI behind its guard, its daemon and the readers' pages: what `museum up` runs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from filelock import FileLock, Timeout

from museum_assets.core.settings import Settings
from museum_assets.operations.children import (
    PROGRAMS,
    Child,
    UiError,
    start,
    wait_for,
    wait_for_socket,
)
from museum_assets.operations.code_server import SHARED, SOCKET
from museum_assets.operations.keeper import stop
from museum_assets.operations.readers_pages import ReadersPages
from museum_assets.operations.running import running_platform
from resources.embedded.services import Environment, dagster_home, keep_running, lock_of, own_databases

WORKSPACE = Path(str(files("museum_assets") / "workspace.yaml"))
LOOPBACK = "127.0.0.1"
FIRST_PORT, PORTS = 3000, 100
"""Tried are FIRST_PORT, or the port that is asked for, and those after it."""
CHECK_SECONDS = 10


@dataclass(frozen=True)
class Ui:
    """A running UI: its address, the readers' pages beside it, the environment of its processes, and the processes.

    The keeper is the first of the children and the leader of their process group.
    """

    url: str
    readers: ReadersPages
    settings: Settings
    env: Environment
    children: tuple[Child, ...]

    def wait(self) -> None:
        """Return at Ctrl-C. Until then services that die are restarted; raises UiError when a child dies."""
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(CHECK_SECONDS)
                for child in self.children:
                    child.check()
                    child.rotate()
                self.readers.keep()
                keep_running(self.settings)


@contextmanager
def ui(
    settings: Settings,
    *,
    port: int | None = None,
    read_only: bool = False,
    env: Mapping[str, str] | None = None,
    workspace: Path = WORKSPACE,
) -> Iterator[Ui]:
    """Run the services, the webserver, the daemon and the readers' pages; `env` is added to their environment.

    Listens on 127.0.0.1 at the first free port from `port` on, and from READERS_PORT on for readers. Raises UiError,
    and as `running_platform` does.
    """
    with (
        running_platform(settings, migrates=True) as services,
        only_ui(settings),
        listening_from(port or FIRST_PORT) as listening,
        listening_from(settings.readers_port, "READERS_PORT") as for_readers,
        # Not in the home: the path of a unix socket has 107 bytes at most.
        TemporaryDirectory(prefix="museum-") as folder,
        kept_children(settings) as children,
    ):
        port = listening.getsockname()[1]
        url = f"http://{LOOPBACK}:{port}"
        links = {} if "notice_ui_url" in settings.model_fields_set else {"NOTICE_UI_URL": url}
        everything = {**services, **links, **(env or {})}
        modes = ["--read-only"] if read_only else []
        code_server = start("dagster-code-server", settings, everything, str(workspace), folder, group=children[0])
        children.append(code_server)
        wait_for_socket(Path(folder) / SOCKET, code_server)
        shared = Path(folder) / SHARED
        # The port is for `only_ui`; the socket is handed over, so that nobody else can take the port in between.
        web = ["--port", str(port), "--fd", str(listening.fileno()), "--workspace", str(shared), *modes]
        webserver = start("dagster-webserver", settings, everything, *web, group=children[0], fd=listening.fileno())
        children.append(webserver)
        wait_for(f"{url}/server_info", webserver)
        # Only now: two processes that make Dagster's tables at the same time get in each other's way.
        report_lost_runs(settings, everything)
        daemon = start("dagster-daemon", settings, everything, "--workspace", str(shared), group=children[0])
        children.append(daemon)
        essential = tuple(children)
        yield Ui(url, ReadersPages(for_readers, settings, everything, children), settings, everything, essential)


@contextmanager
def kept_children(settings: Settings) -> Iterator[list[Child]]:
    """Yield a list with the keeper, for those that are started into its process group.

    They are stopped at the end of the block, and when this process is gone. Raises UiError.
    """
    arguments = [str(settings.home), str(lock_of(settings.home)), str(os.getpid())]
    keeper = start("keeper", settings, {}, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    children = [keeper]
    assert keeper.process.stdin
    assert keeper.process.stdout
    try:
        # Its group is there, and it is deaf to what stops the others.
        if not keeper.process.stdout.readline():
            keeper.process.wait()
            keeper.check()
        yield children
    finally:
        keeper.process.stdin.close()
        keeper.process.stdout.close()
        for child in children:
            child.process.wait()
        # What a keeper that was killed could not do.
        stop([keeper.process.pid])


def listening_from(first: int, name: str = "--port") -> socket.socket:
    """Return a socket that listens at the first free port of PORTS from `first` on.

    Raises UiError, which says that `name` chooses another one.
    """
    for port in range(first, first + PORTS):
        with suppress(OSError):
            return socket.create_server((LOOPBACK, port))
    raise UiError(f"All ports from {first} to {first + PORTS - 1} are taken: choose another one with {name}")


@contextmanager
def only_ui(settings: Settings) -> Iterator[None]:
    """Make sure that one UI runs per home: a second daemon would start every run a second time.

    Stops the processes of a UI that was killed. Raises UiError when another one is alive.
    """
    try:
        with FileLock(settings.home / "ui.lock", timeout=0):
            stop_leftovers(settings)
            yield
    except Timeout:
        lines = [process.info["cmdline"] for process in dagster_processes(settings)]
        ports = [line[line.index("--port") + 1] for line in lines if "--port" in line]
        where = f"at http://127.0.0.1:{ports[0]}" if ports else "or is about to start or stop"
        raise UiError(f"The UI of {settings.home} already runs {where}") from None


def stop_leftovers(settings: Settings) -> None:
    """Stop what is left of a UI whose keeper was killed as well."""
    groups = set()
    for process in dagster_processes(settings):
        with suppress(ProcessLookupError):
            groups.add(os.getpgid(process.pid))
    stop(list(groups - {os.getpgrp()}))


def dagster_processes(settings: Settings) -> list[psutil.Process]:
    """Return what `ui` starts of the processes that work with this home."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if (process.info["environ"] or {}).get("DAGSTER_HOME") == str(dagster_home(settings))
        and _is_child(process.info["cmdline"] or [])
    ]


def _is_child(line: list[str]) -> bool:
    """Tell whether a command line is one that `ui` starts, and no `museum webserver` or `serve` of somebody's own."""
    return tuple(line[2:4]) in PROGRAMS.values() and (line[2] != "museum_assets" or "--fd" in line)


def report_lost_runs(settings: Settings, env: Environment, *, restored: bool = False) -> None:
    """Run `museum_assets.operations.lost_runs`; in what was just restored, no run is alive. Raises UiError."""
    # In a database that others use too, a launched run may be alive elsewhere.
    launched = ["--launched"] if "dagster_postgres_url" in own_databases(settings) else []
    done = subprocess.run(  # noqa: S603 - our own program and arguments
        [sys.executable, "-m", "museum_assets.operations.lost_runs", *(["--all"] if restored else launched)],
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UiError(f"Dagster's instance in {dagster_home(settings)} cannot be used:\n{done.stderr}")
