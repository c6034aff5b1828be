"""When something is tried again, and when a peer is left in peace (PROTOCOL §7)."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_exchange import NOW_MS, POLICY
from corridor.exchange.cues import Way
from corridor.exchange.repair import (
    GATES,
    Breaker,
    GapWatch,
    Gate,
    GateCue,
    IllegalTransition,
    asked,
    backoff_ms,
    jittered_ms,
    resumed,
    turn,
    watch_gap,
)

ATTEMPTS = st.integers(0, 200)
LEAST = st.integers(1, 10**6)
MOST = st.integers(10**6, 10**8)


# -- waits


@given(ATTEMPTS, LEAST, MOST)
def test_each_wait_is_twice_the_one_before_up_to_the_bound(
    attempt: int, least: int, most: int
) -> None:
    assert backoff_ms(0, least, most) == least
    wait, following = (backoff_ms(n, least, most) for n in (attempt, attempt + 1))
    assert following == min(most, 2 * wait) if wait < most else following == most


@given(ATTEMPTS, LEAST, MOST, st.floats(0, 1, exclude_max=True))
def test_a_jittered_wait_lies_between_the_half_and_the_whole(
    attempt: int, least: int, most: int, draw: float
) -> None:
    whole = backoff_ms(attempt, least, most)
    assert whole / 2 - 1 <= jittered_ms(attempt, least, most, draw) <= whole


def test_the_draw_decides_where_a_jittered_wait_lies() -> None:
    assert [jittered_ms(1, 10_000, 900_000, draw) for draw in (0.0, 0.5)] == [10_000, 15_000]


# -- gaps: PROTOCOL §6.2


def watched(
    watch: GapWatch | None, *gaps: tuple[int, int], urgent: bool = False, now_ms: int = NOW_MS
) -> GapWatch | None:
    return watch_gap(watch, gaps, urgent=urgent, now_ms=now_ms, policy=POLICY)


@pytest.mark.parametrize(("urgent", "wait_ms"), [(False, 2_000), (True, 0)])
def test_a_gap_is_asked_for_after_two_seconds_or_at_once_if_urgent_follows(
    urgent: object, wait_ms: int
) -> None:
    watch = watched(None, (2, 4), urgent=bool(urgent))
    assert watch == GapWatch(((2, 4),), NOW_MS + wait_ms)


def test_where_nothing_is_missing_nothing_is_watched() -> None:
    assert watched(GapWatch(((2, 4),), NOW_MS, 3)) is None
    assert watched(None) is None


def test_a_gap_that_stays_keeps_its_patience_while_its_end_moves() -> None:
    watch = GapWatch(((2, 4),), NOW_MS + 9, 3)
    assert watched(watch, (2, 8), (10, 10)) == GapWatch(((2, 8), (10, 10)), NOW_MS + 9, 3)


def test_a_gap_that_closes_from_its_beginning_is_a_new_gap() -> None:
    watch = GapWatch(((2, 4),), NOW_MS + 900_000, 9)
    assert watched(watch, (3, 4)) == GapWatch(((3, 4),), NOW_MS + 2_000)


def test_haste_brings_the_first_question_forward_and_no_later_one() -> None:
    fresh, old = GapWatch(((2, 4),), NOW_MS + 1_500), GapWatch(((2, 4),), NOW_MS + 1_500, 1)
    assert watched(fresh, (2, 4), urgent=True) == replace(fresh, due_ms=NOW_MS)
    assert watched(old, (2, 4), urgent=True) == old
    overdue = replace(fresh, due_ms=NOW_MS - 5)
    assert watched(overdue, (2, 4), urgent=True) == overdue


def test_a_gap_is_asked_for_again_after_waits_that_double_up_to_a_quarter_of_an_hour() -> None:
    watch, times = GapWatch(((2, 4),), NOW_MS), []
    for _ in range(12):
        watch = asked(watch, watch.due_ms, POLICY)
        times.append(watch.due_ms // 1_000)
    waits = [later - earlier for earlier, later in pairwise([NOW_MS // 1_000, *times])]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


# -- the gate: PROTOCOL §7.1


def turned(breaker: Breaker, *cues: GateCue, draw: float = 0.0) -> Breaker:
    for cue in cues:
        breaker = turn(breaker, cue, NOW_MS, draw, POLICY)
    return breaker


@pytest.mark.parametrize(
    ("cue", "way"),
    [
        (GateCue.RETURNED, Way.NO_ROUTE),
        (GateCue.NACKED, Way.BACKPRESSURE),
        (GateCue.ABSENT, Way.NO_EXCHANGE),
    ],
)
def test_the_first_that_comes_back_shuts_the_gate_and_says_why(cue: GateCue, way: Way) -> None:
    assert turned(Breaker(), cue) == Breaker(Gate.SHUT, way, 1, NOW_MS + 5_000, NOW_MS)
    assert turned(Breaker(), cue, draw=0.5) == Breaker(Gate.SHUT, way, 1, NOW_MS + 7_500, NOW_MS)


def test_what_comes_back_behind_the_first_does_not_lengthen_the_wait() -> None:
    shut = turned(Breaker(), GateCue.RETURNED)
    others = (GateCue.NACKED, GateCue.RETURNED, GateCue.CONFIRMED, GateCue.LINK_LOST)
    assert turned(shut, *others) == shut


def test_after_the_wait_one_is_tried_and_only_its_confirm_opens_the_gate() -> None:
    trying = turned(Breaker(), GateCue.RETURNED, GateCue.TIME_UP)
    assert trying.gate is Gate.TRYING
    assert trying.way is Way.NO_ROUTE
    assert turned(trying, GateCue.LINK_LOST) == trying
    assert turned(trying, GateCue.CONFIRMED) == Breaker()


def test_each_try_that_fails_doubles_the_wait_up_to_a_quarter_of_an_hour() -> None:
    breaker, waits = Breaker(), []
    for _ in range(9):
        breaker = turned(breaker, GateCue.RETURNED, draw=1.0)
        waits.append((breaker.due_ms - NOW_MS) // 1_000)
        breaker = turned(breaker, GateCue.TIME_UP)
    assert waits == [10, 20, 40, 80, 160, 320, 640, 900, 900]


def test_an_open_gate_stays_open_when_the_link_is_lost() -> None:
    assert turned(Breaker(), GateCue.CONFIRMED, GateCue.LINK_LOST) == Breaker()


@pytest.mark.parametrize("gate", Gate)
@pytest.mark.parametrize("cue", GateCue)
def test_a_gate_moves_as_the_table_says_and_refuses_what_it_does_not_name(
    gate: Gate, cue: GateCue
) -> None:
    breaker = Breaker(gate, Way.NO_ROUTE, 1, NOW_MS)
    if (gate, cue) in GATES:
        assert turned(breaker, cue).gate is GATES[gate, cue]
    else:
        assert cue in {GateCue.TIME_UP, GateCue.NOTHING_LEFT}
        with pytest.raises(IllegalTransition, match=f"^{cue} while {gate}$"):
            turned(breaker, cue)


# -- a confirm that stays away


def test_where_a_confirm_stays_away_a_late_one_opens_the_gate() -> None:
    stalled = turned(Breaker(), GateCue.UNCONFIRMED, draw=1.0)
    assert stalled == Breaker(Gate.STALLED, Way.UNCONFIRMED, 1, NOW_MS + 10_000, NOW_MS)
    assert turned(stalled, GateCue.UNCONFIRMED) == stalled
    assert turned(stalled, GateCue.CONFIRMED) == Breaker()


@pytest.mark.parametrize(
    ("cue", "way"),
    [
        (GateCue.RETURNED, Way.NO_ROUTE),
        (GateCue.NACKED, Way.BACKPRESSURE),
        (GateCue.ABSENT, Way.NO_EXCHANGE),
    ],
)
def test_an_answer_that_is_none_tells_what_it_is_and_waits_no_longer(
    cue: GateCue, way: Way
) -> None:
    stalled = turned(Breaker(), GateCue.UNCONFIRMED)
    assert turned(stalled, cue) == replace(stalled, gate=Gate.SHUT, way=way)


def test_with_the_link_goes_the_late_confirm_and_the_wait_stands() -> None:
    stalled = turned(Breaker(), GateCue.UNCONFIRMED)
    assert turned(stalled, GateCue.LINK_LOST) == replace(stalled, gate=Gate.SHUT)


def test_a_try_that_is_not_confirmed_doubles_the_wait_and_keeps_since_when() -> None:
    first = turned(Breaker(), GateCue.UNCONFIRMED, draw=1.0)
    second = turn(turned(first, GateCue.TIME_UP), GateCue.UNCONFIRMED, NOW_MS + 70_000, 1.0, POLICY)
    assert second == Breaker(Gate.STALLED, Way.UNCONFIRMED, 2, NOW_MS + 90_000, NOW_MS)


# -- a new start: the ladder goes on


def test_a_new_start_waits_out_the_wait_of_the_one_before() -> None:
    left = turned(Breaker(), GateCue.RETURNED, GateCue.TIME_UP, GateCue.RETURNED, draw=1.0)
    again = resumed(left, NOW_MS + 1_000, POLICY)
    assert again == left
    tried = turned(again, GateCue.TIME_UP, GateCue.NOTHING_LEFT)
    assert (tried.gate, tried.way) == (Gate.OPEN, Way.NO_ROUTE)
    assert turned(tried, GateCue.RETURNED, draw=1.0).due_ms == NOW_MS + 40_000


def test_a_gate_without_attempts_is_open_after_a_new_start() -> None:
    assert resumed(Breaker(), NOW_MS, POLICY) == Breaker()


@pytest.mark.parametrize(
    ("attempts", "wait_ms"),
    [(1, POLICY.retry_ms), (3, 4 * POLICY.retry_ms), (30, POLICY.retry_most_ms)],
)
def test_a_clock_that_was_put_back_makes_no_wait_longer_than_that_of_its_rung(
    attempts: int, wait_ms: int
) -> None:
    left = Breaker(Gate.SHUT, Way.NO_ROUTE, attempts, NOW_MS + 86_400_000, NOW_MS)
    assert resumed(left, NOW_MS, POLICY).due_ms == NOW_MS + wait_ms


def test_what_was_stalled_or_tried_is_shut_after_a_new_start() -> None:
    for gate in (Gate.STALLED, Gate.TRYING, Gate.OPEN):
        left = Breaker(gate, Way.UNCONFIRMED, 2, NOW_MS, NOW_MS)
        assert resumed(left, NOW_MS, POLICY) == replace(left, gate=Gate.SHUT)
