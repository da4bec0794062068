"""What the readers' process says of itself to Prometheus. It names no client and no query."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from museum_assets.readers.model import Model

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
PREFIX = "museum_readers"


class Metrics:
    """The counters of one app, in a registry of its own."""

    def __init__(self, model: Model) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            f"{PREFIX}_requests", "Requests by what was asked for and how it was answered.", ["route", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            f"{PREFIX}_request_seconds", "How long answers took.", ["route"], buckets=SECONDS, registry=self.registry
        )
        self.searches = Counter(
            f"{PREFIX}_searches", "Searches by whether vectors took part.", ["by"], registry=self.registry
        )
        self.thumbnails = Counter(
            f"{PREFIX}_thumbnails", "Thumbnails by where they were.", ["found"], registry=self.registry
        )
        ready = Gauge(f"{PREFIX}_model_ready", "1 when the model answers.", registry=self.registry)
        ready.set_function(lambda: float(model.state == "ready"))
        embedded = Gauge(f"{PREFIX}_model_asked", "Queries that the model embedded.", registry=self.registry)
        embedded.set_function(lambda: float(model.embedded))
        remembered = Gauge(f"{PREFIX}_model_remembered", "Queries whose vector was there.", registry=self.registry)
        remembered.set_function(lambda: float(model.remembered))

    def text(self) -> bytes:
        """Return all of them in Prometheus' format."""
        return generate_latest(self.registry)
