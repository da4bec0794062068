"""The processes that `museum up` starts: each with its log, its group and its end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import Settings
from resources.embedded.postgres import log_tail
from resources.embedded.services import Environment, lock_of
from resources.http_client import http_client

PROGRAMS: dict[str, tuple[str, ...]] = {
    "keeper": ("museum_assets.operations.keeper",),
    "dagster-code-server": ("museum_assets.operations.code_server", "run"),
    "dagster-webserver": ("museum_assets", "webserver"),
    "dagster-daemon": ("dagster._daemon", "run"),
    "readers": ("museum_assets", "serve"),
}
"""Module and subcommand of each child."""
LOG_BYTES = 50_000_000
"""A log that is larger takes the place of the one before, so that a child keeps twice as much at the most."""
START_SECONDS = 180


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


def wait_for(address: str, child: Child) -> None:
    """Wait until a child answers at an address. Raises UiError."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        child.check()
        # The port listens from the beginning: who asks early waits until the child takes the socket over.
        with suppress(httpx.TransportError), http_client(timeout=1) as client:
            if client.get(address).is_success:
                return
        time.sleep(0.1)
    raise UiError(f"{child.name} did not answer at {address} within {START_SECONDS} s: see {child.log}")


def wait_for_socket(socket: Path, child: Child) -> None:
    """Wait until a child listens at a unix socket. Raises UiError."""
    deadline = time.monotonic() + START_SECONDS
    while not socket.exists():
        child.check()
        if time.monotonic() > deadline:
            raise UiError(f"{child.name} did not listen within {START_SECONDS} s: see {child.log}")
        time.sleep(0.1)
