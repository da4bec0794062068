"""The process of `museum metrics`: it looks at its sources every METRICS_SECONDS, and answers with the last look."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric

from museum_assets.core.failures import MuseumError
from museum_assets.core.outage import Outage
from museum_assets.operations.metrics.families import Reading, families
from museum_assets.operations.metrics.sources import SOURCES
from resources.platform import Platform

log = logging.getLogger(__name__)


BRIEF, REST = 5.0, 9
"""After a look of more seconds than that, the next waits so many times as long: it costs a tenth of a core at most."""


class Watch:
    """The last look at every source. A source that cannot be read has no metric but `museum_source_up`, which is 0."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._readings: dict[str, Reading] = {}
        self._outages = {name: Outage(log.warning, f"the metrics of {name}", "read") for name in SOURCES}
        self._over = threading.Event()

    def look(self) -> None:
        """Look at every source anew."""
        for name in SOURCES:
            self._readings[name] = self._look_at(name)
        about = Reading()
        about.add("collected_timestamp_seconds", value=time.time())
        self._readings["about"] = about

    def _look_at(self, name: str) -> Reading:
        began = time.monotonic()
        try:
            reading = SOURCES[name](self._platform)
        except MuseumError as error:
            self._outages[name].goes_on(str(error))
            reading = Reading()
            up = 0
        else:
            self._outages[name].over()
            up = 1
        reading.add("source_up", name, value=up)
        reading.add("source_seconds", name, value=time.monotonic() - began)
        return reading

    def collect(self) -> Iterable[Metric]:
        """Return what Prometheus' client asks for at each scrape."""
        return families(list(self._readings.values()))

    def keep_looking(self) -> None:
        """Look again and again, until `stop`."""
        wait = self._platform.settings.metrics_seconds
        while not self._over.wait(wait):
            began = time.monotonic()
            self.look()
            took = time.monotonic() - began
            wait = self._platform.settings.metrics_seconds
            if took > BRIEF:
                wait = max(wait, REST * took)

    def stop(self) -> None:
        """End `keep_looking` after the look under way."""
        self._over.set()


@contextmanager
def served(platform: Platform, host: str, port: int) -> Iterator[int]:
    """Serve the metrics for as long as the block lasts; yield the port. Raises OSError when it cannot be had."""
    watch = Watch(platform)
    registry = CollectorRegistry()
    registry.register(watch)  # type: ignore[arg-type]  # it asks for `collect` alone
    server, answering = start_http_server(port, addr=host, registry=registry)
    # Not before the port is had: the first look may take seconds.
    watch.look()
    looking = threading.Thread(target=watch.keep_looking, name="metrics", daemon=True)
    looking.start()
    try:
        yield server.server_port
    finally:
        watch.stop()
        server.shutdown()
        server.server_close()
        answering.join()
        looking.join()
