"""Messages of any standard to records and back, with an account of every leaf.

Rules:

* codes, decimals, dates and sequence numbers keep the characters of the sender;
* what the record has no place for travels in its residual, with its place in the message; an
  element of a newer release ends there too and never in an error;
* a record that breaks a rule of the schema is refused by the path of the element at fault;
* what is doubtful beyond that (`findings`) is told beside the record, and so is what the standard
  demands and the message lacks: whether it is a reason to refuse is for whoever takes the message;
* writing from a record made elsewhere names the elements that the standard demands and the
  record does not hold, and invents none;
* a standard is a `Codec`: its tables, and how its documents become trees and trees documents.

Example:
    mapped = decode(codec, document, Options())
    assert encode(codec, mapped.record).document  # canonically the same message
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from corridor.errors import Reason, Refused
from corridor.standards.accounting import Account, account
from corridor.standards.dialect import Dialect
from corridor.standards.findings import MISSING, Finding, gather
from corridor.standards.identifiers import doubts
from corridor.standards.iso import foreign_words
from corridor.standards.judging import Judging
from corridor.standards.mapping import Reader, Writer
from corridor.standards.message import Message
from corridor.standards.residual import restore, take_away
from corridor.standards.tree import Leaf, Node, leaves, plain_path
from corridor.standards.xml import XmlLimits, parse
from corridor.wire.limits import MAX_ORIGINAL_BYTES
from corridor.wire.records import check_record
from corridor.wire.v1.records_pb2 import TransitRecord

MAX_NAMED_FAULTS: Final = 8
_MODEL_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Options:
    """How a message is read."""

    limits: XmlLimits = field(default_factory=XmlLimits)
    attach_original: bool = False  # its digest at least, and all of it up to MAX_ORIGINAL_BYTES
    recorded_ms: int | None = None  # when the national system recorded it, Unix milliseconds
    dialect: Dialect | None = None  # of the national system of this node
    judging: Judging = field(default_factory=Judging)


class Original(StrEnum):
    """What became of the source message itself."""

    NOT_ASKED_FOR = "not_asked_for"
    ATTACHED = "attached"
    TOO_LARGE = "too_large"
    """Beyond MAX_ORIGINAL_BYTES: the record holds its digest only."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A message as a record, and what became of each of its leaves.

    `places` says of each field that was read from which element it came; `findings` are what is
    doubtful or wrong beyond its form (`findings.gather`).
    """

    message: str
    record: TransitRecord
    account: Account
    original: Original
    places: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Encoded:
    """A record as a message; `missing` are the elements that the standard demands in vain."""

    message: str
    document: bytes
    missing: tuple[str, ...]
    media_type: str = "application/xml"


def _as_it_is(root: Node) -> Node:
    """Return the root under its local name, as the tables and the paths have it."""
    return Node(root.local, root.text, root.attributes, root.children)


def as_told(record: TransitRecord) -> None:
    """Prepare nothing."""


def _nothing(record: TransitRecord, message: Message, options: Options) -> None:
    """Finish nothing."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A message that was read, for those who look for what is doubtful about it.

    Attributes:
        tree: The document under the names of the tables.
        message: Which message it is.
        record: What it became.
        places: The element of each field.
        options: How it was read.
        missing: What the standard demands and the record does not hold.
    """

    tree: Node
    message: Message
    record: TransitRecord
    places: Mapping[str, str]
    options: Options
    missing: tuple[str, ...] = ()


def doubtful(judged: Judged) -> Iterator[Finding]:
    """Yield what is doubtful about a message of any standard: identifiers and words of ISO."""
    yield from doubts(judged.record, judged.places)
    if judged.options.judging.iso is not None:
        yield from foreign_words(judged.record, judged.places, judged.options.judging.iso)


def judge_plainly(judged: Judged) -> Iterator[Finding]:
    """Yield what a message of any standard lacks, and what is doubtful about it."""
    yield from _absent(judged)
    yield from doubtful(judged)


def _absent(judged: Judged) -> Iterator[Finding]:
    """Yield what the standard demands and the message does not have.

    What the record does not hold may still stand in the message, in a form that only the residual
    can keep: that is not absent.
    """
    if not judged.missing:
        return
    there = {plain_path(leaf.path) for leaf in leaves(judged.tree) if leaf.value}
    words = f"{judged.record.header.source.standard} demands it"
    for path in dict.fromkeys(judged.missing):
        if not any(place == path or place.startswith(f"{path}/") for place in there):
            yield Finding(path, MISSING, words, refuses=True)


@dataclass(frozen=True, slots=True)
class Codec:
    """One release of one standard, or one dialect of it.

    Attributes:
        name: What records call it: the source's standard, the namespace of the residual.
        messages: Its messages by name.
        message_of: Names the message that a document is, None where it is none of them.
        write: Makes a document of a tree under the names of the tables.
        read: Makes a tree of a document.
        local: Gives that tree the names of the tables.
        finish: Sets what follows from the message as a whole.
        prepare: Puts into a record of another standard what this one says in words of its own.
        judge: Finds what is doubtful or wrong beyond the form.
        media_type: Of its documents.
        from_others: Whether a record of another standard can be written in it.
        addressed: Whether its messages say who hands them to whom.
    """

    name: str
    messages: Mapping[str, Message]
    message_of: Callable[[Node], str | None]
    write: Callable[[Node], bytes]
    read: Callable[[bytes, XmlLimits], Node] = parse
    local: Callable[[Node], Node] = _as_it_is
    finish: Callable[[TransitRecord, Message, Options], None] = _nothing
    prepare: Callable[[TransitRecord], None] = as_told
    judge: Callable[[Judged], Iterator[Finding]] = judge_plainly
    media_type: str = "application/xml"
    from_others: bool = True
    addressed: bool = False


def decode(
    codec: Codec,
    document: bytes,
    options: Options,
    *,
    message_name: str | None = None,
    root: Node | None = None,
) -> Mapped:
    """Read a message into a record.

    Args:
        codec: The standard.
        document: The message.
        options: How it is read.
        message_name: Which message it is; None lets the document say so itself.
        root: What `codec.read` made of the document, where that is known already.

    Raises:
        Refused: SOURCE_MALFORMED or CHARACTER_SET for what cannot be read, SOURCE_UNSUPPORTED
            for another message, RECORD_INVALID with the paths of the elements at fault.
    """
    if root is None:
        root = codec.read(document, options.limits)
    name = message_name or codec.message_of(root)
    if name is None:
        raise Refused(
            Reason.SOURCE_UNSUPPORTED, f"not one of the {codec.name} messages this node maps"
        )
    message, tree = codec.messages[name], codec.local(root)
    record = TransitRecord()
    header = record.header
    header.model_version = _MODEL_VERSION
    header.source.standard = codec.name
    header.sender_role = message.sender_role
    reader = Reader()
    reader.read(tree, message.element, record, "", message.parts)
    _finish(record, message, options)
    codec.finish(record, message, options)
    original = Original.NOT_ASKED_FOR
    if options.attach_original:
        original = _attach(record, document, codec.media_type)
    writer = Writer()
    found = account(tree, _written(record, message, writer))
    for path in found.absent:
        header.residual.add(namespace=codec.name, path=path)
    for leaf in found.residual:
        header.residual.add(namespace=codec.name, path=leaf.path, value=leaf.value)
    _check(record, reader.places)
    judged = Judged(tree, message, record, reader.places, options, tuple(writer.missing))
    findings = gather(codec.judge(judged))
    return Mapped(message.name, record, found, original, reader.places, findings)


def encode(codec: Codec, record: TransitRecord, *, with_residual: bool = True) -> Encoded:
    """Write a record as the message of the standard that it corresponds to.

    Args:
        codec: The standard.
        record: The record; its attached original is not looked at.
        with_residual: Whether the leaves kept word for word are put back.

    Raises:
        Refused: SOURCE_UNSUPPORTED for a record that is none of the messages, RECORD_INVALID or
            CHARACTER_SET for a residual or a text that no message can hold.
    """
    foreign = record.header.source.standard != codec.name
    message, writer = _message_for(codec, record), Writer(foreign=foreign)
    root = _written(record, message, writer)
    if with_residual:
        own = [item for item in record.header.residual if item.namespace == codec.name]
        take_away(root, [item.path for item in own if not item.HasField("value")])
        restore(root, [Leaf(item.path, item.value) for item in own if item.HasField("value")])
    return Encoded(message.name, codec.write(root), tuple(writer.missing), codec.media_type)


def _message_for(codec: Codec, record: TransitRecord) -> Message:
    """Find the message a record corresponds to.

    Several messages can be the same record, for example the rejections of two offices: then what
    was kept of it word for word says which it was, and its source, else the role of its sender,
    else how much of it each can say.
    """
    fitting = [message for message in codec.messages.values() if _fits(record, message)]
    if not fitting:
        body = record.WhichOneof("body")
        raise Refused(
            Reason.SOURCE_UNSUPPORTED, f"no {codec.name} message of this node for {body or 'it'}"
        )
    if len(fitting) == 1:
        return fitting[0]
    named, role = record.header.source.message, record.header.sender_role
    paths = (one.path for one in record.header.residual if one.namespace == codec.name)
    kept = next(paths, "").partition("/")[0]

    def fit(message: Message) -> tuple[bool, bool, bool, int, int]:
        writer = Writer()
        said = sum(1 for _ in leaves(_written(record, message, writer)))
        same = message.element == kept, message.name == named
        return *same, message.sender_role == role, -len(writer.missing), said

    return max(fitting, key=fit)


def _fits(record: TransitRecord, message: Message) -> bool:
    body: Any = record
    for step in message.body.split("."):
        if body.WhichOneof("body") != step:
            return False
        body = getattr(body, step)
    its_own = not message.without or record.header.source.message == message.name
    if not its_own and any(one.name in message.without for one, _ in body.ListFields()):
        return False
    return not message.kinds or getattr(body, message.kind_field) in message.kinds


def _finish(record: TransitRecord, message: Message, options: Options) -> None:
    """Set the body and its kind, and when it happened."""
    header = record.header
    body: Any = record
    for step in message.body.split("."):
        body = getattr(body, step)
        body.SetInParent()
    if message.kinds:
        setattr(body, message.kind_field, message.kinds[0])
    if header.source.HasField("prepared_at") and not header.HasField("occurred_at"):
        header.occurred_at.CopyFrom(header.source.prepared_at)
    if options.recorded_ms is not None:
        header.recorded_ms = options.recorded_ms


def _attach(record: TransitRecord, document: bytes, media_type: str) -> Original:
    original = record.header.original
    original.media_type = media_type
    original.sha256 = hashlib.sha256(document).digest()
    if len(document) > MAX_ORIGINAL_BYTES:
        return Original.TOO_LARGE
    original.content = document
    return Original.ATTACHED


def _written(record: TransitRecord, message: Message, writer: Writer) -> Node:
    root = Node(message.element)
    writer.write(record, root, message.element, message.parts)
    return root


def _check(record: TransitRecord, places: Mapping[str, str]) -> None:
    """Refuse a record that breaks rules, by the elements of the message at fault."""
    faults = check_record(record)
    if faults:
        named = "; ".join(_fault(fault, places) for fault in faults[:MAX_NAMED_FAULTS])
        raise Refused(Reason.RECORD_INVALID, named)


def _fault(fault: str, places: Mapping[str, str]) -> str:
    """Say where in the message the field of a fault ("rule path") came from."""
    rule, _, path = fault.partition(" ")
    place = places.get(path) or places.get(f"{path}.value") or path
    return f"{place} ({rule})"
