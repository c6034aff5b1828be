"""What a node tells of a movement, from what it sent and received."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from builders_movement import NOW_MS, RARE, generated
from builders_store import KEY, received
from corridor.daemon.movements import MovementReader
from corridor.errors import InputTrouble
from corridor.exchange.lanes import default_lane
from corridor.exchange.values import ReceivedRecord, Submission, Verdict
from corridor.standards.generate.journey import GeneratedRecord
from corridor.standards.generate.movements import generate_movements
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore
from corridor.transit.movement import Role
from corridor.transit.parties import Endpoint
from corridor.transit.screen import history_of, screen_of
from corridor.wire.batches import SCHEMA_ID, Entry, encode_entry
from corridor.wire.records import decode_record, encode_record, index_terms, record_type_of

YEAR_MS = 366 * 86_400_000
ENDPOINTS = {code: Endpoint(f"{code}.CUSTOMS") for code in ("TR", "GE", "AZ", "KZ", "UA")}
CALM = replace(
    RARE, ways=(("TR", "GE", "AZ"),), tir=0, undeclared=0, lost=0, enquiry=0, cancelled=0,
    guarantee_abroad=0,
)  # fmt: skip


def keep(store: Store, me: str, told: Sequence[GeneratedRecord]) -> None:
    """Keep what a country sent and received, as its node does."""
    number = store.counts()["received"]
    for one in told:
        kind = record_type_of(one.record)
        body = encode_record(one.record)
        entry = encode_entry(Entry(one.record_id, kind, SCHEMA_ID, None, body))
        terms = index_terms(one.record)
        if one.sender == me:
            sent = [
                Submission(ENDPOINTS[to], one.record_id, kind, default_lane(kind), entry, terms)
                for to in one.recipients
            ]
            with store.transaction() as change:
                change.accept_all(sent, one.at_ms)
        elif me in one.recipients:
            number += 1
            record = ReceivedRecord(0, one.record_id, kind, entry, Verdict.ACCEPTED, terms=terms)
            envelope = received(number, record, peer=ENDPOINTS[one.sender], received_ms=one.at_ms)
            with store.transaction() as change:
                change.keep_received(envelope)


def names(told: Sequence[GeneratedRecord]) -> list[str]:
    return [one.value for one in told[0].record.header.movement.ids]


def reader(store: Store, me: str = "TR", now_ms: int = NOW_MS) -> MovementReader:
    return MovementReader(store, ENDPOINTS[me], lambda: now_ms)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore.open(tmp_path / "store.db", KEY)


def test_a_movement_is_found_by_each_of_its_names_and_by_its_load(store: Store) -> None:
    one, two = generated(3, CALM), generated(4, CALM)
    for told in (one, two):
        keep(store, "GE", told)
    dataset = one[0].record.movement_released.dataset
    loads = [dataset.consignment.means[0].identification]
    loads += [piece.container for piece in dataset.consignment.equipment if piece.container]
    views = [reader(store, "GE").show(name)[0] for name in [*names(one), *loads]]
    asked = [view.pop("asked") for view in views]
    assert asked == [*names(one), *loads]
    assert all(view == views[0] for view in views)
    assert [one["value"] for one in views[0]["ids"]] == names(one)


def test_it_is_told_as_the_country_sees_it(store: Store) -> None:
    told = generated(3, CALM)
    keep(store, "TR", told)
    view, drafts = reader(store).show(names(told)[0])
    assert (view["state"], view["seen_by"], drafts) == ("S12", "TR", [])
    text = screen_of(json.loads(json.dumps(view)))
    forged = json.loads(json.dumps(view))
    forged["itinerary"][0]["office"]["name"] = "A\n  ✓ forged\x1b[2J"
    assert "A␊  ✓ forged␛[2J" in screen_of(forged)
    assert screen_of(forged).count("\n") == text.count("\n")
    assert text.startswith(f"MRN {names(told)[0]}   LRN ")
    assert "discharged" in text.splitlines()[1]
    assert "(as TR sees it)" in text
    assert text.count("✓") == 4
    assert len(history_of(view).splitlines()) == len(told)


def test_what_is_overdue_comes_with_the_record_to_send(store: Store) -> None:
    told = generated(3, CALM)[:2]
    keep(store, "TR", told)
    view, drafts = reader(store, now_ms=NOW_MS + YEAR_MS).show(names(told)[0])
    assert "! arrival overdue since 2026-11-11" in screen_of(view)
    (draft,) = drafts
    record = decode_record(draft.record)
    assert (draft.draft.recipient, record.WhichOneof("body")) == ("AZ", "enquiry_recovery")
    assert record.header.sender_office.reference.startswith("TR")
    assert [one.value for one in record.header.movement.ids] == names(told)


def test_a_record_that_came_too_early_is_shown_with_what_it_waits_for(store: Store) -> None:
    told = [one for one in generated(3, CALM) if one.sender != "TR"]
    keep(store, "TR", told)
    view, drafts = reader(store, "TR", NOW_MS + YEAR_MS).show(names(told)[0])
    text = screen_of(view)
    assert "the way is not known here" in text
    assert "border passed by GE" in text
    assert "waits for the release by the office of departure" in text
    assert {one.draft.code for one in drafts} == {"90"}
    refusal = decode_record(drafts[0].record).exchange.acknowledgement
    assert refusal.reason.code.value == "90"


def test_what_names_no_movement_or_several_is_refused_by_name(store: Store) -> None:
    with pytest.raises(InputTrouble, match="no record here carries 'NOTHING'"):
        reader(store).show("NOTHING")
    with pytest.raises(InputTrouble, match="no record here"):
        reader(store).show("  ")
    for told in (generated(5, CALM), generated(6, CALM)):
        for one in told:
            for equipment in one.record.movement_released.dataset.consignment.equipment:
                equipment.seals[0].identifier = "SAME-SEAL"
        keep(store, "TR", told)
    with pytest.raises(InputTrouble, match="SAME-SEAL is on 2 movements"):
        reader(store).show("SAME-SEAL")


def test_a_name_shared_by_two_movements_does_not_mix_them(store: Store) -> None:
    one, two = generated(5, CALM), generated(6, CALM)
    for each in two:
        each.record.header.movement.ids[1].value = names(one)[1]
    keep(store, "TR", one)
    keep(store, "TR", two)
    view, _ = reader(store).show(names(one)[0])
    assert [line["value"] for line in view["ids"]] == names(one)
    with pytest.raises(InputTrouble, match="2 movements"):
        reader(store).show(names(one)[1])


def test_every_generated_movement_is_told_without_a_fault(store: Store) -> None:
    told = list(generate_movements(9, 25, RARE))
    keep(store, "AZ", told)
    for mrn in {one.record.header.movement.ids[0].value for one in told}:
        view, _ = reader(store, "AZ", NOW_MS + YEAR_MS).show(mrn)
        assert screen_of(view)
        assert view["flagged"] == []


def test_a_role_is_compared_with_the_itinerary_once_it_is_known(store: Store) -> None:
    told = generated(3, CALM)
    mrn = names(told)[0]
    keep(store, "GE", told[:2])
    mine = reader(store, "GE")
    assert mine.holds(mrn, Role.DEPARTURE)  # nobody has asked about it yet
    mine.show(mrn)
    assert not mine.holds(mrn, Role.DEPARTURE)
    assert mine.holds(mrn, Role.TRANSIT)
    assert mine.holds(mrn, Role.DESTINATION)  # goods may be diverted to us
    assert mine.holds("26TR3401004B7KQ2J4", Role.DEPARTURE)
    holders = reader(store, "UA").fold(mine.gather("mrn", mrn)).holders
    assert not holders.may_hold("UA", Role.TRANSIT)


def test_itineraries_at_hand_are_bounded_and_end_with_their_movement(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corridor.daemon.movements._HOLDERS_KEPT", 1)
    one, two, three = generated(3, CALM), generated(4, CALM), generated(5, CALM)
    keep(store, "GE", one)
    keep(store, "GE", two[:2])
    keep(store, "GE", three[:2])
    mine = reader(store, "GE")
    mine.show(names(two)[0])
    mine.show(names(one)[0])  # discharged
    assert list(mine._holders) == [names(two)[0]]
    mine.show(names(three)[0])
    assert list(mine._holders) == [names(three)[0]]
