"""Memory that is kept is not faulted in anew."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from resources.embedders.freed_memory import keep_freed_memory

assert sys.argv[1] == "as it is" or keep_freed_memory()

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def step():
    # As a layer does: two blocks at a time, both beyond what glibc keeps by itself.
    return [bytearray(b"x") * (16 << 20), bytearray(b"y") * (24 << 20)]

step()
before = faults()
for _ in range(10):
    step()
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library decides for itself what it keeps")
def test_blocks_that_were_freed_cost_nothing_the_next_time() -> None:
    def faults(how: str) -> int:
        run = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, check=True, text=True)
        return int(run.stdout)

    as_it_is, kept = faults("as it is"), faults("kept")
    assert as_it_is > 10_000
    assert kept < 1_000
