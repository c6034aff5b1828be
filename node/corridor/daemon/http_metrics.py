"""What Prometheus sees of the HTTP gateway; made only where the gateway is on."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.1, 0.5, 2, 10, 30)
"""From a submission on a fast disk to a long poll."""


class HttpMetrics:
    """Requests by route, method and status; labels from closed sets."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Make the metrics in a node's registry."""
        self._requests = Counter(
            "corridor_http_requests_total",
            "Requests answered over HTTP",
            ("route", "method", "code"),
            registry=registry,
        )
        self._seconds = Histogram(
            "corridor_http_request_seconds",
            "From a request's head to the end of its answer, long polls included",
            ("route",),
            buckets=_BUCKETS_S,
            registry=registry,
        )

    def answered(self, route: str, method: str, code: str, seconds: float) -> None:
        """Count one answer; `code` is "ok" or the code of a problem."""
        self._requests.labels(route, method, code).inc()
        self._seconds.labels(route).observe(seconds)
