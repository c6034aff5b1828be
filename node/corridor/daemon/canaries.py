"""Sends each partner a canary now and then, and tells how long it took there and back.

Rules:

* one canary to a partner is under way at a time: to one that is away for a week a single one
  waits, and not ten thousand;
* canaries are spread by chance over their interval, so that two hundred do not leave at once;
* whether a canary is late goes by the steady clock, which nobody sets.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from corridor.daemon.metrics_watch import WatchMetrics
from corridor.daemon.offers import Answer
from corridor.exchange.link_values import Sound
from corridor.store.values import LedgerLine
from corridor.transit.parties import CountryCode, Endpoint

_SPREAD: Final = 0.2
"""Of an interval: two nodes that were started together come apart."""


@dataclass(slots=True)
class _Way:
    """The canaries to one partner."""

    next_s: float
    record_id: bytes | None = None
    """Of the one that is under way."""
    kept_s: float = 0.0
    heard_ms: int | None = None
    """When the partner was last heard before this canary was kept."""
    last_ms: int | None = None
    """When a receipt last came."""
    round_trip_ms: int | None = None
    reason: str = ""
    """Why none is sent, or why the last one was refused."""


class Canaries:
    """The canaries to every partner; used by one thread, `rows` by any."""

    def __init__(  # noqa: PLR0913 - one argument for each thing it needs, all by name
        self,
        *,
        probe: Callable[[Endpoint], Answer],
        ledger: Callable[[bytes], Sequence[LedgerLine]],
        heard_ms: Mapping[Endpoint, int],
        metrics: WatchMetrics,
        every_s: float,
        late_s: float,
        draw: Callable[[], float],
    ) -> None:
        """Send nothing yet.

        Args:
            probe: Keeps a canary to a partner.
            ledger: Tells how far a record has come.
            heard_ms: When something authentic last came from each partner.
            metrics: Where round trips are counted.
            every_s: Between two canaries to a partner; 0 sends none.
            late_s: A canary without receipt for so long is late.
            draw: Draws from 0 to 1.
        """
        self._probe = probe
        self._ledger = ledger
        self._heard_ms = heard_ms
        self._metrics = metrics
        self._every_s = every_s
        self._late_s = late_s
        self._draw = draw
        self._ways: dict[Endpoint, _Way] = {}

    def turn(self, partners: Sequence[Endpoint], now_s: float) -> None:
        """Take note of receipts, and send what is due.

        Raises:
            StoreTrouble: It could not be read, or kept nothing.
        """
        if not self._every_s:
            return
        ways = {
            peer: self._ways.get(peer) or _Way(now_s + self._draw() * self._every_s)
            for peer in partners
        }
        self._ways = ways
        for peer, way in ways.items():
            if way.record_id is not None:
                self._look(peer, way, now_s)
            if way.record_id is None and now_s >= way.next_s:
                self._send(peer, way, now_s)

    def sounds(self, now_s: float) -> dict[CountryCode, Sound]:
        """Return what the canaries that are under way say of the way there and back."""
        return {
            peer.country: Sound(
                now_s - way.kept_s >= self._late_s, self._heard_ms.get(peer) != way.heard_ms
            )
            for peer, way in self._ways.items()
            if way.record_id is not None
        }

    def rows(self, now_s: float) -> dict[Endpoint, dict[str, Any]]:
        """Return how the canaries do, for `corridor status`."""
        return {
            peer: {
                "last_ms": way.last_ms,
                "round_trip_ms": way.round_trip_ms,
                "waits_s": round(now_s - way.kept_s, 1) if way.record_id is not None else None,
                "reason": way.reason or None,
            }
            for peer, way in dict(self._ways).items()
        }

    def _send(self, peer: Endpoint, way: _Way, now_s: float) -> None:
        way.next_s = now_s + self._every_s * (1 - _SPREAD / 2 + _SPREAD * self._draw())
        heard_ms = self._heard_ms.get(peer)
        answer = self._probe(peer)
        if answer.reason is not None:
            way.reason = answer.reason.label
            return
        way.record_id, way.kept_s = answer.record_id, now_s
        way.heard_ms, way.reason = heard_ms, ""

    def _look(self, peer: Endpoint, way: _Way, now_s: float) -> None:
        lines = [one for one in self._ledger(way.record_id or b"") if one.peer == peer]
        line = lines[0] if lines else None
        if line is not None and line.verdict is None:
            return
        way.record_id = None
        if line is None or line.receipted_ms is None:
            return  # given up, withdrawn or forgotten: the next one tells
        if line.reason is not None:
            way.reason = line.reason.label
            return
        # The wall clock is finer than our turns; where it was set meanwhile, the steady one bounds.
        waited_ms = max(0, round((now_s - way.kept_s) * 1000))
        round_trip_ms = min(max(0, line.receipted_ms - line.accepted_ms), waited_ms)
        way.last_ms, way.round_trip_ms = line.receipted_ms, round_trip_ms
        self._metrics.round_trip.observe(round_trip_ms / 1000)
        self._metrics.canary_took.labels(peer).set(round_trip_ms / 1000)
        self._metrics.canary_last.labels(peer).set(line.receipted_ms / 1000)
