"""What a partner is told of its records beyond our inbox (PROTOCOL §6.8).

Rules:

* it is told by envelope, and neighbours that have come equally far are told as one;
* a Handover fits its limits; what it does not carry stays owed.
"""

from collections.abc import Sequence
from typing import Protocol

from corridor.exchange.values import Position
from corridor.wire import limits
from corridor.wire.handover import HandoverRange


class HandedLike(Protocol):
    """An envelope of the partner whose accepted records were all handed over."""

    @property
    def position(self) -> Position:
        """Where it stands."""

    @property
    def handed_ms(self) -> int:
        """By when all of them were."""

    @property
    def acknowledged_ms(self) -> int:
        """By when all were acknowledged; 0 where they are not."""


def ranges_of(handed: Sequence[HandedLike]) -> tuple[tuple[HandoverRange, ...], int]:
    """Return what a Handover tells of `handed`, ascending by position, and of how many it does."""
    found: list[HandoverRange] = []
    for count, one in enumerate(handed[: limits.MAX_HANDOVER_ENVELOPES]):
        position, last = one.position, found[-1] if found else None
        if last is not None and last == HandoverRange(
            position.epoch, last.first, position.seq - 1, one.handed_ms, one.acknowledged_ms
        ):
            found[-1] = HandoverRange(
                position.epoch, last.first, position.seq, one.handed_ms, one.acknowledged_ms
            )
            continue
        if len(found) == limits.MAX_HANDOVER_RANGES:
            return tuple(found), count
        found.append(
            HandoverRange(
                position.epoch, position.seq, position.seq, one.handed_ms, one.acknowledged_ms
            )
        )
    return tuple(found), min(len(handed), limits.MAX_HANDOVER_ENVELOPES)
