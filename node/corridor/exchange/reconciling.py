"""Comparing what both sides of a border say of a day, and what to tell (PROTOCOL §6.9).

Rules:

* a difference is one only where each has counted after the other had told the very same numbers:
  until then it is waited for, since something may have been on its way;
* nor is it one while the sender has records of the day without a final verdict;
* equal is equal, whoever counted first;
* a day is told again when its numbers changed, or the partner's did: two that agree fall silent.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Final

from corridor.exchange.values import Verdict
from corridor.wire import limits
from corridor.wire.tally import DayCell, DayCount, Tally, numbers_of

SETTLE_MS: Final = 1_800_000
"""How long after its end a day is first counted: what was under way at midnight has a receipt."""
LOOK_BACK_DAYS: Final = 7
"""How many days are counted again each day: what a national system submits late is found."""
STALE_MS: Final = 43_200_000
"""After half a day without an answer a day is told again, when it is counted again."""
TELL_GAP_MS: Final = 2_000
"""A day is told to a partner at most this often, however its numbers change."""

_COMES_BY_ITSELF: Final = frozenset({"verdicts", "envelopes"})
_PENDING: Final = frozenset({int(Verdict.PARKED), int(Verdict.DEFERRED)})


class DayState(StrEnum):
    """How the comparison of a day stands."""

    WAITING = "waiting"
    AGREED = "agreed"
    DIFFERENT = "different"


class HeadHeld(StrEnum):
    """What is known here of the envelope that a partner names as its newest of a day."""

    HELD = "held"
    """That very envelope, or its position was closed; or the partner names none."""
    NOT_YET = "not_yet"
    """Nothing stands there yet."""
    ANOTHER = "another"
    """Another envelope stands there, or none that we know of."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something on which the two do not agree."""

    direction: str
    """sent: from us to the partner; received: from the partner to us."""
    what: str
    """count, records (the same counts of other records), head."""
    record_type: int = 0
    verdict: int = 0
    reason: int = 0
    ours: int = 0
    theirs: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing a day."""

    state: DayState
    waits_for: str = ""
    """Why it is not decided: their_tally, their_answer, our_telling, verdicts, envelopes."""
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What our store says of the envelopes that the partner names as newest of the day."""

    ours: HeadHeld = HeadHeld.HELD
    """Of our stream, as the partner received it."""
    theirs: HeadHeld = HeadHeld.HELD
    """Of the partner's stream."""


def is_told(day: int, now_ms: int) -> bool:
    """Whether a day is over by our clock, so that it may be told."""
    return day <= newest_over(now_ms)


def newest_over(now_ms: int) -> int:
    """Return the newest day that is over by our clock."""
    return now_ms // limits.DAY_MS - 1


def newest_counted(now_ms: int, noted: int) -> int:
    """Return the newest day that was counted; 0 where a clock that was ahead noted another.

    Without it nothing would be counted until the day that it noted is over.
    """
    return noted if noted <= newest_over(now_ms) else 0


def days_to_count(now_ms: int, counted: int) -> tuple[int, ...]:
    """Return the days that are to be counted now, ascending; none where that is done.

    Args:
        now_ms: The clock.
        counted: The newest day for which it was done; 0 for never.
    """
    newest = (now_ms - SETTLE_MS) // limits.DAY_MS - 1
    if newest <= counted or newest < 1:
        return ()
    return days_until(newest)


def days_until(newest: int) -> tuple[int, ...]:
    """Return the days that are looked at again with the newest one, ascending, that one last."""
    return tuple(range(max(1, newest - LOOK_BACK_DAYS + 1), newest + 1))


def is_late(day: int, now_ms: int) -> bool:
    """Whether a day is none of those that are counted again by themselves from now on."""
    return day < days_until(now_ms // limits.DAY_MS)[0]


def is_recounted(state: str, waits_for: str) -> bool:
    """Whether a day is counted each night until that changes, however long past it is.

    What it waits for comes without a word of the partner: it would not be looked at again.
    """
    return state == DayState.WAITING and waits_for in _COMES_BY_ITSELF


def is_of_reach(day: int, now_ms: int) -> bool:
    """Whether a day that a partner tells is one that we keep: none of the future or long past."""
    today = now_ms // limits.DAY_MS
    return today - limits.MAX_TALLY_DAYS <= day <= today + 1


def is_empty(tally: Tally) -> bool:
    """Whether nothing went either way."""
    counts = (tally.sent, tally.received)
    return all(one is None or not (one.cells or one.open) for one in counts)


def to_tell(
    fresh: Tally, told: Tally | None, theirs: Tally | None, *, stale: bool = False
) -> Tally | None:
    """Return what the partner is to be told of a day; None where it knows all of it.

    Args:
        fresh: What our store holds, just counted.
        told: What we told last.
        theirs: What the partner told last.
        stale: We told it so long ago that a partner that has not answered never saw it.
    """
    answers = numbers_of(theirs) if theirs else b""
    due = Tally(fresh.day, fresh.sent, fresh.received, answers)
    if due != told:
        return due
    # it has not seen ours: that was lost, with our partner's memory or on the way
    unseen = stale if theirs is None else theirs.answers != numbers_of(fresh)
    return due if unseen else None


def compare(fresh: Tally, told: Tally | None, theirs: Tally | None, held: Held) -> Comparison:
    """Compare our numbers of a day with the partner's.

    Args:
        fresh: What our store holds, counted after `theirs` came.
        told: What we told last.
        theirs: What the partner told last.
        held: What our store says of the envelopes that it names.
    """
    if theirs is None:
        return Comparison(DayState.WAITING, "their_tally")
    if (
        fresh.sent is None
        or fresh.received is None
        or theirs.sent is None
        or theirs.received is None
    ):
        return Comparison(DayState.WAITING, "their_tally")  # of no day
    found = (
        *_differences("sent", fresh.sent, theirs.received),
        *_differences("received", fresh.received, theirs.sent),
        *_heads(held),
    )
    waits_for = _under_way((fresh.sent, theirs.sent), held, pending=bool(found))
    if not waits_for and found:
        waits_for = _unseen(fresh, told, theirs)
    if waits_for:
        return Comparison(DayState.WAITING, waits_for)
    return Comparison(DayState.DIFFERENT if found else DayState.AGREED, "", found)


def _differences(direction: str, ours: DayCount, theirs: DayCount) -> tuple[Difference, ...]:
    """Return in which kinds the counts differ; or, where in none, that the records do."""
    here, there = _kinds(ours), _kinds(theirs)
    counts = tuple(
        Difference(direction, "count", *kind, here.get(kind, 0), there.get(kind, 0))
        for kind in sorted({*here, *there})
        if here.get(kind) != there.get(kind)
    )
    if counts or ours.records == theirs.records:
        return counts
    return (Difference(direction, "records"),)


def _kinds(count: DayCount) -> dict[tuple[int, int, int], int]:
    return {(one.record_type, one.verdict, one.reason): one.count for one in count.cells}


def _heads(held: Held) -> tuple[Difference, ...]:
    sides = (("sent", held.ours), ("received", held.theirs))
    return tuple(Difference(side, "head") for side, one in sides if one is HeadHeld.ANOTHER)


def _under_way(sent: tuple[DayCount, DayCount], held: Held, *, pending: bool) -> str:
    """Return what is not final yet; `pending` counts verdicts that others supersede as well."""
    if any(one.open for one in sent) or (pending and any(map(_is_pending, chain(*_cells(sent))))):
        return "verdicts"
    return "envelopes" if HeadHeld.NOT_YET in {held.ours, held.theirs} else ""


def _cells(counts: tuple[DayCount, ...]) -> tuple[tuple[DayCell, ...], ...]:
    return tuple(one.cells for one in counts)


def _is_pending(cell: DayCell) -> bool:
    return cell.verdict in _PENDING


def _unseen(fresh: Tally, told: Tally | None, theirs: Tally) -> str:
    """Return which side has counted before it knew the other's numbers; "" where none has."""
    numbers = numbers_of(fresh)
    if told is None or numbers_of(told) != numbers:
        return "our_telling"
    return "" if theirs.answers == numbers else "their_answer"
