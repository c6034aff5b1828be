# ruff: noqa: E501 (a document stays in one piece)
"""Of each rule about guarantees, exports and systems, and of those since the transitional period, two documents."""

from typing import Final

from ncts_rule_cases import Case

_MRN: Final = "25TR3401004B7KQ2J4"
_Q: Final = "GR/GuaranteeQuery/queryIdentifier"
_C: Final = "GR/ComprehensiveGuarantee"
_STAT: Final = "SendingCountry/SystemApplicability/StatisticalCharacteristics"
_EXPORT: Final = "AESResults/ExportOperation"
_PACK: Final = "I/Packaging"
_OTHER: Final = "I[2]/Packaging"
_DATA: Final = "messageType=CD001C"
_ABT: Final = "ABT/customsOfficeAtBorderReferenceNumber=x ABT/typeOfIdentification=30 ABT/identificationNumber=X"
_DTM: Final = "DTM/typeOfIdentification=30 DTM/identificationNumber=X"

OFFICE_CASES: Final = (
    Case("C0002", "CD012C", "C/Consignee/name=x H/x=1", "C/Consignee/name=x H/Consignee/name=y"),
    Case("R0410", "CC028C", f"TO/MRN={_MRN}", f"TO/MRN={_MRN[:16]}A4"),
    Case("R0720", "CC190C", "TO/ExportOperation/transitProcedureCategory=2", "TO/ExportOperation/transitProcedureCategory=3"),
    Case("C0231", "CC037C", f"GR/guaranteeType=1 GR/Usage/arrivalDateAndTime=x {_C}/referenceAmount=5 {_C}/percentageOfReferenceAmount=50",
         f"GR/guaranteeType=1 GR/Usage/MRN=x {_C}/referenceAmount=5 {_C}/percentageOfReferenceAmount=50"),
    Case("C0231", "CC037C", f"GR/guaranteeType=9 {_C}/guaranteeAmount=5", f"GR/guaranteeType=9 {_C}/referenceAmount=5"),
    Case("C0232", "CC224C", "GR/TIRCarnet=1 GR/voucherAmount=5 GR/currency=EUR", "GR/TIRCarnet=1 GR/voucherAmount=5"),
    Case("C0232", "CC037C", "GR/IndividualGuaranteeVoucher/TIRCarnet=0",
         "GR/IndividualGuaranteeVoucher/TIRCarnet=0 GR/IndividualGuaranteeVoucher/voucherAmount=5"),
    Case("C0234", "CC037C", "GR/guaranteeType=4 GR/Guarantor/name=x", "GR/guaranteeType=0 GR/Guarantor/name=x"),
    Case("C0260", "CC225C", "GR/validityDate=2025-01-01", "GR/validityDate=2025-01-01 GR/invalidityDate=2026-01-01"),
    Case("C0270", "CC037C", f"{_Q}=4 GR/Owner/name=x", f"{_Q}=1 GR/Owner/name=x"),
    Case("C0280", "CC037C", f"{_Q}=4 GR/GRN=x", f"{_Q}=4 {_C}/currency=EUR"),
    Case("C0280", "CC037C", f"{_Q}=1 {_C}/currency=EUR", f"{_Q}=1 {_C}/currency=EUR GR/IndividualGuaranteeVoucher/copyGiven=1"),
    Case("C0280", "CC037C", f"{_Q}=1 GR/IndividualGuaranteeVoucher/copyGiven=1", f"{_Q}=1 GR/GRN=x"),
    Case("C0285", "CC037C", f"{_Q}=2 GR/Exposure/exposure=1", f"{_Q}=1 GR/Exposure/exposure=1"),
    Case("C0286", "CC037C", "GR/guaranteeMonitoringCode=3 GR/Exposure/balance=1", "GR/guaranteeMonitoringCode=3 GR/Exposure/exposure=1"),
    Case("C0400", "CD070C", "U/type=S U/endDateAndTime=x", "U/type=S U/startDateAndTime=x"),
    Case("C0489", "CC029C", "DEP=TR000001 LOC/typeOfLocation=A", "DEP=TR000001 C/grossMass=1"),
    Case("C0705", "CC190C", "TO/AESCommunicationPurpose=1 TO/LRN=x", f"TO/AESCommunicationPurpose=1 TO/MRN={_MRN}"),
    Case("C0705", "CC190C", f"TO/AESCommunicationPurpose=3 TO/MRN={_MRN}", "TO/AESCommunicationPurpose=2 TO/LRN=x"),
    Case("C0707", "CC190C", "TO/AESCommunicationPurpose=2 TO/declarationAcceptanceDate=x", "TO/AESCommunicationPurpose=1 TO/declarationAcceptanceDate=x"),
    Case("C0708", "CC190C", "TO/AESCommunicationPurpose=3 TO/amendmentAcceptanceDateAndTime=x", "TO/AESCommunicationPurpose=3"),
    Case("C0803", "CD903D", "EvaluatedMessage/messageType=CD411D EvaluatedMessage/country=DE EvaluatedMessage/year=2025 EvaluatedMessage/month=02",
         "EvaluatedMessage/messageType=CD411D EvaluatedMessage/country=DE"),
    Case("C0804", "CD903D", "ConsistencyCheckWarning/warningCode=P1001 ConsistencyCheckWarning/originalAttributeValue=7", "ConsistencyCheckWarning/warningCode=P1001"),
    Case("C0805", "CD411D", f"{_STAT}/statisticsTypeSupport=1 {_STAT}/SeriesElements/counter=7", f"{_STAT}/statisticsTypeSupport=0 {_STAT}/SeriesElements/counter=7"),
    Case("C0807", "CC170C", "C/modeOfTransportAtTheBorder=5", "C/modeOfTransportAtTheBorder=5 ABT/nationality=DE"),
    Case("C0817", "CC037C", f"{_Q}=2 GR/GRN=x", f"{_Q}=2 GR/Usage/MRN=x"),
    Case("C0818", "CC034C", "Requester/role=1 GR/GRN=x", "Requester/role=1 GR/Owner/identificationNumber=x"),
    Case("C0818", "CC034C", "Requester/role=2 GR/Owner/identificationNumber=x", "Requester/role=2 GR/GRN=x"),
    Case("C0828", "CD071C", "U/functionality=Z", "U/functionality=Z U/Fallback/flag=1"),
    Case("C0833", "CC170C", "C/inlandModeOfTransport=5", "C/inlandModeOfTransport=5 DTM/nationality=DE"),
    Case("C0860", "CC190C", "TO/AESCommunicationPurpose=1 H/x=1", "TO/AESCommunicationPurpose=2 H/x=1"),
    Case("R0054", "CD018C", "TE/sequenceNumber=4 TE[2]/sequenceNumber=2 H/sequenceNumber=4", "TE/sequenceNumber=4 TE[2]/sequenceNumber=4"),
    Case("R0055", "CC044C", "I/declarationGoodsItemNumber=7 I[2]/declarationGoodsItemNumber=3", "I/declarationGoodsItemNumber=7 I[2]/declarationGoodsItemNumber=7"),
    Case("R0055", "CC044C", "I/goodsItemNumber=7 I[2]/goodsItemNumber=3", "I/goodsItemNumber=7 I[2]/goodsItemNumber=7"),
    Case("R0263", "CC034C", f"{_Q}=3 GR/GuaranteeQuery/periodFromDate=x", f"{_Q}=2 GR/GuaranteeQuery/periodFromDate=x"),
    Case("R0263", "CC037C", f"{_Q}=1 GR/guaranteeType=9 GR/GuaranteeQuery/periodToDate=x", f"{_Q}=1 GR/guaranteeType=4 GR/GuaranteeQuery/periodToDate=x"),
    Case("R0267", "CD203C", "G/GuaranteeReference/currency=EUR", "G/GuaranteeReference/currency=GEL"),
    Case("R0324", "CC231C", "GR/GRN=25TR3401004B7KQ20", "GR/GRN=25TR3401004B7KQ20A123456"),
    Case("R0364", "CC015C", f"{_PACK}/numberOfPackages=0 {_PACK}/shippingMarks=AB {_OTHER}/numberOfPackages=3 {_OTHER}/shippingMarks=AB {_OTHER}/typeOfPackages=BX",
         f"{_PACK}/numberOfPackages=0 {_PACK}/shippingMarks=AB {_OTHER}/numberOfPackages=3 {_OTHER}/shippingMarks=CD {_OTHER}/typeOfPackages=BX"),
    Case("R0364", "CC015C", f"{_PACK}/numberOfPackages=0 {_PACK}/shippingMarks=AB {_OTHER}/numberOfPackages=3 {_OTHER}/shippingMarks=AB {_OTHER}/typeOfPackages=BX",
         f"{_PACK}/numberOfPackages=0 {_PACK}/shippingMarks=AB {_OTHER}/numberOfPackages=3 {_OTHER}/shippingMarks=AB {_OTHER}/typeOfPackages=NE"),
    Case("R0509", "CC190C", "DEP=DE000001 CustomsOfficeOfExit/referenceNumber=DE000001", "DEP=DE000001 CustomsOfficeOfExit/referenceNumber=DE000002"),
    Case("R0510", "CC190C", "DEP=DE000001 LOC/Address/country=DE", "DEP=DE000001 LOC/Address/country=FR"),
    Case("R0510", "CC190C", "DEP=DE000001 LOC/PostcodeAddress/country=DE", "DEP=DE000001 LOC/PostcodeAddress/country=FR"),
    Case("R0516", "CD971C", "U/type=S Country[2]/Action/Unavailability/type=S", "U/type=S Country[2]/Action/Unavailability/type=U"),
    Case("R0518", "CD070C", "U/type=S U/functionality=A U/startDateAndTime=1 U[2]/type=S U[2]/functionality=A U[2]/startDateAndTime=2",
         "U/type=S U/functionality=A U/startDateAndTime=1 U[2]/type=S U[2]/functionality=A U[2]/startDateAndTime=1"),
    Case("R0519", "CD070C", "U/startDateAndTime=2025-03-05T10:00:00 U/endDateAndTime=2025-03-05T11:00:00",
         "U/startDateAndTime=2025-03-05T10:00:00 U/endDateAndTime=2025-03-05T10:00:00"),
    Case("R0551", "CC191C", f"{_EXPORT}/resultIndicator=N2 AESResults/globalValidationResponse=0", f"{_EXPORT}/resultIndicator=N2 AESResults/globalValidationResponse=1"),
    Case("R0705", "CC034C", "GR/GuaranteeQuery/periodFromDate=2025-01-01 GR/GuaranteeQuery/periodToDate=2025-01-02",
         "GR/GuaranteeQuery/periodFromDate=2025-01-01 GR/GuaranteeQuery/periodToDate=2025-01-01"),
    Case("R0850", "CC004C", "messageSender=NTA.DE HOLDER/identificationNumber=DE123", "messageSender=NTA.DE HOLDER/identificationNumber=123"),
    Case("R0875", "CC191C", f"{_EXPORT}/resultIndicator=P1 AESResults/globalValidationResponse=1", f"{_EXPORT}/resultIndicator=P1 AESResults/globalValidationResponse=0"),
    Case("R0995", "CC190C", "LOC/EconomicOperator/identificationNumber=DE123", "LOC/EconomicOperator/identificationNumber=123"),
    Case("T0001", "CC917C", "Header/LRN=x", "Header/x=1"),
    Case("B2101", "CD024C", "messageType=CD024C TO/arrivalDateAndTimeActual=x", "messageType=CD024C TO/MRN=x"),
    Case("B2101", "CD063C", "messageType=CD063C TO/recoveryCommunicationDate=x", "messageType=CD063C TO/MRN=x"),
    Case("B2101", "CD906C", "FunctionalError/errorReason=N/A", "FunctionalError/errorCode=12"),
    Case("B2101", "CD150C", "GR/Guarantor/Address/country=DE", "GR/Guarantor/Address/city=x"),
    Case("B2101", "CD095C", "messageType=CD095C DEP=DE000001", "messageType=CD095C TO/MRN=x"),
    Case("B2101", "CD050C", "messageType=CD050C C/PlaceOfLoading/x=1 I/Commodity/CommodityCode/x=1 I/Commodity/GoodsMeasure/grossMass=1",
         "messageType=CD050C C/PlaceOfLoading/x=1 I/Commodity/GoodsMeasure/grossMass=1"),
    Case("B2101", "CC015C", "I/Commodity/GoodsMeasure/grossMass=1", "I/Commodity/GoodsMeasure/netMass=1"),
    Case("B2101", "CD151C", "messageType=CD151C Recovery/text=x", "messageType=CD151C Recovery/x=1"),
    Case("B2101", "CC015C", "G/GuaranteeReference/amountToBeCovered=1 G/GuaranteeReference/currency=EUR", "G/GuaranteeReference/currency=EUR"),
    Case("B2101", "CD038C", "messageType=CD038C C/PlaceOfLoading/x=1 INC/Endorsement/authority=x INC/Endorsement/place=x",
         "messageType=CD038C C/PlaceOfLoading/x=1 INC/Endorsement/place=x"),
    Case("B2101", "CD001C", f"{_DATA} C/PlaceOfLoading/x=1", f"{_DATA} C/grossMass=1"),
    Case("B2101", "CC015C", f"{_ABT} ABT/nationality=DE", _ABT),
    Case("B2101", "CC015C", f"{_DTM} DTM/nationality=DE", _DTM),
    Case("B2200", "CD001C", "ABT/conveyanceReferenceNumber=12345678901234567", "ABT/conveyanceReferenceNumber=123456789012345678"),
    Case("B2400", "CC015C", "I/goodsItemNumber=1", "I/TransportDocument/type=N730"),
    Case("B2400", "CC007C", "messageType=CC007C LOC/x=1", "messageType=CC007C INC/code=1"),
    Case("B2400", "CD003C", "messageType=CD003C INC/code=1 I/goodsItemNumber=1", "messageType=CD003C INC/code=1 I/TransportDocument/type=N730"),
    Case("B2400", "CD143C", "Enquiry/responseCode=3", "Enquiry/returnCopyReturnedDate=x"),
)  # fmt: skip
