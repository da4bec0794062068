"""The museum data platform: a Dagster code location and the pure code it calls."""

import atexit
import gc
import sys


def _leave_garbage() -> None:
    """Spare a process that ends its last collection: with Dagster imported it took 0.9 s of processor time."""
    # Triton, which comes with PyTorch, tells everybody of 500 functions that it finds uncollected.
    if "triton" not in sys.modules:
        gc.freeze()


atexit.register(_leave_garbage)
