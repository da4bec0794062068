"""Ending with the process that started this one, and being told by it what to do."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue


def end_with_stdin() -> None:
    """Send this process SIGTERM when standard input closes: the kernel closes it for a parent that was killed."""
    _watch(lambda _: None)


def lines_of_parent() -> Iterator[bytes]:
    """Yield each line of standard input when it is asked for.

    When standard input closes, this process gets SIGTERM, also while it is at work on a line.
    """
    lines: SimpleQueue[bytes] = SimpleQueue()
    _watch(lines.put)
    while line := lines.get():
        yield line


def _watch(on_line: Callable[[bytes], None]) -> None:
    threading.Thread(target=_read, args=(on_line,), name="stdin", daemon=True).start()


def _read(on_line: Callable[[bytes], None]) -> None:
    with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as stdin:
        for line in stdin:
            on_line(line)
    on_line(b"")
    # To the main thread: Python runs handlers there, and one that waits is woken by its own signals alone.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
