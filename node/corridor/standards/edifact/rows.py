"""Rows of segments: which component says what.

Rules:

* a segment that says what it is about by a qualifier is one particular, in the order in which they
  come; what transit needs of them stands in the record's own fields too (`derived.py`);
* components are named by the words of the directory (D.24A; the same places since D.96B).
"""

from collections.abc import Mapping
from typing import Final

from corridor.standards.loose import fact, particular
from corridor.standards.mapping import Group, Leaf, Parts

FACTS: Final = "header.particulars"
BELOW: Final = "particulars"

_LISTED: Final = {"2": "list", "3": "agency"}


def said(place: str, about: str, word: str) -> Leaf:
    """Return the row of a component that is a fact of the whole."""
    return Leaf(place, FACTS, particular(about, word))


def stated(words: Mapping[str, str]) -> Parts:
    """Return rows of components that are facts of their own group."""
    return tuple(Leaf(place, "facts", fact(word)) for place, word in words.items())


def segment(
    element: str, about: str, words: Mapping[str, str], *below: Group, field: str = FACTS
) -> Group:
    """Return the row of a segment that is one particular, any number of times."""
    return Group(element, field, (*stated(words), *below), many=True, marks={"name": about})


def _inside(element: str, about: str, words: Mapping[str, str]) -> Group:
    """Return the row of one segment whose facts stand with those of the segment before it."""
    return Group(element, "", stated({at: f"{about}.{word}" for at, word in words.items()}))


_PLACE: Final = {
    "1.1": "qualifier", "2.1": "place", "2.2": "list", "2.3": "agency", "2.4": "name",
    "3.1": "first", "3.2": "first.list", "3.3": "first.agency", "3.4": "first.name",
    "4.1": "second", "4.2": "second.list", "4.3": "second.agency", "4.4": "second.name",
    "5.1": "relation",
}  # fmt: skip
_DATE: Final = {"1.1": "qualifier", "1.2": "value", "1.3": "format"}
_INDICATOR: Final = {
    "1.1": "indicator", "1.2": "list", "1.3": "agency", "1.4": "process",
    "2.1": "code", "2.2": "code.list", "2.3": "code.agency", "2.4": "code.process",
}  # fmt: skip
_MEASURE: Final = {
    "1.1": "qualifier", "2.1": "measured", "2.2": "significance", "2.3": "attribute",
    "2.4": "attribute.text", "3.1": "unit", "3.2": "value", "3.3": "least", "3.4": "most",
    "4.1": "surface",
}  # fmt: skip
_TEXT: Final = {
    "1.1": "qualifier", "2.1": "function", "3.1": "code", "3.2": "list", "3.3": "agency",
    "4.1": "text", "4.2": "text.2", "4.3": "text.3", "4.4": "text.4", "4.5": "text.5",
    "5.1": "language", "6.1": "form",
}  # fmt: skip
_REFERENCE: Final = {
    "1.1": "qualifier", "1.2": "number", "1.3": "line", "1.4": "version", "1.5": "revision",
}  # fmt: skip
_PACKAGES: Final = {
    "1.1": "count", "2.1": "level", "2.2": "information", "2.3": "terms", "3.1": "type",
    "3.2": "list", "3.3": "agency", "3.4": "name",
}  # fmt: skip
_MARKS: Final = {"1.1": "instruction"} | {
    f"2.{number}": f"marks.{number}" for number in range(1, 11)
}
_TRANSPORT: Final = {
    "1.1": "stage", "2.1": "conveyance", "3.1": "mode", "3.2": "mode.name", "4.1": "type",
    "4.2": "type.name", "5.1": "carrier", "5.2": "carrier.list", "5.3": "carrier.agency",
    "5.4": "carrier.name", "6.1": "direction", "8.1": "identification", "8.2": "list",
    "8.3": "agency", "8.4": "identification.name", "8.5": "nationality",
}  # fmt: skip
_MONEY: Final = {
    "1.1": "qualifier", "1.2": "amount", "1.3": "currency", "1.4": "currency.qualifier",
    "1.5": "status",
}  # fmt: skip
_RATE: Final = {
    "1.1": "usage", "1.2": "currency", "1.3": "qualifier", "2.1": "target.usage",
    "2.2": "target.currency", "2.3": "target.qualifier", "3.1": "rate",
}  # fmt: skip
_DUTY: Final = {
    "1.1": "qualifier", "2.1": "type", "2.2": "list", "2.3": "agency", "2.4": "name",
    "3.1": "account", "4.1": "base", "5.1": "detail", "5.2": "detail.list",
    "5.3": "detail.agency", "5.4": "rate", "5.5": "rate.list", "6.1": "category", "7.1": "party",
}  # fmt: skip
_TERMS: Final = {
    "1.1": "function", "2.1": "payment", "3.1": "code", "3.2": "list", "3.3": "agency",
    "3.4": "text", "3.5": "text.2",
}  # fmt: skip
_SEAL: Final = {"1.1": "number", "2.1": "issuer", "2.4": "issuer.name", "3.1": "condition"}
_PERCENT: Final = {"1.1": "qualifier", "1.2": "percent", "1.3": "base"}
_CONTROL: Final = {"1.1": "qualifier", "1.2": "value", "1.3": "unit"}
_SIGNED: Final = {"1.1": "result", "2.1": "key"}
_CONTACT: Final = {"1.1": "function", "2.1": "code", "2.2": "name"}
_CHANNEL: Final = {"1.1": "address", "1.2": "channel"}
_BANK: Final = {
    "1.1": "role", "2.1": "account", "2.2": "holder", "3.1": "bank", "3.7": "bank.name",
}  # fmt: skip
_QUANTITY: Final = {"1.1": "qualifier", "1.2": "value", "1.3": "unit"}


def place(field: str = FACTS) -> Group:
    """Return the row of places, offices and countries."""
    return segment("LOC", "place", _PLACE, field=field)


def date(field: str = FACTS) -> Group:
    """Return the row of dates and times."""
    return segment("DTM", "date", _DATE, field=field)


def indicators(field: str = FACTS) -> Parts:
    """Return the rows of indicators: GIS until D.03, GEI since."""
    return (
        segment("GIS", "indicator", _INDICATOR, field=field),
        segment("GEI", "indicator of the process", _INDICATOR, field=field),
    )


def measure(field: str = FACTS) -> Group:
    """Return the row of measurements."""
    return segment("MEA", "measure", _MEASURE, field=field)


def words(field: str = FACTS) -> Group:
    """Return the row of free text."""
    return segment("FTX", "text", _TEXT, field=field)


def reference(field: str = FACTS) -> Group:
    """Return the row of references."""
    return segment("RFF", "reference", _REFERENCE, _inside("DTM", "date", _DATE), field=field)


def packages(field: str = FACTS) -> Parts:
    """Return the rows of packages and their marks."""
    return (
        segment("PAC", "packages", _PACKAGES, field=field),
        segment("PCI", "marks", _MARKS, field=field),
    )


def transport(field: str = FACTS) -> Group:
    """Return the row of stages of the transport."""
    return segment("TDT", "transport", _TRANSPORT, field=field)


def money(field: str = FACTS) -> Group:
    """Return the row of amounts of money, each with its rate of exchange."""
    return segment("MOA", "amount", _MONEY, _inside("CUX", "exchange", _RATE), field=field)


def duty(field: str = FACTS) -> Group:
    """Return the row of duties and taxes."""
    amount = _inside("MOA", "amount", _MONEY)
    return segment("TAX", "duty", _DUTY, amount, field=field)


def terms(field: str = FACTS) -> Group:
    """Return the row of the terms of delivery."""
    return segment("TOD", "terms", _TERMS, _inside("LOC", "place", _PLACE), field=field)


SEALS: Final = segment("SEL", "seal", _SEAL)
BANKS: Final = segment("FII", "bank", _BANK)
TOTALS: Final = segment("CNT", "total", _CONTROL)
SIGNED: Final = segment("AUT", "signature", _SIGNED)
CONTACTS: Final = (
    segment("CTA", "contact", _CONTACT),
    segment("COM", "channel", _CHANNEL),
)
PERCENT: Final = segment("PCD", "percentage", _PERCENT, field=BELOW)
QUANTITY: Final = segment("QTY", "quantity", _QUANTITY, field=BELOW)
