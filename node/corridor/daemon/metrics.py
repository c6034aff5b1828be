"""What Prometheus sees: throughput first, then what waits, then the state of links.

Rules:

* metrics observe outcomes after they are durable; nothing reads them back;
* labels come from closed sets: the partner's endpoint, a record type's name, a reason's name;
  never an MRN, a record id or a key;
* every label set that can be known is made at start, so that a first failure is an increase.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Histogram, Info, disable_created_metrics
from prometheus_client import Counter as CounterMetric
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from corridor import __version__
from corridor.daemon.offers import Answer
from corridor.errors import Reason
from corridor.exchange.receive import UNSIGNED, Disposal
from corridor.store.values import Depth
from corridor.transit.parties import Endpoint
from corridor.transit.timers import Overdue
from corridor.wire.batches import type_label

LATENCY_BUCKETS_S: Final = (
    0.05,
    0.1,
    0.5,
    1,
    2,
    5,
    15,
    60,
    300,
    900,
    3600,
    14_400,
)
"""From one broker on the same machine to a border post that is closed at night. No finer: each
bound is three series a partner, and forty partners stay near 5,000 series."""


RECORD_REASONS: Final = (
    Reason.KEY_COMMIT,
    Reason.PAYLOAD_TAG,
    Reason.PADDING,
    Reason.BATCH,
    Reason.PAYLOAD_ROOT,
    Reason.EPOCH,
    Reason.NOT_AUTHORISED,
    Reason.RECORD_TOO_LARGE,
    Reason.RECORD_MALFORMED,
    Reason.RECORD_TYPE,
    Reason.RECORD_INVALID,
    Reason.RECORD_ID_CONFLICT,
    Reason.CONTROL_MALFORMED,
    Reason.LIFETIME,
    Reason.OFFICE_NOT_OWN,
    Reason.ROLE_NOT_ALLOWED,
)
"""Why records, envelopes and control records of a partner are refused once they are opened."""

FRAME_REASONS: Final = (
    *(
        (reason, str(UNSIGNED.get(reason, Disposal.DROPPED)))
        for reason in Reason
        if reason < Reason.KEY_UNKNOWN or reason in UNSIGNED
    ),
    (Reason.SENDER_SUSPENDED, "dropped"),
    (Reason.NO_AGREEMENT, "dropped"),
    (Reason.HELD_FULL, "dropped"),
    (Reason.WINDOW, "dropped"),
    (Reason.EPOCH, "dropped"),
    (Reason.SEQUENCE, "quarantined"),
    (Reason.FORK, "quarantined"),
    (Reason.CREATED_IN_FUTURE, "deferred"),
    (Reason.EXPIRED, "deferred"),
    *((Reason(number), "unopened") for number in range(Reason.KEY_UNKNOWN, Reason.KEY_COMMIT)),
)
"""Why frames are not taken, each with what becomes of them as a rule."""


class NodeMetrics:
    """Every metric of a node, in one table, in a registry of its own."""

    def __init__(self) -> None:
        """Make the metrics; nothing is shared between two nodes of one process."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, that nobody reads
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        build = Info("corridor_build", "Version of the node", registry=self.registry)
        build.info({"version": __version__})
        self._accepted = self._counter(
            "corridor_records_accepted_total",
            "Records of the national system kept in the outbox",
            "message_type",
        )
        self._refused_here = self._counter(
            "corridor_submissions_refused_total",
            "Records of the national system refused before they were kept",
            "reason",
        )
        self.published = self._counter(
            "corridor_envelopes_published_total",
            "Envelopes given to the node's own broker, repeats included",
            "peer",
            "family",
        )
        self.sealed = self._counter(
            "corridor_records_published_total",
            "Records sealed into envelopes and given to the node's own broker",
            "peer",
        )
        self.publish_failures = self._counter(
            "corridor_publish_failures_total",
            "Envelopes that the node's own broker returned, refused or did not confirm",
            "peer",
            "reason",
        )
        self.received = self._counter(
            "corridor_records_received_total",
            "Records of partners that were opened and verified",
            "peer",
        )
        self.duplicates = self._counter(
            "corridor_envelopes_duplicate_total",
            "Envelopes of partners that were here before",
            "peer",
        )
        self.stored = self._counter(
            "corridor_records_stored_total",
            "Records of partners accepted and stored for the national system",
            "peer",
        )
        self.delivered = self._counter(
            "corridor_records_delivered_total",
            "Records of partners that the national system has acknowledged",
        )
        self.repeated = self._counter(
            "corridor_envelopes_repeated_total",
            "Envelopes published again with identical bytes, by cause",
            "peer",
            "cause",
        )
        self.link_open = self._gauge(
            "corridor_link_open",
            "1 while the way to the partner is open, 0 while records wait for it",
            "peer",
        )
        self.quarantined = self._counter(
            "corridor_frames_refused_total",
            "Frames dropped, held or put aside before they were opened, by reason",
            "link",
            "reason",
            "disposal",
        )
        self.refused = self._counter(
            "corridor_records_refused_total",
            "Records and envelopes of partners that were refused, by reason",
            "peer",
            "reason",
        )
        self.receipted = self._counter(
            "corridor_records_receipted_total",
            "Records whose receipt was verified and stored, by verdict",
            "peer",
            "verdict",
        )
        self.receipt_latency = self._latency(
            "corridor_receipt_latency_seconds",
            "From an envelope sealed to its receipt verified and stored (one clock)",
            "peer",
        )
        self.end_to_end_latency = self._latency(
            "corridor_end_to_end_latency_seconds",
            "From an envelope's oldest record kept in the outbox to its receipt stored (one clock)",
            "peer",
        )
        self.delivery_latency = self._latency(
            "corridor_delivery_latency_seconds",
            "From an envelope's creation at the partner to its records stored here (two clocks)",
            "peer",
        )
        self.window = self._gauge(
            "corridor_window_envelopes",
            "Envelopes that may be unreceipted",
            "peer",
        )
        self.in_flight = self._gauge(
            "corridor_in_flight_envelopes",
            "Envelopes that are unreceipted",
            "peer",
        )
        self.broker_connected = self._gauge(
            "corridor_broker_connected",
            "1 while connected to the own broker",
            "role",
        )
        self.broker_blocked = self._gauge(
            "corridor_broker_blocked",
            "1 while the own broker takes no records",
        )
        self.peer_last_seen = self._gauge(
            "corridor_peer_last_seen_timestamp_seconds",
            "When the last authentic envelope of the partner arrived",
            "peer",
        )
        self.key_until = self._gauge(
            "corridor_encryption_key_until_timestamp_seconds",
            "Until when partners may seal to the node's newest encryption key",
        )
        self.backup_last = self._gauge(
            "corridor_backup_last_success_timestamp_seconds",
            "When the newest backup in the folder was made; 0 without any",
        )
        self.directory_until = self._gauge(
            "corridor_directory_expiry_timestamp_seconds",
            "End of the directory in force",
        )
        self.movements_open = self._gauge(
            "corridor_movements_open",
            "Movements that have not ended, as this node knows them",
        )
        self.movements_overdue = self._gauge(
            "corridor_movements_overdue",
            "Deadlines of open movements that have passed, by what is overdue",
            "kind",
        )
        self.alarms = self._counter(
            "corridor_unexpected_messages_total",
            "Messages in queues of the own broker that must stay empty",
            "queue",
        )
        self._prepare()

    def _counter(self, name: str, what: str, *labels: str) -> CounterMetric:
        return CounterMetric(name, what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(name, what, labels, registry=self.registry)

    def _latency(self, name: str, what: str, *labels: str) -> Histogram:
        return Histogram(name, what, labels, buckets=LATENCY_BUCKETS_S, registry=self.registry)

    def _prepare(self) -> None:
        for reason in Reason:
            self._refused_here.labels(reason.label)
        for queue in ("corridor.dlq", "corridor.unrouted"):
            self.alarms.labels(queue)
        for what in Overdue:
            self.movements_overdue.labels(what.value).set(0)
        for role in ("sender", "receiver"):
            self.broker_connected.labels(role).set(0)

    def know_peers(self, peers: Iterable[Endpoint]) -> None:
        """Make the label sets of these partners."""
        for peer in peers:
            for family in ("data", "control"):
                self.published.labels(peer, family)
            for single in (
                self.sealed,
                self.received,
                self.duplicates,
                self.receipt_latency,
                self.end_to_end_latency,
                self.delivery_latency,
                self.window,
                self.in_flight,
            ):
                single.labels(peer)
            for reason in ("returned", "nacked", "lost"):
                self.publish_failures.labels(peer, reason)
            for cause in ("tail", "resend", "link"):
                self.repeated.labels(peer, cause)
            self.stored.labels(peer)
            self.link_open.labels(peer).set(1)
            for verdict in ("accepted", "refused"):
                self.receipted.labels(peer, verdict)
            self._know_refusals(peer)

    def _know_refusals(self, peer: Endpoint) -> None:
        for reason in RECORD_REASONS:
            self.refused.labels(peer, reason.label)
        for reason, disposal in FRAME_REASONS:
            self.quarantined.labels(peer.country, reason.label, disposal)

    def watch_store(self, depths: Callable[[], Sequence[Depth]]) -> None:
        """Read what waits from the store whenever Prometheus asks."""
        self.registry.register(_Waiting(depths))

    def submitted(self, kinds: Sequence[int], answers: Sequence[Answer]) -> None:
        """Count what became of submissions."""
        kept = Counter(
            kind for kind, one in zip(kinds, answers, strict=True) if one.status == "accepted"
        )
        for kind, count in kept.items():
            self._accepted.labels(type_label(kind)).inc(count)
        for answer in answers:
            if answer.reason is not None:
                self._refused_here.labels(answer.reason.label).inc()


class _Waiting(Collector):
    """Outbox depth and age, taken from the store at each scrape."""

    def __init__(self, depths: Callable[[], Sequence[Depth]]) -> None:
        self._depths = depths

    def collect(self) -> Iterable[Metric]:
        records = GaugeMetricFamily(
            "corridor_outbox_records", "Records without a receipt", labels=["peer", "state"]
        )
        oldest = GaugeMetricFamily(
            "corridor_outbox_oldest_record_timestamp_seconds",
            "When the oldest record without a receipt was kept; 0 where there is none",
            labels=["peer"],
        )
        for depth in self._depths():
            records.add_metric([depth.peer, "waiting"], depth.waiting)
            records.add_metric([depth.peer, "unreceipted"], depth.unreceipted_records)
            oldest.add_metric([depth.peer], (depth.oldest_accepted_ms or 0) / 1000)
        return (records, oldest)
