"""Enquiry, recovery, the end of a movement, and what is told of it (PROTOCOL §12.6)."""

import json
from dataclasses import replace

from builders_movement import (
    ACCEPTED,
    DATASET,
    DES,
    LATER_MS,
    LODGED,
    MRN,
    NOW_MS,
    TIR,
    TRA,
    actual,
    arrived,
    fact,
    left,
    passed,
    released,
    run,
    state,
)
from corridor.transit.facts import Dataset, Equipment, Happening
from corridor.transit.movement import Kind, Role, State
from corridor.transit.result import Flag
from corridor.transit.view import view_of

# --- enquiry, recovery, the end ---------------------------------------------------------------


def test_an_enquiry_lies_over_the_state() -> None:
    asked = fact(2, Kind.ENQUIRY_ASKED, Role.ENQUIRY, limit_ms=NOW_MS + 9)
    answered = fact(3, Kind.ENQUIRY_ANSWERED, DES, sender="AZ")
    closed = fact(4, Kind.ENQUIRY_CANCELLED, Role.ENQUIRY)
    seen = [
        run(released(), *some).enquiry for some in ([asked], [asked, answered], [asked, closed])
    ]
    assert seen == ["open", "answered", "closed"]
    assert run(released(), answered).enquiry == ""
    assert state(released(), asked) is State.IN_TRANSIT
    assert [one.what for one in run(released(), asked, now_ms=NOW_MS + 9).overdue] == [
        "enquiry_answer"
    ]


def test_recovery_ends_when_the_debt_is_collected() -> None:
    begun_ = fact(2, Kind.RECOVERY_STARTED, Role.RECOVERY)
    paid = fact(3, Kind.RECOVERY_COLLECTED, Role.RECOVERY)
    assert not run(released(), begun_).ended
    assert run(released(), begun_, paid).ended
    assert run(released(), begun_, paid, now_ms=LATER_MS).overdue == ()


def test_what_comes_after_the_end_is_kept_and_flagged() -> None:
    movement = run(released(), fact(2, Kind.CANCELLED), arrived(3))
    assert movement.state is State.CANCELLED
    assert [(one.flag, one.fact.kind) for one in movement.flagged] == [("late", "arrival advised")]


def test_who_does_not_hold_the_role_is_told_so_by_name() -> None:
    stranger = fact(2, Kind.DISCHARGED, sender="GE", role=Role.DEPARTURE)
    movement = run(released(), stranger)
    (flagged,) = movement.flagged
    assert (flagged.flag, flagged.fact) == (Flag.NOT_ENTITLED, stranger)
    assert flagged.why == "GE does not hold the role departure for this movement"
    assert [(one.recipient, one.code) for one in movement.drafts] == [("GE", "12")]
    assert run(
        released(), replace(stranger, role=Role.UNKNOWN, kind=Kind.DISCREPANCIES_SOLVED)
    ).flagged[0].why == ("GE does not hold a role that may send this for this movement")
    assert run(released(), stranger, me="GE").drafts == ()


def test_a_release_by_another_country_does_not_take_the_movement_over() -> None:
    forged = Dataset(offices=(actual("XX000001")._replace(place="departure"),))
    stranger = fact(0, Kind.RELEASED, sender="XX", dataset=forged)
    movement = run(stranger, released())
    assert movement.departure == "TR"
    assert [one.fact.sender for one in movement.flagged] == ["XX"]
    assert MRN[2:4] == "TR"


def test_an_answer_with_the_dataset_admits_who_asked_and_stands_for_the_release() -> None:
    asked = fact(2, Kind.QUERY, TRA, sender="KZ", query="transit")
    answer = fact(3, Kind.DATASET_ANSWERED, dataset=DATASET, caused_by=asked.record_id)
    at = passed(4, "KZ470300")
    assert run(released(), at).flagged[0].flag is Flag.NOT_ENTITLED
    movement = run(released(), asked, answer, at)
    assert not movement.flagged
    assert [one.office.country for one in movement.stops] == ["TR", "GE", "AZ", "KZ", "AZ"]
    answered = run(asked, answer, at, me="KZ")
    assert (answered.state, answered.operations[0].country) == (State.IN_TRANSIT, "TR")
    assert len(answered.stops) == 5


def test_an_arrival_too_late_is_marked_and_the_enquiry_drafted() -> None:
    movement = run(released(), now_ms=LATER_MS)
    assert [one.what for one in movement.overdue] == ["arrival", "recovery"]
    assert [(one.kind, one.recipient) for one in movement.drafts] == [("enquiry", "AZ")]
    others = run(released(), now_ms=LATER_MS, me="AZ")
    assert [(one.kind, one.recipient, one.query) for one in others.drafts] == [
        ("query", "TR", "status")
    ]
    assert run(released()).next_deadline is not None
    soon = run(released(), arrived(2), now_ms=LATER_MS)
    assert [one.what for one in soon.overdue] == ["result"]
    early = run(fact(1, Kind.PRELODGED, Role.HOLDER), now_ms=LATER_MS)
    assert [one.what for one in early.overdue] == ["presentation"]
    asked = run(
        released(), fact(2, Kind.ENQUIRY_ASKED, Role.ENQUIRY), now_ms=NOW_MS + 20 * 86_400_000
    )
    assert asked.drafts == ()


def test_two_records_under_one_id_are_told_apart_the_same_way_everywhere() -> None:
    one, two = passed(2), replace(passed(2, "GEBCP301"), digest=b"\1")
    for order in ([one, two], [two, one]):
        assert run(released(), *order).stops[1].actual is None


def test_records_that_cause_each_other_are_ordered_all_the_same() -> None:
    one = replace(passed(2), caused_by=(3).to_bytes(16))
    two = replace(passed(3), caused_by=(2).to_bytes(16))
    assert run(released(), one, two) == run(two, released(), one)
    counted = [replace(passed(number), sequence=9 - number) for number in (2, 3, 4)]
    assert [line.fact.sequence for line in run(released(), *counted).applied[1:]] == [5, 6, 7]


def test_the_view_is_data_that_any_language_reads() -> None:
    asked = fact(2, Kind.ENQUIRY_ASKED, Role.ENQUIRY)
    whole = run(released(1, TIR), asked, left(3, 2, "GE"), fact(4, Kind.PRELODGED, sender="GE"))
    view = json.loads(json.dumps(view_of(whole)))
    assert view["words"] == "released, on the way"
    assert view["itinerary"][0]["done"] == "released"
    assert view["limit"] == "2026-11-09T00:00:00Z"
    assert [one["flag"] for one in view["flagged"]] == ["not_entitled"]
    assert [one["waits_for"] for one in view["parked"]] == ["the start of operation 2"]
    assert view["live"]["equipment"] == [{"container": "MSKU1234565", "seals": ["S1", "S2"]}]
    late = view_of(run(released(), now_ms=LATER_MS))
    assert late["next_deadline"] is None
    assert late["drafts"][0]["kind"] == "enquiry"
    assert view_of(run())["next_deadline"] is None


def test_nobody_is_asked_where_nobody_is_known() -> None:
    alone = replace(passed(2), ids=())
    assert run(alone, me="GE").drafts == ()
    home = replace(DATASET, offices=(DATASET.offices[0],))
    assert run(released(1, home), now_ms=LATER_MS).drafts == ()


def test_small_things_that_come_out_of_order() -> None:
    # an acceptance of an amendment that nobody here has seen, the end of an operation not known
    assert run(LODGED, fact(3, Kind.AMENDMENT_ACCEPTED)).dataset_version == 1
    freed = fact(5, Kind.DISCHARGED, Role.CUSTOMS, sender="GE", operation=9)
    assert run(released(), freed).state is State.IN_TRANSIT
    two, three = (2).to_bytes(16), (3).to_bytes(16)
    ring = [replace(passed(2), caused_by=two), replace(passed(3), caused_by=two)]
    ring.append(replace(passed(4), caused_by=three))
    assert len(run(released(), *ring).applied) == 4
    told = Happening("2", "seal broken", (Equipment(1, "", ("N1",)),), ())
    assert run(released(), replace(arrived(2), happenings=(told,))).incident
    by_guess = replace(released(), role=Role.EXIT)
    assert run(by_guess).departure == ""


def test_who_may_hold_a_role_is_told_before_a_record_is_written() -> None:
    holders = run(released()).holders
    assert holders.may_hold("TR", Role.DEPARTURE)
    assert not holders.may_hold("GE", Role.DEPARTURE)
    assert holders.may_hold("GE", DES)
    assert not holders.may_hold("XX", DES)


def test_a_release_that_states_no_limit_keeps_the_declared_one() -> None:
    silent, other = replace(DATASET, limit_ms=0), replace(DATASET, limit_ms=7)
    assert run(LODGED, ACCEPTED, released(6, dataset=silent)).limit_ms == DATASET.limit_ms
    assert run(LODGED, ACCEPTED, released(6, dataset=other)).limit_ms == 7
    assert run(released(6, dataset=silent)).limit_ms == 0
