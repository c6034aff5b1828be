"""What customs answer to a declaration (RES): the function code says which answer it is."""

from typing import Final

from corridor.standards.forms import NUMBER
from corridor.standards.loose import CODE, particular, text
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.message import Message
from corridor.standards.wco.forms import (
    NUMBER_OF_DECLARATION,
    REFERENCE,
    constant,
    else_constant,
)
from corridor.standards.wco.rows import (
    AMENDMENTS,
    FACTS,
    POINTERS,
    date,
    date_fact,
    duties,
    metadata,
    said,
    stated,
    statements,
)
from corridor.wire.v1 import records_pb2 as records

_FUNCTION: Final = particular("declaration", "function")
_REJECTION: Final = "exchange.acknowledgement"


def _status() -> Group:
    return Group(
        "Status",
        FACTS,
        (
            date_fact("EffectiveDateTime", "at"),
            stated("NameCode", "code"),
            date_fact("ReleaseDateTime", "released"),
            POINTERS,
        ),
        many=True,
        marks={"name": "status"},
    )


def _errors(body: str) -> Group:
    if body == _REJECTION:
        return Group(
            "Error",
            f"{body}.errors",
            (
                Leaf("Description", "reason", text(512)),
                Leaf("ValidationCode", "code", CODE),
                POINTERS,
            ),
            many=True,
        )
    return Group(
        "Error",
        FACTS,
        (stated("Description", "text"), stated("ValidationCode", "code"), POINTERS),
        many=True,
        marks={"name": "error"},
    )


def _when(element: str, word: str, field: str | None) -> Group:
    """Return the row of a date of the answer, which only some bodies have a field for."""
    if field is not None:
        return date(element, field)
    code = said("@formatCode", "declaration", f"{word}.format")
    inner = Group("DateTimeString", "", (code, said(".", "declaration", word)))
    return Group(element, "", (inner,))


def _declaration(body: str) -> Group:
    accepted = f"{body}.accepted_at" if body == "declaration_decision" else None
    return Group(
        "Declaration",
        "",
        (
            _when("AcceptanceDateTime", "accepted", accepted),
            _when("CancellationDateTime", "cancelled", None),
            Leaf("FunctionalReferenceID", "header.movement.ids", REFERENCE),
            Leaf("ID", "header.movement.ids", NUMBER_OF_DECLARATION),
            _when("RejectionDateTime", "rejected", f"{body}.at" if body == _REJECTION else None),
            said("VersionID", "declaration", "version"),
            duties(FACTS),
            Group(
                "GoodsShipment",
                "",
                (
                    Group(
                        "GovernmentAgencyGoodsItem",
                        FACTS,
                        (Leaf("SequenceNumeric", "sequence", NUMBER, mandatory=True),),
                        many=True,
                        marks={"name": "item"},
                    ),
                ),
            ),
        ),
        mandatory=True,
    )


def _location(element: str) -> Leaf:
    return said(element, "declared", f"location.{element.lower()}")


_GOODS_LOCATION: Final = Group(
    "GoodsLocation",
    "",
    (
        _location("Name"),
        _location("TypeCode"),
        Group(
            "Address",
            "",
            (
                said("TypeCode", "declared", "location.qualifier"),
                said("CountryCode", "declared", "location.country"),
            ),
        ),
    ),
)
_DECLARED: Final = Group(
    "Declared",
    "",
    (
        said("@xmlns", "declared", "namespace"),
        said("FunctionCode", "declared", "function"),
        Group("GoodsShipment", "", (Group("Consignment", "", (_GOODS_LOCATION,)),)),
    ),
)
"""What was declared, where an answer repeats it: a declaration in a namespace of its own."""


def _response(function: str, body: str) -> Parts:
    code = else_constant(_FUNCTION, function) if function else _FUNCTION
    response = Group(
        "Response",
        "",
        (
            said("@xmlns", "document", "declaration.namespace"),
            said("@xmlns.schemas", "document", "declaration.schemas"),
            said("@xmlns.dates", "document", "dates.namespace"),
            Leaf("FunctionCode", FACTS, code, mandatory=True),
            Leaf("FunctionalReferenceID", "header.source.message_id", text(70)),
            date("IssueDateTime", "header.source.prepared_at"),
            statements(),
            AMENDMENTS,
            Group("AppealOffice", "", (said("ID", "answer", "appeal_office"),)),
            Group(
                "Bank",
                "",
                (said("ReferenceID", "answer", "bank.reference"), said("ID", "answer", "bank.id")),
            ),
            _errors(body),
            _status(),
            _declaration(body),
            _DECLARED,
        ),
        mandatory=True,
    )
    return metadata(response, constant("RES"))


def responses() -> tuple[Message, ...]:
    """Return the answers, each under "RES-" and its function code; others are "RES"."""
    decided = "declaration_decision"
    accepted = (records.DECLARATION_DECISION_KIND_ACCEPTED,)
    received = (records.DECLARATION_DECISION_KIND_RECEIVED,)
    amended = (records.DECLARATION_DECISION_KIND_AMENDMENT_ACCEPTED,)
    rejected = (records.ACKNOWLEDGEMENT_KIND_BUSINESS_REJECTED,)
    taken = (records.ACKNOWLEDGEMENT_KIND_TAKEN,)
    known: tuple[tuple[str, str, tuple[int, ...]], ...] = (
        ("01", decided, accepted),
        ("02", decided, received),
        ("03", _REJECTION, rejected),
        ("05", "control_decision", ()),
        ("07", decided, amended),
        ("09", "discharge", ()),
        ("10", "cancellation_decision", ()),
        ("", _REJECTION, taken),
    )
    office = records.ROLE_OFFICE_OF_DEPARTURE
    return tuple(
        Message(
            f"RES-{code}" if code else "RES",
            body,
            office,
            kinds,
            _response(code, body),
            root="MetaData",
        )
        for code, body, kinds in known
    )
