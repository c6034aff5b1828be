"""Small notes of the sending side that share a transaction with others, or make one of their own.

Rules:

* what our broker confirmed, and how the gates to partners stand, is noted with the next envelopes,
  at the latest after `WAIT_MS`; a note that is lost with a crash loses a time that is shown, or
  lets something be published once more than was needed;
* whether partners have to be told of handovers is asked at most once in `handover_gap_ms`.
"""

from typing import Final

from corridor.exchange.correspondent import NEVER_MS
from corridor.exchange.outgoing import Flight
from corridor.exchange.repair import Breaker
from corridor.store.port import Store, Transaction
from corridor.store.values import Published
from corridor.transit.parties import Endpoint

WAIT_MS: Final = 200
"""How long a note waits for a transaction to share: too short for a person to miss it."""


class Noting:
    """What the sending side has yet to note."""

    def __init__(self, gap_ms: int) -> None:
        """Begin with nothing; the store is asked about handovers at the first chance."""
        self._gap_ms = gap_ms
        self._published: dict[bytes, Published] = {}
        self._gates: dict[Endpoint, Breaker] = {}
        self._again: set[Endpoint] = set()
        self._due_ms = NEVER_MS
        self._ask_ms = NEVER_MS
        self._asked_ms = 0

    @property
    def due_ms(self) -> int:
        """When something has to be done; `NEVER_MS` where nothing has."""
        return min(self._due_ms, self._ask_ms)

    def confirmed(self, flight: Flight | None, now_ms: int) -> None:
        """Our broker has an envelope of ours; only those with records have a ledger."""
        if flight is not None and flight.is_data:
            envelope_id = flight.envelope.envelope_id
            self._published[envelope_id] = Published(envelope_id, now_ms, max(flight.repeats, 1))
            self._due_ms = min(self._due_ms, now_ms + WAIT_MS)

    def gate(self, peer: Endpoint, breaker: Breaker, now_ms: int) -> None:
        """The gate to a peer stands otherwise."""
        self._gates[peer] = breaker
        self._due_ms = min(self._due_ms, now_ms + WAIT_MS)

    def handed_on(self, now_ms: int) -> None:
        """Something was handed over or acknowledged."""
        waited_ms = self._asked_ms + self._gap_ms
        if not 0 <= waited_ms - now_ms <= self._gap_ms:  # long ago, or the clock was put back
            waited_ms = now_ms
        self._ask_ms = min(self._ask_ms, waited_ms)

    def lost(self, peer: Endpoint, now_ms: int) -> None:
        """Control of ours never reached the peer: it is told of handovers again."""
        self._again.add(peer)
        self._due_ms = now_ms

    def write(self, change: Transaction) -> None:
        """Write the notes; `written` follows the commit."""
        if self._published:
            change.note_published(self._published.values())
        for peer, breaker in self._gates.items():
            change.put_gate(peer, breaker)
        for peer in sorted(self._again):
            change.tell_handovers_again(peer)

    def written(self, now_ms: int) -> None:
        """Forget what has been written."""
        if self._again:
            self.handed_on(now_ms)
        self._published.clear()
        self._gates.clear()
        self._again.clear()
        self._due_ms = NEVER_MS

    def write_alone(self, store: Store, now_ms: int) -> None:
        """Write the notes in a transaction of their own, if they have waited long enough."""
        if now_ms >= self._due_ms:
            with store.transaction(durable=False) as change:
                self.write(change)
            self.written(now_ms)

    def to_tell(self, store: Store, now_ms: int) -> tuple[Endpoint, ...]:
        """Return to whom something has to be told, where it is time to ask."""
        if now_ms < self._ask_ms:
            return ()
        self._ask_ms, self._asked_ms = NEVER_MS, now_ms
        return tuple(store.peers_to_tell())
