"""The section of the configuration that only a laboratory may have.

Rules:

* a node outside a laboratory that finds a key of it set refuses to start;
* times are scaled together or not at all: a repeat that came before its gap was asked for would
  be another protocol.
"""

from dataclasses import replace
from typing import Final

from pydantic import Field

from corridor.daemon.config_base import Section
from corridor.exchange.policy import ExchangePolicy

_SCALED: Final = (
    "tail_urgent_ms",
    "tail_ms",
    "tail_most_ms",
    "gap_ms",
    "gap_most_ms",
    "retry_ms",
    "retry_most_ms",
    "answer_gap_ms",
    "handover_gap_ms",
)


class LabSection(Section):
    """What lets a laboratory try in seconds what takes a country minutes."""

    time_scale: float = Field(
        default=1.0, gt=0, le=1, description="factor for every time of the exchange with partners"
    )

    def scaled(self, policy: ExchangePolicy) -> ExchangePolicy:
        """Return a policy with its patience scaled; lifetimes stay, since partners see them."""
        if self.time_scale == 1:
            return policy
        times = {name: max(1, round(getattr(policy, name) * self.time_scale)) for name in _SCALED}
        return replace(policy, **times)
