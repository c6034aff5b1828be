"""The frame of every standard: what a mapper is asked, and which standards this node speaks.

Rules:

* a standard is a value: how its documents are recognised, read and written; adding one adds a
  value to `standards()` and nothing elsewhere;
* a document is recognised by what it says it is, never by the name of its file;
* where a form has dialects, the dialect of this node's national system goes before the common one.

Example:
    standard = recognise(document, Options()).standard
    mapped = standard.decode(document, Options())
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from corridor.errors import Reason, Refused
from corridor.standards import mapper
from corridor.standards.asycuda.codec import codec as asycuda
from corridor.standards.dialect import Dialect
from corridor.standards.edifact import codec as edifact
from corridor.standards.edifact.syntax import looks_like
from corridor.standards.findings import refuse
from corridor.standards.judging import Judging, Rules
from corridor.standards.mapper import Codec, Encoded, Mapped, Options
from corridor.standards.ncts import mapper as ncts
from corridor.standards.ncts.releases import releases
from corridor.standards.tree import Node
from corridor.standards.wco.codec import codec as wco
from corridor.standards.xml import XmlLimits, parse
from corridor.wire.v1.records_pb2 import TransitRecord


class Decoder(Protocol):
    """Reads a document into a record; `root` is its tree, where that was made already."""

    def __call__(self, document: bytes, options: Options, root: Node | None = None) -> Mapped:
        """Return the record and what became of each leaf."""


@dataclass(frozen=True, slots=True)
class Standard:
    """One release of one standard.

    Attributes:
        name: What `--to` and the record's source call it: "NCTS-P5".
        message_of: Names the message that a document is, or None where it is none of them.
        decode: Reads a document that it recognised; refuses as `mapper.decode` does.
        encode: Writes a record; refuses as `mapper.encode` does.
        again: Reads back what `encode` wrote; published rules are not asked.
        read: Makes a tree of a document.
        local: Gives that tree the names of the tables.
        prepare: Puts into a record of another standard what this one says in words of its own.
        from_others: Whether a record of another standard can be written in it.
        addressed: Whether its messages say who hands them to whom.
    """

    name: str
    message_of: Callable[[Node], str | None]
    decode: Decoder
    encode: Callable[[TransitRecord, bool], Encoded]
    again: Callable[[Encoded], Mapped]
    read: Callable[[bytes, XmlLimits], Node] = parse
    local: Callable[[Node], Node] = lambda root: root
    prepare: Callable[[TransitRecord], None] = mapper.as_told
    from_others: bool = True
    addressed: bool = False


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a document is."""

    standard: Standard
    message: str
    root: Node


@cache
def standards(dialect: Dialect | None = None) -> tuple[Standard, ...]:
    """Return the standards that this node speaks; the first that knows a document reads it."""
    dialects = (asycuda(None),) if dialect is None else (asycuda(dialect), asycuda(None))
    codecs = (*(ncts.codec(release) for release in releases()), wco(), edifact.codec(), *dialects)
    return tuple(map(_standard, codecs))


def standard_named(name: str, dialect: Dialect | None = None) -> Standard:
    """Return a standard by its name, in any case.

    Raises:
        Refused: SOURCE_UNSUPPORTED for one that is not spoken here.
    """
    for standard in standards(dialect):
        if standard.name.upper() == name.upper():
            return standard
    known = ", ".join(standard.name for standard in standards(dialect))
    raise Refused(Reason.SOURCE_UNSUPPORTED, f"no such standard here; known are {known}")


def standard_as_it_came(name: str, dialect: Dialect | None = None) -> Standard:
    """Return the standard that a record came in, or NCTS where that is not known here."""
    known = {standard.name: standard for standard in standards(dialect)}
    return known.get(name, standards(dialect)[0])


def recognise(document: bytes, options: Options) -> Recognised:
    """Say which standard and message a document is.

    Raises:
        Refused: SOURCE_MALFORMED or CHARACTER_SET for what cannot be read, SOURCE_UNSUPPORTED
            for what is no message of any standard here.
    """
    read = edifact.read if looks_like(document) else parse
    root = read(document, options.limits)
    for standard in standards(options.dialect):
        message = standard.message_of(root) if standard.read is read else None
        if message is not None:
            return Recognised(standard, message, root)
    raise Refused(Reason.SOURCE_UNSUPPORTED, "no message of a standard that this node speaks")


def decode(document: bytes, options: Options) -> Mapped:
    """Read a document of any standard into a record, as a node takes it.

    Raises:
        Refused: As `mapper.decode` does, or by a finding that refuses.
    """
    known = recognise(document, options)
    mapped = known.standard.decode(document, options, known.root)
    refuse(mapped.findings)
    return mapped


def encode(record: TransitRecord, dialect: Dialect | None = None) -> Encoded:
    """Write a record in the standard that it came in, or as NCTS where that is not known here.

    Raises:
        Refused: As `mapper.encode` does.
    """
    return standard_as_it_came(record.header.source.standard, dialect).encode(record, True)


def _standard(codec: Codec) -> Standard:
    def decoded(document: bytes, options: Options, root: Node | None = None) -> Mapped:
        return mapper.decode(codec, document, options, root=root)

    def encoded(record: TransitRecord, with_residual: bool) -> Encoded:  # noqa: FBT001
        return mapper.encode(codec, record, with_residual=with_residual)

    def again(written: Encoded) -> Mapped:
        # what is written with line breaks is longer than what may come in
        limits = XmlLimits(max_bytes=max(XmlLimits().max_bytes, len(written.document)))
        options = Options(limits, judging=Judging(rules=Rules.OFF))
        return mapper.decode(codec, written.document, options, message_name=written.message)

    return Standard(
        codec.name,
        codec.message_of,
        decoded,
        encoded,
        again,
        codec.read,
        codec.local,
        codec.prepare,
        codec.from_others,
        codec.addressed,
    )
