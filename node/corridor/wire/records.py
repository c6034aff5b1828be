"""Business records: bytes to messages and back, their faults, and what they are found by.

Rules (PROTOCOL §12):

* unknown fields of a record are kept: a newer partner may say more than we understand;
* the rules stand in the schema (`buf.validate`); here they are only asked for, and a fault is
  told as rule and path, never with a value;
* whether a record may be sent or follows from the one before it is not for this floor.
"""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Final

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from corridor.errors import Reason, Refused
from corridor.wire import limits
from corridor.wire.batches import Entry
from corridor.wire.quick import QuickCheck
from corridor.wire.v1 import goods_pb2, types_pb2
from corridor.wire.v1.records_pb2 import TransitRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from protovalidate import Validator, Violation

SCHEMA_ID: Final = "corridor.wire.v1"
"""The schema our records are written with."""

BODY_OFFSET: Final = 10
"""A body's field number is its record type plus this."""

Terms = tuple[tuple[str, str], ...]


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


def new_entry(record_id: bytes, record: TransitRecord, supersedes: bytes | None = None) -> Entry:
    """Return the record as an entry under `record_id` (16 bytes, a UUIDv7).

    Raises:
        Refused: RECORD_TYPE: it has no body that we know.
    """
    body = encode_record(record)
    return Entry(record_id, record_type_of(record), SCHEMA_ID, supersedes, body)


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
    found = dict.fromkeys(_terms_of(record))
    return tuple((kind, value) for kind, value in found if value)


_KIND_OF_SCHEME: Final = {
    types_pb2.ID_SCHEME_MRN: "mrn",
    types_pb2.ID_SCHEME_LRN: "lrn",
    types_pb2.ID_SCHEME_TIR_CARNET: "carnet",
    types_pb2.ID_SCHEME_CONTAINER: "container",
    types_pb2.ID_SCHEME_SEAL: "seal",
    types_pb2.ID_SCHEME_VEHICLE: "plate",
}


def normal_term(value: str) -> str:
    """Return a term as it is indexed and searched for."""
    return "".join(value.split()).upper()


def _terms_of(record: TransitRecord) -> Iterator[tuple[str, str]]:
    for identifier in record.header.movement.ids:
        kind = _KIND_OF_SCHEME.get(identifier.scheme)
        if kind is not None:
            yield kind, normal_term(identifier.value)
    name = record.WhichOneof("body")
    goods = _GOODS_IN.get(name) if name is not None else None
    if goods is not None:
        yield from goods(record)


def _of_consignment(consignment: goods_pb2.Consignment) -> Iterator[tuple[str, str]]:
    yield from _of_equipment(consignment.equipment)
    yield from _of_means(consignment.means)
    for house in consignment.houses:
        yield from _of_means(house.means)
    yield from _of_incidents(consignment.incidents)


def _of_equipment(
    equipment: "Iterable[goods_pb2.TransportEquipment]",
) -> Iterator[tuple[str, str]]:
    for piece in equipment:
        yield "container", normal_term(piece.container)
        for seal in piece.seals:
            yield "seal", normal_term(seal.identifier)


def _of_means(means: "Iterable[goods_pb2.TransportMeans]") -> Iterator[tuple[str, str]]:
    for vehicle in means:
        yield "plate", normal_term(vehicle.identification)


def _of_incidents(incidents: "Iterable[goods_pb2.Incident]") -> Iterator[tuple[str, str]]:
    for incident in incidents:
        yield from _of_equipment(incident.equipment)
        if incident.HasField("transhipment"):
            yield from _of_means((incident.transhipment.means,))


def _of_started(record: TransitRecord) -> Iterator[tuple[str, str]]:
    started = record.operation_started
    return chain(_of_equipment(started.equipment), _of_means(started.means))


_GOODS_IN: "Final[dict[str, Callable[[TransitRecord], Iterator[tuple[str, str]]]]]" = {
    "declaration": lambda r: _of_consignment(r.declaration.dataset.consignment),
    "trader_request": lambda r: _of_consignment(r.trader_request.consignment),
    "movement_released": lambda r: _of_consignment(r.movement_released.dataset.consignment),
    "operation_started": _of_started,
    "incident_notice": lambda r: _of_incidents(r.incident_notice.incidents),
    "arrival_notice": lambda r: _of_incidents(r.arrival_notice.incidents),
    "unloading": lambda r: _of_consignment(r.unloading.consignment),
    "control_result": lambda r: _of_consignment(r.control_result.consignment),
    "operation_terminated": lambda r: _of_consignment(r.operation_terminated.consignment),
    "enquiry_recovery": lambda r: _of_consignment(r.enquiry_recovery.enquiry.consignment),
    "exchange": lambda r: _of_consignment(r.exchange.query_response.dataset.consignment),
}


# --- as people and national systems write it --------------------------------------------------


def record_to_json(record: TransitRecord, indent: int | None = 2) -> str:
    """Return the record in the JSON mapping of protobuf, fields named as in the schema."""
    return json_format.MessageToJson(record, preserving_proto_field_name=True, indent=indent)


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


_MAX_JSON_CHARS: Final = 8 * limits.MAX_RECORD_BYTES
"""JSON spells every name out; more than eight times a record is none."""
