"""The frame of every standard: what a mapper is asked, and which standards this node speaks.

Rules:

* a standard is a value: how its documents are recognised, read and written; adding one adds a
  value to `standards()` and nothing elsewhere;
* a document is recognised by what it says it is, never by the name of its file.

Example:
    standard = recognise(document, XmlLimits()).standard
    mapped = standard.decode(document, Options())
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from corridor.errors import Reason, Refused
from corridor.standards.ncts import mapper as ncts
from corridor.standards.ncts.mapper import Encoded, Mapped, Options
from corridor.standards.ncts.releases import Release, releases
from corridor.standards.tree import Node
from corridor.standards.xml import XmlLimits, parse
from corridor.wire.v1.records_pb2 import TransitRecord


@dataclass(frozen=True, slots=True)
class Standard:
    """One release of one standard.

    Attributes:
        name: What `--to` and the record's source call it: "NCTS-P5".
        message_of: Names the message that a document is, or None where it is none of them.
        decode: Reads a document that it recognised; refuses as `ncts.mapper.decode` does.
        encode: Writes a record; refuses as `ncts.mapper.encode` does.
    """

    name: str
    message_of: Callable[[Node], str | None]
    decode: Callable[[bytes, Options], Mapped]
    encode: Callable[[TransitRecord, bool], Encoded]


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a document is."""

    standard: Standard
    message: str
    root: Node


@cache
def standards() -> tuple[Standard, ...]:
    """Return the standards that this node speaks."""
    return tuple(_ncts(release) for release in releases())


def standard_named(name: str) -> Standard:
    """Return a standard by its name, in any case.

    Raises:
        Refused: SOURCE_UNSUPPORTED for one that is not spoken here.
    """
    for standard in standards():
        if standard.name == name.upper():
            return standard
    known = ", ".join(standard.name for standard in standards())
    raise Refused(Reason.SOURCE_UNSUPPORTED, f"no such standard here; known are {known}")


def recognise(document: bytes, limits: XmlLimits) -> Recognised:
    """Say which standard and message a document is.

    Raises:
        Refused: SOURCE_MALFORMED or CHARACTER_SET for what cannot be read, SOURCE_UNSUPPORTED
            for what is no message of any standard here.
    """
    root = parse(document, limits)
    for standard in standards():
        message = standard.message_of(root)
        if message is not None:
            return Recognised(standard, message, root)
    raise Refused(Reason.SOURCE_UNSUPPORTED, "no message of a standard that this node speaks")


def _ncts(release: Release) -> Standard:
    def encode(record: TransitRecord, with_residual: bool) -> Encoded:  # noqa: FBT001
        return ncts.encode(record, with_residual=with_residual, release=release)

    def message_of(root: Node) -> str | None:
        message = ncts.message_of(root)
        return None if message is None or message[0] is not release else message[1].name

    return Standard(release.standard, message_of, ncts.decode, encode)
