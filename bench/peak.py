"""Transform what DATABASE_URL holds and print this process's peak memory in bytes: `python -m bench.peak`."""

from __future__ import annotations

import os
import re
import resource
import sys
from pathlib import Path

from bench.collection import transformed
from resources.postgres import Database


def peak_bytes() -> int:
    """Return this process's largest resident size.

    On Linux ru_maxrss also counts the parent that the process was forked from: it said 4.7 GB after a parent that
    had loaded models. VmHWM counts from exec.
    """
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


if __name__ == "__main__":
    transformed(Database(os.environ["DATABASE_URL"]))
    print(peak_bytes())
