"""Turns what the exchange tells after each commit into metrics and log lines."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from corridor.daemon.clock import unix_ms
from corridor.daemon.logs import event_logger
from corridor.daemon.metric_words import frame_word, record_word
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.seldom import Seldom
from corridor.errors import Reason
from corridor.exchange.clock_settled import Reached, tells_of_clock
from corridor.exchange.cues import (
    AcceptanceTaken,
    ControlRefused,
    DuplicateReceived,
    EnvelopeReceived,
    EnvelopeRepeated,
    EnvelopesBack,
    EnvelopeSealed,
    Event,
    ForkSeen,
    FrameRefused,
    ReceiptApplied,
    ReceiptRefused,
    Recovered,
    RestoreSeen,
    Way,
    WayChanged,
)
from corridor.exchange.values import Family, Verdict
from corridor.exchange.way_words import CAUSES, CURES
from corridor.transit.parties import Endpoint

_RESTORE_QUIET_S: Final = 600.0
"""A partner says it with each StreamStatus until all is back: some dozens in half a minute."""
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
        self.skews: dict[Endpoint, tuple[int, float]] = {}
        """How far each partner's clock is from ours, at least, and when that was seen (steady)."""
        self.answers: dict[Endpoint, Reached] = {}
        """What each partner's clock said, about, when it last answered quickly."""
        self._refused: Counter[tuple[str, str, str]] = Counter()
        self._seldom = Seldom()
        self._restores = Seldom(_RESTORE_QUIET_S)
        self.acceptance_taken: Callable[[], None] = lambda: None
        """Is called when a partner said what it accepts."""
        self._handlers: dict[type, _Handler] = {
            EnvelopeSealed: self._sealed,
            EnvelopeRepeated: self._repeated,
            EnvelopesBack: self._back,
            EnvelopeReceived: self._received,
            DuplicateReceived: self._duplicate,
            FrameRefused: self._frame_refused,
            ReceiptApplied: self._receipt,
            ReceiptRefused: self._receipt_refused,
            ControlRefused: self._control_refused,
            RestoreSeen: self._restore,
            Recovered: self._recovered,
            ForkSeen: self._fork,
            WayChanged: self._way,
            AcceptanceTaken: self._acceptance,
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

    def _back(self, event: EnvelopesBack) -> None:
        self._metrics.publish_failures.labels(event.peer, event.cause).inc(event.count)

    def _received(self, event: EnvelopeReceived) -> None:
        metrics = self._metrics
        self._heard(event.peer)
        if event.family is Family.CONTROL:
            return
        metrics.received.labels(event.peer).inc(event.records)
        metrics.stored.labels(event.peer).inc(event.accepted)
        latency_s = max(0, event.received_ms - event.created_ms) / 1000
        metrics.delivery_latency.observe(latency_s)
        for reason, count in Counter(event.refused).items():
            metrics.refused.labels(event.peer, record_word(reason)).inc(count)
            self._refused[event.peer, "us", reason.label] += count
            event_logger().warning(
                "record.refused", peer=event.peer, reason=reason.label, count=count
            )

    def _duplicate(self, event: DuplicateReceived) -> None:
        self._heard(event.peer)
        self._metrics.duplicates.labels(event.peer).inc()

    def _frame_refused(self, event: FrameRefused) -> None:
        link = event.link or "none"
        self._metrics.quarantined.labels(link, frame_word(event.reason)).inc()
        self._refused[link, "us", event.reason.label] += 1
        if event.reason is Reason.INTERNAL:
            self._metrics.mistakes.labels("frame").inc()
        self._warn_of_frames(link, event.reason.label, event.disposal)

    def _warn_of_frames(self, link: str, reason: str, disposal: str) -> None:
        """Log the first of a kind at once, then how many there were, every ten seconds."""
        count = self._seldom.due((link, reason, disposal))
        if count:
            event_logger().warning(
                "frame.refused", link=link, reason=reason, state=disposal, count=count
            )

    def _receipt(self, event: ReceiptApplied) -> None:
        metrics = self._metrics
        steady_s = time.monotonic()
        self.skews[event.peer] = (event.skew_ms, steady_s)
        if tells_of_clock(event.round_trip_ms):
            said_ms = unix_ms() + event.skew_ms
            self.answers[event.peer] = Reached(said_ms, round(steady_s * 1000))
        refused = len(event.refused)
        metrics.receipted.labels(event.peer, "accepted").inc(max(0, event.records - refused))
        if event.verdict in {Verdict.ACCEPTED, Verdict.REFUSED}:
            # which envelope took so long: its id is in no series, and names nobody
            which = {"envelope": event.envelope_id.hex()} if event.envelope_id else None
            metrics.receipt_latency.observe(event.round_trip_ms / 1000, which)
            if event.since_accepted_ms is not None:
                age_s = event.since_accepted_ms / 1000
                metrics.end_to_end_latency.labels(event.peer).observe(age_s, which)
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
        self._metrics.refused.labels(event.peer, record_word(event.reason)).inc()
        self._refused[event.peer, "us", event.reason.label] += 1
        event_logger().error("control.refused", peer=event.peer, reason=event.reason.label)

    def _restore(self, event: RestoreSeen) -> None:
        state = "ours" if event.ours else "partner's"
        count = self._restores.due((event.peer, state))
        if not count:
            return
        event_logger().warning(
            "restore.seen", peer=event.peer, state=state, count=count,
            cure="records may be handed over again, marked possible_repeat",
        )  # fmt: skip

    def _recovered(self, event: Recovered) -> None:
        """Say that a partner has returned everything: who restored a node waits for it."""
        took_ms = max(0, unix_ms() - event.since_ms)
        if not event.without_content:
            event_logger().info("recovery.completed", peer=event.peer, duration_ms=took_ms)
            return
        event_logger().error(
            "recovery.partly", peer=event.peer, duration_ms=took_ms, count=event.without_content,
            cure="the partner holds nothing of these envelopes any more; `corridor reconcile` and"
            " the partner's own national system say which records they were",
        )  # fmt: skip

    def _fork(self, event: ForkSeen) -> None:
        event_logger().error(
            "fork.seen", peer=event.peer, epoch=event.position.epoch, sequence=event.position.seq,
            cure="both envelopes are kept as evidence; speak with the partner",
        )  # fmt: skip

    def _way(self, event: WayChanged) -> None:
        # who is silent is not shut out: what is for it goes on to its broker
        self._metrics.link_open.labels(event.peer).set(event.way in {Way.OPEN, Way.SILENT})
        log = event_logger().info if event.way is Way.OPEN else event_logger().warning
        reason = event.reason.label if event.reason else None
        if event.reason is Reason.INTERNAL:
            self._metrics.mistakes.labels("sealing").inc()
        self.ways[event.peer] = WayTold(reason, unix_ms())
        log(
            "way.changed", peer=event.peer, state=event.way.value, reason=reason,
            cause=CAUSES[event.way], cure=CURES[event.way] or None,
        )  # fmt: skip

    def _acceptance(self, event: AcceptanceTaken) -> None:
        self.acceptance_taken()
        if not event.again:
            event_logger().info("acceptance.taken", peer=event.peer)

    def _heard(self, peer: Endpoint) -> None:
        now_ms = unix_ms()
        self.last_heard_ms[peer] = now_ms
        self._metrics.peer_last_seen.labels(peer).set(now_ms / 1000)
