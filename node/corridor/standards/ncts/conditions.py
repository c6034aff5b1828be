"""The published conditions of NCTS Phase 5 (C0001 to C0499): what must be there, and what must not.

Ids as in DDNTA Appendix Q2, 5.15.2; the sentences are ours.
"""

from typing import Final

from corridor.standards.rules import Rule

HOUSE: Final = "/Consignment/HouseConsignment"
ITEM: Final = f"{HOUSE}/ConsignmentItem"
EQUIPMENT: Final = "/Consignment/TransportEquipment /Consignment/Incident/TransportEquipment"
_OUTSIDE: Final = "/messageType like common_domain and not /messageRecipient[-2:] is @CL147"
"""A copy for a country outside the security area has no security data (C0812 goes before)."""
_SECURITY: Final = "/TransitOperation/security is 1|2|3"
_COMMON: Final = "countryOfDestination is @CL009"

CONDITIONS: Final = (
    Rule(
        "C0001", "the consignee stands once: for the whole consignment, or for each house",
        (f"/Consignment/{_COMMON} and /Consignment/Consignee", "no Consignee"),
        (f"/Consignment/{_COMMON}", "Consignee"),
        (f"{_COMMON} and /Consignment/Consignee", "no Consignee"),
        (_COMMON, "Consignee"),
        (f"{HOUSE}/{_COMMON}", ""),
        (f"{ITEM}/{_COMMON} and /Consignment/Consignee", "no Consignee"),
        (f"ConsignmentItem/{_COMMON}", "Consignee"),
        (f"{ITEM}/{_COMMON}", ""),
        ("/TransitOperation/security is 0|1 and /Consignment/Consignee", "no Consignee"),
        ("/TransitOperation/security is 0|1", ""),
        ("/Consignment/AdditionalInformation/code is 30600",
         "no Consignee and no /Consignment/Consignee"),
        ("AdditionalInformation/code is 30600", "no Consignee and no /Consignment/Consignee"),
        ("/Consignment/Consignee", "no Consignee"),
        each=HOUSE,
    ),
    Rule(
        "C0002", "the consignee stands once: for the whole consignment, or for the houses",
        ("Consignee", "no HouseConsignment/Consignee"),
        each="/Consignment", partly="whether it stands where CD001C has it",
    ),
    Rule(
        "C0013", "answers 2 and 4 are explained in words, others are not",
        ("responseCode is 2|4", "text"), ("", "no text"),
        each="/Enquiry",
    ),
    Rule(
        "C0015", "an excise document has a reference",
        ("type is @CL234", "referenceNumber"),
        each=f"{ITEM}/AdditionalReference",
    ),
    Rule(
        "C0027", "an unloading permission tells either that goods are controlled, or what they are",
        ("/CTLControl", ("no /HolderOfTheTransitProcedure and no /Consignment"
         " and no /TransitOperation/declarationType"
         " and no /TransitOperation/declarationAcceptanceDate")),
        ("", ("/HolderOfTheTransitProcedure and /Consignment and /TransitOperation/declarationType"
         " and /TransitOperation/declarationAcceptanceDate and /Consignment/grossMass")),
    ),
    Rule(
        "C0029", "with security data the mode of transport at the border is told",
        (_SECURITY, "modeOfTransportAtTheBorder"),
        each="/Consignment",
    ),
    Rule(
        "C0030", "offices of transit are declared where the way leads through another country of"
        " common transit, and never for TIR or San Marino",
        ("/TransitOperation/declarationType is TIR|T2SM", "no /CustomsOfficeOfTransitDeclared"),
        (("/CustomsOfficeOfDeparture/referenceNumber[:2] is @CL112"
         " and /CustomsOfficeOfDestinationDeclared/referenceNumber[:2] is @CL112"
         " and /CustomsOfficeOfDeparture/referenceNumber[:2]"
         " = /CustomsOfficeOfDestinationDeclared/referenceNumber[:2]"), ""),
        ("/TransitOperation/declarationType is T2", "/CustomsOfficeOfTransitDeclared"),
        (f"/TransitOperation/declarationType is T and {ITEM}/declarationType is T2",
         "/CustomsOfficeOfTransitDeclared"),
        (("/CustomsOfficeOfDeparture/referenceNumber[:2] is @CL112"
         " or /CustomsOfficeOfDestinationDeclared/referenceNumber[:2] is @CL112"
         " or /Consignment/CountryOfRoutingOfConsignment/country is @CL112"),
         "/CustomsOfficeOfTransitDeclared"),
        (("/CustomsOfficeOfDeparture/referenceNumber[:2] is AD"
         " or /CustomsOfficeOfDestinationDeclared/referenceNumber[:2] is AD"
         " or /CustomsOfficeOfExitForTransitDeclared"), "/CustomsOfficeOfTransitDeclared"),
    ),
    Rule(
        "C0035", "Union goods from a country of common transit name the document before",
        ("/TransitOperation/declarationType is T2|T2F or declarationType is T2|T2F",
         ("not /CustomsOfficeOfDeparture/referenceNumber[:2] is @CL112"
         " or /Consignment/PreviousDocument or PreviousDocument")),
        each=ITEM,
    ),
    Rule(
        "C0040", "goods transhipped in containers name the containers",
        ("code is 1|2|4|5", ""),
        ("Transhipment/containerIndicator is 1", "TransportEquipment"),
        each="/Consignment/Incident",
    ),
    Rule(
        "C0045", "the status of each item is told in a declaration of type T, and in no other",
        ("no /TransitOperation/declarationType", ""),
        ("/TransitOperation/declarationType is T", "declarationType"),
        ("", "no declarationType"),
        each=ITEM,
    ),
    Rule(
        "C0055", "containers are named where goods travel in containers, and only there",
        ("containerIndicator is 0", "no TransportEquipment/containerIdentificationNumber"),
        ("containerIndicator is 1", "TransportEquipment/containerIdentificationNumber"),
        each="/Consignment",
        partly="where it is not said whether goods travel in containers",
    ),
    Rule(
        "C0060", "packages have number and marks as their kind demands: bulk has no number",
        ("typeOfPackages is @CL181", "no numberOfPackages"),
        ("typeOfPackages is @CL182", "numberOfPackages"),
        ("", "numberOfPackages and shippingMarks"),
        each=f"{ITEM}/Packaging",
    ),
    Rule(
        "C0085", "a guarantee has references where its type has such, and only there",
        ("guaranteeType is @CL076", "GuaranteeReference"), ("", "no GuaranteeReference"),
        each="/Guarantee",
    ),
    Rule(
        "C0086", "GRN and access code belong to the types of guarantee that have them",
        ("../guaranteeType is @CL286", "GRN and accessCode"), ("", "no GRN and no accessCode"),
        each="/Guarantee/GuaranteeReference",
    ),
    Rule(
        "C0101", "the reduced data set needs an authorisation",
        ("/TransitOperation/reducedDatasetIndicator is 1", "/Authorisation"),
    ),
    Rule(
        "C0102", "the simplified procedure names its authorisation, the normal one has none",
        ("/TransitOperation/simplifiedProcedure is 1", "/Authorisation"),
        ("", "no /Authorisation"),
    ),
    Rule(
        "C0128", "an invalidation tells the decision, except to the national transit application",
        ("/messageRecipient[:3] is NTA", "no decision"), ("", "decision"),
        each="/Invalidation",
    ),
    Rule(
        "C0129", "a request has a time, except where customs began it",
        ("initiatedByCustoms is 1", "no requestDateAndTime"), ("", "requestDateAndTime"),
        each="/Invalidation",
    ),
    Rule(
        "C0130", "another reference belongs to guarantees of type 8, and may stand in type 3",
        ("guaranteeType is 8", "otherGuaranteeReference"),
        ("guaranteeType is 3", ""),
        ("", "no otherGuaranteeReference"),
        each="/Guarantee",
    ),
    Rule(
        "C0137", "an invalidation for the national transit application says why",
        ("/messageRecipient[:3] is NTA", "justification"),
        each="/Invalidation",
    ),
    Rule(
        "C0153", "goods have a commodity code, except under TIR without export declaration",
        ("no /TransitOperation/declarationType", ""),
        ("/TransitOperation/declarationType is TIR and not ../../PreviousDocument/type is N830",
         ""),
        ("", "CommodityCode"),
        each=f"{ITEM}/Commodity",
    ),
    Rule(
        "C0186", "without security data no charges of transport are told",
        (_OUTSIDE, ""),
        ("/TransitOperation/security is 0",
         "no TransportCharges and no HouseConsignment/TransportCharges"),
        each="/Consignment",
    ),
    Rule(
        "C0191", "the place of unloading belongs to security data on entry",
        (_OUTSIDE, ""),
        ("/TransitOperation/security is 1|3", "PlaceOfUnloading"),
        ("/TransitOperation/security is 0", "no PlaceOfUnloading"),
        each="/Consignment",
    ),
    Rule(
        "C0215", "who tells of goods that did not arrive says in words where or what they are",
        ("/Enquiry/text and /CustomsOfficeOfDestinationActual", ""),
        ("/Enquiry/text", "/Consignment"),
        ("", "no /CustomsOfficeOfDestinationActual and no /Consignment"),
    ),
    Rule(
        "C0220", "with the day of a receipt TC11 there are words",
        ("TC11DeliveryDate", "text"),
        each="/Enquiry",
    ),
    Rule(
        "C0233", "the office of destination is told to the guarantor's office for type 2 only",
        ("/Guarantee/guaranteeType is 2", "/CustomsOfficeOfDestinationDeclared"),
        ("", "no /CustomsOfficeOfDestinationDeclared"),
    ),
    Rule(
        "C0240", "an incident has equipment or a transhipment as its code demands",
        ("code is 2|4", "TransportEquipment and no Transhipment"),
        ("code is 3|6", "Transhipment"),
        ("", "no TransportEquipment and no Transhipment"),
        each="/Consignment/Incident",
    ),
    Rule(
        "C0250", "who has no identification number has name and address",
        ("no identificationNumber", "name and Address"),
        each="/HolderOfTheTransitProcedure /Consignment/Consignor /Consignment/Consignee"
        f" {HOUSE}/Consignor {HOUSE}/Consignee /Guarantor",
        partly="whether a number is in a register of operators",
    ),
    Rule(
        "C0251", "risks are told where risk was found, and not where none was looked for",
        ("code is R|Y", "RiskAnalysis"),
        ("code is X and /messageSender[-2:] is @CL010", "RiskAnalysis"),
        ("code is X", ""),
        ("", "no RiskAnalysis"),
        each="/RiskAnalysisIdentification",
    ),
    Rule(
        "C0255", "a guarantee is freed by release or by cancellation, not both",
        ("usageCancellationDate", "no releaseDate"), ("", "releaseDate"),
        each="/TransitOperation",
    ),
    Rule(
        "C0298", "a quantity of the document before has its unit, and a unit its quantity",
        ("quantity", "measurementUnitAndQualifier"), ("", "no measurementUnitAndQualifier"),
        each=f"{ITEM}/PreviousDocument",
    ),
    Rule(
        "C0315", "with the day of a receipt TC11 the actual office of destination is named",
        ("no /Enquiry/text", ""),
        ("/Enquiry/TC11DeliveryDate", "/CustomsOfficeOfDestinationActual"),
    ),
    Rule(
        "C0320", "informations 10, 40 and 50 are put in words, others are not",
        ("informationCode is 10|40|50", "text"), ("", "no text"),
        each="/ResponseInformation",
    ),
    Rule(
        "C0330", "requests 5 and 6 are put in words, others are not",
        ("code is 5|6", "text"), ("", "no text"),
        each="/RequestedInformation",
    ),
    Rule(
        "C0337", "charges of transport stand once: for the consignment, or for the houses",
        (_OUTSIDE, ""),
        ("TransportCharges", "no HouseConsignment/TransportCharges"),
        each="/Consignment",
    ),
    Rule(
        "C0339", "means of departure stand once, and none for goods sent by mail",
        ("inlandModeOfTransport is 5",
         "no DepartureTransportMeans and no HouseConsignment/DepartureTransportMeans"),
        ("DepartureTransportMeans", "no HouseConsignment/DepartureTransportMeans"),
        each="/Consignment",
    ),
    Rule(
        "C0343", "the country of destination stands once on the way down to each item",
        ("/Consignment/countryOfDestination",
         "no ../countryOfDestination and no countryOfDestination"),
        ("../countryOfDestination", "no countryOfDestination"),
        ("", "countryOfDestination"),
        each=ITEM,
    ),
    Rule(
        "C0349", "the consignor stands once: for the consignment, or for the houses",
        ("Consignor", "no HouseConsignment/Consignor"),
        each="/Consignment",
    ),
    Rule(
        "C0352", "a partial release says what is released, a full one nothing more",
        ("/TransitOperation/releaseIndicator is 2|3", "/Consignment"), ("", "no /Consignment"),
    ),
    Rule(
        "C0353", "a house released in part names its items",
        ("releaseType is 1", "ConsignmentItem"), ("", "no ConsignmentItem"),
        each=HOUSE,
    ),
    Rule(
        "C0354", "solved discrepancies have the day of writing off",
        ("discrepanciesResolved is 1", "writeOffDate"), ("", "no writeOffDate"),
        each="/TransitOperation",
    ),
    Rule(
        "C0365", "an answer holds the movement, or the reason why not",
        ("/TransitOperation/requestRejectionReasonCode",
         ("no /Consignment and no /CustomsOfficeOfDestinationDeclared and no /ControlResult"
         " and no /HolderOfTheTransitProcedure and no /TransitOperation/declarationType"
         " and no /TransitOperation/declarationAcceptanceDate and no /TransitOperation/security"
         " and no /TransitOperation/releaseDate and no /TransitOperation/bindingItinerary"
         " and no /TransitOperation/reducedDatasetIndicator and no /TransitOperation/status")),
        ("", ("/Consignment and /CustomsOfficeOfDestinationDeclared and /ControlResult"
         " and /HolderOfTheTransitProcedure and /TransitOperation/declarationType"
         " and /TransitOperation/declarationAcceptanceDate and /TransitOperation/security"
         " and /TransitOperation/releaseDate and /TransitOperation/bindingItinerary"
         " and /TransitOperation/reducedDatasetIndicator")),
        partly="that an answer to a query of the movement has its status",
    ),
    Rule(
        "C0366", "a refused request is answered without circumstance and offices of transit",
        ("/TransitOperation/requestRejectionReasonCode",
         ("no /TransitOperation/specificCircumstanceIndicator"
         " and no /CustomsOfficeOfTransitDeclared")),
    ),
    Rule(
        "C0382", "an address by postcode has a house number, where the country has such",
        ("country is @CL198", ""), ("", "houseNumber"),
        each="/Consignment/LocationOfGoods/PostcodeAddress",
    ),
    Rule(
        "C0387", "a place without UN/LOCODE has its country and its name",
        ("no UNLocode", "country and location"),
        each="/Consignment/PlaceOfLoading /Consignment/PlaceOfUnloading",
    ),
)  # fmt: skip
