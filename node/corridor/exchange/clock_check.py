"""Judge the own clock by what cannot be later than now, and by what partners' clocks say (pure).

Rules:

* what a quorum signed was signed in the past: a clock that is behind it is wrong, for certain;
* what the node itself wrote down was written in the past too: a clock behind it has gone back;
* a partner's word is never taken for the time. A receipt was made between the moment the envelope
  left and the moment the receipt came; a partner's clock that says otherwise is off against ours,
  and where most partners' are off the same way, ours is suspected. Nothing is set, and nothing is
  refused for it: what is judged late or early is deferred, as PROTOCOL §7 has it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TOLERANCE_MS: Final = 30_000
"""Beyond it a clock is not kept by anything; the exchange itself bears ten minutes."""
_LEAST_PARTNERS: Final = 2
"""One partner against us is one word against another."""


class ClockTrouble(StrEnum):
    """What may be wrong with the own clock; a closed set, for metrics."""

    BEHIND_SIGNED = "behind_signed"
    """Behind a statement that a quorum of the registry signed: certain."""
    BEHIND_OWN = "behind_own"
    """Behind what this node wrote down itself: it has gone back, or was ahead then: certain."""
    JUMPED = "jumped"
    """It was set by more than a correction while the node ran: certain."""
    AHEAD_OF_PARTNERS = "ahead_of_partners"
    """Ahead of most partners' clocks: a suspicion."""
    BEHIND_PARTNERS = "behind_partners"
    """Behind most partners' clocks: a suspicion."""


CERTAIN: Final = frozenset(
    {ClockTrouble.BEHIND_SIGNED, ClockTrouble.BEHIND_OWN, ClockTrouble.JUMPED}
)


@dataclass(frozen=True, slots=True)
class ClockFinding:
    """One thing that is wrong with the clock, and by how much."""

    trouble: ClockTrouble
    off_ms: int
    """The least by which it is wrong; positive: it is ahead."""

    @property
    def certain(self) -> bool:
        """Whether it needs nobody else's word."""
        return self.trouble in CERTAIN


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """What there is to judge a clock by; Unix milliseconds."""

    now_ms: int
    signed_ms: int
    """When the newest statement of the registry was issued; 0 without any."""
    written_ms: int
    """The newest time that this node wrote down; 0 without any."""
    jumped_ms: int
    """By how much the clock was set lately, against the steady one; 0 where it was not."""
    skews_ms: Collection[int]
    """Of each partner that answered lately: how far its clock is from ours, at least."""


def check_clock(seen: ClockSeen) -> tuple[ClockFinding, ...]:
    """Return what is wrong with the own clock, the certain first."""
    found = []
    behind = (
        (ClockTrouble.BEHIND_SIGNED, seen.now_ms - seen.signed_ms),
        (ClockTrouble.BEHIND_OWN, seen.now_ms - seen.written_ms),
    )
    found += [ClockFinding(trouble, off) for trouble, off in behind if off < -TOLERANCE_MS]
    if abs(seen.jumped_ms) > TOLERANCE_MS:
        found.append(ClockFinding(ClockTrouble.JUMPED, seen.jumped_ms))
    ahead = sorted(-one for one in seen.skews_ms if one < -TOLERANCE_MS)
    back = sorted(-one for one in seen.skews_ms if one > TOLERANCE_MS)
    sides = ((ClockTrouble.AHEAD_OF_PARTNERS, ahead), (ClockTrouble.BEHIND_PARTNERS, back))
    for trouble, offs in sides:
        if len(offs) >= _LEAST_PARTNERS and 2 * len(offs) > len(seen.skews_ms):
            found.append(ClockFinding(trouble, offs[len(offs) // 2]))
    return tuple(found)


def least_skew_ms(sent_ms: int, made_ms: int, came_ms: int) -> int:
    """Return how far a partner's clock is from ours, at least; 0 where both may be right.

    Args:
        sent_ms: When what it answers was sealed, by our clock.
        made_ms: When it made the answer, by its clock.
        came_ms: When the answer came, by our clock.

    Returns:
        Positive where its clock is ahead of ours.
    """
    if made_ms > came_ms:
        return made_ms - came_ms
    return min(0, made_ms - sent_ms)
