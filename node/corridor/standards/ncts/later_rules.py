"""The published rules that hold since the transitional period of NCTS Phase 5 is over (B2xxx).

They demand what could be left out before, and forbid what messages of Phase 4 were turned into.
Ids as in DDNTA Appendix Q2, 5.15.2; the sentences are ours.
"""

from typing import Final

from corridor.standards.ncts.conditions import ITEM
from corridor.standards.rules import Rule

_MEANS: Final = "typeOfIdentification and identificationNumber and nationality"
_DATASETS: Final = "CD001C|CD003C|CD038C|CD050C|CD115C|CD160C|CD165C"
_WORDS: Final = "since the transitional period this has to be there"
_BEFORE: Final = "whether the movement began before the transitional period was over"


def _demanded(each: str, must: str, messages: str = "") -> Rule:
    when = f"/messageType is {messages}" if messages else ""
    return Rule("B2101", _WORDS, (when, must), each=each, partly=_BEFORE)


LATER_RULES: Final = (
    _demanded("/TransitOperation", "arrivalDateAndTimeActual", "CD024C"),
    _demanded("/TransitOperation", "recoveryCommunicationDate", "CD063C"),
    _demanded("/FunctionalError", "errorReason"),
    _demanded("/GuaranteeReference/Guarantor/Address", "country"),
    _demanded("", "/CustomsOfficeOfDeparture", "CD094C|CD095C"),
    _demanded(f"{ITEM}/Commodity", "CommodityCode", "CD050C|CD115C|CD160C|CD165C"),
    _demanded(f"{ITEM}/Commodity", "GoodsMeasure/grossMass"),
    _demanded("/Recovery", "text", "CD151C|CD152C"),
    _demanded("/Guarantee/GuaranteeReference", "amountToBeCovered and currency"),
    _demanded("/Consignment/Incident/Endorsement", "authority and place", "CD038C"),
    _demanded("/Consignment", "PlaceOfLoading", _DATASETS),
    _demanded(
        "/Consignment/ActiveBorderTransportMeans",
        f"customsOfficeAtBorderReferenceNumber and {_MEANS}",
    ),
    _demanded("/Consignment/DepartureTransportMeans", _MEANS),
    Rule(
        "B2200", "the reference of a conveyance has 17 characters at most",
        ("conveyanceReferenceNumber", "conveyanceReferenceNumber like short17"),
        each="/Consignment/ActiveBorderTransportMeans", partly=_BEFORE,
    ),
    Rule(
        "B2400", "since the transitional period consignee, charges and contract of carriage stand"
        " with the house",
        ("", "no Consignee and no TransportDocument and no TransportCharges"),
        each=ITEM, partly=_BEFORE,
    ),
    Rule(
        "B2400", "since the transitional period incidents are registered by an office",
        ("/messageType is CC007C", "no Incident"),
        each="/Consignment", partly=_BEFORE,
    ),
    Rule(
        "B2400", "since the transitional period no return copy comes back",
        ("", "no returnCopyReturnedDate"),
        each="/Enquiry", partly=_BEFORE,
    ),
)  # fmt: skip
