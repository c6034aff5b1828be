"""The part of a transaction that keeps how far records have come, and what officers decide.

Rules:

* times told by a partner only fill what is empty or become earlier: order makes no difference;
* a mark is put for many records at once and names a cursor: nothing here costs by the record;
* "handed" is true of a record when a gateway has returned it, "acknowledged" when the national
  system has said so.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from corridor.exchange.values import Position, Waiting
from corridor.store.values import Act, HandedOver, Published
from corridor.transit.parties import Endpoint
from corridor.wire.handover import HandoverRange


class LedgerTransaction(Protocol):
    """What can be noted of the way of records."""

    # -- of ours
    def note_published(self, published: Iterable[Published]) -> None:
        """Note that our broker confirmed envelopes of ours; the first time stays, and the last.

        So does how often each was published: a new start goes on with the waits of this one.
        """

    def note_handovers(self, peer: Endpoint, ranges: Iterable[HandoverRange], now_ms: int) -> None:
        """Note what the peer tells of envelopes of ours with records.

        The earliest time that was told stands; one after `now_ms` counts as `now_ms`. Positions
        at which nothing of ours stands are passed over.
        """

    def keep_telling(self, peer: Endpoint, telling: int) -> None:
        """Note whether the peer tells what its national system takes: 1 it does, 2 it does not."""

    def telling(self, peer: Endpoint) -> int:
        """Return what the peer last said of that; 0 where it never did."""

    def outgoing(self, peer: Endpoint, record_id: bytes) -> Waiting | None:
        """Return a record of ours with its entry, wherever it is."""

    def position_of(self, peer: Endpoint, record_id: bytes) -> Position | None:
        """Return where the envelope stands that holds a record of ours now."""

    def withdraw(self, peer: Endpoint, record_id: bytes, now_ms: int) -> bool:
        """Make a record that no envelope holds final: refused, `withdrawn`.

        Returns False, and changes nothing, where an envelope holds it or it is unknown.
        """

    def keep_act(self, peer: Endpoint, record_id: bytes, act: Act) -> None:
        """Keep what an officer decided of a record of ours."""

    def acts(self, peer: Endpoint, record_id: bytes) -> Sequence[Act]:
        """Return what officers decided of a record of ours, oldest first."""

    # -- of partners
    def mark_handed(self, up_to: int, now_ms: int) -> bool:
        """Note that records up to a cursor were given out; returns whether that is news."""

    def handed(self) -> int:
        """Return the cursor up to which records were given out."""

    def handovers(self, peer: Endpoint, limit: int) -> Sequence[HandedOver]:
        """Return what the peer has not been told of its envelopes, in order of position."""

    def tell_handovers(self, peer: Endpoint, told: Iterable[HandedOver], now_ms: int) -> None:
        """Note that an envelope of ours tells the peer this."""

    def tell_handovers_again(self, peer: Endpoint) -> None:
        """Have the peer told again of whatever is still remembered."""
