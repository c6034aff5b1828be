"""Who is refused by name for want of a role, whatever the order in which records came."""

from dataclasses import replace
from itertools import permutations

from builders_movement import DATASET, actual, fact, released
from corridor.transit.fold import fold
from corridor.transit.movement import Kind, Role
from corridor.transit.result import Movement
from corridor.transit.strangers import refusal, strangers

PASSED = fact(
    2, Kind.PASSED, Role.TRANSIT, sender="KZ", offices=(actual("KZ470300"),),
    office=actual("KZ470300"),
)  # fmt: skip
QUERY = fact(3, Kind.QUERY, Role.TRANSIT, sender="KZ", query="transit")
ADMITTED = fact(4, Kind.DATASET_ANSWERED, dataset=DATASET, caused_by=QUERY.record_id)


def run(*facts: object, me: str = "GE") -> Movement:
    return fold(facts, me=me, now_ms=0)  # type: ignore[arg-type]


def test_a_stranger_is_refused_by_name_in_any_order_once_an_itinerary_is_known() -> None:
    assert strangers(run(PASSED), "GE") == ()
    for order in permutations((released(), PASSED, QUERY)):
        (one,) = strangers(run(*order), "GE")
        assert one.fact == PASSED
        draft = refusal(one)
        assert (draft.recipient, draft.code, draft.caused_by) == ("KZ", "12", PASSED.record_id)
        assert draft.text == "role_not_held: KZ does not hold the role transit for this movement."
        assert draft in run(*order).drafts


def test_who_was_let_in_is_not_refused_in_any_order() -> None:
    for order in permutations((released(), PASSED, QUERY, ADMITTED)):
        assert strangers(run(*order), "GE") == ()


def test_who_was_refused_is_not_refused_again_and_our_own_records_never() -> None:
    refused = fact(5, Kind.REJECTED, Role.CUSTOMS, sender="GE", caused_by=PASSED.record_id)
    assert strangers(run(released(), PASSED, refused), "GE") == ()
    assert run(released(), PASSED, refused).drafts == ()
    by_another = replace(refused, sender="AZ")
    assert strangers(run(released(), PASSED, by_another), "GE")
    assert strangers(run(released(), PASSED), "KZ") == ()


def test_an_answer_is_never_refused_so_that_two_nodes_do_not_refuse_each_other_for_ever() -> None:
    for kind in (Kind.REJECTED, Kind.ACKNOWLEDGED, Kind.QUERY_ANSWERED, Kind.DATASET_ANSWERED):
        answer = fact(6, kind, Role.CUSTOMS, sender="UA", caused_by=b"x" * 16)
        found = strangers(run(released(), PASSED, answer), "GE")
        assert [one.fact.sender for one in found] == ["KZ"]
