"""The values of an exchange, and the lane that a record takes by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import Reason, Refused
from corridor.exchange.lanes import DEFAULT_LANES, LanePlan, default_lane
from corridor.exchange.values import Lane, Position, Verdict
from corridor.wire.batches import is_business_family
from corridor.wire.v1 import control_pb2
from corridor.wire.v1.envelope_pb2 import RecordType

PLACES = st.tuples(st.integers(0, 2**32), st.integers(0, 2**63))


@given(st.lists(PLACES))
def test_positions_are_ordered_by_epoch_and_then_by_sequence(places: list[tuple[int, int]]) -> None:
    ordered = sorted(Position(*place) for place in places)
    assert [(one.epoch, one.seq) for one in ordered] == sorted(places)


def test_the_numbers_of_verdicts_are_those_on_the_wire() -> None:
    named = {f"VERDICT_{one.name}": one.value for one in Verdict}
    assert named == {name: number for name, number in control_pb2.Verdict.items() if number}


def test_the_numbers_of_lanes_are_those_of_the_header() -> None:
    # PROTOCOL §3.2
    assert {one.name: one.value for one in Lane} == {"URGENT": 0, "ROUTINE": 1, "BULK": 2}


def test_every_type_of_record_that_is_receipted_has_a_lane_of_its_own() -> None:
    assert set(DEFAULT_LANES) == {n for n in RecordType.values() if is_business_family(n)}


@pytest.mark.parametrize(
    ("record_type", "lane"),
    [
        (RecordType.RECORD_TYPE_DECLARATION, Lane.ROUTINE),
        (RecordType.RECORD_TYPE_MOVEMENT_RELEASED, Lane.URGENT),
        (RecordType.RECORD_TYPE_BORDER_PASSAGE, Lane.URGENT),
        (RecordType.RECORD_TYPE_ENQUIRY_RECOVERY, Lane.BULK),
        (RecordType.RECORD_TYPE_CANARY, Lane.ROUTINE),
        (999, Lane.ROUTINE),
    ],
)
def test_what_a_lorry_waits_for_is_urgent_and_an_unknown_type_is_routine(
    record_type: int, lane: Lane
) -> None:
    assert default_lane(record_type) is lane


def test_a_plan_decides_before_the_default_and_a_claim_before_both() -> None:
    plan = LanePlan({1: Lane.BULK})
    assert [plan.lane_of(1), plan.lane_of(2), plan.lane_of(9999)] == [
        Lane.BULK, default_lane(2), Lane.ROUTINE,
    ]  # fmt: skip
    assert plan.choose(1, None, frozenset()) is Lane.BULK
    assert plan.choose(1, Lane.URGENT, None) is Lane.URGENT
    assert plan.choose(1, Lane.URGENT, {Lane.URGENT, Lane.BULK}) is Lane.URGENT


@pytest.mark.parametrize(
    ("allowed", "said"), [({Lane.ROUTINE, Lane.BULK}, "routine, bulk"), (set(), "none")]
)
def test_a_lane_that_may_not_be_claimed_is_refused_by_name(allowed: set[Lane], said: str) -> None:
    with pytest.raises(Refused, match=f"urgent is claimed; allowed is: {said}") as told:
        LanePlan().choose(1, Lane.URGENT, allowed)
    assert told.value.reason is Reason.LANE_NOT_ALLOWED
