"""The embedded services, Dagster's UI behind its guard, and its daemon: the processes of `museum up`."""

from __future__ import annotations

import os
import shutil
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

import httpx
import psutil
from filelock import FileLock, Timeout

from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import Settings
from museum_assets.operations.code_server import SHARED, SOCKET
from museum_assets.operations.keeper import stop
from museum_assets.operations.running import running_platform
from resources.embedded.postgres import log_tail
from resources.embedded.services import Environment, dagster_home, keep_running, lock_of, own_databases
from resources.http_client import http_client

WORKSPACE = Path(str(files("museum_assets") / "workspace.yaml"))
LOOPBACK = "127.0.0.1"
FIRST_PORT, PORTS = 3000, 100
"""Tried are FIRST_PORT, or the port that is asked for, and those after it."""
PROGRAMS: dict[str, tuple[str, ...]] = {
    "keeper": ("museum_assets.operations.keeper",),
    "dagster-code-server": ("museum_assets.operations.code_server", "run"),
    "dagster-webserver": ("museum_assets", "webserver"),
    "dagster-daemon": ("dagster._daemon", "run"),
}
"""Module and subcommand of each child."""
LOG_BYTES = 50_000_000
"""A log that is larger takes the place of the one before, so that a child keeps twice as much at the most."""
START_SECONDS = 180
CHECK_SECONDS = 10


class UiError(MuseumError):
    """The UI could not be started, or one of its processes ended. The message names the log."""


@dataclass(frozen=True)
class Child:
    """A process that `ui` started."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raise UiError when the process has ended."""
        if (code := self.process.poll()) is not None:
            raise UiError(f"{self.name} ended with code {code}: see {self.log}, ending\n{log_tail(self.log)}")

    def rotate(self) -> None:
        """Put a log that has grown large aside, in place of the one before."""
        if self.log.stat().st_size > LOG_BYTES:
            # Copied and emptied: the child, its code servers and its runs go on writing to the file they have open.
            shutil.copyfile(self.log, previous(self.log))
            os.truncate(self.log, 0)


@dataclass(frozen=True)
class Ui:
    """A running UI: its address, the environment of its processes, and the processes.

    The keeper is the first of the children and the leader of their process group.
    """

    url: str
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
    """Run the services, the webserver and the daemon; `env` is added to their environment.

    Listens on 127.0.0.1 at the first free port from `port` on. Raises UiError, and as
    `running_platform` does.
    """
    with (
        running_platform(settings, migrates=True) as services,
        only_ui(settings),
        listening_from(port or FIRST_PORT) as listening,
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
        wait_for(url, webserver)
        # Only now: two processes that make Dagster's tables at the same time get in each other's way.
        report_lost_runs(settings, everything)
        daemon = start("dagster-daemon", settings, everything, "--workspace", str(shared), group=children[0])
        children.append(daemon)
        yield Ui(url, settings, everything, tuple(children))


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


def listening_from(first: int) -> socket.socket:
    """Return a socket that listens at the first free port of PORTS from `first` on. Raises UiError."""
    for port in range(first, first + PORTS):
        with suppress(OSError):
            return socket.create_server((LOOPBACK, port))
    raise UiError(f"All ports from {first} to {first + PORTS - 1} are taken: choose another one with --port")


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
    """Return the webservers and daemons that work with this home."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if (process.info["environ"] or {}).get("DAGSTER_HOME") == str(dagster_home(settings))
        and _is_child(process.info["cmdline"] or [])
    ]


def _is_child(line: list[str]) -> bool:
    """Tell whether a command line is one that `ui` starts, and no `museum webserver` of somebody's own."""
    return tuple(line[2:4]) in PROGRAMS.values() and ("webserver" not in line or "--fd" in line)


def start(
    name: str,
    settings: Settings,
    env: Environment,
    *arguments: str,
    group: Child | None = None,
    fd: int | None = None,
    stdin: int = subprocess.DEVNULL,
    stdout: int | None = None,
) -> Child:
    """Start one of PROGRAMS in the process group of a child, or in one of its own.

    It gets `fd`, and the lock by which the home's services are held. Its output is in `<home>/logs`.
    """
    log = settings.home / "logs" / f"{name}.log"
    log.parent.mkdir(exist_ok=True)
    if log.exists():
        log.replace(previous(log))
    # Appended to: so it begins anew when `rotate` has emptied it.
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program and arguments
            [sys.executable, "-m", *PROGRAMS[name], *arguments],
            env={**os.environ, **env},
            stdin=stdin,
            stdout=output if stdout is None else stdout,
            stderr=output,
            pass_fds=[lock_of(settings.home), *([] if fd is None else [fd])],
            # Not that of `up`: Ctrl-C is for `up`, which stops them in order.
            process_group=group.process.pid if group else 0,
        )
    return Child(name, process, log)


def previous(log: Path) -> Path:
    """Return where the log of the time before is kept."""
    return log.with_suffix(".previous.log")


def wait_for(url: str, child: Child) -> None:
    """Wait until the webserver answers. Raises UiError."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        child.check()
        # The port listens from the beginning: who asks early waits until the webserver takes the socket over.
        with suppress(httpx.TransportError), http_client(timeout=1) as client:
            if client.get(f"{url}/server_info").is_success:
                return
        time.sleep(0.1)
    raise UiError(f"{child.name} did not answer at {url} within {START_SECONDS} s: see {child.log}")


def wait_for_socket(socket: Path, child: Child) -> None:
    """Wait until a child listens at a unix socket. Raises UiError."""
    deadline = time.monotonic() + START_SECONDS
    while not socket.exists():
        child.check()
        if time.monotonic() > deadline:
            raise UiError(f"{child.name} did not listen within {START_SECONDS} s: see {child.log}")
        time.sleep(0.1)


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
