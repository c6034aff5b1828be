"""What a message of NCTS is to the mapper, and the rows that every message begins with."""

from typing import Final

from corridor.standards.forms import CODE, DATE, TEXT, identifier, one_identifier
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.message import Message as Message  # noqa: PLC0414 (an export on purpose)
from corridor.standards.ncts import parts
from corridor.wire.v1 import types_pb2 as types

NAMESPACE: Final = "http://ncts.dgtaxud.ec"
STANDARD: Final = "NCTS-P5"

IDS: Final = "header.movement.ids"
LRN: Final = identifier(types.ID_SCHEME_LRN)
MRN: Final = identifier(types.ID_SCHEME_MRN)
CARNET: Final = identifier(types.ID_SCHEME_TIR_CARNET)
GRN: Final = one_identifier(types.ID_SCHEME_GRN)


def header() -> Parts:
    """Return the rows of the header."""
    return (
        Leaf("@PhaseID", "header.source.version", TEXT),
        Leaf("messageSender", "header.source.sender", TEXT, mandatory=True),
        Leaf("messageRecipient", "header.source.recipient", TEXT, mandatory=True),
        Leaf("preparationDateAndTime", "header.source.prepared_at", DATE, mandatory=True),
        Leaf("messageIdentification", "header.source.message_id", TEXT, mandatory=True),
        Leaf("messageType", "header.source.message", TEXT, mandatory=True),
        Leaf("correlationIdentifier", "header.source.correlation_id", TEXT),
    )


def date(element: str, field: str, *, mandatory: bool = True) -> Leaf:
    """Return the row of a date, which most messages demand."""
    return Leaf(element, field, DATE, mandatory=mandatory)


def operation(*rows: Leaf) -> Group:
    """Return the group of the operation, whose values stand in the header and the body."""
    return Group("TransitOperation", "", rows, mandatory=True)


def lrn(*, mandatory: bool = False) -> Leaf:
    """Return the row of the local reference number."""
    return Leaf("LRN", IDS, LRN, mandatory=mandatory)


def mrn(*, mandatory: bool = True) -> Leaf:
    """Return the row of the movement reference number."""
    return Leaf("MRN", IDS, MRN, mandatory=mandatory)


def authorisations(field: str) -> Group:
    """Return the row of the authorisations that a trader uses."""
    return Group(
        "Authorisation",
        field,
        (
            parts.SEQUENCE,
            Leaf("type", "type", CODE, mandatory=True),
            Leaf("referenceNumber", "reference", TEXT, mandatory=True),
        ),
        many=True,
    )


REJECTION: Final = "exchange.acknowledgement"
REJECTED: Final[tuple[Leaf, ...]] = (
    Leaf("businessRejectionType", f"{REJECTION}.rejection_type", CODE, mandatory=True),
    date("rejectionDateAndTime", f"{REJECTION}.at"),
    Leaf("rejectionCode", f"{REJECTION}.reason.code", CODE, mandatory=True),
    Leaf("rejectionReason", f"{REJECTION}.reason.text", TEXT),
)
FAULTS: Final = Group(
    "FunctionalError",
    f"{REJECTION}.errors",
    (
        Leaf("errorPointer", "pointer", TEXT, mandatory=True),
        Leaf("errorCode", "code", CODE, mandatory=True),
        Leaf("errorReason", "reason", TEXT, mandatory=True),
        Leaf("originalAttributeValue", "original", TEXT),
    ),
    many=True,
)
