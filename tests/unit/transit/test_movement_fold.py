"""The state of a movement is a function of the set of its records (PROTOCOL §12.6)."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders_movement import (
    ACCEPTED,
    BORDER,
    DATASET,
    DES,
    EXIT,
    LATER_MS,
    LODGED,
    TIR,
    TRA,
    actual,
    arrived,
    begun,
    fact,
    generated,
    left,
    of_records,
    passed,
    released,
    run,
    state,
)
from corridor.transit.facts import Equipment, Fact, Happening, Means
from corridor.transit.fold import fold
from corridor.transit.movement import FINAL, WORDS, Kind, Role, State
from corridor.transit.result import Flag
from corridor.transit.table import REACHABLE, ROWS, TABLE
from corridor.wire.v1 import records_pb2 as records


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shuffle=st.integers(0, 2**32),
    me=st.sampled_from(["TR", "GE", "AZ"]),
)
def test_any_permutation_and_duplication_gives_the_same_movement(
    seed: int, shuffle: int, me: str
) -> None:
    facts = of_records(generated(seed))
    draw = random.Random(shuffle)  # noqa: S311 - an order to be repeated, not a secret
    mixed = [*facts, *draw.choices(facts, k=5)]
    draw.shuffle(mixed)
    part = draw.sample(facts, draw.randint(0, len(facts)))
    other = draw.sample(part, len(part))
    assert fold(mixed, me=me, now_ms=LATER_MS) == fold(facts, me=me, now_ms=LATER_MS)
    assert fold(part, me=me, now_ms=LATER_MS) == fold(other, me=me, now_ms=LATER_MS)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), gone=st.integers(0, 40))
def test_what_was_parked_is_released_when_the_missing_record_arrives(seed: int, gone: int) -> None:
    facts = of_records(generated(seed))
    missing = facts[gone % len(facts)]
    before = run(*(one for one in facts if one is not missing))
    after = run(*facts)
    assert not after.parked
    assert not after.flagged
    # nothing is lost meanwhile: each record is applied, parked or flagged
    held = [*before.applied, *before.parked, *before.flagged]
    assert {one.fact.key for one in held} == {one.key for one in facts} - {missing.key}


@pytest.mark.parametrize("seed", range(40))
def test_every_country_on_the_way_comes_to_the_same_end(seed: int) -> None:
    told = generated(seed)
    whole = run(*of_records(told))
    countries = {country for one in told for country in (one.sender, *one.recipients)}
    for country in countries:
        seen = [one for one in told if country == one.sender or country in one.recipients]
        mine = run(*of_records(seen), me=country)
        assert (mine.state, mine.parked, mine.flagged) == (whole.state, (), ())


def test_roles_are_numbered_as_on_the_wire() -> None:
    names = {
        Role.UNKNOWN: "ROLE_UNSPECIFIED",
        Role.TRADER: "ROLE_TRADER_AT_DESTINATION",
        Role.ENQUIRY: "ROLE_ENQUIRY_AUTHORITY",
        Role.RECOVERY: "ROLE_RECOVERY_AUTHORITY",
    }
    offices = {
        Role.DEPARTURE,
        Role.TRANSIT,
        Role.EXIT,
        Role.DESTINATION,
        Role.INCIDENT,
        Role.GUARANTEE,
    }
    for role in Role:
        plain = f"ROLE_OFFICE_OF_{role.name}" if role in offices else f"ROLE_{role.name}"
        assert records.Role.Value(names.get(role, plain)) == role


def test_the_table_is_whole() -> None:
    assert len({row.number for row in TABLE}) == len(TABLE)
    assert all(ROWS[kind] for kind in Kind)
    assert set(WORDS) == set(State)
    assert State.DISCHARGED in REACHABLE[State.NONE]
    assert all(REACHABLE[one] == {one} for one in FINAL)


# --- before the release -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "reached"),
    [
        ([], "S0"),
        ([LODGED], "S1"),
        ([fact(1, Kind.PRELODGED, Role.HOLDER)], "S2"),
        ([fact(1, Kind.PRELODGED, Role.HOLDER), fact(2, Kind.PRESENTED, Role.HOLDER)], "S1"),
        (
            [
                fact(1, Kind.PRELODGED, Role.HOLDER),
                fact(2, Kind.PRESENTED, Role.HOLDER, occurred_ms=LATER_MS),
            ],
            "X1",
        ),
        ([LODGED, fact(2, Kind.REJECTED)], "X1"),
        ([LODGED, ACCEPTED], "S3"),
        ([LODGED, ACCEPTED, fact(4, Kind.CONTROL_DECIDED)], "S4"),
        (
            [
                LODGED,
                ACCEPTED,
                fact(4, Kind.CONTROL_DECIDED),
                fact(5, Kind.CONTROLLED_AT_DEPARTURE, result="A1"),
            ],
            "S3",
        ),
        ([LODGED, ACCEPTED, fact(5, Kind.CONTROLLED_AT_DEPARTURE, result="B1")], "X2"),
        ([ACCEPTED, fact(4, Kind.GUARANTEE_INVALID, Role.GUARANTEE)], "S5"),
        ([ACCEPTED, fact(4, Kind.GUARANTEE_INVALID)], "S5"),  # departure tells what it was told
        (
            [
                ACCEPTED,
                fact(4, Kind.GUARANTEE_INVALID, Role.GUARANTEE),
                fact(5, Kind.GUARANTEE_VALID, Role.GUARANTEE),
            ],
            "S3",
        ),
        (
            [
                ACCEPTED,
                fact(4, Kind.GUARANTEE_INVALID, Role.GUARANTEE),
                fact(5, Kind.AMENDMENT_ACCEPTED),
            ],
            "S3",
        ),
        ([ACCEPTED, fact(4, Kind.REFUSED)], "X2"),
        ([LODGED, fact(2, Kind.CANCEL_ASKED, Role.HOLDER), fact(3, Kind.CANCELLED)], "X3"),
        ([LODGED, fact(2, Kind.CANCEL_DENIED)], "S1"),
        ([released()], "S6"),
        ([released(), fact(2, Kind.CANCELLED, by_customs=True)], "X3"),
    ],
)
def test_states_before_and_at_release(facts: list[Fact], reached: str) -> None:
    assert state(*facts) == state(*reversed(facts)) == reached


def test_an_accepted_amendment_replaces_the_dataset_and_a_waiting_one_does_not() -> None:
    other = replace(DATASET, limit_ms=7)
    amended = fact(2, Kind.AMENDED, Role.HOLDER, dataset=other)
    waiting = run(LODGED, amended)
    assert (waiting.limit_ms, waiting.dataset_version) == (DATASET.limit_ms, 1)
    taken = run(LODGED, amended, fact(3, Kind.AMENDMENT_ACCEPTED))
    assert (taken.limit_ms, taken.dataset_version) == (7, 2)


@pytest.mark.parametrize("role", [Role.GUARANTEE, Role.DEPARTURE])
def test_a_guarantee_that_fails_once_more_or_on_the_way_changes_no_state(role: Role) -> None:
    again = run(ACCEPTED, fact(4, Kind.GUARANTEE_INVALID), fact(5, Kind.GUARANTEE_INVALID, role))
    assert (again.state, again.flagged, again.parked) == (State.GUARANTEE_BLOCKED, (), ())
    late = run(released(), fact(7, Kind.GUARANTEE_INVALID, role))
    assert (late.state, late.flagged, late.parked) == (State.IN_TRANSIT, (), ())


def test_a_release_waits_for_a_guarantee_that_holds() -> None:
    blocked = [ACCEPTED, fact(4, Kind.GUARANTEE_INVALID, Role.GUARANTEE), released(6)]
    movement = run(*blocked)
    assert [one.waits_for for one in movement.parked] == ["a valid guarantee"]
    assert state(*blocked, fact(5, Kind.GUARANTEE_VALID, Role.GUARANTEE)) == State.IN_TRANSIT


# --- on the way -------------------------------------------------------------------------------


def test_one_question_is_asked_once() -> None:
    movement = run(passed(2), passed(3), arrived(4), me="GE")
    assert [one.query for one in movement.drafts] == ["transit", "arrival"]


def test_a_passage_before_the_release_waits_and_departure_is_asked() -> None:
    movement = run(passed(2), me="GE")
    assert movement.state is State.NONE
    assert [one.waits_for for one in movement.parked] == ["the release by the office of departure"]
    assert [(one.recipient, one.query) for one in movement.drafts] == [("TR", "transit")]
    assert run(passed(2), released()).parked == ()


def test_who_waits_too_long_is_told() -> None:
    movement = run(passed(2), me="TR", now_ms=LATER_MS)
    assert [(one.kind, one.recipient, one.code) for one in movement.drafts] == [
        ("refusal", "GE", "90")
    ]
    late = run(released(), fact(2, Kind.UNLOADED, DES, sender="AZ"), now_ms=LATER_MS)
    assert "92" in {one.code for one in late.drafts}


def test_a_passage_elsewhere_is_ticked_with_the_actual_office() -> None:
    movement = run(released(), passed(2, "GEBCP301"))
    stop = movement.stops[1]
    assert (stop.office, stop.done) == (BORDER, "passed")
    assert stop.actual == actual("GEBCP301")
    assert run(released(), passed(2)).stops[1].actual is None


def test_an_incident_changes_the_live_view_and_not_what_was_declared() -> None:
    seen = Happening(
        "3", "reloaded", (Equipment(1, "MSKU1234565", ("S9",)),), (Means("90XX1", "GE"),)
    )
    movement = run(
        released(), fact(2, Kind.INCIDENT, Role.INCIDENT, sender="GE", happenings=(seen,))
    )
    assert movement.incident
    assert movement.declared.equipment == DATASET.equipment
    assert movement.live.equipment == seen.equipment
    assert movement.live.means == seen.means


def test_a_diversion_turns_the_destination_and_nothing_declared() -> None:
    movement = run(released(), arrived(2, "GE000001"))
    assert movement.diverted
    assert movement.state is State.ARRIVED
    assert movement.stops[-1].office.reference == "AZ010100"
    assert movement.stops[-1].actual == actual("GE000001")
    # whoever reported the arrival ends the movement
    ended = fact(3, Kind.ENDED, DES, sender="GE")
    assert state(released(), arrived(2, "GE000001"), ended) is State.TERMINATED
    assert run(released(), ended).flagged[0].flag is Flag.NOT_ENTITLED


def test_a_trader_notifies_the_office_confirms_or_sends_back() -> None:
    told = fact(2, Kind.ARRIVAL_NOTIFIED, Role.TRADER, sender="AZ", offices=(actual("AZ010100"),))
    assert run(released(), told).stops[-1].done == "arrival notified, not confirmed"
    rejected = fact(3, Kind.REJECTED, DES, sender="AZ")
    assert state(released(), told, rejected) is State.IN_TRANSIT
    assert state(released(), arrived(2), rejected) is State.ARRIVED


def test_unloading_and_control_at_destination() -> None:
    there = [released(), arrived(2)]
    permitted = fact(3, Kind.UNLOADING_PERMITTED, DES, sender="AZ")
    assert state(*there, permitted) is State.UNLOADING
    assert (
        state(*there, fact(3, Kind.CONTROL_DECIDED, DES, sender="AZ")) is State.DESTINATION_CONTROL
    )
    bad = fact(4, Kind.CONTROLLED_AT_DESTINATION, DES, sender="AZ", result="B1")
    assert run(*there, bad).discrepancy
    solved = fact(5, Kind.DISCREPANCIES_SOLVED)
    assert state(*there, bad, solved) is State.TERMINATED
    assert state(*there, bad, solved, fact(6, Kind.DISCHARGED)) is State.DISCHARGED
    assert (
        run(*there, bad, fact(6, Kind.DISCHARGED)).parked[0].waits_for == "the end at destination"
    )
    assert state(*there, bad, fact(6, Kind.DISCHARGED, solved=True)) is State.DISCHARGED


def test_each_territory_has_an_operation_under_a_carnet() -> None:
    facts = [
        released(1, TIR),
        left(2, 1, "TR"),
        begun(3, 2, "GE"),
        left(4, 2, "GE"),
        begun(5, 3, "AZ"),
    ]
    ended = fact(6, Kind.ENDED, DES, sender="AZ", operation=3)
    movement = run(*facts, ended)
    assert [one.state for one in movement.operations] == ["terminated"] * 3
    assert movement.state is State.TERMINATED
    done = run(*facts, ended, fact(7, Kind.DISCHARGED))
    assert {one.state for one in done.operations} == {"discharged"}
    one_by_one = [
        fact(7 + n, Kind.DISCHARGED, Role.CUSTOMS, sender=sender, operation=n)
        for n, sender in ((2, "GE"), (3, "AZ"))
    ]
    assert state(*facts, ended, *one_by_one) is State.TERMINATED


def test_an_operation_waits_for_the_one_before_and_starts_once() -> None:
    early = run(released(1, TIR), begun(2, 3, "AZ"), left(3, 2, "GE"))
    assert sorted(one.waits_for for one in early.parked) == [
        "the start of operation 2", "the start of operation 2",
    ]  # fmt: skip
    twice = run(released(1, TIR), begun(2, 2, "GE"), begun(3, 2, "GE"))
    assert [one.flag for one in twice.flagged] == [Flag.OUT_OF_PLACE]
    ended = run(released(1, TIR), left(2, 1, "TR"), left(3, 1, "TR"))
    assert [one.flag for one in ended.flagged] == [Flag.OUT_OF_PLACE]


def test_a_country_discharges_the_last_operation() -> None:
    way = replace(TIR, offices=(TIR.offices[0], TIR.offices[3]))
    facts = [released(1, way), left(2, 1, "TR"), begun(3, 2, "AZ")]
    ended = fact(4, Kind.ENDED, DES, sender="AZ", operation=2)
    first = fact(5, Kind.DISCHARGED, EXIT, operation=1)
    last = fact(6, Kind.DISCHARGED, Role.CUSTOMS, sender="AZ", operation=2)
    assert state(*facts, ended, first, last) is State.DISCHARGED


def test_entry_may_be_refused_but_not_to_the_first_operation() -> None:
    no = fact(2, Kind.REFUSED, TRA, sender="GE", operation=2)
    movement = run(released(1, TIR), no)
    assert movement.state is State.IN_TRANSIT
    assert movement.operations[1].state == "refused"
    own = fact(2, Kind.REFUSED, EXIT, operation=1)
    assert [one.flag for one in run(released(1, TIR), own).flagged] == [Flag.OUT_OF_PLACE]


def test_customs_cancel_only_what_has_not_left() -> None:
    cancelled = fact(9, Kind.CANCELLED, by_customs=True)
    assert state(released(), cancelled) is State.CANCELLED
    assert run(released(), cancelled).stops[0].done == "cancelled"
    assert run(released(), passed(2), cancelled).flagged[0].flag is Flag.OUT_OF_PLACE
    assert run(released(1, TIR), begun(2, 2, "GE"), cancelled).flagged[0].flag is Flag.OUT_OF_PLACE
    assert run(released(), arrived(2), cancelled).flagged[0].why == "too late in state S7"
