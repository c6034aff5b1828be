"""What waits for a person, for Prometheus: frames in quarantine, and records of ours undelivered.

Rules:

* read from the store when Prometheus asks, so that it is right after any restart; counting over the
  outbox is done once a minute at most;
* labels come from closed sets: links are partners' countries and the two queues that must stay
  empty; each is there from the start at 0. Why a frame waits, `corridor quarantine list` says.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from corridor.errors import Reason, StoreTrouble
from corridor.exchange.addresses import ALARM_QUEUES
from corridor.store.port import Store
from corridor.store.quarantine_port import DeadGroup, QuarantineGroup
from corridor.transit.parties import Endpoint

DEAD_REASONS: Final = ("agreement_ended", "unanswered", "refused")
_COUNT_EVERY_S: Final = 60.0


class QuarantineCollector(Collector):
    """Takes from the store what waits, at each scrape."""

    def __init__(self, store: Store, partners: Callable[[], Sequence[Endpoint]]) -> None:
        """Read `store`; `partners` are those whose label sets are made."""
        self._store = store
        self._partners = partners
        self._lock = threading.Lock()
        self._counted_at = -_COUNT_EVERY_S
        self._dead: Sequence[DeadGroup] = ()

    def collect(self) -> Iterable[Metric]:
        """Return the metrics; none where the store cannot be read."""
        try:
            with self._store.reading() as view:
                groups = view.quarantine_groups()
            return (*self._frames(groups), *self._records())
        except StoreTrouble:
            return ()

    def _frames(self, groups: Sequence[QuarantineGroup]) -> Iterable[Metric]:
        links = {*(peer.country for peer in self._partners()), *(one.link for one in groups)}
        frames = GaugeMetricFamily(
            "corridor_quarantine_frames",
            "Frames that wait in quarantine for a person",
            labels=["link"],
        )
        size = GaugeMetricFamily(
            "corridor_quarantine_bytes", "Size of the frames that wait", labels=["link"]
        )
        oldest = GaugeMetricFamily(
            "corridor_quarantine_oldest_timestamp_seconds",
            "When the oldest frame that waits came; 0 where none does",
            labels=["link"],
        )
        not_kept = CounterMetricFamily(
            "corridor_quarantine_not_kept_total",
            "Frames that found no room in quarantine any more",
            labels=["link"],
        )
        for link in sorted(links | {*ALARM_QUEUES}):
            own = [one for one in groups if one.link == link]
            ages = [one.oldest_ms for one in own if one.oldest_ms is not None]
            frames.add_metric([link or "none"], sum(one.waiting for one in own))
            size.add_metric([link or "none"], sum(one.waiting_bytes for one in own))
            oldest.add_metric([link or "none"], min(ages, default=0) / 1000)
            not_kept.add_metric([link or "none"], sum(one.not_kept for one in own))
        return frames, size, oldest, not_kept

    def _records(self) -> Iterable[Metric]:
        records = GaugeMetricFamily(
            "corridor_dead_letters",
            "Records of ours that were refused or given up, and that nobody has seen to",
            labels=["peer", "reason"],
        )
        oldest = GaugeMetricFamily(
            "corridor_dead_letters_oldest_timestamp_seconds",
            "When the oldest of them was refused or given up; 0 where there is none",
            labels=["peer"],
        )
        dead = self._dead_now()
        counts: Counter[tuple[Endpoint, str]] = Counter()
        for one in dead:
            counts[one.peer, _kind(one.reason)] += one.records
        peers = {*self._partners(), *(one.peer for one in dead)}
        for peer in sorted(peers):
            for kind in DEAD_REASONS:
                records.add_metric([peer, kind], counts[peer, kind])
            ages = [one.oldest_ms for one in dead if one.peer == peer]
            oldest.add_metric([peer], min(ages, default=0) / 1000)
        return records, oldest

    def _dead_now(self) -> Sequence[DeadGroup]:
        with self._lock:
            if time.monotonic() - self._counted_at >= _COUNT_EVERY_S:
                with self._store.reading() as view:
                    self._dead = view.dead_groups()
                self._counted_at = time.monotonic()
            return self._dead


def _kind(reason: Reason | None) -> str:
    """Return a reason of a closed set: what partners refuse for is told by other metrics."""
    own = {Reason.AGREEMENT_ENDED, Reason.UNANSWERED}
    return reason.label if reason in own and reason is not None else "refused"
