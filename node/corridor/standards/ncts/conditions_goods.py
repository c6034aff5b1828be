"""The published conditions of NCTS Phase 5 from C0394 on: goods, places, means, parties.

Ids as in DDNTA Appendix Q2, 5.15.2; the sentences are ours.
"""

from typing import Final

from corridor.standards.ncts.conditions import EQUIPMENT, HOUSE, ITEM
from corridor.standards.rules import Rule

_OUTSIDE: Final = "/messageType like common_domain and not /messageRecipient[-2:] is @CL147"
_SECURITY: Final = "/TransitOperation/security is 1|2|3"
_PLACE: Final = {
    "Z": "Address", "X": "EconomicOperator", "Y": "authorisationNumber", "W": "GNSS",
    "V": "CustomsOffice", "U": "UNLocode", "T": "PostcodeAddress",
}  # fmt: skip
_INCIDENT: Final = {"W": "GNSS", "U": "UNLocode", "Z": "Address"}
_ADDRESSES: Final = (
    "/HolderOfTheTransitProcedure/Address /Consignment/Consignor/Address"
    " /Consignment/Consignee/Address /Consignment/LocationOfGoods/Address"
    f" {HOUSE}/Consignor/Address {HOUSE}/Consignee/Address /Guarantor/Address"
    " /GuaranteeReference/Guarantor/Address /GuaranteeReference/Owner/Address"
    " /Consignment/ConsigneeActual/Address"
)


def _located(kinds: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Make the cases of a place that has just what its qualifier names."""
    return tuple(
        (f"qualifierOfIdentification is {kind}",
         " and ".join([own, *(f"no {other}" for other in kinds.values() if other != own)])
         + (" and no ContactPerson" if kind == "V" else ""))
        for kind, own in kinds.items()
    )  # fmt: skip


CONDITIONS_OF_GOODS: Final = (
    Rule(
        "C0394", "the location of goods is told in the one way that its qualifier names",
        *_located(_PLACE),
        each="/Consignment/LocationOfGoods",
    ),
    Rule(
        "C0396", "after broken seals the number of seals is told of each equipment",
        ("code is 2", "every TransportEquipment ( numberOfSeals )"),
        each="/Consignment/Incident",
    ),
    Rule(
        "C0403", "a declaration that is not lodged beforehand names the place of loading",
        ("/TransitOperation/additionalDeclarationType is D", ""), ("", "PlaceOfLoading"),
        each="/Consignment",
    ),
    Rule(
        "C0411", "a carnet number belongs to a TIR movement and to no other",
        ("no declarationType", ""),
        ("declarationType is TIR", "TIRCarnetNumber"), ("", "no TIRCarnetNumber"),
        each="/TransitOperation",
    ),
    Rule(
        "C0417", "the office of guarantee is named, except where the guarantee does not exist",
        ("InvalidGuaranteeReason/code is G01", ""), ("", "CustomsOfficeOfGuarantee"),
        each="/Guarantee/GuaranteeReference",
    ),
    Rule(
        "C0451", "a control of another kind is put in words",
        ("type is 50", "text"),
        each="/TypeOfControls",
    ),
    Rule(
        "C0452", "a notification of control names the controls, other notifications name none",
        ("/TransitOperation/notificationType is 1|2", "no /TypeOfControls"),
        ("", "/TypeOfControls"),
    ),
    Rule(
        "C0455", "a request for documents names them",
        ("/TransitOperation/notificationType is 1", "/RequestedDocument"),
        ("/TransitOperation/notificationType is 0", ""),
        ("", "no /RequestedDocument"),
    ),
    Rule(
        "C0460", "the place of an incident is told in the one way that its qualifier names",
        *_located(_INCIDENT),
        each="/Consignment/Incident/Location",
    ),
    Rule(
        "C0466", "a refusal to answer holds no offices, no risks and no carnet",
        ("/TransitOperation/requestRejectionReasonCode",
         ("no /CustomsOfficeOfTransitDeclared and no /CustomsOfficeOfExitForTransitDeclared"
         " and no /RiskAnalysisIdentification and no /TransitOperation/TIRCarnetNumber"
         " and no /TransitOperation/specificCircumstanceIndicator")),
    ),
    Rule(
        "C0467", "a movement is named by its MRN, or before it has one by its LRN, never by both",
        ("", "MRN and no LRN or LRN and no MRN"),
        each="/TransitOperation",
        partly="which of the two, for that hangs on an earlier message",
    ),
    Rule(
        "C0489", "goods released outside the security area have a location",
        ("not /CustomsOfficeOfDeparture/referenceNumber[:2] is @CL147", "LocationOfGoods"),
        each="/Consignment",
    ),
    Rule(
        "C0492", "a rejection of kind 4 says why",
        ("rejectionCode is 4", "rejectionReason"),
        each="/TransitOperation",
    ),
    Rule(
        "C0502", "the UCR stands once on the way down to an item, or a transport document instead",
        ("/Consignment/referenceNumberUCR", "no ../referenceNumberUCR and no referenceNumberUCR"),
        ("../referenceNumberUCR", "no referenceNumberUCR"),
        ("/Consignment/TransportDocument or ../TransportDocument", ""),
        ("", "referenceNumberUCR"),
        each=ITEM,
    ),
    Rule(
        "C0505", "an address has a postcode, where the country has such",
        ("country is @CL505", ""), ("", "postcode"),
        each=_ADDRESSES,
        partly="addresses of incidents and agents",
    ),
    Rule(
        "C0511", "an answer names the message that it answers, a first message none",
        ("/messageType is @CL610", "/correlationIdentifier"),
        ("/messageType is @CL385", "no /correlationIdentifier"),
    ),
    Rule(
        "C0531", "with security data an aircraft at the border has its flight number",
        (f"{_SECURITY} and ../modeOfTransportAtTheBorder is 4", "conveyanceReferenceNumber"),
        each="/Consignment/ActiveBorderTransportMeans",
    ),
    Rule(
        "C0542", "the consignor stands once, and nowhere in a reduced data set without security",
        ("/TransitOperation/security is 0 and /TransitOperation/reducedDatasetIndicator is 1",
         "no Consignor and no HouseConsignment/Consignor"),
        ("Consignor", "no HouseConsignment/Consignor"),
        each="/Consignment",
    ),
    Rule(
        "C0569", "seals are named where their number is not nought, and only there",
        ("no numberOfSeals", "no Seal"), ("numberOfSeals > 0", "Seal"), ("", "no Seal"),
        each=EQUIPMENT,
    ),
    Rule(
        "C0586", "a binding itinerary, or one with security data, names its countries",
        (f"/TransitOperation/bindingItinerary is 1 or {_SECURITY}",
         "CountryOfRoutingOfConsignment"),
        each="/Consignment",
    ),
    Rule(
        "C0587", "offices of exit belong to security data on exit and a way out of the area",
        (_OUTSIDE, ""),
        (("/TransitOperation/security is 2|3"
         " and some /CustomsOfficeOfTransitDeclared ( not referenceNumber[:2] is @CL147 )"), ""),
        ("", "no /CustomsOfficeOfExitForTransitDeclared"),
    ),
    Rule(
        "C0598", "with security data on entry the arrival at an office of the area is estimated",
        ("/TransitOperation/security is 1|3 and referenceNumber[:2] is @CL147",
         "arrivalDateAndTimeEstimated"),
        each="/CustomsOfficeOfTransitDeclared",
    ),
    Rule(
        "C0599", "with security data the mode of transport at the border is told when presented",
        (f"{_SECURITY} and /TransitOperation/additionalDeclarationType is A",
         "modeOfTransportAtTheBorder"),
        each="/Consignment",
    ),
    Rule(
        "C0670", "equipment says which goods it holds, except one single container",
        ("count /Consignment/TransportEquipment = 1 and containerIdentificationNumber", ""),
        ("", "GoodsReference"),
        each="/Consignment/TransportEquipment",
    ),
    Rule(
        "C0671", "a further identifier of a place belongs to an operator's or authorised place",
        ("EconomicOperator/identificationNumber or authorisationNumber", ""),
        ("", "no additionalIdentifier"),
        each="/Consignment/LocationOfGoods",
    ),
    Rule(
        "C0685", "a movement is named by its MRN, or before it has one by its LRN, never by both",
        ("", "MRN and no LRN or LRN and no MRN"),
        each="/TransitOperation",
        partly="which of the two, for that hangs on an earlier message",
    ),
    Rule(
        "C0710", "goods presented outside the security area have a location",
        (("/TransitOperation/additionalDeclarationType is D"
         " or /CustomsOfficeOfDeparture/referenceNumber[:2] is @CL147"), ""),
        ("", "LocationOfGoods"),
        each="/Consignment",
    ),
    Rule(
        "C0715", "results of risk analysis have a code, an area, or both, as the finding says",
        ("code is R", "every RiskAnalysis/RiskAnalysisResult ( code )"),
        ("code is X", "every RiskAnalysis/RiskAnalysisResult ( no code and riskAreaCode )"),
        ("code is Y", ("some RiskAnalysis/RiskAnalysisResult ( code )"
         " and some RiskAnalysis/RiskAnalysisResult ( no code and riskAreaCode )")),
        each="/RiskAnalysisIdentification",
    ),
    Rule(
        "C0806", "with security data the means at the border are told, and none for mail",
        ("modeOfTransportAtTheBorder is 5", "no ActiveBorderTransportMeans"),
        (f"{_SECURITY} and /TransitOperation/additionalDeclarationType is A",
         "ActiveBorderTransportMeans"),
        each="/Consignment",
    ),
    Rule(
        "C0807", "goods that cross the border by mail have no means there",
        ("modeOfTransportAtTheBorder is 5", "no ActiveBorderTransportMeans"),
        each="/Consignment", partly="what the declaration said of means and security data",
    ),
    Rule(
        "C0811", "an answer names the office of departure, unless the movement is unknown",
        ("/TransitOperation/requestRejectionReasonCode is 1", "no /CustomsOfficeOfDeparture"),
        ("", "/CustomsOfficeOfDeparture"),
    ),
    Rule(
        "C0812", "security data are kept from countries outside the security area",
        ("/messageRecipient[-2:] is @CL147", ""),
        ("", ("no /TransitOperation/specificCircumstanceIndicator"
         " and no /CustomsOfficeOfExitForTransitDeclared"
         " and no /CustomsOfficeOfExitForTransitActual and no /Consignment/Carrier"
         " and no /Consignment/PlaceOfUnloading and no /Consignment/TransportCharges"
         f" and no {HOUSE}/TransportCharges")),
    ),
    Rule(
        "C0813", "results of risk analysis pass between countries of the area, and to no other",
        (f"{_SECURITY} and /messageSender[-2:] is @CL147 and /messageRecipient[-2:] is @CL147",
         "/RiskAnalysisIdentification"),
        (("/TransitOperation/security is 0 and /messageSender[-2:] is @CL010"
         " and /messageRecipient[-2:] is @CL010"), "/RiskAnalysisIdentification"),
        ("not /messageSender[-2:] is @CL010 or not /messageRecipient[-2:] is @CL010",
         "no /RiskAnalysisIdentification"),
    ),
    Rule(
        "C0815", "the guarantor's office is told of the goods for types 2 and 9 only",
        ("/Guarantee/guaranteeType is 2|9", "/Consignment"), ("", "no /Consignment"),
    ),
    Rule(
        "C0816", "offices outside the Union tell no code of the combined nomenclature",
        ("/CustomsOfficeOfDestinationActual/referenceNumber[:2] is @CL112|AD|SM",
         "no combinedNomenclatureCode"),
        each=f"{ITEM}/Commodity/CommodityCode",
        partly="results of control at departure",
    ),
    Rule(
        "C0820", "goods transhipped in containers name each container",
        ("Transhipment/containerIndicator is 1",
         "every TransportEquipment ( containerIdentificationNumber )"),
        each="/Consignment/Incident",
    ),
    Rule(
        "C0821", "a country of common transit tells no code of the combined nomenclature",
        ("/CustomsOfficeOfDeparture/referenceNumber[:2] is @CL112",
         "no combinedNomenclatureCode"),
        each=f"{ITEM}/Commodity/CommodityCode",
    ),
    Rule(
        "C0822", "it is told whether goods travel in containers, unless lodged beforehand",
        ("/TransitOperation/additionalDeclarationType is D", ""), ("", "containerIndicator"),
        each="/Consignment",
    ),
    Rule(
        "C0823", "goods in containers name the equipment; where nothing is said there is none",
        ("containerIndicator is 1", "TransportEquipment"),
        ("containerIndicator", ""),
        ("", "no TransportEquipment"),
        each="/Consignment",
    ),
    Rule(
        "C0826", "means of departure stand once, and none for goods sent by mail",
        ("inlandModeOfTransport is 5",
         "no DepartureTransportMeans and no HouseConsignment/DepartureTransportMeans"),
        ("DepartureTransportMeans", "no HouseConsignment/DepartureTransportMeans"),
        each="/Consignment",
    ),
    Rule(
        "C0831", "a state is asked of one office only",
        ("/CustomsOfficeOfDestination",
         "no /CustomsOfficeOfTransit and no /CustomsOfficeOfExitForTransit"),
        ("/CustomsOfficeOfTransit", "no /CustomsOfficeOfExitForTransit"),
        ("", "/CustomsOfficeOfExitForTransit"),
    ),
    Rule(
        "C0833", "goods presented for carriage by mail have no means of departure",
        ("inlandModeOfTransport is 5",
         "no DepartureTransportMeans and no HouseConsignment/DepartureTransportMeans"),
        each="/Consignment", partly="what the declaration said of means",
    ),
    Rule(
        "C0837", "goods after an export have a net mass, those of a reduced data set have none",
        ("../../../PreviousDocument/type is N830", "netMass"),
        ("/TransitOperation/reducedDatasetIndicator is 1", "no netMass"),
        each=f"{ITEM}/Commodity/GoodsMeasure",
    ),
    Rule(
        "C0839", "an authorised consignor sets the time limit, nobody else does",
        ("not /Authorisation/type is C521", "no limitDate"),
        ("additionalDeclarationType is D", ""),
        ("", "limitDate"),
        each="/TransitOperation",
    ),
    Rule(
        "C0870", "a decision has its time, except for the national transit application",
        ("/messageRecipient[:3] is NTA", "no decisionDateAndTime"), ("", "decisionDateAndTime"),
        each="/Invalidation",
    ),
    Rule(
        "C0872", "goods in containers name the equipment",
        ("containerIndicator is 1", "TransportEquipment"),
        each="/Consignment",
    ),
    Rule(
        "C0904", "a holder of a carnet is named in a TIR movement and in no other",
        ("/TransitOperation/declarationType is TIR", "TIRHolderIdentificationNumber"),
        ("/TransitOperation/declarationType", "no TIRHolderIdentificationNumber"),
        each="/HolderOfTheTransitProcedure",
        partly="messages that do not say the type of declaration",
    ),
    Rule(
        "C0908", "with security data the means at the border are told, and none for mail",
        ("modeOfTransportAtTheBorder is 5", "no ActiveBorderTransportMeans"),
        (_SECURITY, "ActiveBorderTransportMeans"),
        each="/Consignment",
    ),
    Rule(
        "C0909", "the country of dispatch stands once on the way down to each item",
        ("/Consignment/countryOfDispatch", "no ../countryOfDispatch and no countryOfDispatch"),
        ("../countryOfDispatch", "no countryOfDispatch"),
        ("", "countryOfDispatch"),
        each=ITEM,
    ),
    Rule(
        "C0930", "a result with discrepancies says what they are, another one does not",
        ("/ControlResult/code is B1|A5", "/Consignment or /TransitOperation/otherThingsToReport"),
        ("", "no /Consignment"),
    ),
)  # fmt: skip
