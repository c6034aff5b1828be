"""A record of a partner, or an outcome, as gateways that push write it: JSON of stable form."""

from typing import Any

from corridor.errors import Refused
from corridor.gateway.optional import part
from corridor.store.values import InboxRecord, Outcome
from corridor.wire.batches import decode_entry, type_label
from corridor.wire.long_records import decode_whole
from corridor.wire.records import record_to_message
from corridor.wire.v1.records_pb2 import TransitRecord


def record_in(one: InboxRecord) -> TransitRecord:
    """Return the record that was delivered, the whole of a long one."""
    return decode_whole(body_in(one))


def body_in(one: InboxRecord) -> bytes:
    """Return the serialised record that was delivered, the whole of a long one."""
    return one.whole if one.whole is not None else decode_entry(one.entry).body


def delivery(one: InboxRecord) -> dict[str, Any]:
    """Return what a national system is told of a record of a partner."""
    return {
        "cursor": one.cursor,
        "sender": one.peer,
        "record_id": one.record_id.hex(),
        "record_type": type_label(one.record_type),
        "received_ms": one.received_ms,
        "possible_repeat": one.possible_repeat,
        "record": record_to_message(record_in(one)),
    }


def outcome(one: Outcome) -> dict[str, Any]:
    """Return what a national system is told of a record of its own."""
    return {
        "cursor": one.cursor,
        "recipient": one.peer,
        "record_id": one.record_id.hex(),
        "verdict": one.verdict.name.lower(),
        "reason": one.reason.label if one.reason else None,
        "accepted_ms": one.accepted_ms,
        "receipted_ms": one.receipted_ms,
        "entry_sha256": one.sha256.hex(),
    }


def original_of(record: TransitRecord) -> bytes | None:
    """Return the message of a standard that the record came from, or can be written as; or None.

    An original that travels with it is given as it is; otherwise the record is written, where it
    lacks nothing that the standard demands.
    """
    if record.header.HasField("whole"):
        return None  # its file is not here: it is not written with less than was sent
    original = record.header.original
    if original.media_type == "application/xml" and original.content:
        return original.content
    try:
        written = part("standards").encode(record)
    except (Refused, ModuleNotFoundError):
        return None
    if written.missing or written.media_type != "application/xml":
        return None  # the file beside a record is XML
    document: bytes = written.document
    return document
