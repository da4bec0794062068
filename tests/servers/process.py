"""A server's process, which a test may kill and start again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

START_SECONDS = 120


class Missing(Exception):
    """A server that cannot be had on this machine, and why."""


class ServerProcess:
    """One server. It ends with the process that made it, at the latest, see `stop`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        folder: Path,
        answers: Callable[[], bool],
        *,
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.folder = folder
        self.answers = answers
        self.user = user
        self.environment = {**os.environ, **(environment or {})}
        self.log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises Missing with the end of what it said."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=self.user,
                start_new_session=True,
            )
        given_up = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > given_up:
                self.kill()
                raise Missing(f"{self.name} did not start: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it at once, with all its children."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait for it. For Postgres, SIGINT is the fast way."""
        self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            return self.answers()
        except Exception:  # noqa: BLE001 - whatever a client says of a server that is not there yet
            return False


def program(name: str, *places: str | Path, package: str) -> Path:
    """The path of a program; Debian's package is installed where it is missing. Raises Missing."""
    found = _find(name, places)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        install = f"apt-get update -qq && apt-get install -y -qq --no-install-recommends {package}"
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["bash", "-c", install], env=environment, capture_output=True, check=False)
        found = _find(name, places)
    if found is None:
        raise Missing(f"{name} is not on this machine, and Debian's package {package} could not be installed")
    return found


def _find(name: str, places: Sequence[str | Path]) -> Path | None:
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, places)]))
    return Path(found) if found else None
