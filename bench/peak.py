"""Transform what DATABASE_URL holds and print the peak memory of it in bytes: `python -m bench.peak`."""

from __future__ import annotations

import os
import re
import resource
import sys
from pathlib import Path

import psutil

from bench.collection import transformed
from resources.postgres import Database


def peak_bytes() -> int:
    """Return the largest resident sizes of this process and of those that help it, as if all were at once.

    On Linux ru_maxrss also counts the parent that the process was forked from: it said 4.7 GB after a parent that
    had loaded models. VmHWM counts from exec.
    """
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    found = [re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{p.pid}/status").read_text()) for p in processes]
    return sum(int(each[1]) * 1024 for each in found if each)


if __name__ == "__main__":
    transformed(Database(os.environ["DATABASE_URL"]))
    print(peak_bytes())
