"""The published conditions and rules of messages about guarantees, exports and systems.

Ids as in DDNTA Appendix Q2, 5.15.2; the sentences are ours.
"""

from typing import Final

from corridor.standards.rules import Rule

_REFERENCE: Final = "/GuaranteeReference"
_QUERY: Final = "GuaranteeQuery/queryIdentifier"
_TIME: Final = "/Country/Action/Unavailability"
_PURPOSE: Final = "AESCommunicationPurpose"
_DEPARTS: Final = "/CustomsOfficeOfDeparture/referenceNumber"
_LOCATION: Final = "/Consignment/LocationOfGoods"

OFFICE_RULES: Final = (
    Rule(
        "C0231", "arrivals, reference amount and percentage belong to guarantees of type 0 and 1",
        ("guaranteeType is 0|1", ("every Usage ( arrivalDateAndTime )"
         " and every ComprehensiveGuarantee ( referenceAmount and percentageOfReferenceAmount )")),
        ("", ("no Usage/arrivalDateAndTime and no ComprehensiveGuarantee/referenceAmount"
         " and no ComprehensiveGuarantee/percentageOfReferenceAmount")),
        each=_REFERENCE,
    ),
    Rule(
        "C0232", "a voucher for a TIR carnet has an amount and its currency, others have none",
        ("TIRCarnet is 1", "voucherAmount and currency"),
        ("TIRCarnet", "no voucherAmount and no currency"),
        each=f"{_REFERENCE} {_REFERENCE}/IndividualGuaranteeVoucher",
    ),
    Rule(
        "C0234", "guarantees of type 1, 2, 4 and 9 have a guarantor, others have none",
        ("guaranteeType is 1|2|4|9", "Guarantor"), ("", "no Guarantor"),
        each=_REFERENCE,
    ),
    Rule(
        "C0260", "a guarantee becomes valid or ends, not both in one notice",
        ("validityDate", "no invalidityDate"),
        each=_REFERENCE,
    ),
    Rule(
        "C0270", "the owner is told where query 4 asked for the data of the guarantee, else not",
        (f"{_QUERY} is 4", "Owner"), ("", "no Owner"),
        each=_REFERENCE,
    ),
    Rule(
        "C0280", "a guarantee is comprehensive, by a guarantor or by voucher; query 4 tells none",
        (f"{_QUERY} is 4", ("no ComprehensiveGuarantee and no IndividualGuaranteeByGuarantor"
         " and no IndividualGuaranteeVoucher")),
        ("ComprehensiveGuarantee",
         "no IndividualGuaranteeByGuarantor and no IndividualGuaranteeVoucher"),
        ("IndividualGuaranteeByGuarantor", "no IndividualGuaranteeVoucher"),
        ("", "IndividualGuaranteeVoucher"),
        each=_REFERENCE,
    ),
    Rule(
        "C0285", "the exposure is told, except for queries 1 and 4 and for vouchers",
        (f"{_QUERY} is 1|4 or guaranteeType is 4", "no Exposure"), ("", "Exposure"),
        each=_REFERENCE,
    ),
    Rule(
        "C0286", "the balance is told where the use is monitored (3), and only there",
        ("guaranteeMonitoringCode is 3", "every Exposure ( balance )"),
        ("", "no Exposure/balance"),
        each=_REFERENCE,
    ),
    Rule(
        "C0400", "a planned absence of a system has an end",
        ("type is S", "endDateAndTime"),
        each=_TIME,
    ),
    Rule(
        "C0705", "the first question names a declaration by its LRN, the later ones by its MRN",
        (f"{_PURPOSE} is 1", "LRN and no MRN"), (_PURPOSE, "MRN and no LRN"),
        each="/TransitOperation", partly="in the answer CC191C, which hangs on the question",
    ),
    Rule(
        "C0707", "the day of acceptance is told once there is one",
        (f"{_PURPOSE} is 2|3", "declarationAcceptanceDate"), ("", "no declarationAcceptanceDate"),
        each="/TransitOperation",
    ),
    Rule(
        "C0708", "the time of an amendment is told of an amendment, and only there",
        (f"{_PURPOSE} is 3", "amendmentAcceptanceDateAndTime"),
        ("", "no amendmentAcceptanceDateAndTime"),
        each="/TransitOperation",
    ),
    Rule(
        "C0803", "a warning about statistics says of which country and month they are",
        ("messageType is CD411D", "country and year and month"),
        each="/EvaluatedMessage",
    ),
    Rule(
        "C0804", "warnings P1001 and P2001 say what stood there",
        ("warningCode is P1001|P2001", "originalAttributeValue"),
        each="/ConsistencyCheckWarning",
        partly="that others do not: the codes of the rule are shorter than those of the schema",
    ),
    Rule(
        "C0805", "what is counted has counts, what is not has none",
        ("statisticsTypeSupport is 1", "SeriesElements"), ("", "no SeriesElements"),
        each="/SendingCountry/SystemApplicability/StatisticalCharacteristics",
    ),
    Rule(
        "C0817", "movements that used the guarantee are not told for queries 2 and 4",
        (f"{_QUERY} is 2|4", "no Usage"),
        each=_REFERENCE,
    ),
    Rule(
        "C0818", "a guarantor names the owner of the guarantee, a holder asks of their own",
        ("/Requester/role is 1", "no Owner"), ("", "Owner"),
        each=_REFERENCE,
    ),
    Rule(
        "C0828", "a fallback belongs to the functions that have one",
        ("functionality is @CL168", ""), ("", "no Fallback"),
        each=_TIME,
    ),
    Rule(
        "C0860", "goods are told for the first question and an amendment, not for an allocation",
        (f"/TransitOperation/{_PURPOSE} is 2", "no /Consignment"), ("", "/Consignment"),
    ),
    Rule(
        "R0263", "a period is asked for types 0, 1 and 9 and queries 1 and 3 only",
        ("GuaranteeQuery/periodFromDate or GuaranteeQuery/periodToDate", f"{_QUERY} is 1|3"),
        each=_REFERENCE,
    ),
    Rule(
        "R0263", "a period is asked for types 0, 1 and 9 and queries 1 and 3 only",
        ("guaranteeType and ( GuaranteeQuery/periodFromDate or GuaranteeQuery/periodToDate )",
         "guaranteeType is 0|1|9"),
        each=_REFERENCE, partly="the type of guarantee in CC034C, which does not name it",
    ),
    Rule(
        "R0267", "the amount that a guarantee covers is in euros",
        ("currency", "currency is EUR"),
        each="/Guarantee/GuaranteeReference",
    ),
    Rule(
        "R0324", "a comprehensive guarantee has a GRN of 17 characters",
        ("GRN", "GRN like an17"),
        each=_REFERENCE,
    ),
    Rule(
        "R0410", "an MRN says by its seventeenth character that it is of a transit movement",
        ("MRN[:2] >= 24", "MRN[16:17] is J|K|L|M"),
        each="/TransitOperation", partly="which security data, for that hangs on the declaration",
    ),
    Rule(
        "R0509", "an export that goes on under transit leaves where transit begins",
        ("", f"{_DEPARTS} = /CustomsOfficeOfExit/referenceNumber"),
    ),
    Rule(
        "R0510", "the location of the goods is in the country of departure",
        ("Address", f"Address/country = {_DEPARTS}[:2]"),
        ("PostcodeAddress", f"PostcodeAddress/country = {_DEPARTS}[:2]"),
        each=_LOCATION,
    ),
    Rule(
        "R0516", "all absences of one message are planned, or none is",
        (f"{_TIME}/type", f"not varied {_TIME}/type"),
    ),
    Rule(
        "R0518", "a country tells an absence of one function from one time on once",
        ("", "distinct Action/Unavailability by functionality+startDateAndTime+type"),
        each="/Country",
    ),
    Rule(
        "R0519", "an absence ends after it began",
        ("endDateAndTime", "startDateAndTime < endDateAndTime"),
        each=_TIME,
    ),
    Rule(
        "R0551", "an answer with a refused export is a refusal as a whole",
        ("ExportOperation/resultIndicator is N1|N2|N3|N4", "globalValidationResponse is 0"),
        each="/AESResults",
    ),
    Rule(
        "R0705", "a period ends after it began",
        ("periodFromDate and periodToDate", "periodFromDate < periodToDate"),
        each=f"{_REFERENCE}/GuaranteeQuery",
    ),
    Rule(
        "R0720", "an export goes on under external (1) or internal transit (2)",
        ("", "transitProcedureCategory is 1|2"),
        each="/TransitOperation/ExportOperation",
        partly="which of the two, for that hangs on the declaration",
    ),
    Rule(
        "R0875", "a good answer has good exports only, a refusal has a refused one",
        ("globalValidationResponse is 1", "all ExportOperation/resultIndicator is P1"),
        ("", "ExportOperation/resultIndicator is N1|N2|N3|N4"),
        each="/AESResults",
    ),
    Rule(
        "R0995", "the operator at whose place goods are has an EORI number",
        ("identificationNumber", "identificationNumber like eori"),
        each=f"{_LOCATION}/EconomicOperator", partly="whether it is in the register",
    ),
    Rule(
        "T0001", "a header names the rejected message by LRN or MRN",
        ("", "LRN or MRN"),
        each="/Header",
    ),
)  # fmt: skip
