"""Metrics for Prometheus."""

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

__all__ = ["CONTENT_TYPE", "Meters"]

_WAITING = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_FILLING = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Meters:
    """The meters of one service, in a registry of their own.

    Args:
        taken: how many requests are taken now.
    """

    def __init__(self, taken: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "deepgin_requests",
            "Requests by path and code of the answer; 499 is a client that hung up",
            ("path", "code"),
            registry=self.registry,
        )
        self.waited = Histogram(
            "deepgin_queue_seconds",
            "Seconds that a request waited before it was filled",
            buckets=_WAITING,
            registry=self.registry,
        )
        self.filled = Histogram(
            "deepgin_fill_seconds",
            "Seconds that a batch took to be filled",
            buckets=_FILLING,
            registry=self.registry,
        )
        self.batch = Histogram(
            "deepgin_batch_size",
            "Requests that were filled together",
            buckets=(1, 2, 4, 8, 16, 32),
            registry=self.registry,
        )
        queue = Gauge(
            "deepgin_queue_length",
            "Requests that are taken and not yet answered",
            registry=self.registry,
        )
        queue.set_function(taken)

    def text(self) -> bytes:
        """Return all of them as Prometheus reads them."""
        return generate_latest(self.registry)
