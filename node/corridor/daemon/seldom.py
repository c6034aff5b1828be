"""When the log says again what keeps happening: a flood of events makes no flood of lines.

Two threads that come at the same instant may lose one of a count: it tells how much, not how many.
"""

import time
from collections.abc import Hashable

QUIET_S = 10.0
"""Of what partners may cause at any rate: whoever reads the log still sees that it goes on."""


class Seldom:
    """Says what happens at once, then at most once in a while, with how often it did meanwhile.

    Keys are few: links, partners and reasons, never what an event holds.
    """

    def __init__(self, every_s: float = QUIET_S) -> None:
        """Begin with nothing said."""
        self._every_s = every_s
        self._said: dict[Hashable, tuple[int, float]] = {}

    def due(self, key: Hashable) -> int:
        """Count an event; returns how many to tell of now, this one with them, or 0."""
        count, said_at = self._said.get(key, (0, float("-inf")))
        now = time.monotonic()
        if now - said_at < self._every_s:
            self._said[key] = (count + 1, said_at)
            return 0
        self._said[key] = (0, now)
        return count + 1
