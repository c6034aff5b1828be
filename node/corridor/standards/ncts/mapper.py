"""NCTS messages to records and back, with an account of every leaf.

Rules:

* codes, decimals, dates and sequence numbers keep the characters of the sender;
* what the record has no place for travels in its residual, with its place in the message; an
  element of a newer release ends there too and never in an error;
* a record that breaks a rule of the schema is refused by the path of the element at fault;
* writing from a record made elsewhere names the elements that the standard demands and the
  record does not hold, and invents none.

Example:
    mapped = decode(document, Options())
    assert encode(mapped.record).document  # canonically the same message
"""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from corridor.errors import Reason, Refused
from corridor.standards.accounting import Account, account
from corridor.standards.mapping import Reader, Writer
from corridor.standards.ncts.message import NAMESPACE, Message
from corridor.standards.ncts.releases import Release, release_named, release_of
from corridor.standards.residual import restore
from corridor.standards.tree import Leaf, Node, leaves
from corridor.standards.xml import XmlLimits, parse, render
from corridor.wire.limits import MAX_ORIGINAL_BYTES
from corridor.wire.records import check_record
from corridor.wire.v1.records_pb2 import DECLARATION_KIND_PRELODGED, TransitRecord

MAX_NAMED_FAULTS: Final = 8
_MODEL_VERSION: Final = 1
_PRELODGED: Final = "D"  # NCTS CL042


@dataclass(frozen=True, slots=True)
class Options:
    """How a message is read."""

    limits: XmlLimits = field(default_factory=XmlLimits)
    attach_original: bool = False  # its digest at least, and all of it up to MAX_ORIGINAL_BYTES
    recorded_ms: int | None = None  # when the national system recorded it, Unix milliseconds


class Original(StrEnum):
    """What became of the source message itself."""

    NOT_ASKED_FOR = "not_asked_for"
    ATTACHED = "attached"
    TOO_LARGE = "too_large"
    """Beyond MAX_ORIGINAL_BYTES: the record holds its digest only."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A message as a record, and what became of each of its leaves."""

    message: str
    record: TransitRecord
    account: Account
    original: Original


@dataclass(frozen=True, slots=True)
class Encoded:
    """A record as a message; `missing` are the elements that the standard demands in vain."""

    message: str
    document: bytes
    missing: tuple[str, ...]


def decode(document: bytes, options: Options) -> Mapped:
    """Read an NCTS message into a record.

    Raises:
        Refused: SOURCE_MALFORMED or CHARACTER_SET for what is no XML, SOURCE_UNSUPPORTED for
            another message, RECORD_INVALID with the paths of the elements at fault.
    """
    root = parse(document, options.limits)
    known = message_of(root)
    if known is None:
        raise Refused(Reason.SOURCE_UNSUPPORTED, "not one of the NCTS messages this node maps")
    release, message = known
    record = TransitRecord()
    record.header.model_version = _MODEL_VERSION
    record.header.source.standard = release.standard
    record.header.sender_role = message.sender_role
    reader = Reader()
    reader.read(root, message.name, record, "", message.parts)
    _finish(record, message, options)
    original = _attach(record, document) if options.attach_original else Original.NOT_ASKED_FOR
    found = account(_stripped(root), _written(record, message, Writer()))
    for leaf in found.residual:
        record.header.residual.add(namespace=release.standard, path=leaf.path, value=leaf.value)
    _check(record, reader.places)
    return Mapped(message.name, record, found, original)


def encode(
    record: TransitRecord, *, with_residual: bool = True, release: Release | None = None
) -> Encoded:
    """Write a record as the NCTS message it corresponds to.

    Args:
        record: The record; its attached original is not looked at.
        with_residual: Whether the leaves kept word for word are put back.
        release: Which release is written; None for the one that the record came in.

    Raises:
        Refused: SOURCE_UNSUPPORTED for a record that is none of the messages, RECORD_INVALID or
            CHARACTER_SET for a residual or a text that no message can hold.
    """
    release = release or release_named(record.header.source.standard)
    message, writer = _message_for(record, release), Writer()
    root = _written(record, message, writer)
    if with_residual:
        kept = [
            Leaf(item.path, item.value)
            for item in record.header.residual
            if item.namespace == release.standard
        ]
        restore(root, kept)
    root.name = f"{{{NAMESPACE}}}{root.name}"
    return Encoded(message.name, render(root, {"ncts": NAMESPACE}), tuple(writer.missing))


def message_of(root: Node) -> tuple[Release, Message] | None:
    """Find the release and message by the root element; senders differ about its namespace."""
    namespace = root.name[1:].rpartition("}")[0]
    release = release_of(root.attributes.get("PhaseID", ""))
    message = release.messages.get(root.local)
    return (release, message) if message and namespace in {"", NAMESPACE} else None


def _message_for(record: TransitRecord, release: Release) -> Message:
    """Find the message a record corresponds to.

    Several messages can be the same record, for example the rejections of two offices: then its
    source says which it was, else the role of its sender, else how much of it each can say.
    """
    fitting = [message for message in release.messages.values() if _fits(record, message)]
    if not fitting:
        body = record.WhichOneof("body")
        raise Refused(Reason.SOURCE_UNSUPPORTED, f"no NCTS message of this node for {body or 'it'}")
    if len(fitting) == 1:
        return fitting[0]
    named, role = record.header.source.message, record.header.sender_role

    def fit(message: Message) -> tuple[bool, bool, int, int]:
        writer = Writer()
        said = sum(1 for _ in leaves(_written(record, message, writer)))
        return message.name == named, message.sender_role == role, -len(writer.missing), said

    return max(fitting, key=fit)


def _fits(record: TransitRecord, message: Message) -> bool:
    body: Any = record
    for step in message.body.split("."):
        if body.WhichOneof("body") != step:
            return False
        body = getattr(body, step)
    return not message.kinds or getattr(body, message.kind_field) in message.kinds


def _finish(record: TransitRecord, message: Message, options: Options) -> None:
    """Set what follows from the message as a whole."""
    header = record.header
    body: Any = record
    for step in message.body.split("."):
        body = getattr(body, step)
        body.SetInParent()
    if message.kinds:
        setattr(body, message.kind_field, message.kinds[0])
    if message.body == "declaration":
        additional = record.declaration.dataset.operation.additional_declaration_type
        if additional.value == _PRELODGED and DECLARATION_KIND_PRELODGED in message.kinds:
            body.kind = DECLARATION_KIND_PRELODGED
    if header.source.HasField("prepared_at"):
        header.occurred_at.CopyFrom(header.source.prepared_at)
    if options.recorded_ms is not None:
        header.recorded_ms = options.recorded_ms


def _attach(record: TransitRecord, document: bytes) -> Original:
    original = record.header.original
    original.media_type = "application/xml"
    original.sha256 = hashlib.sha256(document).digest()
    if len(document) > MAX_ORIGINAL_BYTES:
        return Original.TOO_LARGE
    original.content = document
    return Original.ATTACHED


def _stripped(root: Node) -> Node:
    """Return the root under its local name, as the tables and the paths have it."""
    return Node(root.local, root.text, root.attributes, root.children)


def _written(record: TransitRecord, message: Message, writer: Writer) -> Node:
    root = Node(message.name)
    writer.write(record, root, message.name, message.parts)
    return root


def _check(record: TransitRecord, places: dict[str, str]) -> None:
    """Refuse a record that breaks rules, by the elements of the message at fault."""
    faults = check_record(record)
    if faults:
        named = "; ".join(_fault(fault, places) for fault in faults[:MAX_NAMED_FAULTS])
        raise Refused(Reason.RECORD_INVALID, named)


def _fault(fault: str, places: dict[str, str]) -> str:
    """Say where in the message the field of a fault ("rule path") came from."""
    rule, _, path = fault.partition(" ")
    place = places.get(path) or places.get(f"{path}.value") or path
    return f"{place} ({rule})"
