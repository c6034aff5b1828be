"""What a panel and a dashboard are, and how expressions are put together."""

from dataclasses import dataclass
from typing import Final

NODE: Final = 'job="corridor",country=~"$country"'
"""What selects the nodes that the variables of a dashboard name."""


@dataclass(frozen=True, slots=True)
class Query:
    """One expression and how its lines are named."""

    expression: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel."""

    title: str
    kind: str
    """stat, timeseries, table or heatmap."""
    unit: str
    """Grafana's name: s, short, reqps, percentunit, bytes, bool_on_off."""
    meaning: str
    queries: tuple[Query, ...]
    warn: float | None = None
    bad: float | None = None
    """From here on it is red; below `warn` where `bad` is the lower of the two."""
    folded: bool = False
    may_be_empty: bool = False
    """Nothing to show is the good case: a table of what is wrong."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard."""

    uid: str
    title: str
    meaning: str
    variables: tuple[str, ...]
    """Of country and peer."""
    panels: tuple[Panel, ...]


def as_asked(expression: str, interval: str, country: str = ".*", peer: str = ".*") -> str:
    """Return an expression with what Grafana puts for its variables; by default all are chosen."""
    plain = expression.replace("$__rate_interval", interval)
    return plain.replace("$country", country).replace("$peer", peer)


def by(labels: str, expression: str) -> str:
    """Return the rate of a counter, summed by these labels."""
    return f"sum by ({labels}) (rate({expression}[$__rate_interval]))"


AGE: Final = "time() - (corridor_outbox_oldest_record_timestamp_seconds{%s} > 0)"
NONE: Final = " or vector(0)"
PEER: Final = f'{NODE},peer=~"$peer"'
LATENCY: Final = "corridor_end_to_end_latency_seconds"


def quantile(share: float, metric: str, selector: str, by: str = "le") -> str:
    """Return how long this share of a histogram's observations took at most."""
    return (
        f"histogram_quantile({share}, sum by ({by}) "
        f"(rate({metric}_bucket{{{selector}}}[$__rate_interval])))"
    )
