# ruff: noqa: RUF001 (names in the scripts of their countries)
"""What a pilot tells: columns that stand, texts set apart, and everything that does not hold."""

from collections import Counter
from dataclasses import replace

import pytest

from corridor.lab.pilot_account import WORDS, cells, pad, shown, tell_pilot
from corridor.lab.pilots import Movement, PilotAccount, compare, mrn_of
from corridor.lab.scenario import load_scenario
from corridor.lab.story import STEPS
from corridor.lab.story_records import tell
from corridor.lab.traffic import Proof
from corridor.lab.views import View, ends_of
from corridor.wire.records import encode_record
from corridor.wire.v1 import records_pb2 as records

NOW_MS = 1_795_680_000_000
SCENARIO = load_scenario("pilots/morocco-algeria")
STORY = SCENARIO.script.stories[0]
STEPS_TOLD = tuple(tell(SCENARIO.script, STORY, NOW_MS))
WRITTEN = {one.record_id: encode_record(one.record) for one in STEPS_TOLD}


def view(country: str, ends: str = "discharged", code: str = "") -> View:
    told = frozenset(one.record_id for one in STEPS_TOLD if one.step.country == country)
    heard = {one: body for one, body in WRITTEN.items() if one not in told}
    return View(country, told, heard, ends, code, "2026-11-25", "2026-11-26 00:00")


def movement(*views: View) -> Movement:
    faults = [fault for one in views for fault in compare(one, STORY, STEPS_TOLD, WRITTEN)]
    mrn = mrn_of(STEPS_TOLD[0])
    return Movement(STORY, mrn, STEPS_TOLD, views, tuple(faults), Counter(Arabic=3))


def account(one: Movement, proof: Proof | None = None) -> PilotAccount:
    sound = Proof(12, 12, 12, (), ())
    return PilotAccount((one,), proof or sound, [30], 2.0, "build/pilots/run-1")


def test_what_both_sides_hold_is_told_and_holds() -> None:
    found = account(movement(view("MA"), view("DZ")))
    assert found.holds
    text = tell_pilot(SCENARIO, found)
    assert "as MA sees it: 12 records (5 told, 7 heard); discharged" in text
    assert "as DZ sees it: 12 records (7 told, 5 heard); discharged" in text
    assert "vehicle now: 00417-116-13" in text
    assert "MISSES" not in text
    assert "Arabic 3" in text
    assert found.summary()["holds"] is True


def test_what_one_side_misses_does_not_hold_and_is_named() -> None:
    short = view("DZ")
    lost = next(iter(short.heard))
    left = {one: body for one, body in short.heard.items() if one != lost}
    found = account(movement(view("MA"), replace(short, heard=left)))
    assert not found.holds
    text = tell_pilot(SCENARIO, found)
    assert "DZ MISSES" in text
    assert "NOT AS WRITTEN" in text
    assert "DZ was told 5 records, holds 4" in text


def test_a_record_without_receipt_does_not_hold() -> None:
    seen = view("MA")
    found = movement(replace(seen, told=frozenset(list(seen.told)[1:])), view("DZ"))
    assert found.faults == ("MA told 5 records, 4 are receipted",)


def test_other_bytes_and_other_texts_do_not_hold() -> None:
    seen = view("DZ")
    record_id, body = next(iter(seen.heard.items()))
    record = records.TransitRecord.FromString(body)
    record.header.sender_office.name = "Casablanca"
    record.header.recorded_ms += 1
    found = movement(replace(seen, heard={**seen.heard, record_id: encode_record(record)}))
    assert any("holds another text" in one for one in found.faults)
    assert any("holds other bytes" in one for one in found.faults)


def test_another_end_than_the_storys_does_not_hold() -> None:
    found = movement(view("MA"), view("DZ", "refused", "G1"))
    assert found.faults == ("DZ sees it refused G1, not discharged",)


def test_a_record_that_a_node_parks_or_flags_does_not_hold() -> None:
    troubled = replace(view("DZ"), troubles=("parked: released waits for the declaration",))
    found = movement(view("MA"), troubled)
    assert found.faults == ("DZ: parked: released waits for the declaration",)


@pytest.mark.parametrize(
    ("state", "operations", "overdue", "ends"),
    [
        ("S12", ["discharged"], [], "discharged"),
        ("X1", [], [], "rejected"),
        ("X2", [], [], "refused"),
        ("S6", ["started", "refused"], ["arrival"], "refused"),
        ("S6", ["started"], ["arrival", "recovery"], "overdue"),
        ("S7", ["started"], ["result"], "on the way"),
    ],
)
def test_the_end_is_what_the_node_says(
    state: str, operations: list[str], overdue: list[str], ends: str
) -> None:
    seen = {
        "state": state,
        "operations": [{"state": one} for one in operations],
        "overdue": [{"what": one} for one in overdue],
    }
    assert ends_of(seen) == ends


def test_what_was_lost_or_came_twice_does_not_hold() -> None:
    key = ("DZ.DGD", "00", "11")
    found = account(movement(view("MA"), view("DZ")), Proof(12, 11, 12, (key,), (key,)))
    assert found.faults == ("lost: DZ.DGD 00 11", "twice: DZ.DGD 00 11")
    assert not PilotAccount().holds


def test_an_overdue_movement_says_since_when() -> None:
    text = tell_pilot(SCENARIO, account(movement(view("MA", "overdue"))))
    assert "OVERDUE since 2026-11-26 00:00" in text


def test_arabic_is_set_apart_and_columns_count_cells() -> None:
    assert shown("وهران") == "\u2068وهران\u2069"
    assert shown("Oran") == "Oran"
    assert shown("თბილისი") == "თბილისი"
    assert cells(pad(shown("العقيد لطفي"), 20)) == 20
    assert pad("Casablanca", 4) == "Casablanca"
    assert (cells("عمّان"), cells("海关"), cells("თბილისი")) == (4, 4, 7)


def test_every_step_has_words() -> None:
    assert WORDS.keys() == STEPS
