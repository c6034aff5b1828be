# ruff: noqa: E501 (a document stays in one piece)
"""Of each guideline that a document can break, a document that keeps it and one that breaks it."""

from typing import Final

from ncts_rule_cases import Case

_ENQUIRY: Final = (
    "preparationDateAndTime=2025-03-05T09:00:00 Enquiry/limitForTheEnquiryResponseDate"
)
_EXPORTED: Final = "AESResults/ExportOperation/GoodsShipment/GoodsItem"
_RISK: Final = "RISK/RiskAnalysis"
_BORDER: Final = "ABT/customsOfficeAtBorderReferenceNumber"
_REF: Final = "TE/GoodsReference/declarationGoodsItemNumber"

GUIDELINE_CASES: Final = (
    Case("G0001", "CC015C", "H/AdditionalInformation/code=30600", "H/AdditionalInformation/code=30600 H/Consignee/name=x"),
    Case("G0005", "CC015C", "I/declarationGoodsItemNumber=1999", "I/declarationGoodsItemNumber=2000"),
    Case("G0005", "CD001C", f"{_RISK}/declarationGoodsItemNumber=0", f"{_RISK}/declarationGoodsItemNumber=2000"),
    Case("G0005", "CC191C", f"{_EXPORTED}/transitDeclarationGoodsItemNumber=7", f"{_EXPORTED}/transitDeclarationGoodsItemNumber=2000"),
    Case("G0006", "CC015C", f"I/declarationGoodsItemNumber=1 {_REF}=1", f"I/declarationGoodsItemNumber=1 {_REF}=2"),
    Case("G0009", "CC056C", "FunctionalError/errorCode=90 FunctionalError/errorPointer=/CC014C/TransitOperation/MRN",
         "FunctionalError/errorCode=90 FunctionalError/errorPointer=/CC014C/TransitOperation/LRN"),
    Case("G0009", "CC906C", "FunctionalError/errorCode=92 FunctionalError/errorPointer=/CC190C", "FunctionalError/errorCode=92 FunctionalError/errorPointer=N/A"),
    Case("G0010", "CC056C", "FunctionalError/errorCode=12 FunctionalError/errorReason=CL231", "FunctionalError/errorCode=12 FunctionalError/errorReason=R0028"),
    Case("G0010", "CC056C", "FunctionalError/errorCode=13 FunctionalError/errorReason=C0250", "FunctionalError/errorCode=15 FunctionalError/errorReason=R0028"),
    Case("G0010", "CC056C", "FunctionalError/errorCode=14 FunctionalError/errorReason=R0028", "FunctionalError/errorCode=14 FunctionalError/errorReason=C0250"),
    Case("G0010", "CD906C", "FunctionalError/errorCode=50 FunctionalError/errorReason=B1823", "FunctionalError/errorCode=50 FunctionalError/errorReason=N/A"),
    Case("G0010", "CC056C", "FunctionalError/errorCode=92 FunctionalError/errorReason=N/A", "FunctionalError/errorCode=92 FunctionalError/errorReason=R0028"),
    Case("G0017", "CD018C", "ControlResult/stateOfSeals=0 ControlResult/code=A5", "ControlResult/stateOfSeals=0 ControlResult/code=A1"),
    Case("G0026", "CC015C", "H/PreviousDocument/type=N830", "H/PreviousDocument/type=N830 H/PreviousDocument[2]/type=N830"),
    Case("G0026", "CC015C", "TO/additionalDeclarationType=D H/x=1", "TO/additionalDeclarationType=D H/PreviousDocument/type=N830"),
    Case("G0090", "CC015C", "C/Carrier/identificationNumber=A HOLDER/identificationNumber=B", "C/Carrier/identificationNumber=A HOLDER/identificationNumber=A"),
    Case("G0110", "CD903D", "EvaluatedMessage/messageType=CD411D ConsistencyCheckWarning/warningPointer=/CD411D/x/SeriesElements[2]",
         "EvaluatedMessage/messageType=CD411D ConsistencyCheckWarning/warningPointer=/CD411D"),
    Case("G0125", "CD142C", f"{_ENQUIRY}=2025-04-02", f"{_ENQUIRY}=2025-04-03"),
    Case("G0125", "CD142C", f"{_ENQUIRY}=2025-04-14", f"{_ENQUIRY}=2025-03-05"),
    Case("G0204", "CD143C", "Enquiry/responseCode=1 CustomsOfficeOfRequest/referenceNumber=DE00ENQ1", "Enquiry/responseCode=1 CustomsOfficeOfRequest/referenceNumber=DE00REC1"),
    Case("G0204", "CD143C", "Enquiry/responseCode=4 CustomsOfficeOfRequest/referenceNumber=DE00REC1", "Enquiry/responseCode=4 CustomsOfficeOfRequest/referenceNumber=DE00ENQ1"),
    Case("G0650", "CC225C", "GR/guaranteeAmount=5", "GR/currency=EUR"),
    Case("G0789", "CC015C", f"{_BORDER}=DE2 TRA/referenceNumber=DE2 EXIT/referenceNumber=DE1 DES=DE3", f"{_BORDER}=DE4 TRA/referenceNumber=DE2 EXIT/referenceNumber=DE1 DES=DE3"),
    Case("G0789", "CC015C", f"{_BORDER}=DE3 TRA/referenceNumber=DE2 DES=DE3", f"{_BORDER}=DE4 TRA/referenceNumber=DE2 DES=DE3"),
    Case("G0789", "CC015C", f"{_BORDER}=DE1 EXIT/referenceNumber=DE1 DES=DE3", f"{_BORDER}=DE4 EXIT/referenceNumber=DE1 DES=DE3"),
    Case("G0789", "CC015C", f"{_BORDER}=DE3 DES=DE3", f"{_BORDER}=DE4 DES=DE3"),
    Case("G0821", "CD050C", f"{_RISK}/RiskAnalysisResult/code=10E", f"{_RISK}/RiskAnalysisResult/code=10X"),
    Case("G0906", "CD411D", "SendingCountry/SystemApplicability/systemCode=1", "SendingCountry/SystemApplicability/systemCode=3"),
    Case("G0990", "CC191C", f"{_EXPORTED}/PreviousDocument/type=C658", f"{_EXPORTED}/PreviousDocument/type=N830"),
    Case("G0991", "CC015C", "I/PreviousDocument/type=N821", "I/PreviousDocument/type=N830"),
    Case("G0999", "CC191C", f"{_EXPORTED}/exportDeclarationGoodsItemNumber=999", f"{_EXPORTED}/exportDeclarationGoodsItemNumber=1000"),
)  # fmt: skip
