"""The proof must see every way in which records can be lost, doubled or changed."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import ConfigurationError
from corridor.lab.movements import demo_traffic, plan_movements
from corridor.lab.scenario import load_scenario
from corridor.lab.traffic import (
    Key,
    Planned,
    Receipts,
    await_receipts,
    handed_over,
    play,
    prove,
    read_plan,
    write_plan,
)

GE, TR = "GE.RS", "TR.GTB"


def planned(number: int, record: bytes | None = None, recipient: str = GE) -> Planned:
    body = record if record is not None else b"record %d" % number
    return Planned(TR, recipient, number.to_bytes(16), 1, body)


def perfect(plan: list[Planned]) -> tuple[Counter[Key], Receipts]:
    keys = Counter(one.key for one in plan)
    return Counter(keys), Receipts(accepted=Counter(keys))


PLAN = [planned(number) for number in range(5)]


def test_what_was_planned_handed_over_and_receipted_alike_is_proved() -> None:
    handed, receipts = perfect(PLAN)
    proof = prove(PLAN, handed, receipts)
    assert proof.holds
    assert (proof.planned, proof.handed, proof.receipted) == (5, 5, 5)


@given(st.sets(st.integers(0, 4), min_size=1), st.sampled_from(["handed", "receipted", "both"]))
def test_every_record_that_is_missing_somewhere_is_lost(gone: set[int], where: str) -> None:
    handed, receipts = perfect(PLAN)
    for number in gone:
        if where in {"handed", "both"}:
            del handed[PLAN[number].key]
        if where in {"receipted", "both"}:
            del receipts.accepted[PLAN[number].key]
    proof = prove(PLAN, handed, receipts)
    assert not proof.holds
    assert set(proof.lost) == {PLAN[number].key for number in gone}


def test_a_record_handed_over_twice_is_named() -> None:
    handed, receipts = perfect(PLAN)
    handed[PLAN[2].key] += 1
    assert prove(PLAN, handed, receipts).duplicated == (PLAN[2].key,)


def test_a_record_that_came_with_other_bytes_is_named_and_lost() -> None:
    handed, receipts = perfect(PLAN)
    del handed[PLAN[2].key]
    altered = (*PLAN[2].key[:2], "ff" * 32)
    handed[altered] += 1
    proof = prove(PLAN, handed, receipts)
    assert proof.duplicated == (altered,)
    assert proof.lost == (PLAN[2].key,)


def test_the_same_bytes_under_an_id_that_nobody_planned_are_a_double() -> None:
    handed, receipts = perfect(PLAN)
    again = (GE, "ee" * 16, PLAN[2].key[2])
    handed[again] += 1
    assert prove(PLAN, handed, receipts).duplicated == (again,)


def test_two_planned_records_may_have_the_same_bytes() -> None:
    plan = [planned(1, b"same"), planned(2, b"same")]
    assert prove(plan, *perfect(plan)).holds


def test_a_receipt_for_other_bytes_is_no_receipt() -> None:
    handed, receipts = perfect(PLAN)
    del receipts.accepted[PLAN[1].key]
    receipts.accepted[(*PLAN[1].key[:2], "00" * 32)] += 1
    assert prove(PLAN, handed, receipts).lost == (PLAN[1].key,)


def test_what_the_partner_refused_is_neither_lost_nor_expected() -> None:
    handed, receipts = perfect(PLAN)
    del handed[PLAN[1].key]
    del receipts.accepted[PLAN[1].key]
    receipts.refused[PLAN[1].record_id.hex()] = "record_invalid"
    assert prove(PLAN, handed, receipts).holds


def test_what_others_sent_before_does_not_disturb_a_proof() -> None:
    handed, receipts = perfect(PLAN)
    handed[TR, "11" * 16, "22" * 32] += 1
    assert prove(PLAN, handed, receipts).holds


# --- plans -----------------------------------------------------------------------------------


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "plan.jsonl"
    assert write_plan(file, PLAN) == 5
    assert list(read_plan(file)) == PLAN


NO_ID = '{"sender":"a","recipient":"b","record_id":"zz","type":1,"record":""}'


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"sender": 1}', '"x"', NO_ID])
def test_a_line_that_is_none_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / "plan.jsonl"
    write_plan(file, PLAN[:1])
    with file.open("a") as out:
        out.write(line + "\n")
    with pytest.raises(ConfigurationError, match=r"plan\.jsonl:2: not a line of a plan"):
        list(read_plan(file))


def test_the_same_seed_makes_the_same_plan_and_another_another() -> None:
    scenario = load_scenario("tr-ge-az")
    first = list(plan_movements(scenario, 3, 2))
    assert first == list(plan_movements(scenario, 3, 2))
    assert {one.record_id for one in first}.isdisjoint(
        {one.record_id for one in plan_movements(scenario, 4, 2)}
    )


def test_a_demo_has_at_least_as_many_records_as_asked_and_knows_what_nobody_may_read() -> None:
    traffic = demo_traffic(load_scenario("tr-ge-az"), 1, 50)
    assert len(traffic.plan) >= 50
    everything = b"".join(one.record for one in traffic.plan)
    assert all(word.encode() in everything for word in traffic.secrets)
    assert len(traffic.secrets) > 50


def test_records_of_a_node_that_is_not_there_are_refused_before_any_is_sent(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConfigurationError, match=r"no node of TR\.GTB"):
        play(PLAN, {GE: tmp_path / "s"})


def test_nothing_to_wait_for_is_waited_for_no_time(tmp_path: Path) -> None:
    assert await_receipts([], {}, timeout_s=60).accepted == Counter()
    assert handed_over({GE: tmp_path / "none"}) == Counter()


def test_what_recorders_wrote_is_counted(tmp_path: Path) -> None:
    file = tmp_path / "recorded.jsonl"
    digest = hashlib.sha256(b"x").hexdigest()
    line = f'{{"record_id": "aa", "sha256": "{digest}", "sender": "TR.GTB"}}\n'
    file.write_text(line * 2)
    assert handed_over({GE: file}) == Counter({(GE, "aa", digest): 2})


def test_a_line_that_a_recorder_is_still_writing_is_not_there_yet(tmp_path: Path) -> None:
    file = tmp_path / "recorded.jsonl"
    line = '{"record_id": "aa", "sha256": "00", "sender": "TR.GTB"}\n'
    for cut in range(1, len(line)):
        file.write_text(line + line[:cut])
        assert handed_over({GE: file}) == Counter({(GE, "aa", "00"): 1})
    file.write_text(line * 2)
    assert handed_over({GE: file}) == Counter({(GE, "aa", "00"): 2})
