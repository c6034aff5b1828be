"""How many unreceipted envelopes may be on their way to a partner (PROTOCOL §7.1, window)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_exchange import NOW_MS, POLICY
from corridor.exchange.values import Lane
from corridor.exchange.window import Window
from corridor.wire.limits import MIB


def steady(window: Window, count: int, round_trip_ms: int, times: int, step_ms: int = 250) -> None:
    """Receipts for `count` envelopes, `times` times, `step_ms` apart."""
    for turn in range(times):
        window.receipted(count, round_trip_ms, NOW_MS + turn * step_ms)


def test_of_a_peer_of_which_nothing_is_known_two_are_on_their_way_and_one_urgent_more() -> None:
    window = Window(POLICY)
    assert window.has_room(1, 0, Lane.ROUTINE)
    assert not window.has_room(2, 0, Lane.ROUTINE)
    assert not window.has_room(2, 0, Lane.BULK)
    assert window.has_room(2, 0, Lane.URGENT)
    assert not window.has_room(3, 0, Lane.URGENT)


@pytest.mark.parametrize("lane", Lane)
def test_no_lane_has_room_for_more_than_16_mib(lane: Lane) -> None:
    window = Window(POLICY)
    assert window.has_room(0, 16 * MIB - 1, lane)
    assert not window.has_room(0, 16 * MIB, lane)


def test_the_window_is_the_rate_times_the_round_trip_and_300_ms() -> None:
    window = Window(POLICY)
    steady(window, 10, 200, times=9)  # 10 in 250 ms, from the second receipt on
    assert window.round_trip_ms == 200
    assert max(window.rates) == 10 / 200
    assert window.size == round(10 / 200 * (200 + 300))


def test_the_first_interval_begins_when_the_envelope_left() -> None:
    window = Window(POLICY)
    window.receipted(4, 500, NOW_MS)
    assert list(window.rates) == [4 / 500]


@pytest.mark.parametrize(
    ("round_trip_ms", "began_ms", "length_ms"),
    [(10, NOW_MS - 10, 50), (120, NOW_MS, 120), (4_000, NOW_MS, 250)],
)
def test_an_interval_is_as_long_as_a_round_trip_between_50_and_250_ms(
    round_trip_ms: int, began_ms: int, length_ms: int
) -> None:
    window = Window(POLICY)
    window.receipted(1, round_trip_ms, NOW_MS)
    before = len(window.rates)
    window.receipted(1, round_trip_ms, began_ms + length_ms - 1)
    assert len(window.rates) == before
    window.receipted(1, round_trip_ms, began_ms + length_ms)
    assert len(window.rates) == before + 1


def test_the_smallest_round_trip_counts() -> None:
    window = Window(POLICY)
    for round_trip_ms in (300, 200, 900):
        window.receipted(1, round_trip_ms, NOW_MS)
    assert window.round_trip_ms == 200


def test_the_best_rate_lately_counts_so_that_a_pause_unlearns_nothing() -> None:
    window = Window(POLICY)
    steady(window, 20, 250, times=2)
    size = window.size
    for turn in range(39):
        window.receipted(1, 250, NOW_MS + 500 + turn * 250)
    assert window.size == size
    window.receipted(1, 250, NOW_MS + 500 + 40 * 250)
    assert window.size == POLICY.window_least


def test_an_idle_time_is_no_part_of_any_rate() -> None:
    window = Window(POLICY)
    steady(window, 10, 250, times=2)
    window.idle()
    window.receipted(10, 250, NOW_MS + 3_600_000)
    assert window.rates[-1] == 10 / 250


def test_what_was_receipted_before_an_idle_time_is_not_counted_after_it() -> None:
    window = Window(POLICY)
    window.receipted(1, 250, NOW_MS)
    window.receipted(50, 250, NOW_MS + 1)
    window.idle()
    window.receipted(1, 250, NOW_MS + 1_000)
    assert window.rates[-1] == 1 / 250


@given(
    st.lists(
        st.tuples(st.integers(1, 64), st.integers(0, 60_000), st.integers(0, 5_000)), max_size=60
    )
)
def test_a_window_is_at_least_2_and_at_most_64_whatever_is_receipted(
    receipts: list[tuple[int, int, int]],
) -> None:
    window, now_ms = Window(POLICY), NOW_MS
    for count, round_trip_ms, pause_ms in receipts:
        now_ms += pause_ms
        window.receipted(count, round_trip_ms, now_ms)
        assert 2 <= window.size <= 64


def test_an_operator_may_set_both_ends() -> None:
    window = Window(replace(POLICY, window_least=5, window_most=7))
    assert window.size == 5
    steady(window, 64, 250, times=3)
    assert window.size == 7


def test_of_bulk_only_what_an_urgent_one_may_stand_behind_is_on_its_way() -> None:
    window, now_ms = Window(POLICY), NOW_MS
    for turn in range(1, 9):
        window.receipted(20, 250, now_ms + turn * 250)
    assert (window.size, window.bulk_size) == (44, 28)
    assert window.has_room(27, 0, Lane.BULK)
    assert not window.has_room(28, 0, Lane.BULK)
    assert window.has_room(43, 0, Lane.ROUTINE)
    assert not window.has_room(44, 0, Lane.ROUTINE)
    assert window.has_room(44, 0, Lane.URGENT)


@pytest.mark.parametrize(
    ("bytes_a_second", "bulk_bytes"),
    [(1_000, 16_384), (400_000, 40_000), (2_000_000, 200_000), (50_000_000, 262_144)],
)
def test_a_bulk_envelope_holds_what_is_delivered_in_a_tenth_of_a_second(
    bytes_a_second: int, bulk_bytes: int
) -> None:
    window = Window(POLICY)
    assert window.bulk_bytes == 262_144
    for turn in range(1, 5):
        window.receipted(1, 250, NOW_MS + turn * 250, bytes_a_second // 4)
    assert window.bulk_bytes == bulk_bytes
