"""The own clock against what cannot be later than now, and against most partners' clocks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.exchange.clock_check import (
    TOLERANCE_MS,
    ClockSeen,
    ClockTrouble,
    check_clock,
    least_skew_ms,
)

NOW = 1_800_000_000_000
DAY = 86_400_000
RIGHT = ClockSeen(NOW, NOW - DAY, NOW - 60_000, 0, (0, 0, 0))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (RIGHT, []),
        (replace(RIGHT, signed_ms=0, written_ms=0, skews_ms=()), []),
        (replace(RIGHT, signed_ms=NOW + TOLERANCE_MS), []),
        (replace(RIGHT, signed_ms=NOW + DAY), [(ClockTrouble.BEHIND_SIGNED, -DAY)]),
        (replace(RIGHT, written_ms=NOW + DAY), [(ClockTrouble.BEHIND_OWN, -DAY)]),
        (replace(RIGHT, jumped_ms=-DAY), [(ClockTrouble.JUMPED, -DAY)]),
        (replace(RIGHT, jumped_ms=1_000), []),  # a leap second
        (replace(RIGHT, skews_ms=(DAY, DAY, 0)), [(ClockTrouble.BEHIND_PARTNERS, -DAY)]),
        (replace(RIGHT, skews_ms=(-DAY, -DAY, 0)), [(ClockTrouble.AHEAD_OF_PARTNERS, DAY)]),
        (replace(RIGHT, skews_ms=(DAY,)), []),  # one word against another
        (replace(RIGHT, skews_ms=(DAY, -DAY, 0, 0)), []),
        (replace(RIGHT, skews_ms=(DAY, DAY, 0, 0)), []),  # no majority
    ],
)
def test_a_wrong_clock_is_named(seen: ClockSeen, expected: list[tuple[ClockTrouble, int]]) -> None:
    assert [(one.trouble, one.off_ms) for one in check_clock(seen)] == expected


def test_what_partners_say_is_a_suspicion_and_the_rest_is_certain() -> None:
    every = ClockSeen(NOW, NOW + DAY, NOW + DAY, DAY, (DAY, DAY))
    certain = {one.trouble: one.certain for one in check_clock(every)}
    assert certain == {
        ClockTrouble.BEHIND_SIGNED: True,
        ClockTrouble.BEHIND_OWN: True,
        ClockTrouble.JUMPED: True,
        ClockTrouble.BEHIND_PARTNERS: False,
    }


@given(
    skew=st.integers(-10 * DAY, 10 * DAY),
    out=st.integers(0, DAY),
    back=st.integers(0, DAY),
)
def test_a_partner_is_never_said_to_be_further_off_than_it_is(
    skew: int, out: int, back: int
) -> None:
    made = NOW + out + skew
    found = least_skew_ms(NOW, made, NOW + out + back)
    assert abs(found) <= abs(skew)
    assert found * skew >= 0
    if abs(skew) > out + back:
        assert found
