"""One envelope of ours between the record and the receipt (PROTOCOL §7.1, §7.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_exchange import EPOCH, NOW_MS, NOW_S, POLICY, ident, in_flight, sealed
from corridor.exchange.outgoing import (
    STAGES,
    Flight,
    OutHead,
    Stage,
    Step,
    in_flight_of,
    is_ahead,
    is_stale,
    next_epoch,
)
from corridor.exchange.repair import IllegalTransition
from corridor.exchange.values import Family, Lane, Position
from corridor.wire.limits import DAY_MS

# -- stages


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("step", Step)
def test_an_envelope_moves_as_the_table_says_and_refuses_what_it_does_not_name(
    stage: Stage, step: Step
) -> None:
    flight = Flight(in_flight(1), stage)
    if (stage, step) in STAGES:
        flight.step(step)
        assert flight.stage is STAGES[stage, step]
    else:
        with pytest.raises(IllegalTransition, match=f"^{step} while {stage}$"):
            flight.step(step)
        assert flight.stage is stage


def test_only_what_is_ready_is_published_and_nothing_follows_the_end() -> None:
    assert {stage for stage, step in STAGES if step is Step.PUBLISHED} == {Stage.READY}
    assert all(stage is not Stage.DONE for stage, _ in STAGES)


@pytest.mark.parametrize("stage", [Stage.READY, Stage.SENT, Stage.CONFIRMED])
@pytest.mark.parametrize("step", set(Step) - {Step.PUBLISHED})
def test_whatever_our_broker_or_the_partner_says_meets_an_envelope_that_can_hear_it(
    stage: Stage, step: Step
) -> None:
    assert (stage, step) in STAGES
    assert (STAGES[stage, step] is Stage.DONE) is (step is Step.CLOSED)


# -- patience: PROTOCOL §7.4


@pytest.mark.parametrize(
    ("lane", "waits_s"),
    [
        (Lane.URGENT, [10, 20, 40, 80, 160, 320, 640, 900, 900]),
        (Lane.ROUTINE, [120, 240, 480, 900, 900, 900, 900, 900, 900]),
        (Lane.BULK, [120, 240, 480, 900, 900, 900, 900, 900, 900]),
    ],
)
def test_a_receipt_is_waited_for_twice_as_long_after_each_publishing_jittered_from_the_second_on(
    lane: Lane, waits_s: list[int]
) -> None:
    flight, waits = Flight(in_flight(1, lane=lane)), []
    for turn in range(9):
        flight.published(NOW_MS + turn, POLICY)
        assert flight.sent_ms == NOW_MS + turn
        waits.append((flight.due_ms - flight.sent_ms) // 1_000)
        flight.step(Step.CONFIRMED)
        flight.step(Step.TIME_UP)
    draw = flight.envelope.envelope_id[0] / 256
    shares = [1.0] + [0.5 + draw / 2] * 8
    pairs = zip(waits_s, shares, strict=True)
    assert waits == [round(wait * share * 1_000) // 1_000 for wait, share in pairs]


def test_what_the_publisher_had_no_room_for_was_not_published() -> None:
    flight = Flight(in_flight(1), copies=0)
    flight.published(NOW_MS, POLICY)
    flight.not_published()
    assert (flight.stage, flight.repeats, flight.copies) == (Stage.READY, 0, 0)


def test_what_a_former_run_may_have_published_is_never_the_only_copy() -> None:
    flight = Flight(in_flight(1))
    flight.published(NOW_MS, POLICY)
    assert flight.copies > 1


def test_lane_and_family_say_who_waits_and_what_is_receipted() -> None:
    assert Flight(in_flight(1, lane=Lane.URGENT)).urgent
    assert not Flight(in_flight(1, lane=Lane.BULK)).urgent
    assert Flight(in_flight(1)).is_data
    assert not Flight(in_flight(1, family=Family.CONTROL)).is_data


# -- time


@pytest.mark.parametrize(("lead_ms", "ahead"), [(0, False), (300_000, False), (300_001, True)])
def test_a_clock_was_ahead_if_by_more_than_five_minutes(lead_ms: int, ahead: object) -> None:
    # PROTOCOL §7.3
    assert is_ahead(NOW_MS + lead_ms, NOW_MS) is ahead
    assert is_stale(NOW_MS + lead_ms, NOW_MS, POLICY) is ahead


@pytest.mark.parametrize(("age_ms", "stale"), [(14 * DAY_MS - 1, False), (14 * DAY_MS, True)])
def test_what_has_expired_is_stale(age_ms: int, stale: object) -> None:
    assert is_stale(NOW_MS - age_ms, NOW_MS, POLICY) is stale


# -- heads and epochs


def test_memory_keeps_of_an_envelope_all_but_its_bytes() -> None:
    envelope = sealed(3, frame=b"12345", lane=Lane.BULK, family=Family.CONTROL)
    expected = in_flight(3, size_bytes=5, lane=Lane.BULK, family=Family.CONTROL)
    assert in_flight_of(envelope) == expected


def test_the_head_after_an_envelope_is_that_envelope() -> None:
    envelope = sealed(3, created_ms=NOW_MS + 7)
    assert OutHead(EPOCH).after(envelope) == OutHead(EPOCH, 3, ident(3), NOW_MS + 7)
    assert sealed(3).position == Position(EPOCH, 3)


@given(st.integers(0, 2**32), st.integers(0, 2**42))
def test_an_epoch_is_later_than_the_last_and_not_before_the_clock(last: int, now_ms: int) -> None:
    # PROTOCOL §7.3
    assert next_epoch(last, now_ms) == max(last + 1, now_ms // 1_000)


def test_the_first_epoch_is_the_time_in_seconds() -> None:
    assert next_epoch(0, NOW_MS + 999) == NOW_S
