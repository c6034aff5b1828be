"""How much one client may ask for: a bucket of tokens each, filled steadily."""

import threading
from collections.abc import Callable


class Rates:
    """One bucket for each client; safe to use from several threads."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float]) -> None:
        """Let each client ask `per_second`, and `burst` at once after a rest."""
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_s(self, name: str, cost: int = 1) -> float:
        """Take `cost` from the client's bucket; returns 0, or how long to wait where it lacks.

        A cost above the burst is taken from a full bucket, which then owes: it is never refused
        for ever.
        """
        with self._lock:
            now = self._clock()
            left, then = self._buckets.get(name, (float(self._burst), now))
            left = min(float(self._burst), left + (now - then) * self._per_second)
            need = min(cost, self._burst)
            if left < need:
                self._buckets[name] = (left, now)
                return (need - left) / self._per_second
            self._buckets[name] = (left - cost, now)
            return 0.0
