"""When each peer wants to be woken: one time for each, the nearest at hand."""

import heapq
from typing import Final

from corridor.exchange.correspondent import NEVER_MS
from corridor.transit.parties import Endpoint

_STALE: Final = 1024
"""Times that have been set anew may lie about before they are swept."""


class Timers:
    """A time for each peer; setting one anew forgets the one before."""

    def __init__(self) -> None:
        """Start with none."""
        self._heap: list[tuple[int, Endpoint]] = []
        self._set: dict[Endpoint, int] = {}

    def set(self, peer: Endpoint, at_ms: int) -> None:
        """Wake a peer then, and not when it was set to before."""
        if self._set.get(peer) != at_ms:
            self._set[peer] = at_ms
            heapq.heappush(self._heap, (at_ms, peer))

    def rung(self, now_ms: int) -> list[Endpoint]:
        """Take and return those whose time has come."""
        found: list[Endpoint] = []
        while self._heap and self._heap[0][0] <= now_ms:
            at_ms, peer = heapq.heappop(self._heap)
            if self._set.get(peer) == at_ms:
                del self._set[peer]
                found.append(peer)
        return found

    @property
    def next_ms(self) -> int:
        """The nearest time; `NEVER_MS` where there is none."""
        return self._heap[0][0] if self._heap else NEVER_MS

    def sweep(self) -> None:
        """Throw away what was set anew, once there is much of it."""
        if len(self._heap) > _STALE + 2 * len(self._set):
            self._heap = [(at_ms, peer) for peer, at_ms in self._set.items()]
            heapq.heapify(self._heap)
