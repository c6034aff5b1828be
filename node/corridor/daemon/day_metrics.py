"""What Prometheus sees of reconciled days and of what partners return after a restore.

Rules:

* read from the store at each scrape: nothing is counted beside it;
* every partner has its series from the start, so that a first case is an increase.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from corridor.daemon.recovered import closed_without_content
from corridor.errors import StoreTrouble
from corridor.exchange.recovery import missing_in
from corridor.store.port import Store, Transaction
from corridor.transit.parties import Endpoint
from corridor.wire import limits

_MOST_CASES: Final = 100_000


class DayMetrics(Collector):
    """Days and recoveries, taken from the store at each scrape."""

    def __init__(self, store: Store, partners: Callable[[], Sequence[Endpoint]]) -> None:
        """Read `store` for these partners."""
        self._store = store
        self._partners = partners

    def collect(self) -> Iterable[Metric]:
        """Return the metrics as they are now; none where the store cannot be read."""
        try:
            with self._store.reading() as view:
                return (*self._days(view), *self._recoveries(view))
        except StoreTrouble:
            return ()

    def _days(self, view: Transaction) -> tuple[Metric, ...]:
        cases = GaugeMetricFamily(
            "corridor_reconcile_cases",
            "Days on which this node and the partner do not hold the same records",
            labels=["peer"],
        )
        agreed = GaugeMetricFamily(
            "corridor_reconcile_agreed_until_timestamp_seconds",
            "End of the newest day on which both hold the same; 0 where there is none",
            labels=["peer"],
        )
        found = Counter(one.peer for one in view.cases(_MOST_CASES, open_only=True))
        days = view.agreed_days()
        for peer in dict.fromkeys((*self._partners(), *found)):
            cases.add_metric([peer], found[peer])
            until_s = (days[peer] + 1) * limits.DAY_MS / 1000 if peer in days else 0
            agreed.add_metric([peer], until_s)
        return cases, agreed

    def _recoveries(self, view: Transaction) -> tuple[Metric, ...]:
        waits = GaugeMetricFamily(
            "corridor_recovery_incomplete",
            "1 while the partner has not returned all it holds since a restore",
            labels=["peer"],
        )
        missing = GaugeMetricFamily(
            "corridor_recovery_missing_envelopes",
            "Envelopes of the partner that are missing, since a restore",
            labels=["peer"],
        )
        lost = GaugeMetricFamily(
            "corridor_recovery_lost_envelopes",
            "Envelopes that partners closed without content since their restore; see status",
            value=sum(closed_without_content(view).values()),
        )
        under_way = {one.peer for one in view.recoveries() if one.complete_ms is None}
        for peer in self._partners():
            waits.add_metric([peer], peer in under_way)
            left = missing_in(view.in_streams(peer)) if peer in under_way else 0
            missing.add_metric([peer], left)
        return waits, missing, lost
