"""How interchanges of EDIFACT are recognised, read and written.

A record keeps the segments of an interchange in their order; one that came from another standard
has none, so it is not written as EDIFACT.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from corridor.standards.edifact.derived import derive
from corridor.standards.edifact.grouping import flat, grouped, interchange_of
from corridor.standards.edifact.messages import cusdec, cusres
from corridor.standards.edifact.syntax import parse, render
from corridor.standards.mapper import Codec, Options
from corridor.standards.message import Message
from corridor.standards.tree import Node
from corridor.standards.xml import XmlLimits
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1.records_pb2 import TransitRecord

STANDARD: Final = "EDIFACT"
MEDIA_TYPE: Final = "application/EDIFACT"


@cache
def codec() -> Codec:
    """Return how the messages are read and written."""
    return Codec(
        STANDARD,
        _messages(),
        _message_of,
        lambda root: render(interchange_of(root)),
        read=read,
        local=_local,
        finish=_finish,
        media_type=MEDIA_TYPE,
        from_others=False,
    )


@cache
def _messages() -> Mapping[str, Message]:
    declared = (
        records.DECLARATION_KIND_ORIGINAL,
        records.DECLARATION_KIND_PRELODGED,
        records.DECLARATION_KIND_AMENDMENT,
    )
    answered = (
        records.ACKNOWLEDGEMENT_KIND_TAKEN,
        records.ACKNOWLEDGEMENT_KIND_BUSINESS_REJECTED,
    )
    return {
        "CUSDEC": Message("CUSDEC", "declaration", records.ROLE_HOLDER, declared, cusdec()),
        "CUSRES": Message(
            "CUSRES",
            "exchange.acknowledgement",
            records.ROLE_OFFICE_OF_DEPARTURE,
            answered,
            cusres(),
        ),
    }


def read(document: bytes, limits: XmlLimits) -> Node:
    """Return the segments of an interchange; refuses as `syntax.parse` does."""
    return flat(parse(document, limits))


def _message_of(root: Node) -> str | None:
    heads = (child for child in root.children if child.name == "UNH")
    parts = (part.text for head in heads for part in head.children if part.name == "2.1")
    name = next(parts, "") if root.name == "EDIFACT" else ""
    return name if name in _messages() else None


def _local(root: Node) -> Node:
    name = _message_of(root) or ""
    return grouped(interchange_of(root), name, _messages()[name].parts)


def _finish(record: TransitRecord, message: Message, options: Options) -> None:
    del options
    record.header.source.message = message.name
    derive(record)
