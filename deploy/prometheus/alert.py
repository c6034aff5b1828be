"""What an alert is, and what a recorded expression is.

Rules:

* `{name}` in an expression is a number of thresholds.toml; a threshold in seconds that stands in
  square brackets or as a duration becomes one;
* an alert keeps the labels `country` (of the target) and `peer`: who it concerns;
* `page` wakes somebody, `ticket` waits for the morning; a symptom pages, a cause explains.
"""

from dataclasses import dataclass
from typing import Final

LATENCY: Final = "corridor_end_to_end_latency_seconds"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert."""

    name: str
    expression: str
    hold: str | None
    """Name of the threshold for which it has to hold; None fires at once."""
    severity: str
    """page, ticket or none."""
    summary: str
    heading: str
    """Heading of deploy/RUNBOOK.md."""
    team: str = "operators"


@dataclass(frozen=True, slots=True)
class Record:
    """One expression that Prometheus keeps under a name: what it is by, of what, and how made."""

    name: str
    expression: str


def share(below_s: str, labels: str, window: str, metric: str = LATENCY) -> str:
    """Return the share of a histogram that stayed below a bound; nothing where nothing happened."""
    good = f'sum by ({labels}) (rate({metric}_bucket{{{{le="{below_s}.0"}}}}[{window}]))'
    return f"{good} / (sum by ({labels}) (rate({metric}_count[{window}])) > 0)"
