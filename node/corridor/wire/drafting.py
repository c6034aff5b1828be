"""From a draft to the record that an officer may send (PROTOCOL §12.6)."""

from datetime import UTC, datetime
from typing import Final

from corridor.transit.facts import OfficeName
from corridor.transit.result import Draft, DraftKind, Movement
from corridor.wire.facts import QUERIES
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

_SCHEMES: Final = {
    "mrn": types.ID_SCHEME_MRN,
    "lrn": types.ID_SCHEME_LRN,
    "carnet": types.ID_SCHEME_TIR_CARNET,
}
_ROLES: Final = {
    DraftKind.ENQUIRY: records.ROLE_ENQUIRY_AUTHORITY,
    DraftKind.QUERY: records.ROLE_CUSTOMS,
    DraftKind.REFUSAL: records.ROLE_CUSTOMS,
}
_MAX_IDS: Final = 16


def record_of_draft(
    draft: Draft, movement: Movement, *, me: str, now_ms: int
) -> records.TransitRecord:
    """Return the record; it names the movement by every identifier that is known.

    Args:
        draft: What is to be said.
        movement: About which movement.
        me: Country that writes; its office on the itinerary is named, if it has one.
        now_ms: When it is written.
    """
    record = records.TransitRecord()
    header = record.header
    header.model_version = 1
    for kind, value in movement.ids[:_MAX_IDS]:
        header.movement.ids.add(scheme=_SCHEMES[kind], value=value)
    header.sender_role = _ROLES[draft.kind]
    office = _own_office(movement, me)
    if office is not None:
        header.sender_office.reference = office.reference
        header.sender_office.country = office.country
        header.sender_office.role = types.OFFICE_ROLE_NOTIFYING
    if draft.caused_by:
        header.caused_by = draft.caused_by
    header.occurred_at.CopyFrom(_instant(now_ms))
    header.recorded_ms = now_ms
    _WRITERS[draft.kind](record, draft, now_ms)
    return record


def _own_office(movement: Movement, me: str) -> OfficeName | None:
    return next((one.office for one in movement.stops if one.office.country == me), None)


def _enquiry(record: records.TransitRecord, draft: Draft, now_ms: int) -> None:
    enquiry = record.enquiry_recovery.enquiry
    enquiry.kind = records.ENQUIRY_KIND_ASKED
    enquiry.at.CopyFrom(_instant(now_ms))
    enquiry.limit.CopyFrom(_instant(draft.limit_ms))
    enquiry.text = draft.text


def _query(record: records.TransitRecord, draft: Draft, _now_ms: int) -> None:
    kinds = {word: number for number, word in QUERIES.items()}
    record.exchange.query.kind = kinds[draft.query]
    record.exchange.query.filters.add(name="text", value=draft.text)


def _refusal(record: records.TransitRecord, draft: Draft, now_ms: int) -> None:
    told = record.exchange.acknowledgement
    told.kind = records.ACKNOWLEDGEMENT_KIND_BUSINESS_REJECTED
    told.at.CopyFrom(_instant(now_ms))
    told.reason.code.value = draft.code
    told.reason.text = draft.text


_WRITERS: Final = {
    DraftKind.ENQUIRY: _enquiry,
    DraftKind.QUERY: _query,
    DraftKind.REFUSAL: _refusal,
}


def _instant(at_ms: int) -> types.DateTimeValue:
    text = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return types.DateTimeValue(
        lexical=text, format=types.DATE_FORMAT_ZONED_DATE_TIME, unix_ms=at_ms
    )
