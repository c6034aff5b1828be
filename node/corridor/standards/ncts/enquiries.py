"""Messages of enquiry and recovery, and what a trader asks and is told on the way there."""

from typing import Final

from corridor.standards.forms import CODE, FLAG, NUMBER, TEXT
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts import parts
from corridor.standards.ncts.customs import guarantor
from corridor.standards.ncts.message import GRN, Message, date, lrn, mrn, operation
from corridor.standards.ncts.offices import message, offices
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

_E: Final = "enquiry_recovery.enquiry"
_R: Final = "enquiry_recovery.recovery"
_ENQUIRY: Final = records.ROLE_ENQUIRY_AUTHORITY
_RECOVERY: Final = records.ROLE_RECOVERY_AUTHORITY
_CUSTOMS: Final = records.ROLE_CUSTOMS
_DEPARTURE: Final = records.ROLE_OFFICE_OF_DEPARTURE
_ALONE: Final[Parts] = (operation(mrn()),)


def _text(element: str, field: str, *, mandatory: bool = False) -> Leaf:
    return Leaf(element, field, TEXT, mandatory=mandatory)


def _in(element: str, *rows: Group | Leaf) -> Parts:
    """Return a group whose values stand in the body."""
    return (Group(element, "", rows, mandatory=True),)


def _consignee_actual() -> Parts:
    party = Group(
        "ConsigneeActual",
        f"{_E}.parties",
        (
            Leaf("identificationNumber", "ids", parts.EORI),
            Leaf("name", "name", TEXT, mandatory=True),
            parts.address(mandatory=True),
        ),
        mandatory=True,
        marks={"role": types.PARTY_ROLE_CONSIGNEE_ACTUAL},
    )
    return (Group("Consignment", "", (party,)),)


def _information(element: str, code: str) -> Parts:
    rows = (
        parts.SEQUENCE,
        Leaf(code, "code", CODE, mandatory=True),
        Leaf("text", "text", TEXT),
    )
    return (Group(element, f"{_E}.information", rows, mandatory=True, many=True),)


def _references() -> Parts:
    owner = Group(
        "Guarantor",
        "guarantor",
        (
            Leaf("identificationNumber", "ids", parts.EORI),
            Leaf("name", "name", TEXT, mandatory=True),
            Group(
                "Address",
                "address",
                (
                    Leaf("streetAndNumber", "street_and_number", TEXT, mandatory=True),
                    Leaf("postcode", "postcode", TEXT),
                    Leaf("city", "city", TEXT, mandatory=True),
                    Leaf("country", "country", TEXT),
                ),
                mandatory=True,
            ),
            parts.CONTACT,
        ),
        sets={"role": types.PARTY_ROLE_GUARANTOR},
    )
    rows = (parts.SEQUENCE, Leaf("GRN", "id", GRN, mandatory=True), owner)
    return (Group("GuaranteeReference", f"{_R}.guarantees[0].references", rows, many=True),)


def _asked_messages() -> tuple[Message, ...]:
    holder: Parts = (parts.holder(f"{_E}.parties"),)
    departure, enquiry = "CustomsOfficeOfDeparture", "CustomsOfficeOfEnquiryAtDeparture"
    asked = operation(
        mrn(),
        date("requestOnNonArrivedMovementDate", f"{_E}.at"),
        date("limitForResponseDate", f"{_E}.limit"),
    )
    ended = operation(
        mrn(),
        date("cancelEnquiryNotificationDateAndTime", f"{_E}.at"),
        _text("cancelEnquiryNotificationText", f"{_E}.text"),
    )
    delivered = date("TC11DeliveryDate", f"{_E}.document_delivered_on", mandatory=False)
    between = ("CompetentCustomsOfficeAtDeparture+", "CompetentCustomsOfficeAtDestination+")
    requested = date("enquiryRequestDate", f"{_E}.at")
    words = _text("text", f"{_E}.text")
    return (
        message(
            "CC140C", _ENQUIRY, _E, (records.ENQUIRY_KIND_HOLDER_ASKED,),
            (asked,), offices(_E, departure, enquiry), holder,
        ),
        message(
            "CC141C", records.ROLE_HOLDER, _E, (records.ENQUIRY_KIND_HOLDER_ANSWERED,),
            _ALONE, offices(_E, "CustomsOfficeOfDestinationActual?", enquiry), holder,
            (Group("Enquiry", "", (delivered, words)),), _consignee_actual(),
        ),
        message(
            "CD059C", _ENQUIRY, _E, (records.ENQUIRY_KIND_CANCELLED,),
            (ended,), offices(_E, departure, "CustomsOfficeOfRequest"),
        ),
        message(
            "CD142C", _ENQUIRY, _E, (records.ENQUIRY_KIND_ASKED,),
            _ALONE, offices(_E, departure, "CustomsOfficeOfRequest", f"{enquiry}+"),
            _in(
                "Enquiry", date("date", f"{_E}.at"), delivered, words,
                date("limitForTheEnquiryResponseDate", f"{_E}.limit"),
            ),
            _consignee_actual(),
        ),
        message(
            "CD143C", _CUSTOMS, _E, (records.ENQUIRY_KIND_ANSWERED,),
            _ALONE, offices(_E, "CustomsOfficeOfRequest+", enquiry),
            _in(
                "Enquiry", date("enquiryResponseDate", f"{_E}.at"),
                Leaf("responseCode", f"{_E}.response", CODE, mandatory=True), words,
                date("returnCopyReturnedDate", f"{_E}.copy_returned_on", mandatory=False),
            ),
        ),
        message(
            "CD144C", _ENQUIRY, _E, (records.ENQUIRY_KIND_INFORMATION_GIVEN,),
            _ALONE, offices(_E, f"{departure}?", *between),
            _in(
                "Enquiry", requested,
                Leaf(
                    "informationAvailableFromTrader", f"{_E}.trader_informed", FLAG,
                    mandatory=True,
                ),
            ),
            _information("ResponseInformation", "informationCode"),
        ),
        message(
            "CD145C", _CUSTOMS, _E, (records.ENQUIRY_KIND_INFORMATION_ASKED,),
            _ALONE, offices(_E, *between), _in("Enquiry", requested),
            _information("RequestedInformation", "code"),
        ),
    )  # fmt: skip


def _recovery_messages() -> tuple[Message, ...]:
    told = operation(mrn(), date("declarationAcceptanceDate", f"{_R}.accepted_on"))
    asking = "CustomsOfficeOfRecoveryRequesting"
    asked, at_departure = "CustomsOfficeOfRecoveryRequested", "CustomsOfficeOfRecoveryAtDeparture"
    communicated = date("recoveryCommunicationDate", f"{_R}.at")
    perhaps = date("recoveryCommunicationDate", f"{_R}.at", mandatory=False)
    words = _text("text", f"{_R}.text")
    started = (
        "CustomsOfficeOfDestinationDeclared", "CustomsOfficeOfDestinationActual?",
        "CustomsOfficeOfTransitDeclared*", "CustomsOfficeOfTransitActual*",
        "CustomsOfficeOfExitForTransitDeclared*", "CustomsOfficeOfExitForTransitActual*",
        "CustomsOfficeOfIncidentRegistration*", at_departure,
    )  # fmt: skip
    return (
        message(
            "CC023C", _RECOVERY, _R, (records.RECOVERY_KIND_GUARANTOR_TOLD,),
            (told,), offices(_R, "CustomsOfficeOfDeparture", at_departure),
            (parts.holder(f"{_R}.parties"), guarantor(_R)),
            _in(
                "GuarantorNotification", date("guarantorNotificationDate", f"{_R}.at"),
                _text("guarantorNotificationText", f"{_R}.text"),
            ),
        ),
        message(
            "CD063C", _RECOVERY, _R, (records.RECOVERY_KIND_STARTED,),
            (operation(mrn(), perhaps),), offices(_R, *started),
        ),
        message(
            "CD150C", _CUSTOMS, _R, (records.RECOVERY_KIND_ASKED,),
            _ALONE, offices(_R, f"{asking}+", asked),
            _in("Recovery", communicated, _text("text", f"{_R}.text", mandatory=True)),
            _references(),
        ),
        message(
            "CD151C", _RECOVERY, _R, (records.RECOVERY_KIND_ANSWERED,),
            _ALONE, offices(_R, asking, f"{asked}+"),
            _in(
                "Recovery", Leaf("recoveryAcceptance", f"{_R}.accepted", FLAG, mandatory=True),
                communicated, words,
            ),
            _references(),
        ),
        message(
            "CD152C", _CUSTOMS, _R, (records.RECOVERY_KIND_COLLECTED,),
            _ALONE, offices(_R, f"{at_departure}+", "CustomsOfficeOfRecovery"),
            _in("Recovery", date("collectionDate", f"{_R}.at"), words),
        ),
    )  # fmt: skip


def _faults(field: str, *, numbered: bool, reason: bool = False) -> Group:
    """Return the row of faults; `reason` demands the rule that is broken."""
    rows = (
        Leaf("errorPointer", "pointer", TEXT, mandatory=not numbered),
        Leaf("errorCode", "code", CODE, mandatory=True),
        Leaf("errorReason", "reason", TEXT, mandatory=reason),
        Leaf("originalAttributeValue", "original", TEXT),
    )
    first = (parts.SEQUENCE,) if numbered else ()
    return Group("FunctionalError", field, (*first, *rows), mandatory=not numbered, many=True)


def _other_messages() -> tuple[Message, ...]:
    decision, request, nack = "control_decision", "trader_request", "exchange.acknowledgement"
    amend = operation(mrn(), date("amendmentNotificationDateAndTime", f"{decision}.notified_at"))
    release = operation(
        mrn(),
        Leaf("releaseRequested", f"{request}.release_requested", FLAG, mandatory=True),
        date("releaseRequestDateAndTime", f"{request}.requested_at"),
    )
    unread = Group(
        "XMLError",
        f"{nack}.errors",
        (
            Leaf("errorLineNumber", "line", NUMBER, mandatory=True),
            Leaf("errorColumnNumber", "column", NUMBER, mandatory=True),
            Leaf("errorPointer", "pointer", TEXT),
            Leaf("errorCode", "code", CODE, mandatory=True),
            Leaf("errorText", "reason", TEXT, mandatory=True),
            Leaf("originalAttributeValue", "original", TEXT),
        ),
        mandatory=True,
        many=True,
    )
    unreadable = (records.ACKNOWLEDGEMENT_KIND_UNREADABLE,)
    rejected, errors = (records.ACKNOWLEDGEMENT_KIND_BUSINESS_REJECTED,), f"{nack}.errors"
    unsaid = "rejection_type at reason offices parties"
    either = Group("Header", "", (lrn(), mrn(mandatory=False)), mandatory=True)
    departure = "CustomsOfficeOfDeparture"
    return (
        message(
            "CC022C", _DEPARTURE, decision, (), (amend,), offices(decision, departure),
            (parts.holder(f"{decision}.parties"),
             _faults(f"{decision}.errors", numbered=True)),
        ),
        message(
            "CC054C", records.ROLE_HOLDER, request, (records.TRADER_REQUEST_KIND_RELEASE,),
            (release,), offices(request, departure), (parts.holder(f"{request}.parties"),),
        ),
        message(
            "CC906C", _DEPARTURE, nack, rejected, (either,),
            (_faults(errors, numbered=False, reason=True),), without=unsaid,
        ),
        message(
            "CD906C", _CUSTOMS, nack, rejected, (Group("Header", "", (mrn(),)),),
            (_faults(errors, numbered=False),), without=unsaid,
        ),
        message(
            "CC917C", _DEPARTURE, nack, unreadable,
            (Group("Header", "", (lrn(), mrn(mandatory=False))), unread),
        ),
        message(
            "CD917C", _CUSTOMS, nack, unreadable, (Group("Header", "", (mrn(),)), unread),
        ),
    )  # fmt: skip


def enquiry_messages() -> tuple[Message, ...]:
    """Return the messages of enquiry and recovery, requests and technical refusals."""
    return (*_asked_messages(), *_recovery_messages(), *_other_messages())
