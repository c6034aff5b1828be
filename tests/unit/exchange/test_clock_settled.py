"""Whether the clock is to be gone by for what cannot be undone: a table, and what always holds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.exchange.clock_settled import (
    MARGIN_MS,
    UNOPPOSED_MS,
    Faith,
    Reached,
    Seen,
    settle,
    tells_of_clock,
    within,
)

NOW = 1_800_000_000_000
DAY = 86_400_000
STEADY = 5_000_000
"""What the steady clock says: it began with the machine."""
SINCE = Reached(NOW - DAY, STEADY - DAY)
"""Sure of a time a day ago, and a day has passed since."""
GOING = Seen(NOW, STEADY, SINCE, 0, wrong=False, skews_ms=(), unopposed_ms=0)
NEW = replace(GOING, reached=Reached(0, STEADY))
AWAY = replace(GOING, reached=Reached(NOW - 40 * DAY, STEADY))
"""Just started, and it was off for forty days, or the clock is ahead by them."""
SURE, WRONG, OPPOSED, UNCONFIRMED = Faith
HERE = Reached(NOW, STEADY)


@pytest.mark.parametrize(
    ("seen", "faith", "reached"),
    [
        # it has gone steadily on
        (GOING, SURE, SINCE),
        (replace(GOING, now_ms=NOW + MARGIN_MS), SURE, SINCE),  # not taken over: it would creep
        (replace(GOING, now_ms=NOW - 5_000), SURE, Reached(NOW - 5_000, STEADY)),
        (replace(GOING, skews_ms=(-DAY,)), SURE, SINCE),  # a partner alone may be slow itself
        # it has not
        (replace(GOING, now_ms=NOW + MARGIN_MS + 1), UNCONFIRMED, SINCE),
        (replace(GOING, now_ms=NOW + 31 * DAY, skews_ms=(-31 * DAY,)), OPPOSED, SINCE),
        # something speaks against it
        (replace(GOING, wrong=True), WRONG, SINCE),
        (replace(AWAY, wrong=True, skews_ms=(0, 0), unopposed_ms=DAY), WRONG, AWAY.reached),
        # a start after weeks
        (AWAY, UNCONFIRMED, AWAY.reached),
        (replace(AWAY, skews_ms=(0,)), SURE, HERE),
        (replace(AWAY, skews_ms=(DAY,)), SURE, HERE),  # a partner that is ahead of us
        (replace(AWAY, skews_ms=(-MARGIN_MS,)), SURE, HERE),
        (replace(AWAY, skews_ms=(-MARGIN_MS - 1,)), OPPOSED, AWAY.reached),
        (replace(AWAY, skews_ms=(-DAY, 0)), OPPOSED, AWAY.reached),
        (replace(AWAY, skews_ms=(-DAY, 0, 0)), SURE, HERE),
        (replace(AWAY, unopposed_ms=UNOPPOSED_MS - 1), UNCONFIRMED, AWAY.reached),
        (replace(AWAY, unopposed_ms=UNOPPOSED_MS), SURE, HERE),
        # what the registry signed has come
        (replace(AWAY, signed_ms=NOW - MARGIN_MS), SURE, Reached(NOW - MARGIN_MS, STEADY)),
        (replace(AWAY, signed_ms=NOW - DAY), UNCONFIRMED, Reached(NOW - DAY, STEADY)),
        (replace(GOING, signed_ms=NOW - 5 * DAY), SURE, SINCE),
        # a node that was never sure of anything
        (NEW, UNCONFIRMED, NEW.reached),
        (replace(NEW, skews_ms=(0,)), SURE, HERE),
        (replace(NEW, signed_ms=NOW), SURE, HERE),
    ],
)
def test_the_clock_is_gone_by_where_enough_speaks_for_it(
    seen: Seen, faith: Faith, reached: Reached
) -> None:
    assert settle(seen) == (faith, reached)


def test_a_steady_clock_never_takes_time_back() -> None:
    assert Reached(NOW, 100).by(50) == NOW
    assert Reached(NOW, 100).by(150) == NOW + 50
    assert within(SINCE, NOW + MARGIN_MS, STEADY)
    assert not within(SINCE, NOW + MARGIN_MS + 1, STEADY)


def test_an_answer_that_waited_says_nothing_of_the_clock() -> None:
    assert tells_of_clock(MARGIN_MS)
    assert not tells_of_clock(MARGIN_MS + 1)


@given(
    steps=st.lists(
        st.tuples(st.integers(1, 3_600_000), st.integers(-DAY, 40 * DAY)), min_size=1, max_size=30
    )
)
def test_alone_it_is_never_sure_of_more_time_than_has_passed(
    steps: list[tuple[int, int]],
) -> None:
    """Nobody speaks, and less than a day goes by: however the clock is set, and how often."""
    reached, steady_ms = Reached(NOW, 0), 0
    for passed_ms, off_ms in steps:
        steady_ms += passed_ms
        now_ms = NOW + steady_ms + off_ms
        seen = Seen(now_ms, steady_ms, reached, 0, wrong=False, skews_ms=(), unopposed_ms=0)
        faith, reached = settle(seen)
        assert faith is not SURE or now_ms <= NOW + steady_ms + MARGIN_MS
        assert reached.by(steady_ms) <= NOW + steady_ms
