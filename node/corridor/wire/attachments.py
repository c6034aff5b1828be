"""The manifest of a file, out of its record and back (PROTOCOL §13.1).

Rules:

* the record is a TransitRecord like any other: whose movement it is, stands in its header;
* what the manifest says is signed with the record; the chunks are held to it and to nothing else;
* a record that is longer than a record may be has the manifest of its file in its header (§13.5).
"""

from typing import NamedTuple

from google.protobuf.message import DecodeError

from corridor.errors import Reason, Refused
from corridor.wire.batches import CANARY, decode_entry, is_business_family
from corridor.wire.records import encode_record, record_of
from corridor.wire.v1.records_pb2 import Attachment, RecordHeader, TransitRecord
from corridor.wire.v1.types_pb2 import ID_SCHEME_MRN, Identifier


class Manifest(NamedTuple):
    """What a file is, and what its chunks must be."""

    attachment_id: bytes
    name: str
    media_type: str
    size: int
    """In bytes."""
    sha256: bytes
    key: bytes
    root: bytes
    of_record: bytes | None
    movement: str
    """The first name of the movement it belongs to; "" where it names none."""

    @property
    def held_to(self) -> bytes:
        """All that the file is held to: what differs in any of it is another file."""
        return self.attachment_id + self.root + self.size.to_bytes(8) + self.key + self.sha256


def read_manifest(entry: bytes) -> Manifest:
    """Return the manifest in a serialised RecordEntry: of a file, or of the whole of a record.

    Raises:
        Refused: RECORD_MALFORMED or RECORD_TYPE: there is none in it.
    """
    found = manifest_in(entry)
    if found is None:
        raise Refused(Reason.RECORD_TYPE, "no manifest of a file")
    return found


def manifest_in(entry: bytes) -> Manifest | None:
    """Return the manifest in a serialised RecordEntry, None where there is none.

    Raises:
        Refused: RECORD_MALFORMED or RECORD_TYPE: it is not the entry of a record.
    """
    parsed = decode_entry(entry)
    if not is_business_family(parsed.record_type) or parsed.record_type == CANARY:
        return None
    record = record_of(parsed)
    if record.HasField("attachment"):
        return _manifest(record, record.attachment)
    return _manifest(record, record.header.whole) if record.header.HasField("whole") else None


def _manifest(record: TransitRecord, said: Attachment) -> Manifest:
    ids = record.header.movement.ids
    return Manifest(
        said.attachment_id,
        said.name,
        said.media_type,
        said.size,
        said.sha256,
        said.key,
        said.root,
        said.of_record if said.HasField("of_record") else None,
        ids[0].value if ids else "",
    )


def read_header(data: bytes) -> RecordHeader:
    """Return a serialised RecordHeader: whose movement a file belongs to.

    Raises:
        Refused: RECORD_MALFORMED.
    """
    try:
        return RecordHeader.FromString(data)
    except DecodeError:
        raise Refused(Reason.RECORD_MALFORMED, "not a RecordHeader") from None


def header_of_movement(mrn: str | None) -> bytes:
    """Return a serialised RecordHeader that names a movement by its MRN, or none."""
    header = RecordHeader(model_version=1)
    if mrn:
        header.movement.ids.append(Identifier(scheme=ID_SCHEME_MRN, value=mrn))
    return header.SerializeToString()


def header_of_record(record: bytes) -> bytes:
    """Return a serialised RecordHeader that names the movement of a serialised record.

    Raises:
        Refused: RECORD_MALFORMED.
    """
    header = RecordHeader(model_version=1)
    try:
        header.movement.CopyFrom(TransitRecord.FromString(record).header.movement)
    except DecodeError:
        raise Refused(Reason.RECORD_MALFORMED, "not a TransitRecord") from None
    return header.SerializeToString()


def encode_manifest(manifest: Manifest, header: RecordHeader) -> bytes:
    """Return the TransitRecord that holds it; `manifest.movement` is what the header says."""
    return encode_record(TransitRecord(header=header, attachment=attachment_of(manifest)))


def attachment_of(manifest: Manifest) -> Attachment:
    """Return it as a message."""
    return Attachment(
        attachment_id=manifest.attachment_id,
        name=manifest.name,
        media_type=manifest.media_type,
        size=manifest.size,
        sha256=manifest.sha256,
        key=manifest.key,
        root=manifest.root,
        of_record=manifest.of_record,
    )
