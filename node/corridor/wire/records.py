"""Business records: bytes to messages and back, their faults, and what they are found by.

Rules (PROTOCOL §12):

* unknown fields of a record are kept: a newer partner may say more than we understand;
* the rules stand in the schema (`buf.validate`); here they are only asked for, and a fault is
  told as rule and path, never with a value;
* whether a record may be sent or follows from the one before it is not for this floor.
"""

from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from corridor.errors import Reason, Refused
from corridor.wire import limits
from corridor.wire.batches import Entry
from corridor.wire.quick import QuickCheck
from corridor.wire.v1 import goods_pb2, types_pb2
from corridor.wire.v1.records_pb2 import OperationStarted, TransitRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from protovalidate import Validator, Violation

BODY_OFFSET: Final = 10
"""A body's field number is its record type plus this."""

Terms: TypeAlias = tuple[tuple[str, str], ...]


def decode_record(body: bytes) -> TransitRecord:
    """Return the record in the body of an entry; its rules are not checked.

    Raises:
        Refused: RECORD_TOO_LARGE or RECORD_MALFORMED.
    """
    if len(body) > limits.MAX_RECORD_BYTES:
        raise Refused(Reason.RECORD_TOO_LARGE, f"{len(body)} bytes")
    try:
        return TransitRecord.FromString(body)
    except DecodeError:
        raise Refused(Reason.RECORD_MALFORMED, "not a TransitRecord") from None


def encode_record(record: TransitRecord) -> bytes:
    """Return the record's bytes, the same for the same record."""
    return record.SerializeToString(deterministic=True)


def record_type_of(record: TransitRecord) -> int:
    """Return the RecordType that belongs to the record's body.

    Raises:
        Refused: RECORD_TYPE: it has no body that we know.
    """
    name = record.WhichOneof("body")
    if name is None:
        raise Refused(Reason.RECORD_TYPE, "no body known here")
    return TransitRecord.DESCRIPTOR.fields_by_name[name].number - BODY_OFFSET


def record_of(entry: Entry) -> TransitRecord:
    """Return the record of a business entry; its body must be of the entry's type.

    Raises:
        Refused: RECORD_MALFORMED or RECORD_TYPE.
    """
    record = decode_record(entry.body)
    if record_type_of(record) != entry.record_type:
        raise Refused(Reason.RECORD_TYPE, "entry and body disagree")
    return record


# --- rules ------------------------------------------------------------------------------------


def check_record(record: TransitRecord) -> tuple[str, ...]:
    """Return the faults of the record by the rules of the schema; none if it is good.

    Each is "rule path", for example "string.max_len declaration.dataset.parties[0].name"; at
    most `limits.MAX_FAULTS` of them, each at most `limits.MAX_FAULT_CHARS` characters.
    """
    violations = _validator().collect_violations(record)
    return tuple(_fault(violation) for violation in violations[: limits.MAX_FAULTS])


def check_records(
    records: "Sequence[TransitRecord]", bodies: "Sequence[bytes]"
) -> list[tuple[str, ...]]:
    """Return the faults of each record, as `check_record` does.

    A batch is checked in a tenth of the time, as long as all of it is good.

    Args:
        records: The records.
        bodies: The bytes from which they were parsed, in the same order.
    """
    if _quick().surely_good(records, bodies):
        return [()] * len(records)
    return [check_record(record) for record in records]


@cache
def _quick() -> QuickCheck:
    """The quick answer, derived from the schema when first asked for (some 50 ms)."""
    return QuickCheck(TransitRecord.DESCRIPTOR)


@cache
def _validator() -> "Validator":
    """The engine of the rules, made when first asked for.

    It compiles the rules of a message when it first meets one (some 30 ms for all of them) and
    keeps them: one engine for all threads. Its import is not wanted by those who never check.
    """
    from protovalidate import Validator  # noqa: PLC0415 - see above

    return Validator()


def _fault(violation: "Violation") -> str:
    told = violation.proto
    path = ""
    for element in told.field.elements if told.field is not None else ():
        path += f".{element.field_name}" if path else element.field_name
        if element.subscript is not None:
            path += f"[{element.subscript.value}]"
    return f"{told.rule_id} {path}".rstrip()[: limits.MAX_FAULT_CHARS]


# --- what a record is found by ----------------------------------------------------------------


def index_terms(record: TransitRecord) -> Terms:
    """Return what the record can be searched by, each once: (kind, value).

    Kinds are mrn, lrn, carnet, container, seal and plate; values are as the sender wrote them,
    in capitals and without blanks, so that "34 abc 123" is found as "34ABC123".
    """
    found: _Found = {}
    # A slice of a list costs half of an iteration over it: this runs for every record.
    for identifier in record.header.movement.ids[:]:
        kind = _KIND_OF_SCHEME.get(identifier.scheme)
        if kind is not None:
            value = identifier.value  # mostly letters and digits: then no call is needed
            found[kind, value.upper() if value.isalnum() else normal_term(value)] = None
    name = record.WhichOneof("body")
    add = _GOODS_IN.get(name) if name is not None else None
    if add is not None:
        add(record, found)
    return tuple(term for term in found if term[1])


_Found: TypeAlias = dict[tuple[str, str], None]

_KIND_OF_SCHEME: Final = {
    types_pb2.ID_SCHEME_MRN: "mrn",
    types_pb2.ID_SCHEME_LRN: "lrn",
    types_pb2.ID_SCHEME_TIR_CARNET: "carnet",
    types_pb2.ID_SCHEME_CONTAINER: "container",
    types_pb2.ID_SCHEME_SEAL: "seal",
    types_pb2.ID_SCHEME_VEHICLE: "plate",
}


TERM_KINDS: Final = tuple(_KIND_OF_SCHEME.values())
"""What a record can be searched by."""


def normal_term(value: str) -> str:
    """Return a term as it is indexed and searched for."""
    return value.upper() if value.isalnum() else "".join(value.split()).upper()


def _add_consignment(consignment: goods_pb2.Consignment, found: _Found) -> None:
    _add_equipment(consignment.equipment[:], found)
    _add_means(consignment.means[:], found)
    for house in consignment.houses[:]:
        _add_means(house.means[:], found)
    _add_incidents(consignment.incidents[:], found)


def _add_equipment(pieces: "Iterable[goods_pb2.TransportEquipment]", found: _Found) -> None:
    for piece in pieces:
        found["container", normal_term(piece.container)] = None
        for seal in piece.seals[:]:
            found["seal", normal_term(seal.identifier)] = None


def _add_means(means: "Iterable[goods_pb2.TransportMeans]", found: _Found) -> None:
    for vehicle in means:
        found["plate", normal_term(vehicle.identification)] = None


def _add_incidents(incidents: "Iterable[goods_pb2.Incident]", found: _Found) -> None:
    for incident in incidents:
        _add_equipment(incident.equipment[:], found)
        if incident.HasField("transhipment"):
            _add_means((incident.transhipment.means,), found)


def _add_started(started: OperationStarted, found: _Found) -> None:
    _add_equipment(started.equipment[:], found)
    _add_means(started.means[:], found)


_GOODS_IN: "Final[dict[str, Callable[[TransitRecord, _Found], None]]]" = {
    "declaration": lambda r, f: _add_consignment(r.declaration.dataset.consignment, f),
    "trader_request": lambda r, f: _add_consignment(r.trader_request.consignment, f),
    "movement_released": lambda r, f: _add_consignment(r.movement_released.dataset.consignment, f),
    "operation_started": lambda r, f: _add_started(r.operation_started, f),
    "incident_notice": lambda r, f: _add_incidents(r.incident_notice.incidents[:], f),
    "arrival_notice": lambda r, f: _add_incidents(r.arrival_notice.incidents[:], f),
    "unloading": lambda r, f: _add_consignment(r.unloading.consignment, f),
    "control_result": lambda r, f: _add_consignment(r.control_result.consignment, f),
    "operation_terminated": lambda r, f: _add_consignment(r.operation_terminated.consignment, f),
    "enquiry_recovery": lambda r, f: _add_consignment(r.enquiry_recovery.enquiry.consignment, f),
    "exchange": lambda r, f: _add_consignment(r.exchange.query_response.dataset.consignment, f),
}


# --- as people and national systems write it --------------------------------------------------


def record_to_json(record: TransitRecord, indent: int | None = 2) -> str:
    """Return the record in the JSON mapping of protobuf, fields named as in the schema."""
    return json_format.MessageToJson(record, preserving_proto_field_name=True, indent=indent)


def record_to_message(record: TransitRecord) -> "dict[str, object]":
    """Return what `record_to_json` writes, as plain values."""
    return json_format.MessageToDict(record, preserving_proto_field_name=True)


def record_from_json(text: str) -> TransitRecord:
    """Return the record that `text` describes in the JSON mapping of protobuf.

    Raises:
        Refused: RECORD_TOO_LARGE or RECORD_MALFORMED, with the place of the fault.
    """
    if len(text) > _MAX_JSON_CHARS:
        raise Refused(Reason.RECORD_TOO_LARGE, f"{len(text)} characters of JSON")
    if not text.lstrip().startswith("{"):
        raise Refused(Reason.RECORD_MALFORMED, "a record is a JSON object")
    try:
        return json_format.Parse(text, TransitRecord(), max_recursion_depth=limits.MAX_DEPTH)
    except (json_format.ParseError, RecursionError) as fault:
        raise Refused(Reason.RECORD_MALFORMED, str(fault)[: limits.MAX_FAULT_CHARS]) from None


_MAX_JSON_CHARS: Final = 20 * limits.MIB
"""As long as the longest message of a standard that a gateway takes."""
