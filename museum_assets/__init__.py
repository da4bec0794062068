"""The museum data platform: a Dagster code location and the pure code it calls."""

import atexit
import gc

# A process that ends needs no collection of garbage. Python makes one all the same: with Dagster imported it took 0.9 s.
atexit.register(gc.freeze)
