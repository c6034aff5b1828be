"""When a channel is made anew because a queue refuses all it is given.

Rules:

* mostly the queue is full, and a new channel changes nothing: it is made seldom, ever less often;
* RabbitMQ 3.10 looks for a queue's leader at a channel's first message to it, and where it finds
  the node that just died, it refuses on that channel until that node is back: a cluster whose other
  nodes do all they should (decision 0058);
* one message that the queue takes ends the matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

LONGEST_S: Final = 600.0
"""Between two new channels for a queue that stays full: each sends again what is in flight."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    due_s: float
    wait_s: float


class RefusedQueues:
    """The queues that have refused all since some time, by country; pure, on any steady clock."""

    def __init__(self, first_s: float) -> None:
        """Have a new channel due once a queue has refused for `first_s` seconds."""
        self._first_s = first_s
        self._refusals: dict[str, _Refusal] = {}

    def took(self, countries: Iterable[str]) -> None:
        """Note that their queues took a message."""
        for country in countries:
            self._refusals.pop(country, None)

    def refused(self, countries: Iterable[str], now_s: float) -> list[str]:
        """Note that their queues refused one; returns those for which a new channel is due."""
        due: list[str] = []
        for country in countries:
            known = self._refusals.get(country)
            if known is None:
                self._refusals[country] = _Refusal(now_s + self._first_s, self._first_s)
            elif now_s >= known.due_s:
                wait_s = min(2 * known.wait_s, LONGEST_S)
                self._refusals[country] = replace(known, due_s=now_s + wait_s, wait_s=wait_s)
                due.append(country)
        return due
