"""From a record to the fact that the fold of a movement reads (PROTOCOL §12.6).

Rules:

* only what stands in `READ` is read: a projection may take away nothing of it;
* what a record does not say is left empty; nothing is made up but an instant: a date without a zone
  is taken as UTC, the end of that day where it is a limit;
* an instant that no calendar holds says nothing: a partner may write any number.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from corridor.transit.calendar import in_calendar
from corridor.transit.facts import Dataset, Equipment, Fact, Happening, Means, OfficeName, Place
from corridor.transit.movement import Kind, Role
from corridor.transit.timers import DAY_MS
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import movement_pb2 as movement
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

_K = Kind


def fact_of(
    record: records.TransitRecord, body: bytes, *, record_id: bytes, sender: str, known_ms: int
) -> Fact:
    """Return what a record says of its movement.

    Args:
        record: It.
        body: Its bytes; they settle which of two records under one id counts.
        record_id: Its id.
        sender: Country of the endpoint that signed it.
        known_ms: When it was kept here, Unix milliseconds.
    """
    header = record.header
    name = record.WhichOneof("body") or ""
    kind, more = _READERS.get(name, _unknown)(getattr(record, name, None))
    return Fact(
        record_id=record_id,
        sender=sender,
        kind=kind,
        role=_role(header.sender_role),
        office=_office(header.sender_office) if header.HasField("sender_office") else None,
        sequence=header.sender_sequence,
        caused_by=header.caused_by,
        occurred_ms=_instant(header.occurred_at) or _sound(header.recorded_ms) or known_ms,
        known_ms=known_ms,
        operation=header.operation_number or 1,
        ids=movement_ids(record),
        digest=sha256(body).digest(),
        **more,
    )


def movement_ids(record: records.TransitRecord) -> tuple[tuple[str, str], ...]:
    """Return the names of the movement as they are searched for: (mrn, lrn or carnet, value)."""
    return tuple(
        (_ID_KINDS[one.scheme], "".join(one.value.split()).upper())
        for one in record.header.movement.ids
        if one.scheme in _ID_KINDS and one.value.strip()
    )


_ID_KINDS: Final = {
    types.ID_SCHEME_MRN: "mrn",
    types.ID_SCHEME_LRN: "lrn",
    types.ID_SCHEME_TIR_CARNET: "carnet",
}
_More = dict[str, Any]
_Reader = Callable[[Any], tuple[Kind, _More]]


def _role(number: int) -> Role:
    try:
        return Role(number)
    except ValueError:  # of a newer partner
        return Role.UNKNOWN


# --- bodies -----------------------------------------------------------------------------------


def _declaration(body: records.Declaration) -> tuple[Kind, _More]:
    kind = {
        records.DECLARATION_KIND_PRELODGED: _K.PRELODGED,
        records.DECLARATION_KIND_AMENDMENT: _K.AMENDED,
    }.get(body.kind, _K.DECLARED)
    return kind, {"dataset": _dataset(body.dataset)}


def _request(body: records.TraderRequest) -> tuple[Kind, _More]:
    kind = {
        records.TRADER_REQUEST_KIND_PRESENTATION: _K.PRESENTED,
        records.TRADER_REQUEST_KIND_RELEASE: _K.RELEASE_ASKED,
        records.TRADER_REQUEST_KIND_CANCEL: _K.CANCEL_ASKED,
    }.get(body.kind, _K.UNKNOWN)
    return kind, {}


def _decision(body: records.DeclarationDecision) -> tuple[Kind, _More]:
    kind = {
        records.DECLARATION_DECISION_KIND_AMENDMENT_ACCEPTED: _K.AMENDMENT_ACCEPTED,
        records.DECLARATION_DECISION_KIND_RECEIVED: _K.RECEIVED,
    }.get(body.kind, _K.ACCEPTED)
    return kind, {}


def _cancellation(body: records.CancellationDecision) -> tuple[Kind, _More]:
    told = body.invalidation
    denied = told.HasField("granted") and not told.granted
    kind = _K.CANCEL_DENIED if denied else _K.CANCELLED
    return kind, {"by_customs": told.initiated_by_customs, "text": told.justification}


def _guarantee_use(body: records.GuaranteeUse) -> tuple[Kind, _More]:
    freed = body.kind in {records.GUARANTEE_USE_KIND_CANCEL, records.GUARANTEE_USE_KIND_CREDIT}
    return (_K.GUARANTEE_FREED if freed else _K.GUARANTEE_ASKED), {}


def _guarantee_result(body: records.GuaranteeResult) -> tuple[Kind, _More]:
    invalid = any(one.invalid for each in body.guarantees for one in each.references)
    valid = body.valid if body.HasField("valid") else not invalid
    return (_K.GUARANTEE_VALID if valid else _K.GUARANTEE_INVALID), {}


def _released(body: records.MovementReleased) -> tuple[Kind, _More]:
    return _K.RELEASED, {"dataset": _dataset(body.dataset)}


def _refused(body: records.ReleaseRefused) -> tuple[Kind, _More]:
    more = {"result": body.reason.code.value, "text": body.reason.text}
    return _K.REFUSED, {**more, "offices": _offices(body.offices)}


def _started(body: records.OperationStarted) -> tuple[Kind, _More]:
    return _K.STARTED, {
        "offices": _offices(body.offices),
        "equipment": _equipment(body.equipment),
        "means": _means(body.means),
        "limit_ms": _limit(body.limit),
    }


def _passage(body: records.BorderPassage) -> tuple[Kind, _More]:
    return _K.PASSED, {"offices": _offices(body.offices)}


def _incident(body: records.IncidentNotice) -> tuple[Kind, _More]:
    text = "; ".join(one.text for one in body.incidents if one.text)
    happenings = _happenings(body.incidents)
    return _K.INCIDENT, {"offices": _offices(body.offices), "happenings": happenings, "text": text}


def _arrival(body: records.ArrivalNotice) -> tuple[Kind, _More]:
    kind = {
        records.ARRIVAL_NOTICE_KIND_NOTIFICATION: _K.ARRIVAL_NOTIFIED,
        records.ARRIVAL_NOTICE_KIND_FORWARDED: _K.ARRIVAL_FORWARDED,
        records.ARRIVAL_NOTICE_KIND_DIVERTED: _K.ARRIVAL_FORWARDED,
    }.get(body.kind, _K.ARRIVAL_ADVISED)
    return kind, {
        "offices": _offices(body.offices),
        "happenings": _happenings(body.incidents),
    }


def _unloading(body: records.Unloading) -> tuple[Kind, _More]:
    remarks = body.kind == records.UNLOADING_KIND_REMARKS
    return (_K.UNLOADED if remarks else _K.UNLOADING_PERMITTED), {}


def _control_result(body: records.ControlResult) -> tuple[Kind, _More]:
    kind = {
        records.CONTROL_RESULT_KIND_DEPARTURE: _K.CONTROLLED_AT_DEPARTURE,
        records.CONTROL_RESULT_KIND_DISCREPANCY_NOTICE: _K.DISCREPANCIES_TOLD,
        records.CONTROL_RESULT_KIND_EXPORT: _K.CONTROL_TOLD,
    }.get(body.kind, _K.CONTROLLED_AT_DESTINATION)
    return kind, {"result": body.result.code.value, "text": body.result.text}


def _terminated(body: records.OperationTerminated) -> tuple[Kind, _More]:
    return (_K.ENDED if body.final else _K.TERMINATED), {
        "offices": _offices(body.offices),
        "reservations": body.reservations,
        "text": body.reservation_text,
    }


def _discharge(body: records.Discharge) -> tuple[Kind, _More]:
    only_solved = body.discrepancies_solved and not body.HasField("discharged_on")
    kind = _K.DISCREPANCIES_SOLVED if only_solved else _K.DISCHARGED
    return kind, {"solved": body.discrepancies_solved, "reservations": body.reservations}


def _enquiry_recovery(body: records.EnquiryRecovery) -> tuple[Kind, _More]:
    if body.WhichOneof("body") == "recovery":
        kind = {
            records.RECOVERY_KIND_STARTED: _K.RECOVERY_STARTED,
            records.RECOVERY_KIND_COLLECTED: _K.RECOVERY_COLLECTED,
        }.get(body.recovery.kind, _K.RECOVERY_OTHER)
        return kind, {"text": body.recovery.text}
    told = body.enquiry
    kind = {
        records.ENQUIRY_KIND_ASKED: _K.ENQUIRY_ASKED,
        records.ENQUIRY_KIND_ANSWERED: _K.ENQUIRY_ANSWERED,
        records.ENQUIRY_KIND_HOLDER_ANSWERED: _K.ENQUIRY_ANSWERED,
        records.ENQUIRY_KIND_CANCELLED: _K.ENQUIRY_CANCELLED,
    }.get(told.kind, _K.ENQUIRY_OTHER)
    more = {"limit_ms": _limit(told.limit), "result": told.response.value, "text": told.text}
    return kind, more


def _exchange(body: records.Exchange) -> tuple[Kind, _More]:
    name = body.WhichOneof("body")
    if name == "query":
        return _K.QUERY, {"query": QUERIES.get(body.query.kind, "")}
    if name == "query_response":
        told = body.query_response
        more = {"result": told.rejected.value or told.status.value}
        if told.HasField("dataset") and told.dataset.itinerary.offices:
            return _K.DATASET_ANSWERED, {**more, "dataset": _dataset(told.dataset)}
        return _K.QUERY_ANSWERED, more
    if name == "acknowledgement":
        told_of = body.acknowledgement
        taken = told_of.kind == records.ACKNOWLEDGEMENT_KIND_TAKEN
        more = {"result": told_of.reason.code.value, "text": told_of.reason.text}
        return (_K.ACKNOWLEDGED if taken else _K.REJECTED), more
    return _K.SERVICE_NOTICE, {}


def _unknown(_body: object) -> tuple[Kind, _More]:
    return _K.UNKNOWN, {}


def _always(kind: Kind) -> _Reader:
    return lambda _body: (kind, {})


QUERIES: Final = {
    records.QUERY_KIND_ARRIVAL_RECORD: "arrival",
    records.QUERY_KIND_TRANSIT_RECORD: "transit",
    records.QUERY_KIND_EXIT_RECORD: "exit",
    records.QUERY_KIND_MOVEMENT: "movement",
    records.QUERY_KIND_STATUS: "status",
    records.QUERY_KIND_GUARANTEE: "guarantee",
    records.QUERY_KIND_EXPORT: "export",
    records.QUERY_KIND_AVAILABILITY: "availability",
}
"""What a query asks for, in a word."""

_READERS: Final[dict[str, _Reader]] = {
    "declaration": _declaration,
    "trader_request": _request,
    "declaration_decision": _decision,
    "cancellation_decision": _cancellation,
    "guarantee_notice": _always(_K.GUARANTEE_TOLD),
    "guarantee_use": _guarantee_use,
    "guarantee_result": _guarantee_result,
    "control_decision": _always(_K.CONTROL_DECIDED),
    "movement_released": _released,
    "release_refused": _refused,
    "operation_started": _started,
    "border_passage": _passage,
    "incident_notice": _incident,
    "arrival_notice": _arrival,
    "unloading": _unloading,
    "control_result": _control_result,
    "operation_terminated": _terminated,
    "discharge": _discharge,
    "enquiry_recovery": _enquiry_recovery,
    "exchange": _exchange,
}


# --- parts ------------------------------------------------------------------------------------

_PLACES: Final = {
    types.OFFICE_ROLE_DEPARTURE: Place.DEPARTURE,
    types.OFFICE_ROLE_TRANSIT_DECLARED: Place.TRANSIT,
    types.OFFICE_ROLE_EXIT_DECLARED: Place.EXIT,
    types.OFFICE_ROLE_DESTINATION_DECLARED: Place.DESTINATION,
    types.OFFICE_ROLE_TRANSIT_ACTUAL: Place.ACTUAL,
    types.OFFICE_ROLE_EXIT_ACTUAL: Place.ACTUAL,
    types.OFFICE_ROLE_DESTINATION_ACTUAL: Place.ACTUAL,
    types.OFFICE_ROLE_INCIDENT: Place.ACTUAL,
    types.OFFICE_ROLE_ENTRY: Place.ACTUAL,
    types.OFFICE_ROLE_GUARANTEE: Place.GUARANTEE,
}
_COUNTRY_LETTERS: Final = 2
_CENTURY: Final = 2000  # ASYCUDA writes two digits of the year, and began in 2002


def country_of(office: types.CustomsOffice) -> str:
    """Return an office's country: the field, or else the letters its reference begins with."""
    start = office.reference[:_COUNTRY_LETTERS]
    letters = start.isascii() and start.isalpha() and start.isupper()
    return office.country or (start if letters and len(start) == _COUNTRY_LETTERS else "")


def _office(office: types.CustomsOffice) -> OfficeName:
    place = _PLACES.get(office.role, Place.OTHER)
    return OfficeName(place, office.reference, country_of(office), office.name)


def _offices(offices: Iterable[types.CustomsOffice]) -> tuple[OfficeName, ...]:
    return tuple(_office(one) for one in offices)


def _dataset(dataset: movement.Dataset) -> Dataset:
    consignment = dataset.consignment
    ordered = sorted(dataset.itinerary.offices, key=lambda one: (_rank(one), one.sequence))
    references = [one for each in dataset.guarantees for one in each.references]
    return Dataset(
        offices=_offices(ordered),
        countries=tuple(one.country for one in consignment.countries_of_routing),
        guarantee_countries=tuple(
            dict.fromkeys(filter(None, (country_of(one.office) for one in references)))
        ),
        limit_ms=_limit(dataset.operation.limit),
        equipment=_equipment(consignment.equipment),
        means=_means(consignment.means),
        tir=dataset.operation.declaration_type.value == "TIR",
    )


def _rank(office: types.CustomsOffice) -> int:
    """Departure first, then the way, then destination; the sort keeps the order of the rest."""
    if office.role == types.OFFICE_ROLE_DEPARTURE:
        return 0
    return 2 if office.role == types.OFFICE_ROLE_DESTINATION_DECLARED else 1


def _equipment(pieces: Iterable[goods.TransportEquipment]) -> tuple[Equipment, ...]:
    return tuple(
        Equipment(one.sequence, one.container, tuple(seal.identifier for seal in one.seals))
        for one in pieces
    )


def _means(means: Iterable[goods.TransportMeans]) -> tuple[Means, ...]:
    return tuple(Means(one.identification, one.nationality) for one in means if one.identification)


def _happenings(incidents: Iterable[goods.Incident]) -> tuple[Happening, ...]:
    return tuple(
        Happening(
            one.code.value,
            one.text,
            _equipment(one.equipment),
            _means([one.transhipment.means] if one.transhipment.HasField("means") else ()),
        )
        for one in incidents
    )


def _limit(value: types.DateTimeValue) -> int:
    """Return when a limit has passed: the end of the day, where it is a day."""
    at_ms = _instant(value)
    whole_day = at_ms and ":" not in value.lexical and not value.HasField("unix_ms")
    return at_ms + DAY_MS if whole_day else at_ms


def _instant(value: types.DateTimeValue) -> int:
    """Return the instant in Unix milliseconds, 0 where there is none that a calendar holds."""
    if value.HasField("unix_ms"):
        return _sound(value.unix_ms)
    text = value.lexical
    try:
        if value.format == types.DATE_FORMAT_ASYCUDA:
            month, day, year = map(int, text.split("/"))
            at = datetime(year + _CENTURY if year < _CENTURY else year, month, day, tzinfo=UTC)
        else:
            at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):  # of thirty digits a year may be written
        return 0
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _sound(at_ms: int) -> int:
    return at_ms if in_calendar(at_ms) else 0
