"""A country that is not on the way writes about a movement: refused by name, at home or abroad."""

import time

import pytest

from builders_lab import AZ, GE, TR, Lab, inbox, until
from corridor.errors import Reason
from corridor.lab.movements import START_MS
from corridor.lab.traffic import Planned
from corridor.standards.generate import movements as generator
from corridor.standards.generate.journey import GeneratedRecord
from corridor.transit.identifiers import uuid7
from corridor.transit.parties import CountryCode
from corridor.wire.records import decode_record, encode_record, record_type_of
from corridor.wire.v1 import records_pb2 as records

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]
LATE_S = 200
"""The list of movements gives way to records (daemon/tracking.py): earlier tests sent thousands."""
ENDPOINTS = {TR: "TR.GTB", GE: "GE.RS", AZ: "AZ.SCC"}


def planned(record: records.TransitRecord, sender: CountryCode, to: CountryCode) -> Planned:
    record_id = uuid7(time.time_ns() // 1_000_000, bytes(10))
    kind = record_type_of(record)
    return Planned(ENDPOINTS[sender], ENDPOINTS[to], record_id, kind, encode_record(record))


def of(told: list[GeneratedRecord], body: str, sender: str = "TR") -> records.TransitRecord:
    """The first record of a kind that a country wrote, to be changed."""
    found = next(
        one.record for one in told if (one.record.WhichOneof("body"), one.sender) == (body, sender)
    )
    return decode_record(encode_record(found))


def test_who_is_not_on_the_way_is_refused_by_name(lab: Lab) -> None:
    scenario = generator.Scenario((("TR", "GE"),), START_MS, tir=0, diverted=0, cancelled=0)
    told = list(generator.generate_movements(4711, 1, scenario))
    release = of(told, "movement_released")
    other = generator.Scenario((("TR", "GE", "AZ"),), START_MS, tir=0, cancelled=0)
    through = of(list(generator.generate_movements(4712, 1, other)), "border_passage", "AZ")
    through.header.movement.CopyFrom(release.header.movement)
    through.header.ClearField("caused_by")

    # Georgia's own node knows the itinerary, and refuses what claims the role of departure.
    first = planned(release, TR, GE)
    assert lab.play([first]).accepted == [first]
    assert lab.proof([first]).holds
    with lab.client(GE) as node:  # what is noted when it is folded; the list comes late to it
        view, _ = node.movement(release.header.movement.ids[0].value)
    assert view["itinerary"], view
    forged = decode_record(encode_record(release))
    forged.header.sender_office.reference = "GEBCP301"
    forged.header.sender_office.country = "GE"
    (refused,) = lab.play([planned(forged, GE, TR)]).refused
    assert refused.reason == Reason.ROLE_NOT_HELD.label
    assert any("sender_role" in fault for fault in refused.faults)

    # Azerbaijan's has never heard of the movement: Georgia's stores the record, and refuses it.
    strange = planned(through, AZ, GE)
    assert lab.play([strange]).accepted == [strange]
    assert lab.proof([strange]).holds

    def answers() -> list[records.TransitRecord]:
        with lab.client(AZ) as node:
            found = [decode_record(one.record) for one in inbox(node) if one.sender == "GE.RS"]
        return [one for one in found if one.header.caused_by == strange.record_id]

    assert until(lambda: bool(answers()), LATE_S), "Georgia refuses nothing"
    time.sleep(2)  # two more turns of the node
    (answer,) = answers()
    said = answer.exchange.acknowledgement
    assert said.kind == records.ACKNOWLEDGEMENT_KIND_BUSINESS_REJECTED
    assert said.reason.code.value == "12"
    assert said.reason.text.startswith("role_not_held: AZ does not hold the role ")
    with lab.client(GE) as node:
        view, drafts = node.movement(release.header.movement.ids[0].value)
    assert "not_entitled" in {one["flag"] for one in view["flagged"]}
    assert "refusal" not in {one.kind for one in drafts}
