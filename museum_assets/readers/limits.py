"""What one client may ask in a minute, so that nobody keeps the others waiting."""

from __future__ import annotations

import ipaddress
import time
from math import ceil

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

PAGE, THUMBNAIL, UPLOAD, FREE = 20, 1, 200, 0
"""What a request costs. A page brings two dozen thumbnails with it, and an upload is work for the model."""
_NETWORK_BITS = 64
"""An IPv6 client has a network of its own, with addresses enough to be a new client each time."""


def client_key(host: str) -> str:
    """Return what tells clients apart: the address, or the network of an IPv6 address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host  # a unix socket has no address
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, _NETWORK_BITS), strict=False))
    return str(address.ipv4_mapped if address.version == 6 else address)


class ClientLimits:
    """Counts what each client asked for in the last minute."""

    def __init__(self, pages_per_minute: int) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        # An upload must be possible under any setting.
        self._item = RateLimitItemPerMinute(max(PAGE * pages_per_minute, UPLOAD))

    def seconds_to_wait(self, host: str, cost: int) -> int:
        """Count a request; return 0 when it may be answered, else in how many seconds to ask again."""
        key = client_key(host)
        if cost == FREE or self._limiter.hit(self._item, key, cost=cost):
            return 0
        left = self._limiter.get_window_stats(self._item, key).reset_time - time.time()
        return max(1, ceil(left))
