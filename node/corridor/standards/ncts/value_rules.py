"""The published rules of NCTS Phase 5 (R0001 to R3062): how values have to fit each other.

Ids as in DDNTA Appendix Q2, 5.15.2; the sentences are ours.
"""

from typing import Final

from corridor.standards.ncts.conditions import EQUIPMENT, HOUSE, ITEM
from corridor.standards.rules import EVERYWHERE, Rule

_DEPARTS: Final = "/CustomsOfficeOfDeparture/referenceNumber[:2]"
_ARRIVES: Final = "/CustomsOfficeOfDestinationDeclared/referenceNumber[:2]"
_ACTUAL: Final = "/CustomsOfficeOfDestinationActual/referenceNumber[:2]"
_TRANSIT: Final = "/CustomsOfficeOfTransitDeclared/referenceNumber"
_TYPE: Final = "/TransitOperation/declarationType"
_MEANS: Final = "/Consignment/DepartureTransportMeans"
_HOUSE_MEANS: Final = f"{HOUSE}/DepartureTransportMeans"
_COMMON: Final = (
    "/Consignment/countryOfDestination is @CL009"
    f" or {HOUSE}/countryOfDestination is @CL009 or {ITEM}/countryOfDestination is @CL009"
)


def _differs(what: str) -> tuple[str, str]:
    """Demand that what each house says is not the same everywhere."""
    return (
        f"count {HOUSE} > 1 and every {HOUSE} ( {what} )",
        f"varied {HOUSE}/{what}",
    )


def _item_differs(what: str) -> tuple[str, str]:
    return (
        f"count {ITEM} > 1 and every {ITEM} ( {what} )",
        f"varied {ITEM}/{what}",
    )


_NUMBERED: Final = " ".join(
    f"{place}/{group}"
    for place, groups in (
        (
            "/Consignment",
            (
                "TransportEquipment TransportEquipment/Seal TransportEquipment/GoodsReference"
                " DepartureTransportMeans CountryOfRoutingOfConsignment SupportingDocument"
                " TransportDocument AdditionalReference HouseConsignment"
            ),
        ),
        (
            HOUSE,
            "DepartureTransportMeans SupportingDocument TransportDocument AdditionalReference",
        ),
        (
            ITEM,
            (
                "Commodity/DangerousGoods Packaging SupportingDocument TransportDocument"
                " AdditionalReference"
            ),
        ),
    )
    for group in groups.split()
)
_OLD: Final = "whether the number is that of the declaration"
_OPERATORS: Final = (
    "/HolderOfTheTransitProcedure /TraderAtDestination /Representative /Requester"
    " /Consignment/LocationOfGoods/EconomicOperator /GuaranteeReference/Owner"
    f" /Consignment/Consignor {HOUSE}/Consignor"
)
_FROM_THE_UNION: Final = "/messageSender like authority and /messageSender[-2:] is @CL010"

VALUE_RULES: Final = (
    Rule("R0001", "each information is given once",
         ("", "distinct /ResponseInformation/informationCode")),
    Rule("R0002", "each question is put once", ("", "distinct /RequestedInformation/code")),
    Rule("R0003", "each office of transit stands once", ("", f"distinct {_TRANSIT}")),
    Rule("R0004", "an office of transit is reached after the release",
         ("", "arrivalDateAndTimeEstimated > /TransitOperation/releaseDate"),
         each="/CustomsOfficeOfTransitDeclared"),
    Rule("R0005", "an office of transit is reached after the message was written",
         ("", "arrivalDateAndTimeEstimated > /preparationDateAndTime"),
         each="/CustomsOfficeOfTransitDeclared"),
    Rule("R0006", "a country of common transit is entered, and the Union again, by an office of it",
         (f"{_ARRIVES} is @CL112", f"{_TRANSIT}[:2] = {_ARRIVES}")),
    Rule("R0006", "a country of common transit is entered, and the Union again, by an office of it",
         (f"{_DEPARTS} is @CL112 and {_ARRIVES} is @CL010 and {_TRANSIT}",
          f"{_TRANSIT}[:2] is @CL010")),
    Rule("R0007", "items are numbered from 1 throughout the declaration",
         ("", f"ascending {ITEM}/declarationGoodsItemNumber")),
    Rule("R0019", "the state is one that the asked office can have",
         ("/CustomsOfficeOfDestination", "/TransitOperation/status is @CL154"),
         ("/CustomsOfficeOfTransit", "/TransitOperation/status is @CL155"),
         ("/CustomsOfficeOfExitForTransit", "/TransitOperation/status is @CL186")),
    Rule("R0020", "Union goods from a country of common transit name a document of their status",
         (f"({_TYPE} is T2|T2F or declarationType is T2|T2F) and {_DEPARTS} is @CL112",
          "PreviousDocument/type is @CL178 or /Consignment/PreviousDocument/type is @CL178"),
         each=ITEM),
    Rule("R0023", "the reference of an excise document is not nought",
         ("type is @CL234", "not referenceNumber is 0"), each=f"{ITEM}/AdditionalReference"),
    Rule("R0028", "the check digit is wrong",
         ("", ". like checked"),
         each="/TransitOperation/MRN /Header/MRN /ExportOperation/MRN"
         " /Guarantee/GuaranteeReference/GRN /GuaranteeReference/GRN"),
    Rule("R0054", "a sequence number of what was found to differ stands once",
         ("sequenceNumber", "lone sequenceNumber"), each=_NUMBERED, partly=_OLD),
    Rule("R0055", "the number of an item that was found to differ stands once",
         ("", f"distinct {ITEM}/declarationGoodsItemNumber"), partly=_OLD),
    Rule("R0055", "the number of an item that was found to differ stands once",
         ("", "distinct ConsignmentItem/goodsItemNumber"), each=HOUSE, partly=_OLD),
    Rule("R0076", "marks of means at the border are written in capitals",
         ("typeOfIdentification is 10|21|30|40|41|80", ("no identificationNumber"
          " or identificationNumber like capitals")),
         each="/Consignment/ActiveBorderTransportMeans"),
    Rule("R0102", "a decision is 0 or 1", ("decision", "decision is 0|1"), each="/Invalidation"),
    Rule("R0103", "an office of exit is no office of transit and not that of destination",
         ("", (f"not referenceNumber = {_TRANSIT} and not referenceNumber"
          " = /CustomsOfficeOfDestinationDeclared/referenceNumber")),
         each="/CustomsOfficeOfExitForTransitDeclared"),
    Rule("R0106", "the number of seals is the last number among them",
         ("Seal", ("numberOfSeals = Seal/sequenceNumber"
          " and every Seal ( sequenceNumber <= ../numberOfSeals )")), each=EQUIPMENT),
    Rule("R0107", "each seal stands once in the declaration",
         ("", "distinct /Consignment/TransportEquipment/Seal/identifier")),
    Rule("R0219", "an item packed with another one has no packages of its own",
         ("Packaging/numberOfPackages = 0", ("every Packaging ( no numberOfPackages"
          " or numberOfPackages = 0 )")), each=ITEM),
    Rule("R0220", "unpacked goods are not packed with others",
         ("numberOfPackages = 0", "not typeOfPackages is @CL182"), each=f"{ITEM}/Packaging"),
    Rule("R0221", "an item packed with another one weighs nothing, and another one weighs for it",
         ("some Packaging ( numberOfPackages = 0 )", ("Commodity/GoodsMeasure/grossMass = 0"
          " and some ../ConsignmentItem ( Commodity/GoodsMeasure/grossMass > 0 )")),
         ("Packaging", "not Commodity/GoodsMeasure/grossMass = 0"), each=ITEM),
    Rule("R0223", "goods weigh no more without their packing than with it",
         ("grossMass > 0", "netMass <= grossMass"), each=f"{ITEM}/Commodity/GoodsMeasure"),
    Rule("R0315", "a flight number is an airline, four digits and perhaps a letter",
         ("../modeOfTransportAtTheBorder is 4 and conveyanceReferenceNumber",
          "conveyanceReferenceNumber like flight"),
         each="/Consignment/ActiveBorderTransportMeans"),
    Rule("R0318", "a GRN has 24 characters for a voucher, and 17 for every other guarantee",
         ("no GRN", ""), ("../guaranteeType is 4", "GRN like an24"), ("", "GRN like an17"),
         each="/Guarantee/GuaranteeReference"),
    Rule("R0350", "the reduced data set for rail, sea and air needs authorisation C524",
         (("/TransitOperation/reducedDatasetIndicator is 1"
          " and /Consignment/inlandModeOfTransport is 1|2|4"), "/Authorisation/type is C524")),
    Rule("R0364", "an item packed with another one has marks of packages that are counted there",
         ("numberOfPackages is 0 and shippingMarks",
          ("shippingMarks among ../../ConsignmentItem/Packaging"
          " ( numberOfPackages > 0 and not typeOfPackages is @CL181|@CL182 )")),
         each=f"{ITEM}/Packaging"),
    Rule("R0416", "an export declaration is named by an export MRN",
         ("type is N830", "referenceNumber like export_mrn"), each=f"{HOUSE}/PreviousDocument"),
    Rule("R0448", "equipment that is no container is named for its seals: it has one at least",
         ("no containerIdentificationNumber", "not numberOfSeals = 0"), each=EQUIPMENT),
    Rule("R0472", "means of departure are of the inland mode of transport",
         ("not inlandModeOfTransport is 1|2|3|4|8", ""),
         ("DepartureTransportMeans", ("every DepartureTransportMeans"
          " ( typeOfIdentification[:1] = ../inlandModeOfTransport )")),
         ("HouseConsignment/DepartureTransportMeans",
          ("every HouseConsignment/DepartureTransportMeans"
          " ( typeOfIdentification[:1] = ../../inlandModeOfTransport )")), each="/Consignment"),
    Rule("R0473", "marks of means of departure are written in capitals",
         ("typeOfIdentification is 10|20|21|30|31|40|41|80 and identificationNumber",
          "identificationNumber like capitals"), each=f"{_MEANS} {_HOUSE_MEANS}"),
    Rule("R0474", "by road the first means of departure is the lorry",
         ("/Consignment/inlandModeOfTransport is 3 and DepartureTransportMeans",
          "first DepartureTransportMeans ( typeOfIdentification is 30 )"),
         each=f"/Consignment {HOUSE}"),
    Rule("R0476", "by road the further means of departure are trailers",
         ("/Consignment/inlandModeOfTransport is 3 and DepartureTransportMeans",
          "later DepartureTransportMeans ( typeOfIdentification is 31 )"),
         each=f"/Consignment {HOUSE}"),
    *(
        Rule("R0506", "what all houses say alike belongs to the consignment", _differs(what))
        for what in ("Consignor", "Consignee", "DepartureTransportMeans", "TransportCharges",
                     "referenceNumberUCR", "countryOfDestination", "countryOfDispatch")
    ),
    *(
        Rule("R0507", "what all items say alike belongs further up", _item_differs(what))
        for what in ("countryOfDispatch", "countryOfDestination", "referenceNumberUCR",
                     "declarationType")
    ),
    Rule("R0601", "excise goods after an export travel under T1 or TIR, others under T2",
         ("not AdditionalReference/type is @CL234", ""),
         ("../PreviousDocument/type is N830 and declarationType", "declarationType is T1"),
         ("../PreviousDocument/type is N830", f"{_TYPE} is T1|TIR"),
         ("not SupportingDocument/type is @CL234", ""),
         ("declarationType", "declarationType is T2|T2F"),
         ("", f"{_TYPE} is T2|T2F"), each=ITEM),
    Rule("R0789", "without office of transit there is one means at the border",
         ("no /CustomsOfficeOfTransitDeclared", "count ActiveBorderTransportMeans <= 1"),
         each="/Consignment"),
    Rule("R0849", "a TIR movement has no reduced data set",
         ("declarationType is TIR", "reducedDatasetIndicator is 0"), each="/TransitOperation"),
    Rule("R0850", "who is told of by an authority of the Union has a number in the form of an EORI",
         (f"{_FROM_THE_UNION} and identificationNumber", "identificationNumber like eori"),
         each=_OPERATORS, partly="whether it is in the register, and senders who are traders"),
    Rule("R0855", "so many means of departure are told: three by road, one otherwise, rail aside",
         ("/Consignment/inlandModeOfTransport is 3", "count DepartureTransportMeans <= 3"),
         ("/Consignment/inlandModeOfTransport is 2", ""),
         ("", "count DepartureTransportMeans <= 1"), each=f"/Consignment {HOUSE}"),
    Rule("R0859", "authorisation C524 belongs to the reduced data set",
         ("/TransitOperation/reducedDatasetIndicator is 1", "/Authorisation/type is C524"),
         ("", "not /Authorisation/type is C524")),
    Rule("R0900", "the type of guarantee is one for the procedure and the country of departure",
         (f"{_TYPE} is TIR", "guaranteeType is B"),
         (f"{_DEPARTS} is AD|SM|@CL010", "guaranteeType is @CL230"),
         ("", "guaranteeType is @CL229"), each="/Guarantee"),
    Rule("R0901", "TIR begins and ends in the Union here",
         (f"{_TYPE} is TIR", f"{_ARRIVES} is @CL010 and {_DEPARTS} is @CL010")),
    Rule("R0904", "from Andorra and San Marino goods go to a member state",
         (f"{_DEPARTS} is AD|SM", f"{_ARRIVES} is @CL553")),
    Rule("R0905", "from a country of common transit no goods go to Andorra or San Marino",
         (f"{_DEPARTS} is @CL112", f"not {_ARRIVES} is AD|SM")),
    Rule("R0906", "Andorra is entered by an office of Andorra",
         (f"{_ARRIVES} is AD and {_TRANSIT}", f"all {_TRANSIT}[:2] is AD")),
    *(
        Rule("R0909", "to San Marino goods go under T2SM from Italy, else under T2 or T2F",
             (f"not {arrives} is SM", ""),
             (f"{_DEPARTS} is IT", f"{_TYPE} is T2SM"),
             (f"{_DEPARTS} is @CL010", f"{_TYPE} is T2|T2F or {ITEM}/declarationType is T2|T2F"))
        for arrives in (_ARRIVES, _ACTUAL)
    ),
    Rule("R0911", "from San Marino to the Union goods go under T2 or T2F",
         (f"{_DEPARTS} is SM and ({_ARRIVES} is @CL010 or {_ACTUAL} is @CL010)",
          f"{_TYPE} is T2|T2F")),
    Rule("R0912", "a TIR movement is released after a control that was not simplified",
         (f"{_TYPE} is TIR", "/ControlResult/code is @CL195")),
    Rule("R0983", "a house weighs no less than its items",
         ("", "sum ConsignmentItem/Commodity/GoodsMeasure/grossMass <= grossMass"), each=HOUSE),
    Rule("R0987", "sequence numbers count from 1 in each group",
         ("sequenceNumber", "counted sequenceNumber"), each=EVERYWHERE),
    Rule("R0988", "items are numbered from 1 in each house",
         ("goodsItemNumber", "counted goodsItemNumber"), each=ITEM),
    Rule("R0990", "a carnet number has ten or eleven characters",
         ("TIRCarnetNumber", "TIRCarnetNumber like carnet"), each="/TransitOperation",
         partly="its check, which is not public"),
    Rule("R0994", "the consignment weighs no less than its houses",
         ("", "sum HouseConsignment/grossMass <= grossMass"), each="/Consignment"),
    Rule("R3060", "circumstance 30600 is not for a destination in common transit",
         (_COMMON, "not /Consignment/AdditionalInformation/code is 30600")),
    Rule("R3061", "circumstance 30600 is not told of an item",
         ("", f"not {ITEM}/AdditionalInformation/code is 30600")),
    Rule("R3062", "circumstance 30600 is not for a destination in common transit",
         (_COMMON, f"not {HOUSE}/AdditionalInformation/code is 30600")),
)  # fmt: skip
