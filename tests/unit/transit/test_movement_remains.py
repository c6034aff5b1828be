"""What stays of an erased record folds to the same movement, and tells nothing of people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_movement import (
    DATASET,
    LATER_MS,
    NOW_MS,
    RARE,
    TRA,
    actual,
    arrived,
    fact,
    generated,
    of_records,
    passed,
    released,
    run,
)
from corridor.transit.facts import Equipment, Fact, Happening, Means
from corridor.transit.fold import fold
from corridor.transit.movement import Kind
from corridor.transit.remains import remains_from_json, remains_of, remains_to_json

FULL = fact(
    1, Kind.RELEASED, office=actual("TR341200"), dataset=DATASET, text="by Ayşe",
    result="free text",
    equipment=(Equipment(1, "MSKU1234565", ("S1",)),), means=(Means("34ABC123", "TR"),),
    happenings=(Happening("2", "", (), ()),), digest=b"d" * 32, caused_by=b"c" * 16, limit_ms=7,
    offices=(actual("GEBCP601")._replace(name="Sarpi"),), reservations=True,
)  # fmt: skip


def test_what_stays_is_written_and_read_as_it_is() -> None:
    for one in (FULL, passed(2), fact(3, Kind.QUERY, query="status")):
        stays = remains_of(one, LATER_MS)
        assert remains_from_json(remains_to_json(stays)) == stays
        assert (stays.key, stays.kind, stays.erased_ms) == (one.key, one.kind, LATER_MS)


def test_no_person_no_goods_no_vehicle_and_no_text_stays() -> None:
    text = remains_to_json(remains_of(FULL, LATER_MS))
    for gone in ("Ayşe", "free text", "MSKU1234565", "S1", "34ABC123", "Sarpi", "d" * 8):
        assert gone not in text
    assert remains_of(fact(1, Kind.REFUSED, result="G2"), 1).result == "G2"


@given(seed=st.integers(0, 400), data=st.data())
def test_whatever_is_erased_the_movement_stands_where_it_stood(
    seed: int, data: st.DataObject
) -> None:
    facts = of_records(generated(seed, RARE))
    gone = data.draw(st.sets(st.sampled_from(range(len(facts)))))
    left: list[Fact] = [
        remains_from_json(remains_to_json(remains_of(one, LATER_MS))) if number in gone else one
        for number, one in enumerate(facts)
    ]
    whole = fold(facts, me="TR", now_ms=LATER_MS)
    part = fold(left, me="TR", now_ms=LATER_MS)
    same = ("state", "ended", "ids", "departure", "deadlines", "enquiry", "recovery", "holders")
    assert [getattr(part, name) for name in same] == [getattr(whole, name) for name in same]
    assert [one.done for one in part.stops] == [one.done for one in whole.stops]
    assert [one.fact.record_id for one in part.applied] == [
        one.fact.record_id for one in whole.applied
    ]
    assert (part.erased, part.erased_ms) == (len(gone), LATER_MS if gone else 0)


@pytest.mark.parametrize("lone", [arrived(5), fact(6, Kind.PASSED, TRA, sender="XX")])
def test_nothing_is_asked_or_refused_about_what_was_erased(lone: Fact) -> None:
    before = [released()] if lone.sender == "XX" else []
    assert run(*before, lone, me="GE", now_ms=NOW_MS + 9 * 3_600_000).drafts
    assert run(*before, remains_of(lone, LATER_MS), me="GE", now_ms=LATER_MS).drafts == tuple(
        run(*before, me="GE", now_ms=LATER_MS).drafts
    )
