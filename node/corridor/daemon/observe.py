"""Turns what the exchange tells after each commit into metrics and log lines."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from corridor.daemon.logs import event_logger
from corridor.daemon.metrics import NodeMetrics
from corridor.exchange.cues import (
    ControlRefused,
    DuplicateReceived,
    EnvelopeReceived,
    EnvelopeRepeated,
    EnvelopeSealed,
    Event,
    ForkSeen,
    FrameRefused,
    ReceiptApplied,
    ReceiptRefused,
    RestoreSeen,
    Way,
    WayChanged,
)
from corridor.exchange.values import Family, Verdict
from corridor.transit.parties import Endpoint

_QUIET_S: Final = 10.0
"""A flood of hostile frames must not become a flood of log lines."""
_Handler: TypeAlias = Callable[[Any], None]


class WayTold(NamedTuple):
    """What was told when the way to a partner last changed."""

    reason: str | None
    since_ms: int


class NodeObserver:
    """Counts and logs events; called from the sender's and the receiver's thread."""

    def __init__(self, metrics: NodeMetrics) -> None:
        """Count in `metrics`."""
        self._metrics = metrics
        self.last_heard_ms: dict[Endpoint, int] = {}
        self.ways: dict[Endpoint, WayTold] = {}
        self._refused: Counter[tuple[str, str, str]] = Counter()
        self._frames: dict[tuple[str, str, str], tuple[int, float]] = {}
        self._handlers: dict[type, _Handler] = {
            EnvelopeSealed: self._sealed,
            EnvelopeRepeated: self._repeated,
            EnvelopeReceived: self._received,
            DuplicateReceived: self._duplicate,
            FrameRefused: self._frame_refused,
            ReceiptApplied: self._receipt,
            ReceiptRefused: self._receipt_refused,
            ControlRefused: self._control_refused,
            RestoreSeen: self._restore,
            ForkSeen: self._fork,
            WayChanged: self._way,
        }

    def refusals(self) -> list[dict[str, str | int]]:
        """Return what was refused since the start, by partner and reason; any thread."""
        found = sorted(dict(self._refused).items())
        return [
            {"peer": peer, "by": by, "reason": reason, "count": count}
            for (peer, by, reason), count in found
        ]

    def tell(self, event: Event) -> None:
        """Take note of `event`."""
        self._handlers[type(event)](event)

    def _sealed(self, event: EnvelopeSealed) -> None:
        self._metrics.published.labels(event.peer, event.family.value).inc()
        if event.family is Family.DATA:
            self._metrics.sealed.labels(event.peer).inc(event.records)

    def _repeated(self, event: EnvelopeRepeated) -> None:
        self._metrics.repeated.labels(event.peer, event.why).inc()

    def _received(self, event: EnvelopeReceived) -> None:
        metrics = self._metrics
        self._heard(event.peer)
        if event.family is Family.CONTROL:
            return
        metrics.received.labels(event.peer).inc(event.records)
        metrics.stored.labels(event.peer).inc(event.accepted)
        latency_s = max(0, event.received_ms - event.created_ms) / 1000
        metrics.delivery_latency.labels(event.peer).observe(latency_s)
        for reason, count in Counter(event.refused).items():
            metrics.refused.labels(event.peer, reason.label).inc(count)
            self._refused[event.peer, "us", reason.label] += count
            event_logger().warning(
                "record.refused", peer=event.peer, reason=reason.label, count=count
            )

    def _duplicate(self, event: DuplicateReceived) -> None:
        self._heard(event.peer)
        self._metrics.duplicates.labels(event.peer).inc()

    def _frame_refused(self, event: FrameRefused) -> None:
        link = event.link or "none"
        self._metrics.quarantined.labels(link, event.reason.label, event.disposal).inc()
        self._refused[link, "us", event.reason.label] += 1
        self._warn_of_frames(link, event.reason.label, event.disposal)

    def _warn_of_frames(self, link: str, reason: str, disposal: str) -> None:
        """Log the first of a kind at once, then how many there were, every ten seconds."""
        key = (link, reason, disposal)
        count, said_at = self._frames.get(key, (0, -_QUIET_S))
        now = time.monotonic()
        if now - said_at < _QUIET_S:
            self._frames[key] = (count + 1, said_at)
            return
        self._frames[key] = (0, now)
        event_logger().warning(
            "frame.refused", link=link, reason=reason, state=disposal, count=count + 1
        )

    def _receipt(self, event: ReceiptApplied) -> None:
        metrics = self._metrics
        refused = len(event.refused)
        metrics.receipted.labels(event.peer, "accepted").inc(max(0, event.records - refused))
        if event.verdict in {Verdict.ACCEPTED, Verdict.REFUSED}:
            metrics.receipt_latency.labels(event.peer).observe(event.round_trip_ms / 1000)
            if event.since_accepted_ms is not None:
                age_s = event.since_accepted_ms / 1000
                metrics.end_to_end_latency.labels(event.peer).observe(age_s)
        if refused:
            metrics.receipted.labels(event.peer, "refused").inc(refused)
            for reason, count in Counter(event.refused).items():
                self._refused[event.peer, "partner", reason.label] += count
                event_logger().warning(
                    "record.refused_by_partner", peer=event.peer, reason=reason.label, count=count
                )

    def _receipt_refused(self, event: ReceiptRefused) -> None:
        event_logger().error("receipt.refused", peer=event.peer, reason=event.fault)

    def _control_refused(self, event: ControlRefused) -> None:
        self._metrics.refused.labels(event.peer, event.reason.label).inc()
        self._refused[event.peer, "us", event.reason.label] += 1
        event_logger().error("control.refused", peer=event.peer, reason=event.reason.label)

    def _restore(self, event: RestoreSeen) -> None:
        event_logger().warning(
            "restore.seen", peer=event.peer, state="ours" if event.ours else "partner's",
            cure="records may be handed over again, marked possible_repeat",
        )  # fmt: skip

    def _fork(self, event: ForkSeen) -> None:
        event_logger().error(
            "fork.seen", peer=event.peer, epoch=event.position.epoch, sequence=event.position.seq,
            cure="both envelopes are kept as evidence; speak with the partner",
        )  # fmt: skip

    def _way(self, event: WayChanged) -> None:
        self._metrics.link_open.labels(event.peer).set(event.way is Way.OPEN)
        if event.way in {Way.NO_ROUTE, Way.BACKPRESSURE}:
            cause = "returned" if event.way is Way.NO_ROUTE else "nacked"
            self._metrics.publish_failures.labels(event.peer, cause).inc()
        log = event_logger().info if event.way is Way.OPEN else event_logger().warning
        reason = event.reason.label if event.reason else None
        self.ways[event.peer] = WayTold(reason, int(time.time() * 1000))
        log("way.changed", peer=event.peer, state=event.way.value, reason=reason)

    def _heard(self, peer: Endpoint) -> None:
        now = time.time()
        self.last_heard_ms[peer] = int(now * 1000)
        self._metrics.peer_last_seen.labels(peer).set(now)
