"""Whether the clock is to be gone by for what cannot be undone (pure).

Rules:

* erasing and giving up are the only things that a clock ahead does for ever; all else it merely
  delays. They wait while anything speaks against the clock, and where nothing speaks for it;
* for it speaks that no more time has passed than the steady clock has counted, since a time of
  which the node was sure, or since the newest one that a quorum of the registry signed;
* beyond that (a node that was away for weeks, a clock that was set) partners' words count: more
  that do not put it ahead than do. Where none is heard, a day with nothing against it is enough:
  a node whose partners are away still has to work;
* a partner alone never holds up a clock that has gone steadily on: it may be its own that is slow.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from corridor.wire import limits

MARGIN_MS: Final = limits.MAX_FUTURE_SKEW_MS
"""What the exchange itself bears; also how quick an answer must be to say anything of a clock."""
UNOPPOSED_MS: Final = limits.DAY_MS
"""How long a clock stands for which no partner speaks: time for a person to see the alarm."""


class Faith(StrEnum):
    """How the clock stands for what cannot be undone."""

    SURE = "sure"
    WRONG = "wrong"
    """Something was found that speaks against it."""
    OPPOSED = "opposed"
    """It is ahead of what is known, and no fewer partners put it ahead than do not."""
    UNCONFIRMED = "unconfirmed"
    """It is ahead of what is known, and nobody has said anything of it."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A time that has certainly come."""

    at_ms: int = 0
    """Unix time; 0 where none is known."""
    steady_ms: int = 0
    """The steady clock then."""

    def by(self, steady_ms: int) -> int:
        """Return the time that has certainly come by now."""
        return self.at_ms + max(0, steady_ms - self.steady_ms)


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to decide by; times in milliseconds."""

    now_ms: int
    steady_ms: int
    reached: Reached
    """What the decision before returned."""
    signed_ms: int
    """When the newest statement of the registry was issued; 0 without any."""
    wrong: bool
    """Whether anything was found that speaks against the clock."""
    skews_ms: Collection[int]
    """Of each partner that answered quickly: how far its clock is from ours, about."""
    unopposed_ms: int
    """For how long nothing has spoken against the clock."""


def settle(seen: Seen) -> tuple[Faith, Reached]:
    """Return how the clock stands, and what time has certainly come."""
    reached = seen.reached
    if reached.by(seen.steady_ms) < seen.signed_ms:
        reached = Reached(seen.signed_ms, seen.steady_ms)
    if seen.wrong:
        return Faith.WRONG, reached
    now = Reached(seen.now_ms, seen.steady_ms)
    if within(reached, seen.now_ms, seen.steady_ms):
        # never beyond what the steady clock counted: a clock that runs fast would creep
        return Faith.SURE, min(reached, now, key=lambda one: one.by(seen.steady_ms))
    if is_opposed(seen.skews_ms):
        return Faith.OPPOSED, reached
    if not seen.skews_ms and seen.unopposed_ms < UNOPPOSED_MS:
        return Faith.UNCONFIRMED, reached
    return Faith.SURE, now


def within(reached: Reached, now_ms: int, steady_ms: int) -> bool:
    """Whether the clock is no further than what is known, and what the exchange bears."""
    return now_ms <= reached.by(steady_ms) + MARGIN_MS


def is_opposed(skews_ms: Collection[int]) -> bool:
    """Whether no fewer partners put our clock ahead than do not."""
    ahead = sum(one < -MARGIN_MS for one in skews_ms)
    return ahead > 0 and 2 * ahead >= len(skews_ms)


def tells_of_clock(round_trip_ms: int) -> bool:
    """Whether an answer came so quickly that our clock was the same before and after it."""
    return round_trip_ms <= MARGIN_MS
