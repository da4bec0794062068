"""The living child processes of this one."""

from __future__ import annotations

import psutil


def child_processes(command: str) -> list[psutil.Process]:
    """Return those below this process that run a command of which this is a part.

    One that ended and that nobody waited for yet has no command any more, whoever started it: it is none of them.
    """
    found = []
    for each in psutil.Process().children(recursive=True):
        try:
            words = each.cmdline()
        except psutil.NoSuchProcess:  # which a process that ended is, too
            continue
        if any(command in word for word in words):
            found.append(each)
    return found
