"""What Prometheus sees of what partners accept, and of what was foreseen.

Rules:

* when a partner last said what it accepts is one series for each, there from the start;
* what countries will do is counted by answer alone: which one it is stands in the log.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from corridor.daemon.acceptances import Said
from corridor.daemon.foreseen import CountrySays, Foreseen
from corridor.errors import StoreTrouble
from corridor.transit.parties import Endpoint


class PreflightMetrics(Collector):
    """What partners said, taken at each scrape; and how often what was foreseen."""

    def __init__(
        self,
        registry: CollectorRegistry,
        held: Callable[[], Mapping[str, Said]],
        partners: Callable[[], Sequence[Endpoint]],
    ) -> None:
        """Stand in `registry`; tell of these partners what is `held`."""
        self._held = held
        self._partners = partners
        self._foreseen = Counter(
            "corridor_preflight_total",
            "What countries on the way will do with declarations and releases, as they have said",
            ["answer"],
            registry=registry,
        )
        for answer in Foreseen:
            self._foreseen.labels(answer.value)
        registry.register(self)

    def count(self, told: Iterable[CountrySays]) -> None:
        """Count what was foreseen of a record; any thread."""
        for one in told:
            self._foreseen.labels(one.answer.value).inc()

    def collect(self) -> Iterable[Metric]:
        """Return when each partner last said what it accepts."""
        said = GaugeMetricFamily(
            "corridor_acceptance_said_timestamp_seconds",
            "When the partner last said what its national system accepts; 0 for never",
            labels=["peer"],
        )
        try:
            held = self._held()
        except StoreTrouble:
            return ()
        for peer in self._partners():
            found = held.get(peer.country)
            said.add_metric([peer], found.held.said_ms / 1000 if found else 0)
        return (said,)
