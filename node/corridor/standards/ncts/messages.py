"""The six messages of traders that the mapper knows, each as one table.

Every table lists the elements in the order of the schema. Which record a message becomes, and
which message a record becomes, follows from `Message.body` and `Message.kinds`.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from corridor.standards.forms import (
    CODE,
    DATE,
    DECIMAL,
    FLAG,
    TEXT,
    identifier,
    one_identifier,
)
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts import parts
from corridor.standards.ncts.consignment import consignment
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

NAMESPACE: Final = "http://ncts.dgtaxud.ec"
STANDARD: Final = "NCTS-P5"

_IDS: Final = "header.movement.ids"
_LRN: Final = identifier(types.ID_SCHEME_LRN)
_MRN: Final = identifier(types.ID_SCHEME_MRN)
_CARNET: Final = identifier(types.ID_SCHEME_TIR_CARNET)
_GRN: Final = one_identifier(types.ID_SCHEME_GRN)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the standard: its name, its record, its table.

    `kinds` are the values of the body's field `kind` that belong to the message; the first is
    what reading sets.
    """

    name: str
    body: str
    sender_role: "records.Role.ValueType"
    kinds: tuple[int, ...]
    parts: Parts


def _header() -> Parts:
    return (
        Leaf("@PhaseID", "header.source.version", TEXT),
        Leaf("messageSender", "header.source.sender", TEXT, mandatory=True),
        Leaf("messageRecipient", "header.source.recipient", TEXT, mandatory=True),
        Leaf("preparationDateAndTime", "header.source.prepared_at", DATE, mandatory=True),
        Leaf("messageIdentification", "header.source.message_id", TEXT, mandatory=True),
        Leaf("messageType", "header.source.message", TEXT, mandatory=True),
        Leaf("correlationIdentifier", "header.source.correlation_id", TEXT),
    )


def _authorisations(field: str) -> Group:
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


def _guarantees(*, typed: bool) -> Group:
    return Group(
        "Guarantee",
        "declaration.dataset.guarantees",
        (
            parts.SEQUENCE,
            Leaf("guaranteeType", "type", CODE, mandatory=typed),
            Leaf("otherGuaranteeReference", "other_reference", TEXT),
            Group(
                "GuaranteeReference",
                "references",
                (
                    parts.SEQUENCE,
                    Leaf("GRN", "id", _GRN),
                    Leaf("accessCode", "access_code", TEXT),
                    Leaf("amountToBeCovered", "amount", DECIMAL),
                    Leaf("currency", "currency", TEXT),
                ),
                many=True,
            ),
        ),
        mandatory=True,
        many=True,
    )


def _declaration(*, amends: bool) -> Parts:
    """Return the table of a declaration (CC015C) or of an amendment (CC013C)."""
    operation = "declaration.dataset.operation"
    offices = "declaration.dataset.itinerary.offices"
    amendment = (
        Leaf("amendmentTypeFlag", "declaration.guarantee_amendment", FLAG, mandatory=True),
    )
    return (
        *_header(),
        Group(
            "TransitOperation",
            "",
            (
                Leaf("LRN", _IDS, _LRN, mandatory=not amends),
                *((Leaf("MRN", _IDS, _MRN),) if amends else ()),
                Leaf("declarationType", f"{operation}.declaration_type", CODE, mandatory=True),
                Leaf(
                    "additionalDeclarationType",
                    f"{operation}.additional_declaration_type",
                    CODE,
                    mandatory=True,
                ),
                Leaf("TIRCarnetNumber", _IDS, _CARNET),
                Leaf("presentationOfTheGoodsDateAndTime", f"{operation}.presentation_at", DATE),
                Leaf("security", f"{operation}.security", CODE, mandatory=True),
                Leaf(
                    "reducedDatasetIndicator",
                    f"{operation}.reduced_dataset",
                    FLAG,
                    mandatory=True,
                ),
                Leaf("specificCircumstanceIndicator", f"{operation}.specific_circumstance", CODE),
                Leaf("communicationLanguageAtDeparture", f"{operation}.language", TEXT),
                Leaf(
                    "bindingItinerary",
                    "declaration.dataset.itinerary.binding",
                    FLAG,
                    mandatory=True,
                ),
                *(amendment if amends else ()),
                Leaf("limitDate", f"{operation}.limit", DATE),
            ),
            mandatory=True,
        ),
        _authorisations("declaration.dataset.authorisations"),
        parts.office("CustomsOfficeOfDeparture", offices, types.OFFICE_ROLE_DEPARTURE),
        parts.office(
            "CustomsOfficeOfDestinationDeclared", offices, types.OFFICE_ROLE_DESTINATION_DECLARED
        ),
        parts.offices_on_the_way(
            "CustomsOfficeOfTransitDeclared", offices, types.OFFICE_ROLE_TRANSIT_DECLARED
        ),
        parts.offices_on_the_way(
            "CustomsOfficeOfExitForTransitDeclared", offices, types.OFFICE_ROLE_EXIT_DECLARED
        ),
        parts.holder("declaration.dataset.parties"),
        parts.representative("declaration.dataset.parties"),
        _guarantees(typed=not amends),
        consignment("declaration.dataset.consignment", whole=True, demanded=True),
    )


def _cancellation() -> Parts:
    """Return the table of a request to make a declaration invalid (CC014C)."""
    invalidation = "trader_request.invalidation"
    return (
        *_header(),
        Group(
            "TransitOperation",
            "",
            (Leaf("LRN", _IDS, _LRN), Leaf("MRN", _IDS, _MRN)),
            mandatory=True,
        ),
        Group(
            "Invalidation",
            invalidation,
            (
                Leaf("requestDateAndTime", "requested_at", DATE),
                Leaf("decisionDateAndTime", "decided_at", DATE),
                Leaf("decision", "granted", FLAG),
                Leaf("initiatedByCustoms", "initiated_by_customs", FLAG, mandatory=True),
                Leaf("justification", "justification", TEXT),
            ),
            mandatory=True,
        ),
        parts.office(
            "CustomsOfficeOfDeparture", "trader_request.offices", types.OFFICE_ROLE_DEPARTURE
        ),
        parts.holder("trader_request.parties"),
    )


def _presentation() -> Parts:
    """Return the table of the presentation of pre-lodged goods (CC170C)."""
    return (
        *_header(),
        Group(
            "TransitOperation",
            "",
            (
                Leaf("LRN", _IDS, _LRN, mandatory=True),
                Leaf("limitDate", "trader_request.limit", DATE),
            ),
            mandatory=True,
        ),
        parts.office(
            "CustomsOfficeOfDeparture", "trader_request.offices", types.OFFICE_ROLE_DEPARTURE
        ),
        parts.holder("trader_request.parties"),
        parts.representative("trader_request.parties"),
        consignment("trader_request.consignment", whole=False, demanded=True),
    )


def _arrival() -> Parts:
    """Return the table of an arrival notification (CC007C)."""
    return (
        *_header(),
        Group(
            "TransitOperation",
            "",
            (
                Leaf("MRN", _IDS, _MRN, mandatory=True),
                Leaf(
                    "arrivalNotificationDateAndTime",
                    "arrival_notice.arrived_at",
                    DATE,
                    mandatory=True,
                ),
                Leaf(
                    "simplifiedProcedure",
                    "arrival_notice.simplified_procedure",
                    FLAG,
                    mandatory=True,
                ),
                Leaf("incidentFlag", "arrival_notice.incident", FLAG, mandatory=True),
            ),
            mandatory=True,
        ),
        _authorisations("arrival_notice.authorisations"),
        parts.office(
            "CustomsOfficeOfDestinationActual",
            "arrival_notice.offices",
            types.OFFICE_ROLE_DESTINATION_ACTUAL,
        ),
        parts.trader_at_destination("arrival_notice.parties"),
        Group(
            "Consignment",
            "",
            (
                parts.location_of_goods("arrival_notice.location", mandatory=True),
                parts.incidents("arrival_notice.incidents"),
            ),
            mandatory=True,
        ),
    )


def _unloading() -> Parts:
    """Return the table of unloading remarks (CC044C)."""
    remarks = "unloading.remarks"
    return (
        *_header(),
        Group(
            "TransitOperation",
            "",
            (
                Leaf("MRN", _IDS, _MRN, mandatory=True),
                Leaf("otherThingsToReport", "unloading.other_things", TEXT),
            ),
            mandatory=True,
        ),
        parts.office(
            "CustomsOfficeOfDestinationActual",
            "unloading.offices",
            types.OFFICE_ROLE_DESTINATION_ACTUAL,
        ),
        parts.trader_at_destination("unloading.parties"),
        Group(
            "UnloadingRemark",
            remarks,
            (
                Leaf("conform", "conform", FLAG, mandatory=True),
                Leaf("unloadingCompletion", "complete", FLAG, mandatory=True),
                Leaf("unloadingDate", "date", DATE, mandatory=True),
                Leaf("stateOfSeals", "seals_in_order", FLAG),
                Leaf("unloadingRemark", "text", TEXT),
            ),
            mandatory=True,
        ),
        consignment("unloading.consignment", whole=False, demanded=False),
    )


@cache
def messages() -> tuple[Message, ...]:
    """Return the messages that the mapper knows."""
    holder, trader = records.ROLE_HOLDER, records.ROLE_TRADER_AT_DESTINATION
    return (
        Message(
            "CC007C",
            "arrival_notice",
            trader,
            (records.ARRIVAL_NOTICE_KIND_NOTIFICATION,),
            _arrival(),
        ),
        Message(
            "CC013C",
            "declaration",
            holder,
            (records.DECLARATION_KIND_AMENDMENT,),
            _declaration(amends=True),
        ),
        Message(
            "CC014C",
            "trader_request",
            holder,
            (records.TRADER_REQUEST_KIND_CANCEL,),
            _cancellation(),
        ),
        Message(
            "CC015C",
            "declaration",
            holder,
            (records.DECLARATION_KIND_ORIGINAL, records.DECLARATION_KIND_PRELODGED),
            _declaration(amends=False),
        ),
        Message(
            "CC044C",
            "unloading",
            trader,
            (records.UNLOADING_KIND_REMARKS,),
            _unloading(),
        ),
        Message(
            "CC170C",
            "trader_request",
            holder,
            (records.TRADER_REQUEST_KIND_PRESENTATION,),
            _presentation(),
        ),
    )
