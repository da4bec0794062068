"""A program in a process of its own, to be killed: forked from one that has imported what tests need.

A new interpreter takes three to seven seconds to import the platform and the models, and a test of kills starts a
dozen of them: they were a sixth of the time of all tests.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any, TextIO

PRELOADED = ["tests.robustness.warm", "open_clip", "museum_assets.cli.app"]


class Killable:
    """Runs `code` with `arguments` as `python -c` would. `stdout` is what it prints, on stderr too with `errors`."""

    def __init__(
        self, code: str, *arguments: str, environment: Mapping[str, str] | None = None, errors: bool = False
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        ours, theirs = context.Pipe(duplex=False)
        given = dict(os.environ if environment is None else environment)
        self._process: Any = context.Process(target=_perform, args=(code, arguments, given, theirs, errors))
        self._process.start()
        theirs.close()
        self.stdout: TextIO = os.fdopen(os.dup(ours.fileno()))
        ours.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return int(self._process.pid)

    def poll(self) -> int | None:
        """Return how it ended, None while it runs: -9 after SIGKILL."""
        status: int | None = self._process.exitcode
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self) -> int:
        """Wait until it has ended and return how."""
        self._process.join()
        self.stdout.close()
        return int(self._process.exitcode)

    def finish(self) -> tuple[int, str]:
        """Wait until it has ended and return (how, what it printed since it was last read)."""
        rest = self.stdout.read()
        return self.wait(), rest


def _perform(
    code: str, arguments: tuple[str, ...], environment: dict[str, str], output: Connection, errors: bool
) -> None:
    os.dup2(output.fileno(), 1)
    if errors:
        os.dup2(output.fileno(), 2)
    output.close()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["-c", *arguments]
    exec(compile(code, "<killable>", "exec"), {"__name__": "__main__"})
