"""Records that are longer than a record may be: what stays in the record, what is in its file.

Rules (PROTOCOL §13.5):

* the file holds the whole record; the record that travels is the same without what is named here,
  and with the manifest of the file in its header;
* nothing that the fold of a movement reads is ever taken out;
* who holds the file has the whole, and hands that on and nothing less.
"""

from collections.abc import Iterator
from typing import Final

from google.protobuf.message import DecodeError, Message

from corridor.errors import Reason, Refused
from corridor.wire import limits
from corridor.wire.attachments import Manifest, attachment_of
from corridor.wire.long_limits import require_few_parts
from corridor.wire.records import check_record, encode_record
from corridor.wire.v1.goods_pb2 import Consignment
from corridor.wire.v1.records_pb2 import TransitRecord

FILE_NAME: Final = "record.pb"
MEDIA_TYPE: Final = "application/x-protobuf"
_MANIFEST_BYTES: Final = 512
"""What the manifest adds to the record at most."""
_ROOM: Final = limits.MAX_RECORD_BYTES - limits.ENTRY_OVERHEAD_BYTES - _MANIFEST_BYTES


def is_long(record: bytes) -> bool:
    """Whether a serialised record is longer than a record may be."""
    return len(record) > limits.MAX_RECORD_BYTES - limits.ENTRY_OVERHEAD_BYTES


def decode_whole(data: bytes) -> TransitRecord:
    """Return a record of any length up to `limits.MAX_LONG_RECORD_BYTES`; no rule is checked.

    Raises:
        Refused: RECORD_TOO_LARGE or RECORD_MALFORMED.
    """
    if len(data) > limits.MAX_LONG_RECORD_BYTES:
        most = limits.MAX_LONG_RECORD_BYTES
        raise Refused(Reason.RECORD_TOO_LARGE, f"{len(data)} bytes; with its file at most {most}")
    if is_long(data):
        require_few_parts(data)
    try:
        return TransitRecord.FromString(data)
    except DecodeError:
        raise Refused(Reason.RECORD_MALFORMED, "not a TransitRecord") from None


def shorten(whole: TransitRecord) -> TransitRecord:
    """Return the record without what may be in its file alone, as little as makes it fit.

    Raises:
        Refused: RECORD_TOO_LARGE: it does not fit even so.
    """
    short = TransitRecord()
    short.CopyFrom(whole)
    for take in _STEPS:
        take(short)
        if short.ByteSize() <= _ROOM:
            return short
    raise Refused(
        Reason.RECORD_TOO_LARGE,
        f"{short.ByteSize()} bytes without original, goods, residual, particulars and houses",
    )


def without_original(whole: TransitRecord) -> bytes | None:
    """Return the record with the digest of its original only; None where that is too long too."""
    if not whole.header.original.content:
        return None
    short = TransitRecord()
    short.CopyFrom(whole)
    _no_content(short)
    body = encode_record(short)
    return None if is_long(body) else body


def with_manifest(short: TransitRecord, manifest: Manifest) -> bytes:
    """Return the record that travels."""
    made = TransitRecord()
    made.CopyFrom(short)
    made.header.whole.CopyFrom(attachment_of(manifest))
    return encode_record(made)


def faults_of_whole(whole: TransitRecord) -> tuple[str, ...]:
    """Return the faults of a whole record by the rules of the schema, as `check_record` does.

    Its original may be as long as the record: the rule on its length is one of records.
    """
    content = whole.header.original.content
    if not content:
        return check_record(whole)
    _no_content(whole)
    try:
        return check_record(whole)
    finally:
        whole.header.original.content = content


def read_whole(data: bytes, travelled: TransitRecord) -> TransitRecord:
    """Return the whole of a record that came, from its file.

    Raises:
        Refused: RECORD_INVALID, RECORD_TOO_LARGE or RECORD_MALFORMED: it is not the whole of it.
    """
    whole = decode_whole(data)
    if whole.header.HasField("whole") or not _is_shortened(travelled, whole):
        raise Refused(Reason.RECORD_INVALID, "whole.other header.whole")
    faults = faults_of_whole(whole)
    if faults:
        raise Refused(Reason.RECORD_INVALID, faults[0])
    return whole


def _is_shortened(travelled: TransitRecord, whole: TransitRecord) -> bool:
    """Whether the record is the whole after some of the steps, in order."""
    came, core = TransitRecord(), TransitRecord()
    came.CopyFrom(travelled)
    came.header.ClearField("whole")
    wanted = encode_record(came)
    core.CopyFrom(whole)
    for take in _STEPS:
        take(core)
        if encode_record(core) == wanted:
            return True
    return False


def _no_content(record: TransitRecord) -> None:
    if record.header.original.HasField("content"):
        record.header.original.ClearField("content")


def _no_items(record: TransitRecord) -> None:
    for consignment in _consignments(record):
        for house in consignment.houses[:]:
            house.ClearField("items")


def _no_residual(record: TransitRecord) -> None:
    record.header.ClearField("residual")


def _no_particulars(record: TransitRecord) -> None:
    record.header.ClearField("particulars")


def _no_houses(record: TransitRecord) -> None:
    for consignment in _consignments(record):
        consignment.ClearField("houses")


_STEPS: Final = (_no_content, _no_items, _no_residual, _no_particulars, _no_houses)
"""One after the other, until the record fits."""


def _consignments(message: Message) -> Iterator[Consignment]:
    """Yield the consignments of a record: each stands in a field of its own, never in a list."""
    for field, value in message.ListFields():
        if field.message_type is None or field.is_repeated:
            continue
        if isinstance(value, Consignment):
            yield value
        else:
            yield from _consignments(value)
