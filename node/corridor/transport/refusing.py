"""When a channel is made anew because a queue refuses all it is given.

Rules:

* mostly the queue is full, and a new channel changes nothing: it is made seldom, ever less often;
* RabbitMQ 3.10 looks for a queue's leader at a channel's first message to it, and where it finds
  the node that just died, it refuses on that channel until that node is back: a cluster whose other
  nodes do all they should (decision 0058);
* one message that the queue takes ends the matter.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from corridor.exchange.repair import backoff_ms

LONGEST_S: Final = 600
"""Between two new channels for a queue that stays full: each sends again what is in flight."""


class _Refusal(NamedTuple):
    due_ms: int
    channels: int
    """Made for it already."""


class RefusedQueues:
    """The queues that have refused all since some time, by country; pure, on any steady clock."""

    def __init__(self, first_s: float) -> None:
        """Have a new channel due once a queue has refused for `first_s` seconds."""
        self._first_ms = round(first_s * 1000)
        self._refusals: dict[str, _Refusal] = {}

    def took(self, countries: Iterable[str]) -> None:
        """Note that their queues took a message."""
        for country in countries:
            self._refusals.pop(country, None)

    def refused(self, countries: Iterable[str], now_s: float) -> list[str]:
        """Note that their queues refused one; returns those for which a new channel is due."""
        now_ms, due = round(now_s * 1000), []
        for country in countries:
            known = self._refusals.get(country)
            if known is None:
                self._refusals[country] = _Refusal(now_ms + self._first_ms, 0)
            elif now_ms >= known.due_ms:
                made = known.channels + 1
                wait_ms = backoff_ms(made, self._first_ms, LONGEST_S * 1000)
                self._refusals[country] = _Refusal(now_ms + wait_ms, made)
                due.append(country)
        return due
