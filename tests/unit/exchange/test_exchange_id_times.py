"""Times in record ids: which a new record may have, which can be, and what no day covers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_exchange import NOW_MS, judged
from corridor.exchange.content import JudgedRecord
from corridor.exchange.reconciling import (
    LOOK_BACK_DAYS,
    SETTLE_MS,
    days_to_count,
    is_late,
    is_of_reach,
    is_recounted,
)
from corridor.exchange.tallies import FIRST_MS, is_for_new, is_plausible, outside_days
from corridor.exchange.verdicts import settle
from corridor.wire import limits

TODAY = NOW_MS // limits.DAY_MS
DAYS = st.integers(-1000, 1000)
IN_A_DAY = st.integers(0, limits.DAY_MS - 1)


def test_the_first_time_is_the_first_of_january_2020() -> None:
    assert FIRST_MS == 18_262 * limits.DAY_MS


@given(DAYS, IN_A_DAY, IN_A_DAY)
def test_the_day_of_every_new_record_can_be_compared_for_a_month(
    days: int, into_it: int, into_today: int
) -> None:
    made_ms = (TODAY + days) * limits.DAY_MS + into_it
    now_ms = TODAY * limits.DAY_MS + into_today
    assert is_for_new(made_ms, now_ms) == (-limits.MAX_NEW_ID_DAYS <= days <= 1)
    if is_for_new(made_ms, now_ms):
        for later in (0, 30):
            assert is_of_reach(made_ms // limits.DAY_MS, now_ms + later * limits.DAY_MS)


@given(DAYS)
def test_what_no_day_covers_lies_outside_the_bounds(days: int) -> None:
    made_ms = (TODAY + days) * limits.DAY_MS
    (_, first), (last, end) = outside_days(NOW_MS)
    record_id = made_ms.to_bytes(6) + bytes(10)
    assert (first < record_id < last) == (made_ms >= FIRST_MS and days <= 1)
    assert record_id < end
    assert b"" < bytes(16) < first < last < b"\xff" * 16 < end


@given(st.integers(0, 20), IN_A_DAY)
def test_a_day_is_late_where_no_later_night_counts_it_by_itself(ago: int, into_today: int) -> None:
    now_ms = TODAY * limits.DAY_MS + into_today
    next_night = (TODAY + 1) * limits.DAY_MS + SETTLE_MS
    assert is_late(TODAY - ago, now_ms) == (TODAY - ago not in days_to_count(next_night, 1))
    assert not is_late(TODAY - LOOK_BACK_DAYS + 1, now_ms)
    assert is_late(TODAY - LOOK_BACK_DAYS, now_ms)


@pytest.mark.parametrize(
    ("state", "waits_for", "expected"),
    [
        ("waiting", "verdicts", True),
        ("waiting", "envelopes", True),
        ("waiting", "their_tally", False),
        ("agreed", "", False),
        ("different", "", False),
    ],
)
def test_a_day_that_waits_for_what_comes_by_itself_is_counted_again(
    state: str, waits_for: str, *, expected: bool
) -> None:
    assert is_recounted(state, waits_for) is expected


# -- after a restore: PROTOCOL §6.4, rule 4


@pytest.mark.parametrize(
    ("made_ms", "plausible"),
    [
        (0, False),
        (FIRST_MS - 1, False),
        (FIRST_MS, True),
        (NOW_MS, True),
        (NOW_MS + limits.DAY_MS, True),
        (NOW_MS + limits.DAY_MS + 1, False),
    ],
)
def test_an_id_that_does_not_tell_when_it_was_made_is_a_repeat_only_while_all_is_returned(
    made_ms: int, *, plausible: bool
) -> None:
    assert is_plausible(made_ms, NOW_MS) is plausible
    envelope = judged(JudgedRecord(made_ms.to_bytes(6) + bytes(10), 1, b"raw"))
    long_before = NOW_MS - 1
    marked = [
        settle(envelope, {}, NOW_MS, restored_ms=long_before, returning=returning)
        .records[0].possible_repeat
        for returning in (False, True)
    ]  # fmt: skip
    by_its_time = made_ms <= long_before
    assert marked == ([by_its_time, by_its_time] if plausible else [False, True])
