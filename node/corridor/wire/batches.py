"""The plaintext of an envelope: a batch of records, each kept as the bytes that arrived.

Rules (PROTOCOL §3.6):

* a batch and an entry have exactly one encoding (`canonical`); here it is compared with the
  bytes our own encoder would have written, which costs less than a second parse;
* the body of an entry is opaque here: one bad record never spoils its neighbours;
* this is the hot path: every record passes it four times.

    >>> entry = Entry(bytes(16), 14, "corridor.wire.v1", None, b"body")
    >>> decode_entry(encode_entry(entry)) == entry
    True
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from google.protobuf.message import DecodeError

from corridor.errors import Reason, Refused
from corridor.wire import limits
from corridor.wire.v1.envelope_pb2 import RecordBatch, RecordEntry, RecordType

SCHEMA_ID: Final = "corridor.wire.v1"
"""The schema our records are written with."""

FIRST_BUSINESS: Final = 1
LAST_BUSINESS: Final = 20
LAST_RESERVED: Final = 63
"""Types up to here are business records of later versions: kept until a version knows them."""
ATTACHMENT: Final = 21
"""The manifest of a file: known here, and kept as PARKED until the file is whole (PROTOCOL §13)."""
DATASET_TYPES: Final = frozenset({1, 9})
"""Declaration and movement_released: the only ones that carry the full dataset (PROTOCOL §12.3)."""
FIRST_CONTROL: Final = 64
CANARY: Final = 70
"""A control record by number, but sealed, counted and receipted like a business record."""
LAST_CONTROL: Final = 73


class Entry(NamedTuple):
    """One record of either family as it stands in a batch.

    A named tuple and not a dataclass: it is made once a record, at a third of the cost.
    """

    record_id: bytes
    record_type: int
    schema_id: str
    supersedes: bytes | None
    body: bytes


def is_control(record_type: int) -> bool:
    """Whether the type belongs to the control records, the canary included."""
    return FIRST_CONTROL <= record_type <= LAST_CONTROL


def is_business(record_type: int) -> bool:
    """Whether the type is one of the 20 that customs exchange."""
    return FIRST_BUSINESS <= record_type <= LAST_BUSINESS


def is_business_family(record_type: int) -> bool:
    """Whether records of the type are receipted: business records of any version, canaries."""
    return FIRST_BUSINESS <= record_type <= LAST_RESERVED or record_type == CANARY


def is_of_later_version(record_type: int) -> bool:
    """Whether the type is of a business record that this version does not know."""
    return ATTACHMENT < record_type <= LAST_RESERVED


@cache
def type_label(record_type: int) -> str:
    """Return the type's name as metrics and people read it: "movement_released", "receipt"."""
    try:
        name = RecordType.Name(RecordType.ValueType(record_type))
    except ValueError:
        return "unknown"
    return name.removeprefix("RECORD_TYPE_").lower()


def encode_batch(seed: bytes, records: Sequence[bytes]) -> bytes:
    """Return the batch of `records`, serialised entries in order.

    Raises:
        ValueError: The batch would be refused by every recipient.
    """
    fault = _batch_fault(seed, records)
    if fault:
        raise ValueError(fault)
    body = RecordBatch(disclosure_seed=seed, records=records).SerializeToString()
    if len(body) > limits.MAX_BATCH_BYTES:
        raise ValueError(f"batch of {len(body)} bytes, at most {limits.MAX_BATCH_BYTES}")
    return body


def decode_batch(body: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the disclosure seed of a batch and its records, in order.

    Raises:
        Refused: BATCH.
    """
    if len(body) > limits.MAX_BATCH_BYTES:
        raise Refused(Reason.BATCH, f"{len(body)} bytes, at most {limits.MAX_BATCH_BYTES}")
    try:
        batch = RecordBatch.FromString(body)
    except DecodeError:
        raise Refused(Reason.BATCH, "not a RecordBatch") from None
    seed, records = batch.disclosure_seed, tuple(batch.records)
    fault = _batch_fault(seed, records)
    if fault:
        raise Refused(Reason.BATCH, fault)
    if RecordBatch(disclosure_seed=seed, records=records).SerializeToString() != body:
        raise Refused(Reason.BATCH, "unknown, repeated or unordered fields")
    return seed, records


def _batch_fault(seed: bytes, records: Sequence[bytes]) -> str:
    if len(seed) != limits.SEED_BYTES:
        return f"seed of {len(seed)} bytes, not {limits.SEED_BYTES}"
    if not 1 <= len(records) <= limits.MAX_RECORDS:
        return f"{len(records)} records, not 1 to {limits.MAX_RECORDS}"
    return ""


def encode_entry(entry: Entry) -> bytes:
    """Return the serialised RecordEntry.

    Raises:
        ValueError: Every recipient would refuse it.
    """
    try:
        raw = _entry_head(entry) + entry.body
    except Refused as fault:
        raise ValueError(str(fault)) from None
    if len(raw) > limits.MAX_RECORD_BYTES:
        raise ValueError(f"record of {len(raw)} bytes, at most {limits.MAX_RECORD_BYTES}")
    return raw


def decode_entry(raw: bytes) -> Entry:
    """Return the entry; its body is not parsed.

    Raises:
        Refused: RECORD_TOO_LARGE, RECORD_MALFORMED or RECORD_TYPE.
    """
    if len(raw) > limits.MAX_RECORD_BYTES:
        raise Refused(Reason.RECORD_TOO_LARGE, f"{len(raw)} bytes")
    return _usual_entry(raw) or _parsed_entry(raw)


def _parsed_entry(raw: bytes) -> Entry:
    try:
        message = RecordEntry.FromString(raw)
    except DecodeError:
        raise Refused(Reason.RECORD_MALFORMED, "not a RecordEntry") from None
    entry = Entry(
        message.record_id,
        message.type,
        message.schema_id,
        message.supersedes if message.HasField("supersedes") else None,
        message.body,
    )
    head = _entry_head(entry)
    if len(head) + len(entry.body) != len(raw) or not raw.startswith(head):
        raise Refused(Reason.RECORD_MALFORMED, "unknown, repeated or unordered fields")
    return entry


def _usual_entry(raw: bytes) -> Entry | None:
    """Return a business entry with our schema's id and nothing superseded, read in place.

    Nearly every entry is one, and parsing it costs three times as much. None where it is anything
    else, or not sound.
    """
    record_type = _USUAL.get(raw[_ID_END:_BODY_TAG_END])
    if record_type is None or raw[:2] != _ID_TAG:
        return None
    start, size, shift = _BODY_TAG_END, 0, 0
    for byte in raw[start : start + _LENGTH_BYTES]:
        start += 1
        size |= (byte & 0x7F) << shift
        if byte < 1 << 7:
            break
        shift += 7
    head = raw[:_BODY_TAG_END] + _varint(size)
    if size == 0 or start + size != len(raw) or len(head) != start:
        return None
    return Entry(raw[2:_ID_END], record_type, SCHEMA_ID, None, raw[start:])


def _entry_head(entry: Entry) -> bytes:
    """Everything of the one encoding of `entry` that stands before the body's bytes.

    Raises:
        Refused: RECORD_TYPE or RECORD_MALFORMED: it has none.
    """
    record_id, record_type, schema_id, supersedes, body = entry
    kind = _kind(record_type, schema_id)
    if len(record_id) != limits.RECORD_ID_BYTES:
        raise Refused(Reason.RECORD_MALFORMED, f"record id of {len(record_id)} bytes")
    if supersedes is not None:
        if len(supersedes) != limits.RECORD_ID_BYTES:
            raise Refused(Reason.RECORD_MALFORMED, "superseded record id")
        kind += b"\x22\x10" + supersedes
    if body:
        return b"%b%b%b\x2a%b" % (_ID_TAG, record_id, kind, _varint(len(body)))
    if not is_control(record_type):  # an empty StreamOpen says "nothing before"
        raise Refused(Reason.RECORD_MALFORMED, "empty body")
    return _ID_TAG + record_id + kind


@lru_cache(maxsize=256)
def _kind(record_type: int, schema_id: str) -> bytes:
    """Return the fields `type` and `schema_id` of an entry."""
    if not (FIRST_BUSINESS <= record_type <= LAST_RESERVED or is_control(record_type)):
        raise Refused(Reason.RECORD_TYPE, f"type {record_type}")
    if not 1 <= len(schema_id) <= limits.MAX_SCHEMA_ID_BYTES or not schema_id.isascii():
        raise Refused(Reason.RECORD_MALFORMED, "schema id")
    return b"\x10%c\x1a%c%b" % (record_type, len(schema_id), schema_id.encode())


def _varint(number: int) -> bytes:
    if number < 1 << 7:
        return bytes((number,))
    if number < 1 << 14:
        return bytes((number & 0x7F | 0x80, number >> 7))
    return bytes((number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14))


_ID_TAG: Final = b"\x0a\x10"
_ID_END: Final = 2 + limits.RECORD_ID_BYTES
_LENGTH_BYTES: Final = 3
"""Of a body's length at most: a record has fewer than 2^21 bytes."""
_USUAL: Final = {
    _kind(record_type, SCHEMA_ID) + b"\x2a": record_type
    for record_type in range(FIRST_BUSINESS, LAST_BUSINESS + 1)
}
_BODY_TAG_END: Final = _ID_END + len(next(iter(_USUAL)))
