"""Which published list each coded element of NCTS Phase 5 takes its value from.

Numbers and names as in DDNTA Appendix Q2, 5.15.2; the lists themselves are no part of Corridor.
"""

from collections.abc import Mapping
from typing import Final

NAMES: Final[Mapping[str, str]] = {
    "CL008": "CountryCodesFullList",
    "CL009": "CountryCodesCommonTransit",
    "CL010": "CountryCodesCommunity",
    "CL016": "CUSCode",
    "CL017": "KindOfPackages",
    "CL019": "IncidentCode",
    "CL024": "ModificationType",
    "CL026": "MonthOfYear",
    "CL027": "Flag",
    "CL029": "ResponseCode",
    "CL030": "XmlErrorCodes",
    "CL038": "QualifierOfIdentificationIncident",
    "CL042": "DeclarationTypeAdditional",
    "CL048": "CurrencyCodes",
    "CL050": "GuaranteeMonitoringCodes",
    "CL054": "QueryIdentifier",
    "CL057": "StatisticsType",
    "CL070": "CountryCodesCustomsOfficeLists",
    "CL076": "GuaranteeTypeWithReference",
    "CL079": "SystemUnavailabilityType",
    "CL094": "RepresentativeStatusCode",
    "CL100": "ResultIndicator",
    "CL101": "UnDangerousGoodsCode",
    "CL107": "RiskAnalysisIndicator",
    "CL112": "CountryCodesCTC",
    "CL116": "TransportChargesMethodOfPayment",
    "CL118": "RequestedInformationCode",
    "CL119": "InformationCode",
    "CL141": "CustomsOffices",
    "CL146": "CountryGuaranteeNotValid",
    "CL147": "CountryCustomsSecurityAgreementArea",
    "CL152": "HScode",
    "CL153": "StateAtOfficeOfDeparture",
    "CL154": "StateAtOfficeOfDestination",
    "CL155": "StateAtOfficeOfTransit",
    "CL156": "RoleRequester",
    "CL158": "XFTCommunicationPurpose",
    "CL162": "DiscrepancyResolution",
    "CL163": "ReleaseType",
    "CL164": "ReleaseNotification",
    "CL165": "Nationality",
    "CL166": "TransitProcedureCategory",
    "CL168": "BusinessFunctionality",
    "CL169": "CustomsSystem",
    "CL171": "CustomsOfficeDeparture",
    "CL172": "CustomsOfficeDestination",
    "CL173": "CustomsOfficeTransit",
    "CL174": "CustomsOfficeGuarantee",
    "CL175": "CustomsOfficeTransitExit",
    "CL176": "CustomsOfficeEnquiry",
    "CL177": "CustomsOfficeRecovery",
    "CL178": "PreviousDocumentUnionGoods",
    "CL179": "CustomsOfficeEnquiryOrRecovery",
    "CL180": "AesNctsP5FunctionalErrorCodes",
    "CL181": "KindOfPackagesBulk",
    "CL182": "KindOfPackagesUnpacked",
    "CL183": "UnavailabilityExplanation",
    "CL184": "MovementQueryRejectionReason",
    "CL186": "StateAtOfficeOfExitForTransit",
    "CL187": "GuaranteeTypeWithReferenceCredited",
    "CL188": "TypeOfTransitDeclarationNonTIR",
    "CL189": "TypeOfDeclarationTIR",
    "CL190": "CountryAddressPostcodeBased",
    "CL191": "ModificationTypeNoDelete",
    "CL192": "LanguageByCustoms",
    "CL194": "CustomsOfficeExit",
    "CL195": "ControlResultCodeDepartureSimplifiedExcluded",
    "CL196": "ControlResultCodeDeparture",
    "CL197": "ControlResultCodeDestination",
    "CL198": "CountryAddressPostcodeOnly",
    "CL199": "CountryCodesWithAddress",
    "CL211": "NoReleaseMotivation",
    "CL212": "GuaranteeInvalidityReason",
    "CL213": "SupportingDocumentType",
    "CL214": "PreviousDocumentType",
    "CL215": "RequestedDocumentType",
    "CL217": "DeclarationTypeSecurity",
    "CL218": "TransportModeCode",
    "CL219": "TypeOfIdentificationofMeansOfTransportActive",
    "CL221": "AarRejectionReason",
    "CL223": "DeclarationTypeSecurityEXS",
    "CL224": "AxrRejectionReason",
    "CL225": "AtrRejectionReason",
    "CL226": "RejectionCodeDepartureExport",
    "CL227": "RejectionCodeDestinationExit",
    "CL228": "PreviousDocumentExportType",
    "CL229": "GuaranteeTypeCTC",
    "CL230": "GuaranteeTypeEUNonTIR",
    "CL231": "DeclarationType",
    "CL232": "DeclarationTypeItemLevel",
    "CL234": "DocumentTypeExcise",
    "CL235": "AuthorisationTypeDeparture",
    "CL236": "AuthorisationTypeDestination",
    "CL238": "PassageRefusalReasonCode",
    "CL239": "AdditionalInformation",
    "CL243": "XFTControlResultCodeDestination",
    "CL244": "UnLocodeExtended",
    "CL248": "CountryCodesForAddress",
    "CL251": "GuaranteeType",
    "CL252": "InvalidGuaranteeReason",
    "CL258": "CustomsOperationState",
    "CL286": "GuaranteeTypeWithGRN",
    "CL296": "SpecificCircumstanceIndicatorCode",
    "CL326": "QualifierOfTheIdentification",
    "CL347": "TypeOfLocation",
    "CL349": "Unit",
    "CL380": "AdditionalReference",
    "CL384": "NotificationType",
    "CL385": "MessageTypeWithoutHeader",
    "CL505": "CountryWithoutZip",
    "CL553": "MSCountry",
    "CL560": "BusinessRejectionTypeDepExp",
    "CL570": "BusinessRejectionTypeDesExt",
    "CL580": "BusinessRejectionTypeTra",
    "CL581": "RejectionCodeTransit",
    "CL610": "MessageWithCorrelationIdentifier",
    "CL704": "AdditionalSupplyChainActorRoleCode",
    "CL716": "ControlType",
    "CL740": "RiskAreaCode",
    "CL750": "TypeOfIdentificationOfMeansOfTransport",
    "CL754": "TransportDocumentType",
    "CL902": "MessageWithWarning",
    "CL903": "WarningCode",
}
"""Name of each list by its number."""

_PLACES: Final = {
    "CL008": (
        "Consignment/countryOfDestination Consignment/countryOfDispatch "
        "ConsignmentItem/countryOfDestination ConsignmentItem/countryOfDispatch "
        "CountryInvolved/country CountryOfRoutingOfConsignment/country EvaluatedMessage/country "
        "HouseConsignment/countryOfDestination HouseConsignment/countryOfDispatch "
        "PlaceOfLoading/country PlaceOfUnloading/country SendingCountry/country "
        "SeriesElements/otherCountry"
    ),
    "CL009": "Endorsement/country Location/country LocationOfGoods/Address/country",
    "CL016": "Commodity/cusCode",
    "CL017": "Packaging/typeOfPackages PreviousDocument/typeOfPackages",
    "CL019": "Incident/code",
    "CL024": "Action/operation",
    "CL026": "EvaluatedMessage/month SendingCountry/month",
    "CL027": (
        "AESResults/globalValidationResponse AdditionalInformation/completeControl "
        "ComprehensiveGuarantee/restrictedUseForSuspendedGoods Consignment/containerIndicator "
        "ControlResult/stateOfSeals CustomsOfficeOfTransitActual/guaranteeNotValidForCountry "
        "Enquiry/informationAvailableFromTrader Fallback/flag GuaranteeReference/TIRCarnet "
        "GuaranteeReference/copyGiven GuaranteeReference/restrictedUseSuspendedGoods "
        "IndividualGuaranteeVoucher/TIRCarnet IndividualGuaranteeVoucher/copyGiven "
        "Invalidation/decision Invalidation/initiatedByCustoms PreviousDocument/completeControl "
        "Recovery/recoveryAcceptance StatisticalCharacteristics/statisticsTypeSupport "
        "SupportingDocument/completeControl Transhipment/containerIndicator "
        "TransitOperation/amendmentTypeFlag TransitOperation/bindingItinerary "
        "TransitOperation/incidentFlag TransitOperation/reducedDatasetIndicator "
        "TransitOperation/releaseRequested TransitOperation/simplifiedProcedure "
        "UnloadingRemark/conform UnloadingRemark/stateOfSeals "
        "UnloadingRemark/unloadingCompletion"
    ),
    "CL029": "Enquiry/responseCode",
    "CL030": "XMLError/errorCode",
    "CL038": "Location/qualifierOfIdentification",
    "CL042": "TransitOperation/additionalDeclarationType",
    "CL048": (
        "ComprehensiveGuarantee/currency Exposure/currency GuaranteeReference/currency "
        "IndividualGuaranteeByGuarantor/currency IndividualGuaranteeVoucher/currency "
        "RecoveryNotification/currency Usage/currency"
    ),
    "CL050": "GuaranteeReference/guaranteeMonitoringCode",
    "CL054": "GuaranteeQuery/queryIdentifier",
    "CL057": "StatisticalCharacteristics/statisticsType",
    "CL070": "Country/country Guarantor/Address/country",
    "CL079": "Unavailability/type",
    "CL094": "Representative/status",
    "CL100": "ExportOperation/resultIndicator",
    "CL101": "DangerousGoods/UNNumber",
    "CL107": "RiskAnalysisIdentification/code",
    "CL116": "TransportCharges/methodOfPayment",
    "CL118": "RequestedInformation/code",
    "CL119": "ResponseInformation/informationCode",
    "CL141": (
        "ActiveBorderTransportMeans/customsOfficeAtBorderReferenceNumber "
        "CustomsOfficeOfIncidentRegistration/referenceNumber"
    ),
    "CL146": "ValidityLimitation/guaranteeNotValidIn",
    "CL152": "CommodityCode/harmonizedSystemSubHeadingCode",
    "CL156": "Requester/role",
    "CL158": "AESResults/AESCommunicationPurpose TransitOperation/AESCommunicationPurpose",
    "CL162": "TransitOperation/discrepanciesResolved",
    "CL163": "ConsignmentItem/releaseType HouseConsignment/releaseType",
    "CL164": "TransitOperation/releaseIndicator",
    "CL165": (
        "ActiveBorderTransportMeans/nationality DepartureTransportMeans/nationality "
        "TransportMeans/nationality"
    ),
    "CL166": "ExportOperation/transitProcedureCategory",
    "CL168": "Unavailability/functionality",
    "CL169": "SystemApplicability/systemCode",
    "CL171": (
        "CustomsOfficeOfDeparture/referenceNumber LocationOfGoods/CustomsOffice/referenceNumber"
    ),
    "CL172": (
        "CustomsOfficeOfDestination/referenceNumber "
        "CustomsOfficeOfDestinationActual/referenceNumber "
        "CustomsOfficeOfDestinationDeclared/referenceNumber"
    ),
    "CL173": (
        "CustomsOfficeOfTransit/referenceNumber CustomsOfficeOfTransitActual/referenceNumber "
        "CustomsOfficeOfTransitDeclared/referenceNumber"
    ),
    "CL174": "CustomsOfficeOfGuarantee/referenceNumber",
    "CL175": (
        "CustomsOfficeOfExitForTransit/referenceNumber "
        "CustomsOfficeOfExitForTransitActual/referenceNumber "
        "CustomsOfficeOfExitForTransitDeclared/referenceNumber"
    ),
    "CL176": (
        "CustomsOfficeOfEnquiryAtDeparture/referenceNumber CustomsOfficeOfRequest/referenceNumber"
    ),
    "CL177": (
        "CustomsOfficeOfRecovery/referenceNumber "
        "CustomsOfficeOfRecoveryAtDeparture/referenceNumber "
        "CustomsOfficeOfRecoveryRequested/referenceNumber "
        "CustomsOfficeOfRecoveryRequesting/referenceNumber"
    ),
    "CL179": (
        "CompetentCustomsOfficeAtDeparture/referenceNumber "
        "CompetentCustomsOfficeAtDestination/referenceNumber"
    ),
    "CL180": "FunctionalError/errorCode",
    "CL183": "Unavailability/explanation",
    "CL190": "PostcodeAddress/country",
    "CL191": "StatisticalCharacteristics/operation",
    "CL192": (
        "TraderAtDestination/communicationLanguageAtDestination "
        "TransitOperation/communicationLanguageAtDeparture"
    ),
    "CL194": "CustomsOfficeOfExit/referenceNumber",
    "CL196": "ControlResult/code",
    "CL199": "Consignee/Address/country Consignor/Address/country",
    "CL211": "TransitOperation/noReleaseMotivationCode",
    "CL212": "ComprehensiveGuarantee/invalidityReasonCode GuaranteeReference/invalidityReasonCode",
    "CL213": "SupportingDocument/type",
    "CL214": "Consignment/PreviousDocument/type ConsignmentItem/PreviousDocument/type",
    "CL215": "RequestedDocument/documentType",
    "CL217": (
        "ExportOperation/security HouseConsignment/securityIndicatorFromExportDeclaration "
        "TransitOperation/security"
    ),
    "CL218": "Consignment/inlandModeOfTransport Consignment/modeOfTransportAtTheBorder",
    "CL219": "ActiveBorderTransportMeans/typeOfIdentification",
    "CL225": "TransitOperation/requestRejectionReasonCode",
    "CL227": "TransitOperation/rejectionCode",
    "CL228": "HouseConsignment/PreviousDocument/type",
    "CL231": "TransitOperation/declarationType",
    "CL232": "ConsignmentItem/declarationType",
    "CL234": "PreviousDocument/type",
    "CL235": "Authorisation/type",
    "CL239": "AdditionalInformation/code",
    "CL244": (
        "Location/UNLocode LocationOfGoods/UNLocode PlaceOfLoading/UNLocode "
        "PlaceOfUnloading/UNLocode"
    ),
    "CL248": (
        "Address/country ConsigneeActual/Address/country "
        "HolderOfTheTransitProcedure/Address/country"
    ),
    "CL251": "GuaranteeReference/guaranteeType",
    "CL252": "InvalidGuaranteeReason/code",
    "CL258": "TransitOperation/status",
    "CL286": "Guarantee/guaranteeType",
    "CL296": "TransitOperation/specificCircumstanceIndicator",
    "CL326": "LocationOfGoods/qualifierOfIdentification",
    "CL347": "LocationOfGoods/typeOfLocation",
    "CL349": "PreviousDocument/measurementUnitAndQualifier",
    "CL380": "AdditionalReference/type",
    "CL384": "TransitOperation/notificationType",
    "CL570": "TransitOperation/businessRejectionType",
    "CL704": "AdditionalSupplyChainActor/role",
    "CL716": "TypeOfControls/type",
    "CL740": "RiskAnalysisResult/riskAreaCode",
    "CL750": "DepartureTransportMeans/typeOfIdentification TransportMeans/typeOfIdentification",
    "CL754": "TransportDocument/type",
    "CL902": "EvaluatedMessage/messageType",
    "CL903": "ConsistencyCheckWarning/warningCode",
}

LIST_OF: Final[Mapping[str, str]] = {
    place: number for number, places in _PLACES.items() for place in places.split()
}
"""The list by the last two names, or three where two do not tell, of an element's path."""

_CASES: Final = {
    ("CL010", "Address/country"): "CC190C",
    ("CL248", "Address/country"): "CC017C",
    ("CL236", "Authorisation/type"): "CC007C",
    ("CL248", "Consignee/Address/country"): "CC013C CC015C CC017C CC029C CC043C",
    ("CL199", "ConsigneeActual/Address/country"): "CD142C",
    ("CL248", "Consignor/Address/country"): "CC013C CC015C CC017C CC029C CC043C",
    ("CL195", "ControlResult/code"): "CD012C",
    ("CL197", "ControlResult/code"): "CC017C CD018C",
    ("CL243", "ControlResult/code"): "CC042C",
    ("CL141", "CustomsOfficeOfDestinationDeclared/referenceNumber"): "CD003C CD038C CD115C CD165C",
    ("CL141", "CustomsOfficeOfExitForTransitDeclared/referenceNumber"): (
        "CD003C CD038C CD115C CD165C"
    ),
    ("CL141", "CustomsOfficeOfRequest/referenceNumber"): "CD027C CD038C",
    ("CL179", "CustomsOfficeOfRequest/referenceNumber"): "CD143C",
    ("CL141", "CustomsOfficeOfTransitDeclared/referenceNumber"): "CD003C CD038C CD115C CD165C",
    ("CL187", "Guarantee/guaranteeType"): "CD209C",
    ("CL251", "Guarantee/guaranteeType"): "CC013C CC015C CC029C",
    ("CL199", "HolderOfTheTransitProcedure/Address/country"): (
        "CD001C CD003C CD012C CD038C CD050C CD115C CD160C CD165C"
    ),
    ("CL010", "LocationOfGoods/Address/country"): "CC190C",
    ("CL172", "LocationOfGoods/CustomsOffice/referenceNumber"): "CC007C",
    ("CL560", "TransitOperation/businessRejectionType"): "CC056C",
    ("CL188", "TransitOperation/declarationType"): "CD050C CD115C CD160C CD165C",
    ("CL189", "TransitOperation/declarationType"): "CD012C",
    ("CL226", "TransitOperation/rejectionCode"): "CC056C",
    ("CL184", "TransitOperation/requestRejectionReasonCode"): "CD038C",
    ("CL221", "TransitOperation/requestRejectionReasonCode"): "CD003C",
    ("CL224", "TransitOperation/requestRejectionReasonCode"): "CD165C",
    ("CL223", "TransitOperation/security"): "CD160C CD165C",
    ("CL153", "TransitOperation/status"): "CD038C CD094C",
}

LIST_IN: Final[Mapping[tuple[str, str], str]] = {
    (message, place): number
    for (number, place), messages in _CASES.items()
    for message in messages.split()
}
"""Where a message takes another list than the others do."""
