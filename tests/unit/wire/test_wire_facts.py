"""What the fold reads of a record, and the records that are drafted from it (PROTOCOL §12.6)."""

from typing import Any

import pytest

from builders_movement import DATASET, MRN, NOW_MS, fact, released
from builders_wire import declaration, record_of_every_type
from corridor.transit.calendar import FIRST_MS, LAST_MS
from corridor.transit.facts import OfficeName, Place
from corridor.transit.fold import fold
from corridor.transit.movement import Kind, Role
from corridor.transit.result import Draft, DraftKind
from corridor.wire.drafting import record_of_draft
from corridor.wire.facts import Fact, fact_of, movement_ids
from corridor.wire.records import check_record, encode_record
from corridor.wire.v1 import movement_pb2 as movement
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types
from corridor.wire.v1.records_pb2 import TransitRecord


def read(record: TransitRecord) -> Fact:
    body = encode_record(record)
    return fact_of(record, body, record_id=bytes(16), sender="TR", known_ms=NOW_MS)


def of(**body: Any) -> Fact:  # noqa: ANN401 - any body
    return read(TransitRecord(**body))


def test_every_type_of_record_is_read() -> None:
    told = [read(record) for record in record_of_every_type()]
    assert len(told) == 21
    assert Kind.UNKNOWN not in {one.kind for one in told[:1]}


R = records
DENIED = movement.Invalidation(granted=False)
BAD = movement.Guarantee(references=[movement.GuaranteeReference(invalid=[movement.CodedText()])])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"declaration": R.Declaration(kind=2)}, Kind.PRELODGED),
        ({"declaration": R.Declaration(kind=3)}, Kind.AMENDED),
        ({"trader_request": R.TraderRequest(kind=1)}, Kind.PRESENTED),
        ({"trader_request": R.TraderRequest(kind=2)}, Kind.RELEASE_ASKED),
        ({"trader_request": R.TraderRequest(kind=3)}, Kind.CANCEL_ASKED),
        ({"trader_request": R.TraderRequest()}, Kind.UNKNOWN),
        ({"declaration_decision": R.DeclarationDecision()}, Kind.ACCEPTED),
        ({"declaration_decision": R.DeclarationDecision(kind=3)}, Kind.RECEIVED),
        ({"cancellation_decision": R.CancellationDecision()}, Kind.CANCELLED),
        (
            {"cancellation_decision": R.CancellationDecision(invalidation=DENIED)},
            Kind.CANCEL_DENIED,
        ),
        ({"guarantee_use": R.GuaranteeUse(kind=4)}, Kind.GUARANTEE_FREED),
        ({"guarantee_result": R.GuaranteeResult(guarantees=[BAD])}, Kind.GUARANTEE_INVALID),
        ({"guarantee_result": R.GuaranteeResult(valid=False)}, Kind.GUARANTEE_INVALID),
        ({"guarantee_result": R.GuaranteeResult()}, Kind.GUARANTEE_VALID),
        ({"arrival_notice": R.ArrivalNotice(kind=1)}, Kind.ARRIVAL_NOTIFIED),
        ({"unloading": R.Unloading(kind=1)}, Kind.UNLOADING_PERMITTED),
        ({"unloading": R.Unloading(kind=2)}, Kind.UNLOADED),
        ({"control_result": R.ControlResult(kind=4)}, Kind.CONTROL_TOLD),
        ({"discharge": R.Discharge(discrepancies_solved=True)}, Kind.DISCREPANCIES_SOLVED),
        (
            {"enquiry_recovery": R.EnquiryRecovery(recovery=R.Recovery(kind=4))},
            Kind.RECOVERY_COLLECTED,
        ),
        ({"enquiry_recovery": R.EnquiryRecovery(enquiry=R.Enquiry(kind=6))}, Kind.ENQUIRY_OTHER),
        ({"exchange": R.Exchange(query=R.Query(kind=5))}, Kind.QUERY),
        ({"exchange": R.Exchange(query_response=R.QueryResponse())}, Kind.QUERY_ANSWERED),
        ({"exchange": R.Exchange(acknowledgement=R.Acknowledgement(kind=1))}, Kind.ACKNOWLEDGED),
        ({"exchange": R.Exchange(acknowledgement=R.Acknowledgement(kind=3))}, Kind.REJECTED),
        ({"exchange": R.Exchange(service_notice=R.ServiceNotice())}, Kind.SERVICE_NOTICE),
        ({}, Kind.UNKNOWN),
    ],
)
def test_a_kind_follows_from_the_body(body: dict[str, Any], kind: Kind) -> None:
    assert of(**body).kind is kind


def test_the_dataset_is_read_in_the_order_of_the_way() -> None:
    record = declaration()
    told = read(record)
    assert told.dataset is not None
    assert [one.place for one in told.dataset.offices] == [
        Place.DEPARTURE, Place.TRANSIT, Place.DESTINATION,
    ]  # fmt: skip
    record.declaration.dataset.operation.limit.lexical = "2026-11-09"
    record.declaration.dataset.operation.limit.ClearField("unix_ms")
    limited = read(record).dataset
    assert limited is not None
    assert limited.limit_ms == 1_794_268_800_000  # the end of that day


@pytest.mark.parametrize(
    ("lexical", "at_ms"),
    [
        ("2026-11-01T00:00:00", 1_793_491_200_000),
        ("2026-11-01T01:00:00+01:00", 1_793_491_200_000),
        ("yesterday", NOW_MS),
    ],
)
def test_a_time_is_what_its_text_settles(lexical: str, at_ms: int) -> None:
    record = declaration()
    record.header.ClearField("recorded_ms")
    record.header.occurred_at.lexical = lexical
    record.header.occurred_at.ClearField("unix_ms")
    assert read(record).occurred_ms == at_ms


def test_what_nobody_knows_yet_is_no_fault() -> None:
    record = declaration()
    record.header.sender_role = 77  # type: ignore[assignment]
    record.header.sender_office.reference = "10702020"
    record.header.movement.ids.add(scheme=types.ID_SCHEME_UCR, value="x")
    record.header.movement.ids.add(scheme=types.ID_SCHEME_LRN, value=" ")
    told = read(record)
    assert told.role is Role.UNKNOWN
    assert told.office == OfficeName(Place.OTHER, "10702020", "", told.office.name)  # type: ignore[union-attr]
    assert {kind for kind, _ in movement_ids(record)} <= {"mrn", "lrn", "carnet"}


@pytest.mark.parametrize("kind", list(DraftKind))
@pytest.mark.parametrize("known", [True, False])
def test_a_draft_is_a_record_without_a_fault(
    kind: DraftKind,
    known: bool,  # noqa: FBT001 - a row of the table
) -> None:
    cause = bytes(16) if known else b""
    draft = Draft(kind, "AZ", "why?", query="status", code="90", caused_by=cause, limit_ms=NOW_MS)
    facts = [released()] if known else [fact(1, Kind.PASSED)]
    about = fold(facts, me="TR", now_ms=NOW_MS)
    record = record_of_draft(draft, about, me="TR", now_ms=NOW_MS)
    assert check_record(record) == ()
    assert record.header.movement.ids[0].value == MRN
    assert record.header.sender_office.reference == (DATASET.offices[0].reference if known else "")
    assert record.header.caused_by == cause


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("3/9/26", 1_773_014_400_000 + 86_400_000),
        ("3/9/2026", 1_773_014_400_000 + 86_400_000),
        ("13/9/26", 0),
        ("in a week", 0),
    ],
)
def test_a_limit_of_asycuda_is_month_day_year(text: str, at_ms: int) -> None:
    record = declaration()
    limit = record.declaration.dataset.operation.limit
    limit.Clear()
    limit.lexical, limit.format = text, types.DATE_FORMAT_ASYCUDA
    told = read(record).dataset
    assert told is not None
    assert told.limit_ms == at_ms


@pytest.mark.parametrize(
    ("text", "form"),
    [("1/1/" + "9" * 31, types.DATE_FORMAT_ASYCUDA), ("1/1/-3000", types.DATE_FORMAT_ASYCUDA)],
)
def test_a_date_that_no_calendar_holds_says_nothing(text: str, form: Any) -> None:  # noqa: ANN401
    record = declaration()
    record.header.ClearField("recorded_ms")
    record.header.occurred_at.CopyFrom(types.DateTimeValue(lexical=text, format=form))
    record.declaration.dataset.operation.limit.CopyFrom(record.header.occurred_at)
    assert check_record(record) == ()
    told = read(record)
    assert (told.occurred_ms, told.dataset.limit_ms if told.dataset else None) == (NOW_MS, 0)


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), LAST_MS + 1, FIRST_MS - 1])
def test_a_number_that_no_calendar_holds_says_nothing(value: int) -> None:
    record = declaration()
    record.header.ClearField("occurred_at")
    record.header.recorded_ms = value
    limit = record.declaration.dataset.operation.limit
    limit.CopyFrom(types.DateTimeValue(lexical="2026-11-26", unix_ms=value))
    told = read(record)
    assert (told.occurred_ms, told.dataset.limit_ms if told.dataset else None) == (NOW_MS, 0)
