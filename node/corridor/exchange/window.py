"""How many unreceipted envelopes may be on their way to one partner (PROTOCOL §7.2).

Rules:

* window = delivery rate x (smallest round trip seen + 300 ms), at least 2, at most 64 envelopes
  or 16 MiB, and one more for URGENT;
* of BULK only what is on its way within the round trip + 100 ms: an URGENT envelope that leaves now
  arrives behind all that left before, whatever its lane; and no larger BULK envelopes than are
  delivered in a tenth of a second: over a slow link one of 256 KiB alone would be seconds;
* the rate is the best of the last intervals, so that a sender with little to send keeps what it
  has learnt for a while; where the window itself is the limit, the product grows by itself.

Example:
    >>> window = Window(ExchangePolicy())
    >>> window.size, window.has_room(2, 0, Lane.ROUTINE), window.has_room(2, 0, Lane.URGENT)
    (2, False, True)
"""

from collections import deque

from corridor.exchange.policy import ExchangePolicy
from corridor.exchange.values import Lane
from corridor.wire import limits

_INTERVAL_MS = 250
_LEAST_INTERVAL_MS = 50
_INTERVALS = 40
"""Two to ten seconds of memory: longer than the pauses of a broker."""


class Window:
    """The window of one peer; fed with receipts, asked before sealing."""

    __slots__ = (
        "_bytes",
        "_count",
        "_policy",
        "_since_ms",
        "bulk_bytes",
        "bulk_size",
        "byte_rates",
        "rates",
        "round_trip_ms",
        "size",
    )

    def __init__(self, policy: ExchangePolicy) -> None:
        """Begin at the least window: nothing is known of the peer."""
        self._policy = policy
        self._since_ms: int | None = None
        self._count = 0
        self._bytes = 0
        self.rates: deque[float] = deque(maxlen=_INTERVALS)
        self.byte_rates: deque[float] = deque(maxlen=_INTERVALS)
        self.round_trip_ms: int | None = None
        """The smallest seen."""
        self.size = policy.window_least
        self.bulk_size = policy.window_least
        self.bulk_bytes = limits.TARGET_BATCH_BYTES
        """How much a BULK envelope may hold."""

    def receipted(self, count: int, round_trip_ms: int, now_ms: int, size_bytes: int = 0) -> None:
        """Note that `count` envelopes were receipted, the newest after `round_trip_ms`."""
        smallest = self.round_trip_ms
        self.round_trip_ms = round_trip_ms if smallest is None else min(smallest, round_trip_ms)
        if self._since_ms is None:
            # the first interval began when the envelope left, not when its receipt came
            self._since_ms = now_ms - round_trip_ms
        self._count += count
        self._bytes += size_bytes
        elapsed_ms = now_ms - self._since_ms
        if elapsed_ms >= min(_INTERVAL_MS, max(self.round_trip_ms, _LEAST_INTERVAL_MS)):
            self.rates.append(self._count / elapsed_ms)
            self.byte_rates.append(self._bytes / elapsed_ms)
            self._since_ms, self._count, self._bytes = now_ms, 0, 0
            self._resize()

    def _resize(self) -> None:
        self.size = self._reach(self._policy.window_slack_ms)
        self.bulk_size = self._reach(self._policy.bulk_slack_ms)
        wanted = round(max(self.byte_rates) * self._policy.bulk_envelope_ms)
        self.bulk_bytes = max(self._policy.bulk_least_bytes, min(limits.TARGET_BATCH_BYTES, wanted))

    def _reach(self, slack_ms: int) -> int:
        """Return how many are delivered in the smallest round trip and `slack_ms`, bounded."""
        policy = self._policy
        wanted = round(max(self.rates) * ((self.round_trip_ms or 0) + slack_ms))
        return max(policy.window_least, min(policy.window_most, wanted))

    def idle(self) -> None:
        """Nothing is on its way: the next interval begins with the next receipt."""
        self._since_ms, self._count, self._bytes = None, 0, 0

    def has_room(self, in_flight: int, in_flight_bytes: int, lane: Lane) -> bool:
        """Tell whether one more envelope may leave in `lane`."""
        size = self.bulk_size if lane is Lane.BULK else self.size + (lane is Lane.URGENT)
        return in_flight < size and in_flight_bytes < self._policy.window_most_bytes
