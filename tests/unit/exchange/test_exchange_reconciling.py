"""Two that compare a day: a table of what comes of it, and that they always come to an end."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.exchange.reconciling import (
    LOOK_BACK_DAYS,
    SETTLE_MS,
    Comparison,
    DayState,
    Difference,
    HeadHeld,
    Held,
    compare,
    days_to_count,
    is_empty,
    is_of_reach,
    is_told,
    newest_counted,
    to_tell,
)
from corridor.wire import limits
from corridor.wire.tally import DayCell, DayCount, DayHead, Tally, numbers_of

DAY = 20_400
NOON_MS = DAY * limits.DAY_MS + limits.DAY_MS // 2
NONE = DayCount((), 0, bytes(32))
ONE = DayCount((DayCell(1, 1, 0, 1),), 0, b"1" * 32, DayHead(1, 1, b"e" * 32))
TWO = DayCount((DayCell(1, 1, 0, 2),), 0, b"2" * 32)
OTHER = replace(ONE, records=b"o" * 32)
PARKED = DayCount((DayCell(1, 3, 0, 1),), 0, b"p" * 32)


def tally(sent: DayCount = ONE, received: DayCount = NONE, answers: bytes = b"") -> Tally:
    return Tally(DAY, sent, received, answers)


def theirs(received: DayCount = ONE, sent: DayCount = NONE, sees: Tally | None = None) -> Tally:
    return Tally(DAY, sent, received, numbers_of(sees) if sees else b"")


def sees(ours: Tally, theirs: Tally) -> Tally:
    return replace(theirs, answers=numbers_of(ours))


MINE = tally()
WAITING, AGREED, DIFFERENT = DayState.WAITING, DayState.AGREED, DayState.DIFFERENT


@pytest.mark.parametrize(
    ("ours", "told", "other", "expected"),
    [
        (MINE, MINE, None, Comparison(WAITING, "their_tally")),
        (MINE, MINE, Tally(0), Comparison(WAITING, "their_tally")),
        (MINE, None, theirs(), Comparison(AGREED)),  # equal is equal, whoever counted first
        (MINE, MINE, theirs(sees=MINE), Comparison(AGREED)),
        (MINE, None, theirs(TWO), Comparison(WAITING, "our_telling")),
        (MINE, tally(TWO), theirs(TWO), Comparison(WAITING, "our_telling")),
        (MINE, MINE, theirs(TWO), Comparison(WAITING, "their_answer")),
        (MINE, MINE, theirs(TWO, sees=tally(TWO)), Comparison(WAITING, "their_answer")),
        (
            MINE, MINE, theirs(TWO, sees=MINE),
            Comparison(DIFFERENT, "", (Difference("sent", "count", 1, 1, 0, 1, 2),)),
        ),
        (
            MINE, MINE, theirs(OTHER, sees=MINE),
            Comparison(DIFFERENT, "", (Difference("sent", "records"),)),
        ),
        (
            MINE, MINE, theirs(NONE, TWO, MINE),
            Comparison(DIFFERENT, "", (
                Difference("sent", "count", 1, 1, 0, 1, 0),
                Difference("received", "count", 1, 1, 0, 0, 2),
            )),
        ),
        (
            tally(replace(ONE, open=1)), None, theirs(),
            Comparison(WAITING, "verdicts"),
        ),
        (MINE, MINE, theirs(ONE, replace(NONE, open=1)), Comparison(WAITING, "verdicts")),
        (tally(PARKED), None, theirs(ONE), Comparison(WAITING, "verdicts")),
        (tally(PARKED), None, theirs(PARKED), Comparison(AGREED)),
    ],
)  # fmt: skip
def test_what_comes_of_a_day(
    ours: Tally, told: Tally | None, other: Tally | None, expected: Comparison
) -> None:
    assert compare(ours, told, other, Held()) == expected


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (Held(theirs=HeadHeld.NOT_YET), Comparison(WAITING, "envelopes")),
        (
            Held(ours=HeadHeld.ANOTHER),
            Comparison(DIFFERENT, "", (Difference("sent", "head"),)),
        ),
        (
            Held(theirs=HeadHeld.ANOTHER),
            Comparison(DIFFERENT, "", (Difference("received", "head"),)),
        ),
    ],
)
def test_the_newest_envelope_of_the_day_counts_too(held: Held, expected: Comparison) -> None:
    assert compare(MINE, MINE, theirs(sees=MINE), held) == expected


def test_a_day_is_told_when_something_is_new() -> None:
    assert to_tell(MINE, None, None) == MINE
    assert to_tell(MINE, MINE, None) is None
    assert to_tell(MINE, MINE, None, stale=True) == MINE
    assert to_tell(tally(TWO), MINE, None) == tally(TWO)
    answer = sees(theirs(), MINE)
    assert to_tell(MINE, MINE, theirs(sees=MINE)) == answer
    assert to_tell(MINE, answer, theirs(sees=MINE)) is None
    assert to_tell(MINE, answer, theirs()) == answer  # it has not seen ours, or has forgotten


@dataclass
class Side:
    """One node, as far as a day is concerned."""

    numbers: Tally
    told: Tally | None = None
    theirs: Tally | None = None
    sent: int = 0
    heard: int = 0
    result: Comparison = field(default_factory=lambda: Comparison(WAITING))

    def count(self) -> Tally | None:
        self.result = compare(self.numbers, self.told, self.theirs, Held())
        due = to_tell(self.numbers, self.told, self.theirs)
        if due is not None:
            self.told = due
        return due


COUNTS = st.sampled_from([NONE, ONE, TWO, OTHER, PARKED])


@given(COUNTS, COUNTS, COUNTS, COUNTS, st.randoms(use_true_random=False))
def test_two_come_to_an_end_and_both_know_it(
    a_sent: DayCount, a_got: DayCount, b_sent: DayCount, b_got: DayCount, dice: object,
) -> None:  # fmt: skip
    shuffle = dice.random  # type: ignore[attr-defined]
    first_is_late = shuffle() < 0.5
    sides = (Side(Tally(DAY, a_sent, a_got)), Side(Tally(DAY, b_sent, b_got)))
    way: list[tuple[int, int, Tally]] = []

    def counts(who: int) -> None:
        said = sides[who].count()
        if said is not None:
            sides[who].sent += 1
            way.append((1 - who, sides[who].sent, said))

    counts(0)
    if first_is_late:  # it comes later, and twice
        lost = way.pop()
        counts(1)
        way += [lost, lost]
    elif shuffle() < 0.5:
        counts(1)
    messages = 0
    while way:
        messages += 1
        assert messages < 20
        to, number, said = way.pop(int(shuffle() * len(way)))
        if number >= sides[to].heard:
            sides[to].theirs, sides[to].heard = said, number
        counts(to)
    a, b = sides
    assert a.theirs is not None
    assert b.theirs is not None
    same = (a_sent, a_got) == (b_got, b_sent)
    pending = PARKED in {a_sent, b_sent}
    expected = AGREED if same else WAITING if pending else DIFFERENT
    assert (a.result.state, b.result.state) == (expected, expected)


def test_days_are_counted_once_they_have_settled() -> None:
    midnight_ms = (DAY + 1) * limits.DAY_MS
    week = tuple(range(DAY - LOOK_BACK_DAYS + 1, DAY + 1))
    assert days_to_count(midnight_ms + SETTLE_MS - 1, DAY - 1) == ()
    assert days_to_count(midnight_ms + SETTLE_MS, DAY - 1) == week
    assert days_to_count(midnight_ms + SETTLE_MS, DAY) == ()
    assert days_to_count(midnight_ms + SETTLE_MS, 0) == week
    assert days_to_count(midnight_ms - 3 * limits.DAY_MS, DAY) == ()  # the clock was put back
    assert days_to_count(0, 0) == ()
    assert days_to_count(3 * limits.DAY_MS, 0) == (1,)


@pytest.mark.parametrize(
    ("noted", "counted"),
    [(0, 0), (DAY - 2, DAY - 2), (DAY - 1, DAY - 1), (DAY, 0), (DAY + 60, 0)],
)
def test_a_day_that_is_not_over_was_counted_by_a_clock_ahead(noted: int, counted: int) -> None:
    assert newest_counted(DAY * limits.DAY_MS, noted) == counted


def test_a_day_is_told_when_it_is_over() -> None:
    assert not is_told(DAY, NOON_MS)
    assert not is_told(DAY, (DAY + 1) * limits.DAY_MS - 1)
    assert is_told(DAY, (DAY + 1) * limits.DAY_MS)


@pytest.mark.parametrize(
    ("day", "reached"),
    [
        (DAY + 2, 0),
        (DAY + 1, 1),  # the partner's clock is ahead
        (DAY, 1),
        (DAY - limits.MAX_TALLY_DAYS, 1),
        (DAY - limits.MAX_TALLY_DAYS - 1, 0),
    ],
)
def test_days_of_the_future_and_of_long_ago_are_not_kept(day: int, reached: int) -> None:
    assert is_of_reach(day, NOON_MS) == reached


def test_a_day_is_empty_when_nothing_went_either_way() -> None:
    assert is_empty(Tally(DAY, NONE, NONE))
    assert is_empty(Tally(DAY))
    assert not is_empty(Tally(DAY, ONE, NONE))
    assert not is_empty(Tally(DAY, replace(NONE, open=1), NONE))
