"""What Prometheus sees of the HTTP gateway; made only where the gateway is on."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

_BUCKETS_S: Final = (0.1, 0.5, 2, 30)
"""From a submission to a long poll; each bound is a series for each route, and a node has few."""
_CLASSES: Final = ("2xx", "4xx", "5xx")
_OK: Final = "ok"


class HttpMetrics:
    """Requests by route, method and class of status, problems by code; all of closed sets."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Make the metrics in a node's registry."""
        self._requests = Counter(
            "corridor_http_requests_total",
            "Requests answered over HTTP, by class of status; none: the client went away",
            ("route", "method", "status"),
            registry=registry,
        )
        self._problems = Counter(
            "corridor_http_problems_total",
            "Requests answered over HTTP with a problem, by its code",
            ("code",),
            registry=registry,
        )
        self._seconds = Histogram(
            "corridor_http_request_seconds",
            "From a request's head to the end of its answer, long polls included",
            ("route",),
            buckets=_BUCKETS_S,
            registry=registry,
        )

    def know(self, routes: Iterable[tuple[str, str]], codes: Iterable[str]) -> None:
        """Make the label sets of routes, each with a method, and of problems."""
        for route, method in routes:
            self._seconds.labels(route)
            for one in _CLASSES:
                self._requests.labels(route, method, one)
        for code in codes:
            self._problems.labels(code)

    def answered(self, route: str, method: str, status: int, code: str, seconds: float) -> None:
        """Count one answer; `code` is "ok" or the code of a problem, status 0 is no answer."""
        self._requests.labels(route, method, f"{status // 100}xx" if status else "none").inc()
        if code != _OK:
            self._problems.labels(code).inc()
        self._seconds.labels(route).observe(seconds)
