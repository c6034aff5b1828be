"""The format of each data element of NCTS, and how often each group may stand.

Rules:

* an element has one format wherever it stands, but for those named with the element around them
  or the message;
* where Phases 5 and 6 differ the wider one stands; what only a national schema narrows is not here;
* coordinates have the length that the schemas mean and no more: their patterns are a slip, which
  published samples use;
* MRN and GRN have none: what a record holds of them is checked there (`identifier.mrn`).

Sources: DDNTA 5.15.2 Appendix Q2; schemas 51.8.6 (Phase 5) and 60.4.16 (Phase 6).
"""

from collections.abc import Mapping
from typing import Final, TypeVar

from corridor.standards.formats import Format, format_named

_BY_FORMAT: Final[Mapping[str, str]] = {
    "C|D|U": "Action/operation",
    "N|S|U": "Unavailability/type",
    "12|13|14|15|26|50|51|52|90|92|93": "FunctionalError/errorCode",
    "12|13|15|18|35|39|40|50|51|52|53|54|55|56|57": "XMLError/errorCode",
    "a1": (
        "operation additionalDeclarationType functionality qualifierOfIdentification typeOfLocation"
        " RiskAnalysisIdentification/code"
    ),
    "a2": "communicationLanguageAtDeparture communicationLanguageAtDestination guaranteeNotValidIn",
    "a3": "currency",
    "a..3": "role",
    "A1": "methodOfPayment",
    "A2": "country countryOfDestination countryOfDispatch nationality otherCountry",
    "AN1": "guaranteeType",
    "an1": "discrepanciesResolved",
    "an2": (
        "combinedNomenclatureCode explanation noReleaseMotivationCode resultIndicator"
        " typeOfPackages ControlResult/code"
    ),
    "an3": (
        "businessRejectionType invalidityReasonCode specificCircumstanceIndicator"
        " TransitOperation/status Header/status"
    ),
    "an4": "UNNumber accessCode documentType statisticsType type",
    "an5": "AdditionalInformation/code",
    "an6": "harmonizedSystemSubHeadingCode messageType warningCode",
    "an8": "customsOfficeAtBorderReferenceNumber",
    "an9": "cusCode",
    "an..3": "InvalidGuaranteeReason/code TypeOfControls/type",
    "an..4": (
        "accessCodeCurrent accessCodeNew additionalIdentifier masterAccessCode"
        " measurementUnitAndQualifier Authorisation/type CC029C/accessCode CD200C/accessCode"
        " CD203C/accessCode"
    ),
    "an..5": "declarationType",
    "an..7": "errorReason riskAreaCode",
    "an..17": (
        "TIRHolderIdentificationNumber UNLocode houseNumber identificationNumber latitude longitude"
        " postcode RiskAnalysisResult/code"
    ),
    "an..20": "identifier",
    "an..22": "LRN",
    "an..35": (
        "authorisationNumber authority city complementOfInformation correlationIdentifier location"
        " messageIdentification messageRecipient messageSender otherGuaranteeReference phoneNumber"
        " place Header/LRN Header/MRN Authorisation/referenceNumber"
        " DepartureTransportMeans/identificationNumber"
        " ActiveBorderTransportMeans/identificationNumber TransportMeans/identificationNumber"
    ),
    "an..70": (
        "controlledBy name streetAndNumber SupportingDocument/referenceNumber"
        " TransportDocument/referenceNumber AdditionalReference/referenceNumber"
        " PreviousDocument/referenceNumber"
    ),
    "an..140": "contactDetailsInCountryOfCompetentAuthority",
    "an..512": (
        "cancelEnquiryNotificationText description descriptionOfGoods discrepanciesNotificationText"
        " errorPointer errorText guarantorNotificationText invalidityReasonText justification"
        " noReleaseMotivationText originalAttributeValue otherThingsToReport"
        " recoveryNotificationText rejectionReason remark shippingMarks text unloadingRemark"
        " warningPointer"
    ),
    "ascii..17": (
        "containerIdentificationNumber CC013C/conveyanceReferenceNumber"
        " CC015C/conveyanceReferenceNumber"
    ),
    "ascii..35": ("conveyanceReferenceNumber CC013C/referenceNumberUCR CC015C/referenceNumberUCR"),
    "ascii..70": "referenceNumberUCR",
    "n1": (
        "AESCommunicationPurpose flag guaranteeMonitoringCode inlandModeOfTransport"
        " modeOfTransportAtTheBorder notificationType queryIdentifier releaseIndicator releaseType"
        " security securityIndicatorFromExportDeclaration status transitProcedureCategory"
        " Incident/code RequestedInformation/code Requester/role"
    ),
    "n2": "informationCode typeOfIdentification",
    "01|02|03|04|05|06|07|08|09|10|11|12": "month",
    "n4": "year",
    "n..2": "rejectionCode requestRejectionReasonCode responseCode systemCode",
    "n..3": "percentageOfReferenceAmount",
    "n..4": "numberOfSeals RiskAnalysis/declarationGoodsItemNumber",
    "n..8": "numberOfCertificates numberOfPackages",
    "n..9": "counter errorColumnNumber errorLineNumber",
    "n..16,2": (
        "amountClaimed amountConcerned amountToBeCovered balance exposure guaranteeAmount"
        " referenceAmount voucherAmount"
    ),
    "n..16,6": "grossMass",
    "n+..1": "continueUnloading",
    "n+..3": "exportDeclarationGoodsItemNumber",
    "item": "declarationGoodsItemNumber transitDeclarationGoodsItemNumber",
    "n+..5": "documentLineItemNumber goodsItemNumber sequenceNumber",
    "n+..8": "exposureCounter PreviousDocument/numberOfPackages",
    "n+..16,2": "coveredAmount",
    "n+..16,6": "netMass quantity supplementaryUnits",
    "carnet": "TIRCarnetNumber",
    "date": (
        "TC11DeliveryDate collectionDate date declarationAcceptanceDate"
        " discrepanciesNotificationDate enquiryRequestDate enquiryResponseDate expiryDate"
        " guarantorNotificationDate invalidityDate issueDate liabilityLiberationDate limitDate"
        " limitForResponseDate limitForTheEnquiryResponseDate lockDate passageDate periodFromDate"
        " periodToDate recoveryCommunicationDate recoveryNotificationDate releaseDate"
        " requestOnNonArrivedMovementDate returnCopyReturnedDate unloadingDate"
        " usageCancellationDate validityDate validityEndDate validityStartDate writeOffDate"
    ),
    "dateTime": (
        "acceptanceDateAndTime amendmentAcceptanceDateAndTime amendmentNotificationDateAndTime"
        " amendmentSubmissionDateAndTime arrivalDateAndTime arrivalDateAndTimeActual"
        " arrivalDateAndTimeEstimated arrivalNotificationDateAndTime"
        " cancelEnquiryNotificationDateAndTime controlNotificationDateAndTime decisionDateAndTime"
        " declarationSubmissionDateAndTime endDateAndTime incidentNotificationDateAndTime"
        " preparationDateAndTime presentationOfTheGoodsDateAndTime rejectionDateAndTime"
        " releaseRequestDateAndTime requestDateAndTime responseDateAndTime startDateAndTime"
    ),
    "email": "eMailAddress",
    "eori": (
        "AdditionalSupplyChainActor/identificationNumber CC013C/Carrier/identificationNumber"
        " CC015C/Carrier/identificationNumber CC017C/Carrier/identificationNumber"
        " CC029C/Carrier/identificationNumber"
    ),
    "flag": (
        "TIRCarnet amendmentTypeFlag bindingItinerary completeControl conform containerIndicator"
        " copyGiven decision globalValidationResponse guaranteeNotValidForCountry incidentFlag"
        " informationAvailableFromTrader initiatedByCustoms recoveryAcceptance"
        " reducedDatasetIndicator releaseRequested restrictedUseForSuspendedGoods"
        " restrictedUseSuspendedGoods simplifiedProcedure stateOfSeals statisticsTypeSupport"
        " unloadingCompletion"
    ),
    "office": "referenceNumber",
}
_Told = TypeVar("_Told", int, str)

_BY_MOST: Final[Mapping[int, str]] = {
    9: (
        "Action ActiveBorderTransportMeans Authorisation CustomsOfficeOfExitForTransitActual"
        " CustomsOfficeOfExitForTransitDeclared CustomsOfficeOfIncidentRegistration"
        " CustomsOfficeOfTransitActual CustomsOfficeOfTransitDeclared Guarantee Incident"
        " InvalidGuaranteeReason"
    ),
    99: (
        "AdditionalInformation AdditionalReference AdditionalSupplyChainActor Country"
        " CountryInvolved CountryOfRoutingOfConsignment DangerousGoods"
        " GuaranteeReference Packaging PreviousDocument RequestedDocument RequestedInformation"
        " ResponseInformation RiskAnalysisResult Seal SupportingDocument SystemApplicability"
        " TransportDocument TypeOfControls Unavailability ValidityLimitation"
    ),
    999: (
        "ConsignmentItem ConsistencyCheckWarning DepartureTransportMeans GoodsItem SeriesElements"
        " StatisticalCharacteristics"
    ),
    1999: "HouseConsignment ExportOperation",
}
_MOST: Final = 9_999
"""Where nothing else is said; no list of a record is longer."""

_FORMATS: Final = {
    element: notation for notation, told in _BY_FORMAT.items() for element in told.split()
}
_MOSTS: Final = {element: most for most, told in _BY_MOST.items() for element in told.split()} | {
    "Consignment/PreviousDocument": _MOST
}


def _found(table: Mapping[str, _Told], path: str) -> _Told | None:
    """Find an element by message and element around it, by one of these, or by its name alone."""
    steps = path.split("/")
    message, around, element = steps[0], steps[-2], steps[-1]
    keys = (f"{message}/{around}/{element}", f"{message}/{element}", f"{around}/{element}", element)
    for key in keys:
        if key in table:
            return table[key]
    return None


def format_of(path: str) -> Format | None:
    """Return the format of the element at a path, None for one of any text."""
    notation = _found(_FORMATS, path)
    return None if notation is None else format_named(notation)


def most_of(path: str) -> int:
    """Return how often the repeated group at a path may stand."""
    return _found(_MOSTS, path) or _MOST
