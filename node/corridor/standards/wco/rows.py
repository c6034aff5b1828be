"""Rows that declarations and responses share.

Source: WCO Data Model 3.6 as the declaration and notification schemas of the United Kingdom
profile it; a class that no schema of it has is left to the residual.
"""

from typing import Final

from corridor.standards.forms import NUMBER
from corridor.standards.loose import AMOUNT, CODE, COUNTRY, fact, particular, text
from corridor.standards.mapping import Form, Group, Leaf, Parts
from corridor.standards.wco.forms import DATE_TEXT, FORMAT_CODE, PARTY
from corridor.wire.v1 import types_pb2 as types

FACTS: Final = "header.particulars"
POINTERS: Final = Group(
    "Pointer",
    "pointers",
    (
        Leaf("SequenceNumeric", "sequence", NUMBER),
        Leaf("DocumentSectionCode", "section", text(35)),
        Leaf("TagID", "tag", text(35)),
    ),
    many=True,
)
AMENDMENTS: Final = Group(
    "Amendment",
    FACTS,
    (Leaf("ChangeReasonCode", "facts", fact("reason")), POINTERS),
    many=True,
    marks={"name": "amendment"},
)


def said(element: str, about: str, word: str, field: str = FACTS) -> Leaf:
    """Return the row of a fact."""
    return Leaf(element, field, particular(about, word))


def stated(element: str, word: str) -> Leaf:
    """Return the row of a fact of the particular, or document, that the group is."""
    return Leaf(element, "facts", fact(word))


def date(element: str, field: str) -> Group:
    """Return the row of a date, which says itself how it is written."""
    inner = Group(
        "DateTimeString",
        field,
        (Leaf("@formatCode", "format", FORMAT_CODE), Leaf(".", "lexical", DATE_TEXT)),
    )
    return Group(element, "", (inner,))


def date_fact(element: str, word: str) -> Group:
    """Return the row of a date that is a fact of its group."""
    inner = Group(
        "DateTimeString", "", (stated("@formatCode", f"{word}.format"), stated(".", word))
    )
    return Group(element, "", (inner,))


def _with(element: str, attribute: Leaf, value: Leaf) -> Group:
    return Group(element, "", (attribute, value))


def money(element: str, about: str, word: str, field: str = FACTS) -> Group:
    """Return the row of an amount of money that is a fact."""
    currency = said("@currencyID", about, f"{word}.currency", field)
    return _with(element, currency, said(".", about, f"{word}.amount", field))


def money_stated(element: str, word: str) -> Group:
    """Return the row of an amount of money that is a fact of its group."""
    return _with(element, stated("@currencyID", f"{word}.currency"), stated(".", word))


def quantity_stated(element: str, word: str) -> Group:
    """Return the row of a quantity that is a fact of its group."""
    return _with(element, stated("@unitCode", f"{word}.unit"), stated(".", word))


def measure(element: str, field: str, unit: Leaf, form: Form = AMOUNT) -> Group:
    """Return the row of a quantity that `field` holds; `unit` is the row of its unit."""
    return _with(element, unit, Leaf(".", field, form))


ADDRESS: Final = Group(
    "Address",
    "address",
    (
        Leaf("CityName", "city", text(150)),
        Leaf("CountryCode", "country", COUNTRY),
        Leaf("CountrySubDivisionName", "region", text(150)),
        Leaf("Line", "street_and_number", text(300)),
        Leaf("PostcodeID", "postcode", text(17)),
    ),
)


def party(element: str, field: str, role: "types.PartyRole.ValueType", *more: Leaf) -> Group:
    """Return the row of a party."""
    rows: Parts = (
        Leaf("Name", "name", text(300)),
        Leaf("ID", "ids", PARTY),
        *more,
        ADDRESS,
        Group("Contact", "contact", (Leaf("Name", "name", text(300)),)),
    )
    return Group(element, field, rows, marks={"role": role})


def actors(field: str) -> Group:
    """Return the row of other parties of the supply chain."""
    return Group(
        "AEOMutualRecognitionParty",
        field,
        (Leaf("ID", "ids", PARTY), Leaf("RoleCode", "function", CODE)),
        many=True,
        marks={"role": types.PARTY_ROLE_SUPPLY_CHAIN_ACTOR},
    )


def statements(field: str = FACTS) -> Group:
    """Return the row of statements about the document as a whole."""
    return Group(
        "AdditionalInformation",
        field,
        (
            stated("StatementCode", "code"),
            stated("StatementDescription", "text"),
            date_fact("LimitDateTime", "limit"),
            stated("StatementTypeCode", "type"),
            POINTERS,
        ),
        many=True,
        marks={"name": "statement"},
    )


DUTY: Final = (
    money_stated("AdValoremTaxBaseAmount", "base"),
    money_stated("DeductAmount", "deducted"),
    stated("DutyRegimeCode", "regime"),
    quantity_stated("SpecificTaxBaseQuantity", "quantity"),
    stated("TaxRateNumeric", "rate"),
    stated("TypeCode", "type"),
    stated("QuotaOrderID", "quota"),
    Group(
        "Payment",
        "",
        (
            stated("MethodCode", "payment"),
            stated("ReferenceID", "reference"),
            money_stated("TaxAssessedAmount", "assessed"),
            date_fact("DueDateTime", "due"),
            money_stated("PaymentAmount", "amount"),
        ),
    ),
)


def duties(field: str) -> Group:
    """Return the row of duties and taxes."""
    return Group("DutyTaxFee", field, DUTY, many=True, marks={"name": "duty"})


def metadata(message: Group, kind: Form) -> Parts:
    """Return the rows of the document around a message."""
    return (
        said("@xmlns", "document", "namespace"),
        said("@xmlns.schemas", "document", "schemas"),
        Leaf("WCODataModelVersionCode", "header.source.version", text(35)),
        Leaf("WCOTypeName", "header.source.message", kind, mandatory=True),
        said("ResponsibleCountryCode", "document", "country"),
        said("ResponsibleAgencyName", "document", "agency"),
        said("AgencyAssignedCustomizationCode", "document", "profile"),
        said("AgencyAssignedCustomizationVersionCode", "document", "profile.version"),
        message,
    )
