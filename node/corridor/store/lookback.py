"""What the sender knows of an envelope whose bytes it may keep no more; the twin too.

Rules (PROTOCOL §6.2):

* what a record holds is kept longer than the bytes of the envelope that it travelled in;
* content counts as gone only while the record still stands in this envelope, and was accepted:
  what was sealed anew is in another, and what was refused nobody misses.

On SQLite see `sealed`.
"""

from typing import NamedTuple, Protocol

from corridor.exchange.values import Head, InFlight, Position, Verdict
from corridor.store.memory_state import OutEnvelope, OutRow, Tables
from corridor.store.rules import has_outcome
from corridor.transit.parties import Endpoint


class SentBefore(NamedTuple):
    """An envelope of ours, looked up by its place."""

    envelope: InFlight
    gone: int
    """How many of its accepted business records have no content here any more."""
    before: Head | None
    """Of the first envelope of an epoch: the last one of the epoch before."""


class Lookback(Protocol):
    """The part of a transaction that knows what stood where."""

    def sent_at(self, peer: Endpoint, position: Position) -> SentBefore | None:
        """Return the envelope of ours at a position; None where we know of none."""


class MemoryLookback:
    """Looking back in memory."""

    _tables: Tables

    def sent_at(self, peer: Endpoint, position: Position) -> SentBefore | None:
        """Return the envelope of ours at a position; None where we know of none."""
        row: OutEnvelope | None = self._tables.get("sealed", (peer, position))
        if row is None:
            return None
        records: list[OutRow] = list(self._tables.data["outbox"].values())
        gone = sum(
            (one.peer, one.position, one.verdict) == (peer, position, Verdict.ACCEPTED)
            and not one.entry
            and has_outcome(one.record_type)
            for one in records
        )
        return SentBefore(row.in_flight(), gone, self._before(peer, position))

    def _before(self, peer: Endpoint, position: Position) -> Head | None:
        former = [
            place
            for endpoint, place in self._tables.data["sealed"]
            if endpoint == peer and place.epoch < position.epoch
        ]
        if position.seq != 1 or not former:
            return None
        last = max(former)
        envelope: OutEnvelope = self._tables.get("sealed", (peer, last))
        return Head(last.epoch, last.seq, envelope.envelope.envelope_id)
