"""What Prometheus sees: throughput first, then what waits, then the state of links.

Rules:

* metrics observe outcomes after they are durable; nothing reads them back;
* labels come from closed sets: the partner's endpoint, a record type's name, a reason's name;
  never an MRN, a record id or a key;
* every label set that can be known is made at start, so that a first failure is an increase.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Histogram, Info, disable_created_metrics
from prometheus_client import Counter as CounterMetric
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from corridor import __version__
from corridor.daemon.housekeeping import PARTS
from corridor.daemon.logs import event_logger
from corridor.daemon.metric_words import FRAME_WORDS, RECORD_WORDS, state_word
from corridor.daemon.offers import Answer
from corridor.errors import Reason, StoreTrouble
from corridor.exchange.cues import Way
from corridor.exchange.pressure import Cause
from corridor.store.values import Depth
from corridor.transit.movement import State
from corridor.transit.parties import Endpoint
from corridor.transit.timers import Overdue
from corridor.wire.batches import FIRST_BUSINESS, LAST_BUSINESS, type_label

LATENCY_BUCKETS_S: Final = (0.1, 0.5, 2, 15, 60, 300, 900, 14_400)
"""From one broker on the same machine to a border post that is closed at night; 60 and 900 are the
objectives. No finer: each bound is a series for each partner."""


FAILURES: Final = ("returned", "absent", "nacked", "unconfirmed", "lost")
"""How an envelope comes back from the own broker; `lost`: nobody knows whether it left."""

MISTAKEN: Final = ("frame", "chunk", "sealing", "movement", *PARTS)
"""Where the node may fail by a mistake of its own and go on all the same."""

STORE_FAILURES: Final = ("store", "store_full", "store_damaged", "store_in_use", "store_misused")
"""Codes of what a store that is open may say; a store that is lost ends the node."""


class NodeMetrics:
    """Every metric of a node, in one table, in a registry of its own."""

    def __init__(self) -> None:
        """Make the metrics; nothing is shared between two nodes of one process."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, that nobody reads
        self.registry = CollectorRegistry(auto_describe=True)
        self._peers: dict[Endpoint, None] = {}
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
        self.peer_state = self._gauge(
            "corridor_peer_state",
            "1 for how the way to the partner stands now, 0 for every other way",
            "peer",
            "state",
        )
        self.next_try = self._gauge(
            "corridor_peer_next_try_timestamp_seconds",
            "When something is tried to a partner whose way is shut; 0 where nothing waits",
            "peer",
        )
        self.held_back = self._gauge(
            "corridor_back_pressure",
            "1 while the node takes nothing more for this cause",
            "cause",
        )
        self.store_failures = self._counter(
            "corridor_store_failures_total",
            "Operations that the store refused or failed, of which nothing was kept",
            "reason",
        )
        self.free_bytes = self._gauge(
            "corridor_store_free_bytes",
            "Free space of the disk on which the store lies",
        )
        self.inbox_waiting = self._gauge(
            "corridor_inbox_waiting_records",
            "Records of partners that the national system has not acknowledged",
        )
        self.quarantined = self._counter(
            "corridor_frames_refused_total",
            "Frames dropped, held or put aside before they were opened, by kind of reason",
            "link",
            "reason",
        )
        self.refused = self._counter(
            "corridor_records_refused_total",
            "Records and envelopes of partners that were refused, by kind of reason",
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
        )
        self.end_to_end_latency = self._latency(
            "corridor_end_to_end_latency_seconds",
            "From an envelope's oldest record kept in the outbox to its receipt stored (one clock)",
            "peer",
        )
        self.delivery_latency = self._latency(
            "corridor_delivery_latency_seconds",
            "From an envelope's creation at the partner to its records stored here (two clocks)",
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
        self.backup_last = Gauge(
            "corridor_backup_last_success_timestamp_seconds",
            "When the newest backup in the folder was made; 0 without any",
            registry=None,
        )
        self.audit_valid = self._gauge(
            "corridor_audit_chain_valid",
            "1 while the audit trail is whole and holds the head that the store keeps",
        )
        self.audit_valid.set(1)  # until it is looked at, before anything is served
        self.directory_until = self._gauge(
            "corridor_directory_expiry_timestamp_seconds",
            "End of the directory in force",
        )
        self.movements_open = self._gauge(
            "corridor_movements_open",
            "Movements that have not ended, as this node knows them",
        )
        self.movements = self._gauge(
            "corridor_movements",
            "Movements that have not ended, by where they stand as this node knows them",
            "state",
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
        self.mistakes = self._counter(
            "corridor_own_mistakes_total",
            "What the node failed at by itself and left for later, by part",
            "kind",
        )
        self._prepare()

    def _counter(self, name: str, what: str, *labels: str) -> CounterMetric:
        return CounterMetric(name, what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(name, what, labels, registry=self.registry)

    def _latency(self, name: str, what: str, *labels: str) -> Histogram:
        return Histogram(name, what, labels, buckets=LATENCY_BUCKETS_S, registry=self.registry)

    def _prepare(self) -> None:
        for kind in range(FIRST_BUSINESS, LAST_BUSINESS + 1):
            self._accepted.labels(type_label(kind))
        for reason in Reason:
            self._refused_here.labels(reason.label)
        for code in STORE_FAILURES:
            self.store_failures.labels(code)
        for cause in Cause:
            self.held_back.labels(cause.value).set(0)
        for queue in ("corridor.dlq", "corridor.unrouted"):
            self.alarms.labels(queue)
        for part in MISTAKEN:
            self.mistakes.labels(part)
        for role in ("sender", "receiver"):
            self.broker_connected.labels(role).set(0)
        self._prepare_movements()

    def _prepare_movements(self) -> None:
        for state in State:
            self.movements.labels(state_word(state)).set(0)
        for what in Overdue:
            self.movements_overdue.labels(what.value).set(0)

    def know_peers(self, peers: Iterable[Endpoint]) -> None:
        """Make the label sets of these partners."""
        for peer in peers:
            self._peers[peer] = None
            for family in ("data", "control"):
                self.published.labels(peer, family)
            for single in (
                self.sealed,
                self.received,
                self.duplicates,
                self.end_to_end_latency,
                self.window,
                self.in_flight,
                self.peer_last_seen,
            ):
                single.labels(peer)
            for reason in FAILURES:
                self.publish_failures.labels(peer, reason)
            self.next_try.labels(peer).set(0)
            for way in Way:
                self.peer_state.labels(peer, way.value)
            for cause in ("tail", "resend", "link"):
                self.repeated.labels(peer, cause)
            self.stored.labels(peer)
            self.link_open.labels(peer).set(1)
            for verdict in ("accepted", "refused"):
                self.receipted.labels(peer, verdict)
            self._know_refusals(peer)

    def _know_refusals(self, peer: Endpoint) -> None:
        for word in RECORD_WORDS:
            self.refused.labels(peer, word)
        for word in FRAME_WORDS:
            self.quarantined.labels(peer.country, word)

    def watch_backups(self) -> None:
        """Show when the newest backup was made; only where backups are to be made."""
        self.registry.register(self.backup_last)

    def watch_store(self, depths: Callable[[], Sequence[Depth]]) -> None:
        """Read what waits from the store whenever Prometheus asks."""
        self.registry.register(_Waiting(depths, self._peers))

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
    """Outbox depth and age, taken from the store at each scrape; and whether it can be read."""

    def __init__(
        self, depths: Callable[[], Sequence[Depth]], peers: Mapping[Endpoint, None]
    ) -> None:
        self._depths = depths
        self._peers = peers

    def collect(self) -> Iterable[Metric]:
        readable = GaugeMetricFamily(
            "corridor_store_readable",
            "1 while the store can be read; what it tells is missing at 0",
        )
        try:
            depths = {one.peer: one for one in self._depths()}
        except StoreTrouble as error:
            event_logger().error("scrape.failed", code=error.code)
            readable.add_metric([], 0)
            return (readable,)
        readable.add_metric([], 1)
        return (readable, *self._waiting(depths))

    def _waiting(self, depths: Mapping[Endpoint, Depth]) -> Iterable[Metric]:
        records = GaugeMetricFamily(
            "corridor_outbox_records", "Records without a receipt", labels=["peer", "state"]
        )
        oldest = GaugeMetricFamily(
            "corridor_outbox_oldest_record_timestamp_seconds",
            "When the oldest record without a receipt was kept; 0 where there is none",
            labels=["peer"],
        )
        for peer in dict.fromkeys((*self._peers, *depths)):
            depth = depths.get(peer, Depth(peer, 0, 0, None))
            records.add_metric([peer, "waiting"], depth.waiting)
            records.add_metric([peer, "unreceipted"], depth.unreceipted_records)
            oldest.add_metric([peer], (depth.oldest_accepted_ms or 0) / 1000)
        return records, oldest
