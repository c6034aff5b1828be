"""The published guidelines of NCTS Phase 5 that demand something which a document shows (G0xxx).

A guideline is for people: who breaks it is told, and never refused. Ids as in DDNTA Appendix Q2,
5.15.2; the sentences are ours.
"""

from typing import Final

from corridor.standards.ncts.conditions import EQUIPMENT, HOUSE, ITEM
from corridor.standards.rules import Rule

_GOODS: Final = " ".join(f"{place}/GoodsReference" for place in EQUIPMENT.split())
_BORDER: Final = "customsOfficeAtBorderReferenceNumber"
_ENTERS: Final = f"{_BORDER} = /CustomsOfficeOfTransitDeclared/referenceNumber"
_LEAVES: Final = f"{_BORDER} = /CustomsOfficeOfExitForTransitDeclared/referenceNumber"
_ARRIVES: Final = f"{_BORDER} = /CustomsOfficeOfDestinationDeclared/referenceNumber"
_EXPORTED: Final = "/AESResults/ExportOperation/GoodsShipment/GoodsItem"


def _guideline(
    id_: str, words: str, *cases: tuple[str, str], each: str = "", partly: str = ""
) -> Rule:
    return Rule(id_, words, *cases, each=each, partly=partly, advice=True)


GUIDELINES: Final = (
    _guideline(
        "G0001", "with circumstance 30600 no consignee is named",
        ("AdditionalInformation/code is 30600", "no Consignee and no /Consignment/Consignee"),
        each=HOUSE,
    ),
    _guideline(
        "G0005", "the number of an item is 1999 at most",
        ("declarationGoodsItemNumber", "declarationGoodsItemNumber <= 1999"),
        each=f"{_GOODS} {ITEM} /RiskAnalysisIdentification/RiskAnalysis",
    ),
    _guideline(
        "G0005", "the number of an item is 1999 at most",
        ("", "transitDeclarationGoodsItemNumber <= 1999"),
        each=_EXPORTED,
    ),
    _guideline(
        "G0006", "equipment refers to items by numbers that items have",
        ("/messageType is CC017C|CC044C|CD018C", ""),
        ("", f"declarationGoodsItemNumber = {ITEM}/declarationGoodsItemNumber"),
        each=_GOODS, partly="results of controls, which tell of some items only",
    ),
    _guideline(
        "G0009", "an error about an MRN points at it, one about a message at its root",
        ("errorCode is 90|93", "errorPointer like to_mrn"),
        ("errorCode is 51|52|92", "errorPointer like to_root"),
        each="/FunctionalError", partly="that other errors point at what is wrong",
    ),
    _guideline(
        "G0010", "the reason of an error is the id of what was broken",
        ("no errorReason", ""),
        ("errorCode is 12", "errorReason like codelist"),
        ("errorCode is 13|15", "errorReason like condition"),
        ("errorCode is 14", "errorReason like rule"),
        ("errorCode is 50", "errorReason like constraint"),
        ("errorCode is 51|52", ""),
        ("", "errorReason is N/A"),
        each="/FunctionalError", partly="errors of a conversion between phases",
    ),
    _guideline(
        "G0017", "seals that are not in order are a discrepancy",
        ("stateOfSeals is 0", "code is A5|B1"),
        each="/ControlResult",
    ),
    _guideline(
        "G0026", "a house names one document before it, and that is an export",
        ("PreviousDocument", "count PreviousDocument = 1 and PreviousDocument/type is N830"),
        each=HOUSE,
    ),
    _guideline(
        "G0026", "goods of a declaration that is lodged beforehand follow no export",
        ("/TransitOperation/additionalDeclarationType is D", f"no {HOUSE}/PreviousDocument"),
    ),
    _guideline(
        "G0090", "the carrier is told where it is not the holder",
        ("identificationNumber",
         "not identificationNumber = /HolderOfTheTransitProcedure/identificationNumber"),
        each="/Consignment/Carrier",
    ),
    _guideline(
        "G0110", "a warning about statistics points at the counts",
        ("/EvaluatedMessage/messageType is CD411D", "warningPointer like to_series"),
        each="/ConsistencyCheckWarning",
    ),
    _guideline(
        "G0125", "an enquiry waits 28 or 40 days for its answer",
        ("", "days to limitForTheEnquiryResponseDate from /preparationDateAndTime is 28|40"),
        each="/Enquiry",
    ),
    _guideline(
        "G0204", "answers 1 to 3 come from an office of enquiry, answer 4 from one of recovery",
        ("responseCode is 1|2|3", "/CustomsOfficeOfRequest/referenceNumber is @CL176"),
        ("responseCode is 4", "/CustomsOfficeOfRequest/referenceNumber is @CL177"),
        each="/Enquiry",
    ),
    _guideline(
        "G0650", "an update of a guarantee says what is updated",
        ("", ("referenceAmount or percentageOfReferenceAmount or guaranteeAmount"
         " or numberOfCertificates or validityDate or invalidityDate or invalidityReasonCode")),
        each="/GuaranteeReference",
    ),
    _guideline(
        "G0789", "means cross the border at an office that the movement names",
        (f"no {_BORDER}", ""),
        ("/CustomsOfficeOfTransitDeclared and /CustomsOfficeOfExitForTransitDeclared",
         f"{_ENTERS} or {_LEAVES} or {_ARRIVES}"),
        ("/CustomsOfficeOfTransitDeclared", f"{_ENTERS} or {_ARRIVES}"),
        ("/CustomsOfficeOfExitForTransitDeclared", f"{_LEAVES} or {_ARRIVES}"),
        ("", _ARRIVES),
        each="/Consignment/ActiveBorderTransportMeans",
        partly="presentations, which name no offices of the way",
    ),
    _guideline(
        "G0821", "the code of a common risk for offices of transit ends with E",
        ("code", "code[-1:] is E"),
        each="/RiskAnalysisIdentification/RiskAnalysis/RiskAnalysisResult",
    ),
    _guideline(
        "G0906", "statistics are those of system 1 or 2",
        ("", "systemCode is 1|2"),
        each="/SendingCountry/SystemApplicability",
    ),
    _guideline(
        "G0990", "the export system names items of excise goods only",
        ("type", "type is C651|C658"),
        each=f"{_EXPORTED}/PreviousDocument",
    ),
    _guideline(
        "G0991", "the document before an item is no export",
        ("", "not type is N830"),
        each=f"{ITEM}/PreviousDocument",
    ),
    _guideline(
        "G0999", "an export declaration has 999 items at most",
        ("", "exportDeclarationGoodsItemNumber <= 999"),
        each=_EXPORTED,
    ),
)  # fmt: skip
