"""The client of the authority that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from museum_assets.core.addresses import host_of
from museum_assets.core.failures import MuseumError
from resources.platform import Platform
from resources.rate_limit import RateLimiter
from resources.reconciliation.client import ReconciliationClient


@contextmanager
def open_authority(platform: Platform) -> Iterator[ReconciliationClient]:
    """Open it, at the pace that all runs share. Raises MuseumError when none is configured."""
    s = platform.settings
    if not s.reconciliation_url:
        raise MuseumError("no authority is configured: set RECONCILIATION_URL")
    with platform.pool() as pool:
        limiter = RateLimiter(pool, host_of(s.reconciliation_url), s.reconciliation_per_second)
        with ReconciliationClient(
            s.reconciliation_url, limiter=limiter, user_agent=platform.user_agent, batch=s.reconciliation_batch
        ) as client:
            yield client
