"""Envelopes of ours whose records are sealed anew under another position (PROTOCOL §7.6).

Rules:

* what is on its way takes the place of what it replaces;
* what the peer had receipted, and has forgotten since it says that it cannot take it, is on its
  way once more. It does not wait for the window: what fills that may be waiting for the gap that
  only this closes. A bounded number is sealed; the rest comes up again when the peer asks again;
* the first time is at once, then ever more rarely, until a receipt comes.
"""

from collections.abc import Container
from dataclasses import dataclass, field

from corridor.exchange.policy import MAX_PENDING, ExchangePolicy
from corridor.exchange.repair import backoff_ms
from corridor.exchange.values import ZERO_ID, InFlight, Position


@dataclass(slots=True)
class Anew:
    """What is sealed anew for one peer, and when."""

    policy: ExchangePolicy
    positions: dict[Position, bytes] = field(default_factory=dict)
    """Where the envelopes stood, and under which id their positions are closed."""
    told: set[Position] = field(default_factory=set)
    """Those of `positions` that the peer cannot take: what it accepted before is sealed again."""
    due_ms: int = 0
    _times: int = 0

    def add(
        self, envelope: InFlight, now_ms: int, *, told: bool = False, whole: bool = True
    ) -> None:
        """Have the records of an envelope sealed anew.

        Args:
            envelope: It.
            now_ms: Now.
            told: Its peer cannot take it, or has forgotten it.
            whole: All of its content is still here; else its position is closed under zeros.
        """
        position = envelope.position
        if not self.positions:
            self.due_ms = max(self.due_ms, now_ms)
        if envelope.closed and len(self.positions) >= MAX_PENDING:
            return
        self.positions[position] = envelope.envelope_id if whole else ZERO_ID
        if told:
            self.told.add(position)

    def ready(self, flying: Container[Position], room: int, most: int) -> list[Position]:
        """Return what may be sealed anew while `flying` is on its way, and `room` is left."""
        here: list[Position] = []
        again: list[Position] = []
        for position in sorted(self.positions):
            (here if position in flying else again).append(position)
        return [*here, *again[: max(room, 0)]][:most]

    def drop(self, position: Position) -> None:
        """Forget what has been sealed anew, or was nothing to seal."""
        del self.positions[position]
        self.told.discard(position)

    def sealed(self, now_ms: int) -> None:
        """Note that something was sealed anew: the next time waits longer."""
        policy = self.policy
        self.due_ms = now_ms + backoff_ms(self._times, policy.retry_ms, policy.retry_most_ms)
        self._times += 1

    def patient_no_more(self, *, at_once: bool) -> None:
        """Begin anew with the shortest wait; `at_once` with none."""
        self._times = 0
        if at_once:
            self.due_ms = 0
