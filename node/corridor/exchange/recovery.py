"""What a restored node waits for, and when a partner has returned all it holds (PROTOCOL §6.4).

Rules:

* a partner names in its answer to our StreamOpen the newest envelope that we had receipted; each
  StreamOpen of its own that comes back names the end of the epoch before it;
* so nothing more is to come once it has answered and no epoch that anybody named has a gap.

Example:
    >>> returned_all([], answered=False), returned_all([], answered=True)
    (False, True)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from corridor.exchange.policy import STREAM_WINDOW
from corridor.exchange.values import Head, InStream, Position
from corridor.transit.parties import Endpoint


class RecoveryState(StrEnum):
    """How far a partner is."""

    ASKED = "asked"
    """It has not answered since the restore."""
    FETCHING = "fetching"
    """It has said what we forgot, and not all of it is here."""
    COMPLETE = "complete"
    """All that was forgotten is back."""
    PARTLY = "partly"
    """It has returned all it holds, and has closed positions of which it holds nothing."""


@dataclass(frozen=True, slots=True)
class Said:
    """How far a partner is, for programs and for people."""

    state: RecoveryState
    sentence: str


def believed_highest(receipted: Head, told_at: Position, highest: int) -> int | None:
    """Return how far a peer is believed that says what of its own stream we have receipted.

    Its word is all there is: the receipt lies with the peer. None where it cannot be so.

    Args:
        receipted: The envelope of its stream that it names.
        told_at: Where in its stream it tells it: what we receipted was sealed before.
        highest: How far the named epoch is known to go.

    Example:
        >>> believed_highest(Head(7, 9, b"9" * 32), Position(7, 10), 3)
        9
        >>> believed_highest(Head(7, 2**40, b"9" * 32), Position(7, 10), 3) is None
        True
        >>> believed_highest(Head(6, 2**40, b"9" * 32), Position(7, 10), 3)
        16387
    """
    if Position(receipted.epoch, receipted.seq) >= told_at:
        return None
    if receipted.epoch == told_at.epoch:
        return receipted.seq
    return min(receipted.seq, highest + STREAM_WINDOW)


def missing_in(streams: Iterable[InStream]) -> int:
    """Return how many envelopes are missing that anybody named."""
    return sum(
        max(0, one.highest - one.complete_to - sum(seq <= one.highest for seq, _, _ in one.ahead))
        for one in streams
    )


def returned_all(streams: Iterable[InStream], *, answered: bool) -> bool:
    """Whether a partner has returned all it holds.

    Args:
        streams: The open epochs of its stream; `ahead` is not looked at.
        answered: Whether it has answered a StreamOpen that was sent after the restore.
    """
    return answered and all(one.complete_to >= one.highest for one in streams)


def said_of(
    peer: Endpoint, missing: int, *, answered: bool, complete_ms: int | None, empty: int = 0
) -> Said:
    """Say how far a partner is; `empty`: positions that it closed without content."""
    lost = f"{_counted(empty, 'position')} closed without content"
    if complete_ms is not None:
        at = datetime.fromtimestamp(complete_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        said = f"{peer} has returned all it holds"
        if empty:
            return Said(RecoveryState.PARTLY, f"{said} at {at} UTC, not all: {lost}")
        return Said(RecoveryState.COMPLETE, f"{said}: complete at {at} UTC")
    if not answered:
        return Said(RecoveryState.ASKED, f"{peer} has not answered yet what it holds of ours")
    left = f"{_counted(missing, 'envelope')} missing" + (f", {lost}" if empty else "")
    return Said(RecoveryState.FETCHING, f"{peer} returns what was forgotten: {left}")


def _counted(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"
