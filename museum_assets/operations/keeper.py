"""`python -m museum_assets.operations.keeper HOME LOCK PARENT`: the end of Dagster's processes with their parent.

`museum up` starts the keeper as the leader of a process group, its other children as members of that group, and holds
the keeper's standard input open. When that closes, because `museum up` wants to stop or because it is gone (SIGKILL,
out of memory), the keeper stops the group: webserver, daemon, code servers and runs. So there is one way to the end,
and no process has to notice by itself that its parent has died.

The keeper holds the home's services until then, by the inherited lock LOCK, and leaves as their last user if it is.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

STOP_SECONDS = 30
"""A run that is told to stop finishes its batch and reports to Dagster."""


def main() -> None:
    """Wait until standard input closes, then stop the other processes of this process's group."""
    home, lock, parent = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    # What stops the group is meant for the others, and Ctrl-C for `museum up`.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.buffer.read()
    stop([os.getpgrp()])
    if os.getppid() == parent:
        return  # which leaves the services when it ends itself
    # Only now: it takes the memory of a whole command.
    from resources.embedded.services import registered

    os.close(lock)
    with registered(home):
        pass


def stop(groups: list[int]) -> None:
    """Terminate process groups and wait for all their members but this process; kill those that stay."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in members(groups):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        deadline = time.monotonic() + STOP_SECONDS
        while members(groups) and time.monotonic() < deadline:
            time.sleep(0.1)


def members(groups: list[int]) -> list[psutil.Process]:
    """Return the living processes of these groups but this one. Zombies are not: not every container has an init."""
    found = []
    for process in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            inside = process.pid != os.getpid() and os.getpgid(process.pid) in groups
            if inside and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


if __name__ == "__main__":
    main()
