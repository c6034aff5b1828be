"""Each message of NCTS as a record and back: what is mapped, kept, refused (decision 0033)."""

import hashlib

import pytest

from builders_ncts import LIMITS, NAMES, document, fates
from corridor.errors import Reason, Refused
from corridor.standards.accounting import Fate
from corridor.standards.ncts.mapper import Mapped, Options, Original, decode, encode
from corridor.standards.ncts.messages import NAMESPACE
from corridor.standards.tree import Node, leaves
from corridor.standards.xml import parse
from corridor.wire.limits import MAX_ORIGINAL_BYTES
from corridor.wire.records import check_record
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types


def changed(name: str, old: str, new: str) -> bytes:
    text = document(name).decode()
    assert old in text
    return text.replace(old, new).encode()


def read(name: str) -> Mapped:
    return decode(document(name), Options())


def refusal(raw: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        decode(raw, Options())
    return caught.value


@pytest.mark.parametrize("name", NAMES)
def test_every_leaf_of_a_message_is_mapped(name: str) -> None:
    mapped = read(name)
    assert mapped.message == name
    assert list(fates(mapped)) == [Fate.MAPPED]
    assert len(mapped.account.leaves) == len(list(leaves(parse(document(name), LIMITS))))
    assert not mapped.account.invented
    assert not mapped.record.header.residual


@pytest.mark.parametrize("name", NAMES)
def test_a_message_comes_back_the_same_from_the_record_alone(name: str) -> None:
    encoded = encode(read(name).record, with_residual=False)
    assert encoded.message == name
    assert encoded.missing == ()
    assert parse(encoded.document, LIMITS) == parse(document(name), LIMITS)


def test_a_declaration_stands_in_the_fields_of_the_record() -> None:
    record = read("CC015C").record
    dataset = record.declaration.dataset
    assert record.header.source.standard == "NCTS-P5"
    assert record.header.source.version == "NCTS5.1"
    assert record.header.sender_role == records.ROLE_HOLDER
    assert record.header.occurred_at.lexical == "2026-03-02T08:15:30"
    assert record.header.occurred_at.format == types.DATE_FORMAT_LOCAL_DATE_TIME
    assert [(item.scheme, item.value) for item in record.header.movement.ids] == [
        (types.ID_SCHEME_LRN, "TR-2026-000417"),
        (types.ID_SCHEME_TIR_CARNET, "XH81204417"),
    ]
    assert [(office.role, office.reference) for office in dataset.itinerary.offices] == [
        (types.OFFICE_ROLE_DEPARTURE, "TR341300"),
        (types.OFFICE_ROLE_DESTINATION_DECLARED, "GECCZ111"),
        (types.OFFICE_ROLE_TRANSIT_DECLARED, "GEBCP601"),
        (types.OFFICE_ROLE_EXIT_DECLARED, "TR080200"),
    ]
    assert dataset.operation.limit.format == types.DATE_FORMAT_DATE
    assert dataset.guarantees[1].references[0].id.scheme == types.ID_SCHEME_GRN
    assert dataset.guarantees[1].references[0].amount.lexical == "12000.50"
    consignment = dataset.consignment
    assert consignment.gross_mass.lexical == "18250.500000"
    assert [country.sequence for country in consignment.countries_of_routing] == [1, 3]
    assert [seal.identifier for seal in consignment.equipment[0].seals] == [
        "TR0044871",
        "TR0044872",
    ]
    assert consignment.location.office.role == types.OFFICE_ROLE_PRESENTATION
    assert consignment.houses[0].items[0].commodity.description == "Hazelnuts, shelled & roasted"


OFFICES = {
    "departure": records.ROLE_OFFICE_OF_DEPARTURE,
    "destination": records.ROLE_OFFICE_OF_DESTINATION,
    "recovery": records.ROLE_RECOVERY_AUTHORITY,
}


@pytest.mark.parametrize(
    ("name", "office", "body"),
    [
        ("CC004C", "departure", "declaration_decision"),
        ("CC009C", "departure", "cancellation_decision"),
        ("CC019C", "departure", "control_result"),
        ("CC025C", "destination", "operation_terminated"),
        ("CC028C", "departure", "declaration_decision"),
        ("CC029C", "departure", "movement_released"),
        ("CC035C", "recovery", "enquiry_recovery"),
        ("CC043C", "destination", "unloading"),
        ("CC045C", "departure", "discharge"),
        ("CC051C", "departure", "release_refused"),
        ("CC055C", "departure", "guarantee_result"),
        ("CC056C", "departure", "exchange"),
        ("CC057C", "destination", "exchange"),
        ("CC060C", "departure", "control_decision"),
        ("CC182C", "departure", "incident_notice"),
        ("CC928C", "departure", "declaration_decision"),
    ],
)
def test_each_message_of_customs_is_the_record_of_an_office(
    name: str, office: str, body: str
) -> None:
    record = read(name).record
    assert record.WhichOneof("body") == body
    assert record.header.sender_role == OFFICES[office]
    assert check_record(record) == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_record_whose_source_is_not_named_is_still_the_same_message(name: str) -> None:
    record = read(name).record
    record.header.source.ClearField("message")
    assert encode(record).message == name


def test_guarantees_named_one_by_one_are_references_of_one_guarantee() -> None:
    result = read("CC055C").record.guarantee_result
    assert len(result.guarantees) == 1
    assert [item.code.value for item in result.guarantees[0].references[0].invalid] == ["G02"]


def test_a_position_with_no_decimal_point_is_no_position_and_is_kept_word_for_word() -> None:
    raw = changed("CC007C", ">41.71510<", ">41n71510<")
    mapped = decode(raw, Options())
    assert len(fates(mapped)[Fate.RESIDUAL]) == 1
    assert parse(encode(mapped.record).document, LIMITS) == parse(raw, LIMITS)


@pytest.mark.parametrize(
    ("name", "role", "body", "kind"),
    [
        ("CC007C", records.ROLE_TRADER_AT_DESTINATION, "arrival_notice", 1),
        ("CC013C", records.ROLE_HOLDER, "declaration", records.DECLARATION_KIND_AMENDMENT),
        ("CC014C", records.ROLE_HOLDER, "trader_request", records.TRADER_REQUEST_KIND_CANCEL),
        ("CC015C", records.ROLE_HOLDER, "declaration", records.DECLARATION_KIND_PRELODGED),
        ("CC044C", records.ROLE_TRADER_AT_DESTINATION, "unloading", 2),
        (
            "CC170C",
            records.ROLE_HOLDER,
            "trader_request",
            records.TRADER_REQUEST_KIND_PRESENTATION,
        ),
    ],
)
def test_each_message_is_its_record(name: str, role: int, body: str, kind: int) -> None:
    record = read(name).record
    assert record.WhichOneof("body") == body
    assert getattr(record, body).kind == kind
    assert record.header.sender_role == role
    assert check_record(record) == ()


def test_a_standard_declaration_is_an_original() -> None:
    raw = changed("CC015C", ">D</additionalDeclarationType>", ">A</additionalDeclarationType>")
    record = decode(raw, Options()).record
    assert record.declaration.kind == records.DECLARATION_KIND_ORIGINAL
    assert encode(record).message == "CC015C"


def test_the_original_is_attached_only_where_it_is_wanted() -> None:
    raw = document("CC007C")
    unasked = decode(raw, Options())
    assert unasked.original is Original.NOT_ASKED_FOR
    assert not unasked.record.header.HasField("original")
    header = decode(raw, Options(attach_original=True, recorded_ms=77)).record.header
    assert header.original.content == raw
    assert header.original.sha256 == hashlib.sha256(raw).digest()
    assert header.recorded_ms == 77


def test_of_an_original_too_large_for_a_record_only_the_digest_travels() -> None:
    raw = document("CC007C")
    raw += b" " * (MAX_ORIGINAL_BYTES - len(raw))
    most = decode(raw, Options(attach_original=True))
    assert most.original is Original.ATTACHED
    assert check_record(most.record) == ()
    mapped = decode(raw + b" ", Options(attach_original=True))
    assert mapped.original is Original.TOO_LARGE
    assert mapped.record.header.original.sha256 == hashlib.sha256(raw + b" ").digest()
    assert not mapped.record.header.original.content
    assert check_record(mapped.record) == ()


def test_the_original_is_never_used_to_write_the_message() -> None:
    record = decode(document("CC007C"), Options(attach_original=True)).record
    record.header.original.content = b"something else"
    assert parse(encode(record).document, LIMITS) == parse(document("CC007C"), LIMITS)


def test_a_message_without_a_namespace_is_read() -> None:
    raw = (
        document("CC014C")
        .replace(b"ncts:", b"")
        .replace(b' xmlns:ncts="%s"' % NAMESPACE.encode(), b"")
    )
    assert list(fates(decode(raw, Options()))) == [Fate.MAPPED]


@pytest.mark.parametrize(
    "raw",
    [
        b"<CC999C/>",
        b'<x:CC015C xmlns:x="urn:other"/>',
        b'<CC015C xmlns="http://ncts.dgtaxud.ec/"/>',
    ],
)
def test_another_message_is_refused_as_unsupported(raw: bytes) -> None:
    assert refusal(raw).reason is Reason.SOURCE_UNSUPPORTED


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("CC170C", "<LRN>TR-2026-000417</LRN>", "<LRN/>", "CC170C/TransitOperation/LRN"),
        ("CC015C", "TR-2026-000417", "12345678901234567890123", "CC015C/TransitOperation/LRN"),
        ("CC007C", "26TRS30UER0FQ7YLJ6", "incorrect", "CC007C/TransitOperation/MRN"),
        (
            "CC015C",
            ">12000.50<",
            "><",
            "CC015C/Guarantee[2]/GuaranteeReference[1]/amountToBeCovered",
        ),
        (
            "CC015C",
            "<country>GE</country>",
            "<country>Georgia</country>",
            "CC015C/Consignment/Consignee/Address/country",
        ),
    ],
)
def test_a_broken_rule_is_named_by_the_element_at_fault(
    name: str, old: str, new: str, place: str
) -> None:
    refused = refusal(changed(name, old, new))
    assert refused.reason is Reason.RECORD_INVALID
    assert refused.detail.startswith(f"{place} (")


def test_a_fault_without_an_element_is_named_by_its_field() -> None:
    refused = refusal(b"<CC015C/>")
    assert refused.reason is Reason.RECORD_INVALID
    assert refused.detail == "declaration.dataset (required)"


def test_elements_of_a_newer_release_travel_in_the_residual_and_come_back() -> None:
    raw = changed(
        "CC014C",
        "<Invalidation>",
        '<newGroup kind="a"><one>1</one><two><three/></two></newGroup><newLeaf>x</newLeaf>'
        "<Invalidation>",
    )
    mapped = decode(raw, Options())
    assert fates(mapped)[Fate.RESIDUAL] == [
        "CC014C/*[7][self::newGroup]/@kind",
        "CC014C/*[7][self::newGroup]/*[1][self::one]",
        "CC014C/*[7][self::newGroup]/*[2][self::two]/*[1][self::three]",
        "CC014C/*[8][self::newLeaf]",
    ]
    assert parse(encode(mapped.record).document, LIMITS) == parse(raw, LIMITS)
    alone = encode(mapped.record, with_residual=False).document
    assert parse(alone, LIMITS) == parse(document("CC014C"), LIMITS)


@pytest.mark.parametrize(
    ("name", "old", "new", "fate"),
    [
        # a sequence number with leading zeros
        ("CC170C", "<sequenceNumber>1<", "<sequenceNumber>001<", Fate.NARROWED),
        ("CC170C", "<sequenceNumber>1<", "<sequenceNumber>one<", Fate.RESIDUAL),
        ("CC170C", "<sequenceNumber>1<", "<sequenceNumber>99999999999<", Fate.RESIDUAL),
        ("CC170C", "<containerIndicator>0<", "<containerIndicator>false<", Fate.RESIDUAL),
        ("CC170C", "<containerIndicator>0<", "<containerIndicator><b>0</b><", Fate.RESIDUAL),
        ("CC007C", "</Endorsement>", "</Endorsement><Endorsement>two</Endorsement>", Fate.RESIDUAL),
    ],
)
def test_what_a_field_cannot_hold_is_kept_word_for_word(
    name: str, old: str, new: str, fate: Fate
) -> None:
    raw = changed(name, old, new)
    mapped = decode(raw, Options())
    assert set(fates(mapped)) == {Fate.MAPPED, fate}
    assert parse(encode(mapped.record).document, LIMITS) == parse(raw, LIMITS)


def test_text_beyond_what_a_residual_holds_is_dropped_and_said_so() -> None:
    raw = changed("CC014C", "<Invalidation>", f"<new>{'x' * 8193}</new><Invalidation>")
    assert fates(decode(raw, Options()))[Fate.DROPPED] == ["CC014C/*[7][self::new]"]


def test_a_group_emptied_of_all_it_had_is_kept_as_an_empty_group() -> None:
    raw = changed(
        "CC014C", "<identificationNumber>TR4410987321</identificationNumber>", ""
    ).replace(b"<LRN>TR-2026-000417</LRN>", b"")
    mapped = decode(raw, Options())
    assert parse(encode(mapped.record).document, LIMITS).children[-1].children == []
    assert Fate.RESIDUAL not in fates(mapped)


def test_what_the_standard_demands_and_the_record_lacks_is_named_not_invented() -> None:
    record = records.TransitRecord(
        trader_request=records.TraderRequest(kind=records.TRADER_REQUEST_KIND_PRESENTATION)
    )
    encoded = encode(record)
    assert encoded.missing == (
        "CC170C/messageSender",
        "CC170C/messageRecipient",
        "CC170C/preparationDateAndTime",
        "CC170C/messageIdentification",
        "CC170C/messageType",
        "CC170C/TransitOperation/LRN",
        "CC170C/CustomsOfficeOfDeparture",
        "CC170C/HolderOfTheTransitProcedure",
        "CC170C/Consignment",
    )
    assert parse(encoded.document, LIMITS) == Node(
        f"{{{NAMESPACE}}}CC170C", children=[Node("TransitOperation")]
    )


@pytest.mark.parametrize(
    "record",
    [
        records.TransitRecord(),
        records.TransitRecord(operation_started=records.OperationStarted()),
        records.TransitRecord(unloading=records.Unloading()),
        records.TransitRecord(exchange=records.Exchange(query=records.Query())),
    ],
)
def test_a_record_that_is_none_of_the_messages_is_refused(record: records.TransitRecord) -> None:
    with pytest.raises(Refused, match="source_unsupported"):
        encode(record)


def test_a_residual_of_another_standard_is_left_alone() -> None:
    record = read("CC014C").record
    record.header.residual.add(namespace="ASYCUDA", path="ASYCUDA/x[1]", value="1")
    assert parse(encode(record).document, LIMITS) == parse(document("CC014C"), LIMITS)
