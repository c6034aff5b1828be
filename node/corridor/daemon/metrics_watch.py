"""Metrics of the watch over links, canaries and the clock; labels come from closed sets."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from corridor.exchange.clock_check import ClockTrouble
from corridor.exchange.link_values import Trouble
from corridor.transit.parties import Endpoint

OF_BROKER: Final = "none"
"""The label `peer` of what concerns the own broker and no single partner."""
_ALARMS: Final = ("disk space", "memory")
_BROKER_TROUBLES: Final = (Trouble.ALARM, Trouble.POLICY, Trouble.ORPHANED, Trouble.STRAY)
LINK_KINDS: Final = {
    Trouble.PARAMETER: "not_as_rendered",
    Trouble.POLICY: "not_as_rendered",
    Trouble.MISSING: "down",
    Trouble.STARTING: "down",
}
"""Troubles of a link that are counted together; `corridor status` has each."""
LINK_WORDS: Final = tuple(
    dict.fromkeys(
        LINK_KINDS.get(trouble, trouble.value)
        for trouble in Trouble
        if trouble not in {Trouble.ALARM, Trouble.ORPHANED, Trouble.STRAY, Trouble.UNSEEN}
    )
)
_OUTCOMES: Final = ("done", "failed")
_BUCKETS_S: Final = (0.1, 0.5, 2, 15, 60, 300)


class WatchMetrics:
    """What the watch tells Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register everything."""
        self.link_up = Gauge(
            "corridor_federation_link_up",
            "1 while the link that fetches from the partner runs and is as it should be",
            ("peer",), registry=registry,
        )  # fmt: skip
        self.trouble = Gauge(
            "corridor_link_trouble",
            "1 while the watch finds this of the link to the partner, or of the own broker (none)",
            ("peer", "trouble"), registry=registry,
        )  # fmt: skip
        self.repairs = Counter(
            "corridor_link_repairs_total",
            "Repairs that the watch made at the own broker",
            ("peer", "outcome"), registry=registry,
        )  # fmt: skip
        self.seen = Gauge(
            "corridor_links_watched",
            "1 while the own broker tells the watch how its links do",
            registry=registry,
        )
        self.alarm = Gauge(
            "corridor_broker_alarm",
            "1 while the own broker is short of this",
            ("resource",), registry=registry,
        )  # fmt: skip
        self._ways_and_clock(registry)
        self._prepare()

    def _ways_and_clock(self, registry: CollectorRegistry) -> None:
        self.round_trip = Histogram(
            "corridor_canary_round_trip_seconds",
            "From a canary kept to its receipt stored (one clock), of all partners",
            buckets=_BUCKETS_S, registry=registry,
        )  # fmt: skip
        self.canary_took = Gauge(
            "corridor_canary_last_round_trip_seconds",
            "How long the last canary took whose receipt came; 0 before the first",
            ("peer",), registry=registry,
        )  # fmt: skip
        self.canary_last = Gauge(
            "corridor_canary_last_success_timestamp_seconds",
            "When the receipt of a canary last came; 0 before the first",
            ("peer",), registry=registry,
        )  # fmt: skip
        self.canary_waits = Gauge(
            "corridor_canary_waiting_seconds",
            "For how long the canary under way has had no receipt; 0 where none is under way",
            ("peer",), registry=registry,
        )  # fmt: skip
        self.clock = Gauge(
            "corridor_clock_off_seconds",
            "By how much the own clock is off, at least, by what shows it; 0 where nothing does",
            ("trouble",), registry=registry,
        )  # fmt: skip
        self.skew = Gauge(
            "corridor_peer_clock_skew_seconds",
            "How far the partner's clock is from ours, at least; positive where it is ahead",
            ("peer",), registry=registry,
        )  # fmt: skip

    def _prepare(self) -> None:
        for resource in _ALARMS:
            self.alarm.labels(resource).set(0)
        for clock_trouble in ClockTrouble:
            self.clock.labels(clock_trouble.value).set(0)
        for trouble in _BROKER_TROUBLES:
            self.trouble.labels(OF_BROKER, trouble.value).set(0)
        for outcome in _OUTCOMES:
            self.repairs.labels(OF_BROKER, outcome)

    def know_peers(self, peers: Iterable[Endpoint]) -> None:
        """Make the label sets of these partners."""
        for peer in peers:
            for outcome in _OUTCOMES:
                self.repairs.labels(peer, outcome)
            for single in (self.canary_took, self.canary_last, self.canary_waits, self.skew):
                single.labels(peer)
            for word in LINK_WORDS:
                self.trouble.labels(peer, word).set(0)

    def found(self, peers: Iterable[Endpoint], troubles: set[tuple[str, Trouble]]) -> None:
        """Show what is wrong now, and nothing else."""
        told = {(peer, LINK_KINDS.get(trouble, trouble.value)) for peer, trouble in troubles}
        for peer in peers:
            for word in LINK_WORDS:
                self.trouble.labels(peer, word).set((peer, word) in told)
        for trouble in _BROKER_TROUBLES:
            self.trouble.labels(OF_BROKER, trouble.value).set((OF_BROKER, trouble) in troubles)

    def alarms(self, resources: Iterable[str]) -> None:
        """Show of what the broker is short."""
        short = set(resources)
        for resource in _ALARMS:
            self.alarm.labels(resource).set(resource in short)
