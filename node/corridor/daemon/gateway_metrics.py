"""What Prometheus sees of the gateways that take and hand over by themselves."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

_FILES: Final = ("accepted", "duplicate", "refused", "conflict", "written")
_TROUBLES: Final = ("folder_missing", "folder_unusable", "internal")
_POSTS: Final = ("delivered", "refused", "unreachable", "gone")
_STREAMS: Final = ("inbox", "outcomes")


class GatewayMetrics:
    """Metrics of the spool and the webhook."""

    def __init__(self, registry: CollectorRegistry, *, spool: bool, webhook: bool) -> None:
        """Register what belongs to the gateways that are on."""
        self._files = Counter(
            "corridor_spool_files_total",
            "Files of the spool by what became of them; written: records of partners",
            ["result"],
            registry=registry if spool else None,
        )
        self._waiting = Gauge(
            "corridor_spool_waiting",
            "Files in the out tray that are not taken yet",
            registry=registry if spool else None,
        )
        self._oldest = Gauge(
            "corridor_spool_oldest_file_timestamp_seconds",
            "When the oldest file in the out tray was last changed; 0 where there is none",
            registry=registry if spool else None,
        )
        self.spool_troubles = Counter(
            "corridor_spool_troubles_total",
            "Turns of the spool that failed and are tried again, by cause",
            ["cause"],
            registry=registry if spool else None,
        )
        self.posts = Counter(
            "corridor_webhook_posts_total",
            "Posts to the national system by result",
            ["stream", "result"],
            registry=registry if webhook else None,
        )
        self.webhook_oldest = Gauge(
            "corridor_webhook_oldest_event_timestamp_seconds",
            "When the event that is posted next became known; 0 where there is none",
            ["stream"],
            registry=registry if webhook else None,
        )
        self.webhook_failing = Gauge(
            "corridor_webhook_failing_since_timestamp_seconds",
            "Since when no post succeeded; 0 while they do",
            ["stream"],
            registry=registry if webhook else None,
        )
        self._prepare()

    def _prepare(self) -> None:
        for result in _FILES:
            self._files.labels(result)
        for cause in _TROUBLES:
            self.spool_troubles.labels(cause)
        for stream in _STREAMS:
            self.webhook_oldest.labels(stream).set(0)
            self.webhook_failing.labels(stream).set(0)
            for result in _POSTS:
                self.posts.labels(stream, result)

    def spool_file(self, result: str) -> None:
        """Count a file of the national system by what became of it."""
        self._files.labels(result).inc()

    def spool_written(self, count: int) -> None:
        """Count records of partners that were written as files."""
        self._files.labels("written").inc(count)

    def spool_waiting(self, count: int, oldest_ms: int | None) -> None:
        """Say what waits in the out tray."""
        self._waiting.set(max(0, count))
        self._oldest.set((oldest_ms or 0) / 1000 if count > 0 else 0)
