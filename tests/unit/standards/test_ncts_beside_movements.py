"""The messages about guarantees, exports and systems, and of the control at departure."""

import pytest

from builders_ncts import document
from corridor.errors import Reason, Refused
from corridor.standards.accounting import Fate
from corridor.standards.ncts.mapper import Options, decode, encode
from corridor.standards.ncts.releases import P6
from corridor.standards.xml import XmlLimits, parse
from corridor.wire.authority import false_claim
from corridor.wire.projection import project
from corridor.wire.records import check_record, record_type_of
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

LIMITS = XmlLimits()
MRN = "26TRS30UER0FQ7YLJ6"


def read(name: str, old: str = "", new: str = "") -> records.TransitRecord:
    raw = document(name).decode()
    assert old in raw
    return decode(raw.replace(old, new).encode(), Options()).record


def refusal(raw: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        decode(raw, Options())
    return caught.value


HOLDER, GUARANTOR = records.ROLE_HOLDER, records.ROLE_GUARANTOR
DEPARTURE, CUSTOMS = records.ROLE_OFFICE_OF_DEPARTURE, records.ROLE_CUSTOMS
GUARANTEE, NETWORK = records.ROLE_OFFICE_OF_GUARANTEE, records.ROLE_NETWORK


@pytest.mark.parametrize(
    ("name", "role", "body", "kind"),
    [
        ("CC017C", DEPARTURE, "control_result", 1),
        ("CC026C", 0, "guarantee_notice", 2),
        ("CC034C", HOLDER, "exchange.query", 6),
        ("CC037C", GUARANTEE, "exchange.query_response", 6),
        ("CC040C", DEPARTURE, "cancellation_decision", None),
        ("CC042C", DEPARTURE, "control_result", 4),
        ("CC048C", records.ROLE_RECOVERY_AUTHORITY, "enquiry_recovery.recovery", 1),
        ("CC190C", DEPARTURE, "exchange.query", 7),
        ("CC191C", CUSTOMS, "exchange.query_response", 7),
        ("CC224C", GUARANTOR, "guarantee_notice", 1),
        ("CC225C", GUARANTEE, "guarantee_notice", 2),
        ("CC228C", GUARANTEE, "guarantee_notice", 3),
        ("CC229C", GUARANTEE, "guarantee_notice", 4),
        ("CC231C", GUARANTEE, "guarantee_notice", 3),
        ("CC906C", DEPARTURE, "exchange.acknowledgement", 2),
        ("CD070C", CUSTOMS, "exchange.service_notice", None),
        ("CD071C", NETWORK, "exchange.service_notice", None),
        ("CD078C", CUSTOMS, "exchange.query_response", 7),
        ("CD094C", CUSTOMS, "exchange.query", 5),
        ("CD411D", CUSTOMS, "exchange.service_notice", None),
        ("CD903D", NETWORK, "exchange.service_notice", None),
        ("CD906C", CUSTOMS, "exchange.acknowledgement", 2),
        ("CD971C", NETWORK, "exchange.service_notice", None),
        ("CD974C", CUSTOMS, "exchange.query", 8),
        ("CD975C", CUSTOMS, "exchange.query_response", 8),
    ],
)
def test_each_message_is_its_record_and_may_be_sent(
    name: str, role: int, body: str, kind: int | None
) -> None:
    record = read(name)
    assert record.header.sender_role == role
    told = record
    for step in body.split("."):
        assert told.WhichOneof("body") == step
        told = getattr(told, step)
    assert kind is None or told.kind == kind
    assert check_record(record) == ()
    assert false_claim(record, record_type_of(record), "TR") is None


def test_what_is_known_of_a_guarantee_stands_in_its_reference() -> None:
    guarantee = read("CC037C").exchange.query_response.guarantees[0]
    reference = guarantee.references[0]
    assert (guarantee.type.value, reference.id.value) == ("1", "26TR0000010000201")
    assert reference.amount.lexical == "125000.00"
    assert [usage.movement.scheme for usage in reference.usages] == [types.ID_SCHEME_MRN]
    assert [one.country for one in reference.limitations] == ["AD"]
    assert ("Exposure/balance", "116000.00") in [(f.name, f.value) for f in reference.facts]


def test_a_guarantee_by_guarantor_has_its_offices_and_is_no_comprehensive_one() -> None:
    raw = document("CC037C").decode()
    before, _, rest = raw.partition("    <ComprehensiveGuarantee>")
    after = rest.partition("</ComprehensiveGuarantee>\n")[2]
    other = (
        "<IndividualGuaranteeByGuarantor><guaranteeAmount>5</guaranteeAmount>"
        "<currency>EUR</currency><CustomsOfficeOfDeparture><referenceNumber>TR341300"
        "</referenceNumber></CustomsOfficeOfDeparture><CustomsOfficeOfDestination>"
        "<referenceNumber>GECCZ111</referenceNumber></CustomsOfficeOfDestination>"
        "</IndividualGuaranteeByGuarantor>"
    )
    changed = f"{before}{other}{after}".encode()
    mapped = decode(changed, Options())
    assert {leaf.fate for leaf in mapped.account.leaves} == {Fate.MAPPED}
    alone = encode(mapped.record, with_residual=False)
    assert (alone.missing, parse(alone.document, LIMITS)) == ((), parse(changed, LIMITS))


def test_of_a_group_of_which_nothing_is_known_nothing_is_written() -> None:
    record = read("CC037C")
    reference = record.exchange.query_response.guarantees[0].references[0]
    kept = [one for one in reference.facts if not one.name.startswith("Exposure/")]
    del reference.facts[:]
    reference.facts.extend(kept)
    assert b"Exposure" not in encode(record).document
    assert encode(record).missing == ()


def test_exports_are_told_in_fields_of_their_own() -> None:
    answer = read("CC191C").exchange.query_response
    assert [(one.sequence, one.result.value) for one in answer.exports] == [(1, "N1"), (2, "N1")]
    item = answer.exports[0].items[0]
    assert (item.number, item.declaration_number, item.document.type.value) == (1, 2, "C651")
    assert [one.control_result.code.value for one in read("CC042C").control_result.exports] == [
        "A1",
        "A1",
    ]
    assert [one.id.value[16] for one in read("CC048C").enquiry_recovery.recovery.exports] == [
        "A",
        "A",
    ]


def test_systems_tell_when_they_are_not_there_and_what_they_count() -> None:
    notice = read("CD971C").exchange.service_notice
    assert [country.sequence for country in notice.countries] == [1, 2]
    time = notice.countries[1].actions[0].unavailabilities[0]
    assert (time.type.value, time.ends_at.lexical, time.fallback) == (
        "S", "2026-03-08T04:00:00", True,
    )  # fmt: skip
    counted = read("CD411D").exchange.service_notice.statistics[0].statistics[0].counts
    assert [(one.country, one.count) for one in counted] == [("GE", 1417), ("GE", 1417)]


def test_of_papers_it_is_told_whether_they_are_controlled_wholly() -> None:
    documents = read("CC017C").control_result.consignment.documents
    told = {one.kind: [fact.value for fact in one.facts] for one in documents}
    assert sorted(told.values()) == [[], [], ["1"], ["1"], ["1"]]


def test_a_code_of_access_is_for_the_office_that_guarantees() -> None:
    record = read("CC026C")
    assert project(record, 5, "TR") == ()
    left_out = project(record, 5, "GE")
    assert left_out == ("guarantee_notice.guarantees[0].references[0].facts",)
    assert b"AC0" not in record.SerializeToString()
    assert b"MA01" not in record.SerializeToString()


def test_a_message_that_cannot_say_it_is_not_chosen_for_a_record_made_elsewhere() -> None:
    record = records.TransitRecord()
    record.header.movement.ids.add(scheme=types.ID_SCHEME_MRN, value=MRN)
    record.cancellation_decision.SetInParent()
    assert encode(record).message == "CC040C"
    record.cancellation_decision.invalidation.justification = "sold on the way"
    assert encode(record).message == "CC009C"
    record.header.source.message = "CC040C"
    assert encode(record).message == "CC040C"
    record.header.source.ClearField("message")
    record.header.sender_role = DEPARTURE
    told = record.exchange.acknowledgement
    told.kind = records.ACKNOWLEDGEMENT_KIND_BUSINESS_REJECTED
    told.errors.add(pointer="x")
    assert encode(record).message == "CC906C"
    told.reason.text = "no such movement"
    assert encode(record).message == "CC056C"


def test_in_phase_6_each_house_names_the_export_whose_goods_it_is() -> None:
    raw = document("CC190C").replace(b'PhaseID="NCTS5.1"', b'PhaseID="NCTS6"')
    head, _, rest = raw.partition(b"    <ExportOperation>")
    tail = rest.rpartition(b"</ExportOperation>\n")[2]
    export = (
        b"<HouseConsignment><sequenceNumber>1</sequenceNumber><ExportOperation>"
        b"<MRN>26TR341300A1C7F0A8</MRN><transitProcedureCategory>1</transitProcedureCategory>"
        b"</ExportOperation>"
    )
    raw = (head + tail).replace(b"<HouseConsignment>", export)
    mapped = decode(raw, Options())
    assert {leaf.fate for leaf in mapped.account.leaves} == {Fate.MAPPED}
    (house,) = mapped.record.exchange.query.consignment.houses
    assert [one.reference for one in house.documents] == ["26TR341300A1C7F0A8"]
    alone = encode(mapped.record, with_residual=False, release=P6)
    assert (alone.missing, parse(alone.document, LIMITS)) == ((), parse(raw, LIMITS))


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("CC042C", "26TR341300A1C7F1A7", "26TR", "CC042C/ExportOperation[2]/MRN"),
        ("CC191C", "<type>C651<", "<type><", "CC191C/AESResults/ExportOperation[1]/GoodsShipment"),
        ("CD070C", ">TR</country>", ">Turkey</country>", "CD070C/Country/country"),
        ("CD411D", "<otherCountry>GE<", "<otherCountry>ge<", "CD411D/SendingCountry"),
        ("CC037C", "<MRN>26TRS30UER0FQ7ZLJ0<", "<MRN>none<", "CC037C/GuaranteeReference[1]/Usage"),
        ("CC037C", "<coveredAmount>9000.00<", "<coveredAmount>much<", "CC037C/GuaranteeReference"),
        ("CC026C", "<GRN>26TR0000010000201<", "<GRN><", "CC026C/GuaranteeReference/GRN"),
        ("CD903D", "<warningCode>P10001<", "<warningCode><", "CD903D/ConsistencyCheckWarning[1]"),
    ],
)
def test_a_broken_value_is_refused_by_the_element_at_fault(
    name: str, old: str, new: str, place: str
) -> None:
    raw = document(name).decode()
    assert old in raw
    refused = refusal(raw.replace(old, new).encode())
    assert refused.reason is Reason.RECORD_INVALID
    assert refused.detail.startswith(place)


def test_more_of_anything_than_the_standard_allows_is_refused() -> None:
    raw = document("CD078C")
    export = b"  <ExportOperation>\n    <MRN>26TR341300A1C7F0A8</MRN>\n  </ExportOperation>\n"
    assert export in raw
    refused = refusal(raw.replace(export, export * 10_000))
    assert refused.reason is Reason.RECORD_INVALID
    assert "repeated.max_items" in refused.detail


@pytest.mark.parametrize("name", ["CC034C", "CC037C", "CC190C", "CC191C", "CD094C", "CD411D"])
def test_a_fact_too_long_travels_word_for_word_and_an_empty_one_comes_back(name: str) -> None:
    element = {
        "CC034C": "queryIdentifier", "CC037C": "guaranteeMonitoringCode", "CD094C": "status",
        "CC190C": "AESCommunicationPurpose", "CC191C": "responseDateAndTime", "CD411D": "year",
    }[name]  # fmt: skip
    head, _, rest = document(name).decode().partition(f"<{element}>")
    tail = rest.partition("<")[2]
    for value, fate in (("x" * 513, Fate.RESIDUAL), ("", Fate.MAPPED)):
        raw = f"{head}<{element}>{value}<{tail}".encode()
        mapped = decode(raw, Options())
        found = [one.fate for one in mapped.account.leaves if element in one.path]
        assert found == [fate]
        assert parse(encode(mapped.record).document, LIMITS) == parse(raw, LIMITS)


def test_what_was_kept_word_for_word_says_which_message_it_was() -> None:
    raw = document("CC048C").replace(b"messageType>", b"newer>")
    raw = raw.replace(b"sequenceNumber>", b"newer>")
    record = decode(raw, Options()).record
    assert not record.header.source.HasField("message")
    assert parse(encode(record).document, LIMITS) == parse(raw, LIMITS)
