"""The messages that holders and traders at destination write to customs."""

from corridor.standards.forms import CODE, DATE, DECIMAL, FLAG, TEXT
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts import parts
from corridor.standards.ncts.consignment import DECLARED, FOUND, PRESENTED, consignment
from corridor.standards.ncts.incidents import incidents
from corridor.standards.ncts.message import (
    CARNET,
    GRN,
    IDS,
    LRN,
    MRN,
    Message,
    authorisations,
    header,
)
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types


def guarantees(field: str, *, typed: bool, covered: bool = False) -> Group:
    """Return the row of guarantees; `typed` demands their type, `covered` an amount."""
    return Group(
        "Guarantee",
        field,
        (
            parts.SEQUENCE,
            Leaf("guaranteeType", "type", CODE, mandatory=typed),
            Leaf("otherGuaranteeReference", "other_reference", TEXT),
            Group(
                "GuaranteeReference",
                "references",
                (
                    parts.SEQUENCE,
                    Leaf("GRN", "id", GRN),
                    Leaf("accessCode", "access_code", TEXT),
                    Leaf("amountToBeCovered", "amount", DECIMAL, mandatory=covered),
                    Leaf("currency", "currency", TEXT, mandatory=covered),
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
        *header(),
        Group(
            "TransitOperation",
            "",
            (
                Leaf("LRN", IDS, LRN, mandatory=not amends),
                *((Leaf("MRN", IDS, MRN),) if amends else ()),
                Leaf("declarationType", f"{operation}.declaration_type", CODE, mandatory=True),
                Leaf(
                    "additionalDeclarationType",
                    f"{operation}.additional_declaration_type",
                    CODE,
                    mandatory=True,
                ),
                Leaf("TIRCarnetNumber", IDS, CARNET),
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
        authorisations("declaration.dataset.authorisations"),
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
        guarantees("declaration.dataset.guarantees", typed=not amends),
        consignment("declaration.dataset.consignment", DECLARED),
    )


def invalidation(field: str) -> Group:
    """Return the row of an invalidation, asked for or decided."""
    return Group(
        "Invalidation",
        field,
        (
            Leaf("requestDateAndTime", "requested_at", DATE),
            Leaf("decisionDateAndTime", "decided_at", DATE),
            Leaf("decision", "granted", FLAG),
            Leaf("initiatedByCustoms", "initiated_by_customs", FLAG, mandatory=True),
            Leaf("justification", "justification", TEXT),
        ),
        mandatory=True,
    )


def _cancellation() -> Parts:
    """Return the table of a request to make a declaration invalid (CC014C)."""
    return (
        *header(),
        Group(
            "TransitOperation",
            "",
            (Leaf("LRN", IDS, LRN), Leaf("MRN", IDS, MRN)),
            mandatory=True,
        ),
        invalidation("trader_request.invalidation"),
        parts.office(
            "CustomsOfficeOfDeparture", "trader_request.offices", types.OFFICE_ROLE_DEPARTURE
        ),
        parts.holder("trader_request.parties"),
    )


def _presentation() -> Parts:
    """Return the table of the presentation of pre-lodged goods (CC170C)."""
    return (
        *header(),
        Group(
            "TransitOperation",
            "",
            (
                Leaf("LRN", IDS, LRN, mandatory=True),
                Leaf("limitDate", "trader_request.limit", DATE),
            ),
            mandatory=True,
        ),
        parts.office(
            "CustomsOfficeOfDeparture", "trader_request.offices", types.OFFICE_ROLE_DEPARTURE
        ),
        parts.holder("trader_request.parties"),
        parts.representative("trader_request.parties"),
        consignment("trader_request.consignment", PRESENTED),
    )


def _arrival() -> Parts:
    """Return the table of an arrival notification (CC007C)."""
    return (
        *header(),
        Group(
            "TransitOperation",
            "",
            (
                Leaf("MRN", IDS, MRN, mandatory=True),
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
        authorisations("arrival_notice.authorisations"),
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
                incidents("arrival_notice.incidents"),
            ),
            mandatory=True,
        ),
    )


def _unloading() -> Parts:
    """Return the table of unloading remarks (CC044C)."""
    remarks = "unloading.remarks"
    return (
        *header(),
        Group(
            "TransitOperation",
            "",
            (
                Leaf("MRN", IDS, MRN, mandatory=True),
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
        consignment("unloading.consignment", FOUND),
    )


def trader_messages() -> tuple[Message, ...]:
    """Return the messages that traders write."""
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
