"""What a model's step frees, kept for its next step."""

from __future__ import annotations

import ctypes
import platform

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3
"""mallopt's parameters (malloc.h)."""


def keep_freed_memory() -> bool:
    """Let glibc keep what this process frees, for the layers of the next batch; say whether it does.

    By default it gives large blocks back to the system and gets them anew, zeroed: a batch of ViT-L-14 took 220,000
    page faults and a sixth of its time for that. What is kept is the most that a batch needs at a time.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    given = {MMAP_THRESHOLD: 32 << 20, TRIM_THRESHOLD: 2**31 - 1, TOP_PAD: 64 << 20}
    return all(mallopt(parameter, value) for parameter, value in given.items())
