"""The stream of one peer to us: what is here, what is missing, what contradicts (PROTOCOL §6.2).

Rules:

* a stream is cut into epochs; in each, sequence numbers run from 1 without holes;
* `prev` of an envelope is the id of the one before it; an envelope that contradicts its
  neighbours, or a position that is taken, is a FORK and moves nothing;
* envelopes ahead of a gap are kept up to `STREAM_WINDOW`;
* a tombstone closes a position; the original may still come and is judged then, it moves nothing.

Example:
    >>> stream = Reception(Endpoint("GE.RS"), 7)
    >>> stream.place(2, b"2" * 32, b"1" * 32), stream.gaps()
    (<Place.AHEAD: 'ahead'>, ((1, 1),))
    >>> stream.place(1, b"1" * 32, ZERO_ID), stream.complete_to
    (<Place.NEXT: 'next'>, 2)
"""

import itertools
from enum import StrEnum
from typing import Self

from corridor.exchange.policy import STREAM_WINDOW
from corridor.exchange.values import FORK_ID, ZERO_ID, Head, InStream
from corridor.transit.parties import Endpoint
from corridor.wire import limits

TOMBSTONE_PREV = b""


class Place(StrEnum):
    """Where an envelope stands in its epoch, as far as the stream can tell."""

    NEXT = "next"
    """It follows what is complete."""
    AHEAD = "ahead"
    """Something before it is missing."""
    LATE = "late"
    """Its position was closed by a tombstone: judge it, it moves nothing."""
    TAKEN = "taken"
    """Its position is behind what is complete: only the store knows by which envelope."""
    FORK = "fork"
    """It contradicts another envelope of the same sender."""
    BEYOND = "beyond"
    """Too far ahead to be kept now; its sender repeats it."""
    IMPOSSIBLE = "impossible"
    """No such sequence number."""


KEPT = frozenset({Place.NEXT, Place.AHEAD, Place.LATE})


class Reception:
    """One epoch of the stream peer → us; changed in place, and only by what is then recorded."""

    __slots__ = ("ahead", "complete_to", "epoch", "head_id", "highest", "peer")

    def __init__(self, peer: Endpoint, epoch: int) -> None:
        """Begin an epoch of which nothing is known."""
        self.peer = peer
        self.epoch = epoch
        self.complete_to = 0
        self.head_id = ZERO_ID
        self.highest = 0
        self.ahead: dict[int, tuple[bytes, bytes]] = {}

    @classmethod
    def of(cls, stream: InStream) -> Self:
        """Return the epoch as it was recorded."""
        reception = cls(stream.peer, stream.epoch)
        reception.complete_to = stream.complete_to
        reception.head_id = stream.head_id
        reception.highest = max(stream.highest, stream.complete_to)
        reception.ahead = {seq: (envelope_id, prev) for seq, envelope_id, prev in stream.ahead}
        return reception

    def value(self) -> InStream:
        """Return what is recorded of the epoch."""
        return InStream(self.peer, self.epoch, self.complete_to, self.head_id, self.highest)

    @property
    def head(self) -> Head:
        """The envelope up to which the epoch is complete."""
        return Head(self.epoch, self.complete_to, self.head_id if self.complete_to else ZERO_ID)

    @property
    def whole(self) -> bool:
        """Whether nothing is missing that anybody named."""
        return self.complete_to >= self.highest

    def place(self, seq: int, envelope_id: bytes, prev: bytes) -> Place:
        """Put an opened envelope into the stream, unless it must not be kept.

        The caller has seen to it that `envelope_id` itself is not kept yet (R3).
        """
        found = self._judge(seq, envelope_id, prev)
        if found in (Place.NEXT, Place.AHEAD):
            self.ahead[seq] = (envelope_id, prev)
            self.highest = max(self.highest, seq)
            self._advance()
        return found

    def _judge(self, seq: int, envelope_id: bytes, prev: bytes) -> Place:
        if not 1 <= seq <= limits.MAX_SEQUENCE:
            return Place.IMPOSSIBLE
        if seq <= self.complete_to:
            return Place.TAKEN
        if seq in self.ahead:
            return self._judge_held(seq, envelope_id)
        if seq > self.complete_to + STREAM_WINDOW:
            return Place.BEYOND
        if self._contradicts(seq, envelope_id, prev):
            return Place.FORK
        return Place.NEXT if seq == self.complete_to + 1 else Place.AHEAD

    def _judge_held(self, seq: int, envelope_id: bytes) -> Place:
        held_id, held_prev = self.ahead[seq]
        if held_prev == TOMBSTONE_PREV and late_original(held_id, envelope_id):
            return Place.LATE
        return Place.FORK

    def _contradicts(self, seq: int, envelope_id: bytes, prev: bytes) -> bool:
        before = self._id_at(seq - 1)
        if before is not None and before != prev:
            return True
        _, after_prev = self.ahead.get(seq + 1, (b"", TOMBSTONE_PREV))
        return after_prev not in (TOMBSTONE_PREV, envelope_id)

    def _id_at(self, seq: int) -> bytes | None:
        """The id that `prev` of the next one must name; None where nobody can tell."""
        if seq == 0:
            return ZERO_ID
        found = self.head_id if seq == self.complete_to else self.ahead.get(seq, (ZERO_ID, b""))[0]
        return None if found in (ZERO_ID, FORK_ID) else found

    def close(self, seq: int, envelope_id: bytes) -> bool:
        """Close a missing position by a tombstone; False where it was not missing."""
        if not self.complete_to < seq <= self.complete_to + STREAM_WINDOW or seq in self.ahead:
            return False
        self.ahead[seq] = (envelope_id, TOMBSTONE_PREV)
        self.highest = max(self.highest, seq)
        self._advance()
        return True

    def note_highest(self, seq: int) -> bool:
        """Somebody who must know named an envelope up to which this epoch goes."""
        if seq <= self.highest or seq > limits.MAX_SEQUENCE:
            return False
        self.highest = seq
        return True

    def _advance(self) -> None:
        while (found := self.ahead.pop(self.complete_to + 1, None)) is not None:
            self.complete_to += 1
            self.head_id = found[0]

    def gaps(
        self,
        most_ranges: int = limits.MAX_RESEND_RANGES,
        most_envelopes: int = limits.MAX_RESEND_ENVELOPES,
    ) -> tuple[tuple[int, int], ...]:
        """Return what is missing, oldest first, as inclusive ranges within the two bounds."""
        ranges: list[tuple[int, int]] = []
        first, left = self.complete_to + 1, most_envelopes
        for seq in (*sorted(self.ahead), self.highest + 1):
            if first < seq and left and len(ranges) < most_ranges:
                last = min(seq - 1, first + left - 1)
                ranges.append((first, last))
                left -= last - first + 1
            first = seq + 1
        return tuple(ranges)


def late_original(closed_id: bytes, envelope_id: bytes) -> bool:
    """Tell whether an envelope may be the one that a tombstone with `closed_id` closed.

    A sender that has lost its memory of the position closes it without knowing the id.
    """
    return closed_id in (ZERO_ID, envelope_id)


def finished(receptions: dict[int, Reception]) -> tuple[int, ...]:
    """Return the epochs that are whole and whose successor has opened (PROTOCOL §6.3).

    The StreamOpen of an epoch, its first envelope, names the last envelope of the one before;
    where it is here, nothing unknown can follow in the older epoch.
    """
    epochs = sorted(receptions)
    return tuple(
        epoch
        for epoch, following in itertools.pairwise(epochs)
        if receptions[epoch].whole and receptions[following].complete_to >= 1
    )
