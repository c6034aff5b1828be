"""A seed and a number are a run: always the same one, of the mix that was promised."""

from collections import Counter

from chaos.faults import FAULTS
from chaos.schedule import GROUPS, WARM, draw, group_of
from corridor.transit.parties import CountryCode

TWO = (CountryCode("TR"), CountryCode("GE"))


def test_a_seed_and_a_number_always_give_the_same_run() -> None:
    assert draw(7, 12, TWO) == draw(7, 12, TWO)
    assert draw(7, 12, TWO) != draw(8, 12, TWO)
    assert draw(7, 12, TWO) != draw(7, 13, TWO)


def test_a_thousand_runs_are_of_the_mix_that_the_suite_promises() -> None:
    groups = Counter(map(group_of, range(1000)))
    assert groups == {"warm": 800, "broker": 150, "disk": 50}


def test_the_first_fault_is_of_its_group_and_none_claims_what_another_has() -> None:
    for number in range(1000):
        run = draw(1, number, TWO)
        assert 1 <= len(run.strikes) <= 3
        assert run.strikes[0].fault.kind in GROUPS[run.group]
        assert all(one.fault.kind in WARM for one in run.strikes[1:])
        claims = [(one.victim, claim) for one in run.strikes for claim in one.fault.claims]
        assert len(claims) == len(set(claims))
        assert all(0 < one.begin_s <= one.heal_s <= 10 for one in run.strikes)


def test_every_fault_is_drawn_in_a_thousand_runs() -> None:
    drawn = {one.fault.name for number in range(1000) for one in draw(1, number, TWO).strikes}
    assert drawn == set(FAULTS)


def test_only_and_without_choose_the_faults() -> None:
    only = {one.fault.name for n in range(50) for one in draw(1, n, TWO, ["link_cut"]).strikes}
    assert only == {"link_cut"}
    left = {
        one.fault.name
        for number in range(500)
        for one in draw(1, number, TWO, without=["store_full"]).strikes
    }
    assert "store_full" not in left


def test_a_fault_that_is_played_only_where_it_is_named_changes_no_seed() -> None:
    for number in range(50):
        (strike,) = draw(1, number, TWO, ["node_wiped"]).strikes[:1]
        assert strike.fault.name == "node_wiped"
    assert "node_wiped" not in FAULTS
