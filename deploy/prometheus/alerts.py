"""Every alert of Corridor as data, and what is recorded for them and for the dashboards."""

from typing import Final

from alert import Alert, Record, share
from alerts_broker import BROKER
from alerts_edge import EDGE
from alerts_exchange import EXCHANGE
from alerts_own import OWN

__all__ = ["ALERTS", "RECORDS", "Alert", "Record"]

_PUBLISHED: Final = "corridor_envelopes_published_total"
_BACK: Final = 'corridor_publish_failures_total{{reason!="lost"}}'
_CANARIES: Final = "corridor_canary_round_trip_seconds"


def _failures(window: str) -> str:
    return (
        f"sum by (country, peer) (rate({_BACK}[{window}]))"
        f" / (sum by (country, peer) (rate({_PUBLISHED}[{window}])) > 0)"
    )


RECORDS: Final = (
    Record(
        "country_peer:corridor_receipted_in_time:ratio",
        share("{latency_target_s}", "country, peer", "{latency_window_s}s"),
    ),
    Record("country_peer:corridor_publish_failures:ratio_long", _failures("{publish_long_s}s")),
    Record("country_peer:corridor_publish_failures:ratio_short", _failures("{publish_short_s}s")),
    # the objectives: over four weeks, whatever a drill divides
    Record("country:corridor_receipted_60s:ratio_28d", share("60", "country", "28d")),
    Record("country:corridor_receipted_900s:ratio_28d", share("900", "country", "28d")),
    Record("country:corridor_canaries_60s:ratio_28d", share("60", "country", "28d", _CANARIES)),
)

ALERTS: Final = (
    *EXCHANGE,
    *BROKER,
    *EDGE,
    *OWN,
    Alert(
        "CorridorWatchdog",
        "vector(1)",
        None,
        "none",
        "Always fires: where it stops arriving, alerting itself is broken.",
        "Alerts themselves do not arrive",
    ),
)
