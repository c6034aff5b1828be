"""The messages that the office of departure writes to the holder and the guarantor."""

from typing import Final

from corridor.standards.forms import CODE, DECIMAL, FLAG, TEXT
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts import parts
from corridor.standards.ncts.consignment import RELEASED, consignment
from corridor.standards.ncts.incidents import incidents
from corridor.standards.ncts.message import (
    CARNET,
    FAULTS,
    GRN,
    IDS,
    REJECTED,
    REJECTION,
    Message,
    authorisations,
    date,
    header,
    lrn,
    mrn,
    operation,
)
from corridor.standards.ncts.traders import guarantees, invalidation
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

_DEPARTURE: Final = records.ROLE_OFFICE_OF_DEPARTURE


def _departure(body: str) -> Group:
    return parts.office("CustomsOfficeOfDeparture", f"{body}.offices", types.OFFICE_ROLE_DEPARTURE)


def _holder(body: str) -> Group:
    return parts.holder(f"{body}.parties")


def guarantor(body: str) -> Group:
    """Return the row of the guarantor."""
    return Group(
        "Guarantor",
        f"{body}.parties",
        (
            Leaf("identificationNumber", "ids", parts.EORI),
            Leaf("name", "name", TEXT),
            parts.ADDRESS,
        ),
        marks={"role": types.PARTY_ROLE_GUARANTOR},
    )


def _amendment_accepted() -> Parts:
    body = "declaration_decision"
    return (
        *header(),
        operation(
            lrn(),
            mrn(mandatory=False),
            date("amendmentSubmissionDateAndTime", f"{body}.submitted_at"),
            date("amendmentAcceptanceDateAndTime", f"{body}.accepted_at"),
        ),
        _departure(body),
        _holder(body),
    )


def _invalidated() -> Parts:
    body = "cancellation_decision"
    return (
        *header(),
        operation(lrn(), mrn(mandatory=False)),
        invalidation(f"{body}.invalidation"),
        _departure(body),
        _holder(body),
    )


def _discrepancies() -> Parts:
    body = "control_result"
    return (
        *header(),
        operation(
            mrn(),
            date("discrepanciesNotificationDate", f"{body}.notified_on"),
            Leaf("discrepanciesNotificationText", f"{body}.notice", TEXT),
        ),
        _departure(body),
        _holder(body),
        guarantor(body),
    )


def _accepted() -> Parts:
    body = "declaration_decision"
    return (
        *header(),
        operation(
            lrn(mandatory=True),
            mrn(),
            date("declarationAcceptanceDate", f"{body}.accepted_at"),
        ),
        _departure(body),
        _holder(body),
    )


def _received() -> Parts:
    body = "declaration_decision"
    return (*header(), operation(lrn(mandatory=True)), _departure(body), _holder(body))


def _released() -> Parts:
    dataset = "movement_released.dataset"
    offices, terms = f"{dataset}.itinerary.offices", f"{dataset}.operation"
    return (
        *header(),
        operation(
            lrn(mandatory=True),
            mrn(),
            Leaf("declarationType", f"{terms}.declaration_type", CODE, mandatory=True),
            Leaf(
                "additionalDeclarationType",
                f"{terms}.additional_declaration_type",
                CODE,
                mandatory=True,
            ),
            Leaf("TIRCarnetNumber", IDS, CARNET),
            date("declarationAcceptanceDate", f"{terms}.accepted_on"),
            date("releaseDate", f"{terms}.released_on"),
            Leaf("security", f"{terms}.security", CODE, mandatory=True),
            Leaf("reducedDatasetIndicator", f"{terms}.reduced_dataset", FLAG, mandatory=True),
            Leaf("specificCircumstanceIndicator", f"{terms}.specific_circumstance", CODE),
            Leaf("communicationLanguageAtDeparture", f"{terms}.language", TEXT),
            Leaf("bindingItinerary", f"{dataset}.itinerary.binding", FLAG, mandatory=True),
        ),
        authorisations(f"{dataset}.authorisations"),
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
        parts.holder(f"{dataset}.parties"),
        parts.representative(f"{dataset}.parties"),
        Group(
            "ControlResult",
            f"{dataset}.control_result",
            (
                Leaf("code", "code", CODE, mandatory=True),
                date("date", "date"),
                Leaf("controlledBy", "controlled_by", TEXT, mandatory=True),
                Leaf("text", "text", TEXT),
            ),
        ),
        guarantees(f"{dataset}.guarantees", typed=True, covered=True),
        consignment(f"{dataset}.consignment", RELEASED),
    )


def _recovery_told() -> Parts:
    body = "enquiry_recovery.recovery"
    return (
        *header(),
        operation(mrn(), date("declarationAcceptanceDate", f"{body}.accepted_on")),
        Group(
            "RecoveryNotification",
            "",
            (
                date("recoveryNotificationDate", f"{body}.at", mandatory=False),
                Leaf("recoveryNotificationText", f"{body}.text", TEXT),
                Leaf("amountClaimed", f"{body}.amount", DECIMAL, mandatory=True),
                Leaf("currency", f"{body}.currency", TEXT, mandatory=True),
            ),
            mandatory=True,
        ),
        _departure(body),
        parts.office(
            "CustomsOfficeOfRecoveryAtDeparture", f"{body}.offices", types.OFFICE_ROLE_RECOVERY
        ),
        _holder(body),
        guarantor(body),
    )


def _written_off() -> Parts:
    return (
        *header(),
        operation(mrn(), date("writeOffDate", "discharge.discharged_on")),
        _departure("discharge"),
        _holder("discharge"),
        guarantor("discharge"),
    )


def _not_released() -> Parts:
    body = "release_refused"
    return (
        *header(),
        operation(
            mrn(),
            date("declarationSubmissionDateAndTime", f"{body}.submitted_at"),
            Leaf("noReleaseMotivationCode", f"{body}.reason.code", CODE, mandatory=True),
            Leaf("noReleaseMotivationText", f"{body}.reason.text", TEXT, mandatory=True),
        ),
        _departure(body),
        _holder(body),
        parts.representative(f"{body}.parties", status=False),
    )


def _guarantee_invalid() -> Parts:
    body = "guarantee_result"
    return (
        *header(),
        operation(mrn(), date("declarationAcceptanceDate", f"{body}.accepted_on")),
        _departure(body),
        _holder(body),
        Group(
            "GuaranteeReference",
            f"{body}.guarantees[0].references",
            (
                parts.SEQUENCE,
                Leaf("GRN", "id", GRN, mandatory=True),
                Group(
                    "InvalidGuaranteeReason",
                    "invalid",
                    (
                        parts.SEQUENCE,
                        Leaf("code", "code", CODE, mandatory=True),
                        Leaf("text", "text", TEXT),
                    ),
                    mandatory=True,
                    many=True,
                ),
            ),
            mandatory=True,
            many=True,
        ),
    )


def _rejected_at_departure() -> Parts:
    return (
        *header(),
        operation(lrn(), mrn(mandatory=False), *REJECTED),
        _departure(REJECTION),
        _holder(REJECTION),
        parts.representative(f"{REJECTION}.parties"),
        FAULTS,
    )


def _control_told() -> Parts:
    body = "control_decision"
    return (
        *header(),
        operation(
            lrn(),
            mrn(mandatory=False),
            date("controlNotificationDateAndTime", f"{body}.notified_at"),
            Leaf("notificationType", f"{body}.notification_type", CODE, mandatory=True),
        ),
        _departure(body),
        _holder(body),
        parts.representative(f"{body}.parties"),
        Group(
            "TypeOfControls",
            f"{body}.types",
            (
                parts.SEQUENCE,
                Leaf("type", "code", CODE, mandatory=True),
                Leaf("text", "text", TEXT),
            ),
            many=True,
        ),
        Group(
            "RequestedDocument",
            f"{body}.requested_documents",
            (
                parts.SEQUENCE,
                Leaf("documentType", "type", CODE, mandatory=True),
                Leaf("description", "text", TEXT),
            ),
            many=True,
        ),
    )


def _incident_told() -> Parts:
    body = "incident_notice"
    return (
        *header(),
        operation(mrn(), date("incidentNotificationDateAndTime", f"{body}.notified_at")),
        _departure(body),
        parts.office(
            "CustomsOfficeOfIncidentRegistration",
            f"{body}.offices",
            types.OFFICE_ROLE_INCIDENT,
        ),
        Group(
            "Consignment",
            "",
            (incidents(f"{body}.incidents", mandatory=True),),
            mandatory=True,
        ),
    )


def customs_messages() -> tuple[Message, ...]:
    """Return the messages of customs at departure to traders."""
    accepted = records.DECLARATION_DECISION_KIND_ACCEPTED
    amended = records.DECLARATION_DECISION_KIND_AMENDMENT_ACCEPTED
    received = records.DECLARATION_DECISION_KIND_RECEIVED
    told = records.CONTROL_RESULT_KIND_DISCREPANCY_NOTICE
    debtor = records.RECOVERY_KIND_DEBTOR_TOLD
    rejected = records.ACKNOWLEDGEMENT_KIND_BUSINESS_REJECTED
    released = (records.RELEASE_PURPOSE_HOLDER,)
    recovery, recovering = "enquiry_recovery.recovery", records.ROLE_RECOVERY_AUTHORITY
    return (
        Message("CC004C", "declaration_decision", _DEPARTURE, (amended,), _amendment_accepted()),
        Message("CC009C", "cancellation_decision", _DEPARTURE, (), _invalidated()),
        Message("CC019C", "control_result", _DEPARTURE, (told,), _discrepancies()),
        Message("CC028C", "declaration_decision", _DEPARTURE, (accepted,), _accepted()),
        Message("CC029C", "movement_released", _DEPARTURE, released, _released(), "purpose"),
        Message("CC035C", recovery, recovering, (debtor,), _recovery_told()),
        Message("CC045C", "discharge", _DEPARTURE, (), _written_off()),
        Message("CC051C", "release_refused", _DEPARTURE, (), _not_released()),
        Message("CC055C", "guarantee_result", _DEPARTURE, (), _guarantee_invalid()),
        Message("CC056C", REJECTION, _DEPARTURE, (rejected,), _rejected_at_departure()),
        Message("CC060C", "control_decision", _DEPARTURE, (), _control_told()),
        Message("CC182C", "incident_notice", _DEPARTURE, (), _incident_told()),
        Message("CC928C", "declaration_decision", _DEPARTURE, (received,), _received()),
    )
