"""`museum up`: the embedded services, Dagster's UI and its daemon, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import typer
from filelock import FileLock, Timeout

from museum_assets.cli.simulation import refuse_real_museums
from museum_assets.failures import MuseumError
from museum_assets.museums import MUSEUMS
from museum_assets.settings import REPO_ROOT, Settings
from resources.embedded.postgres import log_tail
from resources.embedded.s3 import is_free
from resources.embedded.services import Environment, dagster_home, keep_running, own_databases, running_services

WORKSPACE = REPO_ROOT / "workspace.yaml"
FIRST_PORT, PORTS = 3000, 100
"""Tried are FIRST_PORT, or the port that is asked for, and those after it."""
MODULES = {"dagster-webserver": "dagster_webserver", "dagster-daemon": "dagster._daemon"}
START_SECONDS = 180
STOP_SECONDS = 30
"""A run that is told to stop finishes its batch and reports to Dagster."""
CHECK_SECONDS = 10


class UiError(MuseumError):
    """The UI could not be started, or one of its processes ended. The message names the log."""


@dataclass(frozen=True)
class Child:
    """One of Dagster's processes, the leader of a process group of its own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raise UiError when the process has ended."""
        if (code := self.process.poll()) is not None:
            raise UiError(f"{self.name} ended with code {code}: see {self.log}, ending\n{log_tail(self.log)}")


@dataclass(frozen=True)
class Ui:
    """A running UI: its address, the environment of its processes, and the processes."""

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
                keep_running(self.settings)


def up(settings: Settings, *, port: int | None = None) -> int:
    """Run everything until Ctrl-C or SIGTERM, then stop what was started. Returns the exit code.

    Raises MuseumError in the demo's home when no demo runs (its UI would offer to harvest the real museums into it),
    UiError when one of Dagster's processes dies, and as `ui` does.
    """
    refuse_real_museums(settings, MUSEUMS)
    typer.echo("Starting the services and Dagster ...")
    with ui(settings, port=port) as running:
        typer.echo(f"Dagster is at {running.url} (logs in {settings.home / 'logs'}). Ctrl-C stops it.")
        running.wait()
        typer.echo("Stopping ...")
    return 0


@contextmanager
def ui(
    settings: Settings,
    *,
    port: int | None = None,
    env: Mapping[str, str] | None = None,
    workspace: Path = WORKSPACE,
) -> Iterator[Ui]:
    """Run the services, the webserver and the daemon; `env` is added to their environment.

    Listens on 127.0.0.1 at the first free port from `port` on. Raises UiError, and as
    `running_services` does.
    """
    children: list[Child] = []
    with running_services(settings) as services, only_ui(settings):
        port = free_port_from(port or FIRST_PORT)
        url = f"http://127.0.0.1:{port}"
        links = {} if "notice_ui_url" in settings.model_fields_set else {"NOTICE_UI_URL": url}
        everything = {**services, **links, **(env or {})}
        target = ("-w", str(workspace))
        try:
            children.append(
                start("dagster-webserver", settings, everything, "-h", "127.0.0.1", "-p", str(port), *target)
            )
            wait_for(url, children[0])
            # Only now: two processes that make Dagster's tables at the same time get in each other's way.
            report_lost_runs(settings, everything)
            children.append(start("dagster-daemon", settings, everything, "run", *target))
            yield Ui(url, settings, everything, tuple(children))
        finally:
            stop([child.process.pid for child in children])
            for child in children:
                child.process.wait()


def free_port_from(first: int) -> int:
    """Return the first free port of PORTS from `first` on. Raises UiError."""
    for port in range(first, first + PORTS):
        if is_free(port):
            return port
    raise UiError(f"All ports from {first} to {first + PORTS - 1} are taken: choose another one with --port")


@contextmanager
def only_ui(settings: Settings) -> Iterator[None]:
    """Make sure that one UI runs per home: a second daemon would start every run a second time.

    Stops the processes of a UI that was killed. Raises UiError when another one is alive.
    """
    try:
        with FileLock(settings.home / "ui.lock", timeout=0):
            stop([process.pid for process in dagster_processes(settings)])
            yield
    except Timeout:
        lines = [process.info["cmdline"] for process in dagster_processes(settings)]
        ports = [line[line.index("-p") + 1] for line in lines if "-p" in line]
        where = f"at http://127.0.0.1:{ports[0]}" if ports else "or is about to start or stop"
        raise UiError(f"The UI of {settings.home} already runs {where}") from None


def dagster_processes(settings: Settings) -> list[psutil.Process]:
    """Return the webservers and daemons that work with this home."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if (process.info["environ"] or {}).get("DAGSTER_HOME") == str(dagster_home(settings))
        and set(MODULES.values()) & set(process.info["cmdline"] or [])
    ]


def start(name: str, settings: Settings, env: Environment, *arguments: str) -> Child:
    """Start one of MODULES with its output in `<home>/logs`; the log of the time before is kept."""
    log = settings.home / "logs" / f"{name}.log"
    log.parent.mkdir(exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".previous.log"))
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program and arguments
            [sys.executable, "-m", MODULES[name], *arguments],
            env={**os.environ, **env},
            cwd=REPO_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for `up`, which stops them in order
        )
    return Child(name, process, log)


def wait_for(url: str, child: Child) -> None:
    """Wait until the webserver answers. Raises UiError."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        child.check()
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/server_info", timeout=10, trust_env=False).is_success:
                return
        time.sleep(0.2)
    raise UiError(f"{child.name} did not answer at {url} within {START_SECONDS} s: see {child.log}")


def report_lost_runs(settings: Settings, env: Environment) -> None:
    """Run `museum_assets.cli.lost_runs`. Raises UiError."""
    # In a database that others use too, a launched run may be alive elsewhere.
    launched = ["--launched"] if "dagster_postgres_url" in own_databases(settings) else []
    done = subprocess.run(  # noqa: S603 - our own program and arguments
        [sys.executable, "-m", "museum_assets.cli.lost_runs", *launched],
        env={**os.environ, **env},
        cwd=REPO_ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UiError(f"Dagster's instance in {dagster_home(settings)} cannot be used:\n{done.stderr}")


def stop(groups: list[int]) -> None:
    """Terminate process groups and wait for all their members; kill those that stay."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in members(groups):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        deadline = time.monotonic() + STOP_SECONDS
        while members(groups) and time.monotonic() < deadline:
            time.sleep(0.1)


def members(groups: list[int]) -> list[psutil.Process]:
    """Return the living processes of these groups. Zombies are not: not every container has an init."""
    found = []
    for process in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if os.getpgid(process.pid) in groups and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
