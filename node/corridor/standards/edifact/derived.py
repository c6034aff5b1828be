"""What transit needs of an EDIFACT message, beside the segments that the record keeps in order.

Rules:

* the segments are what is written back; what is derived from them is for whoever reads the record,
  and nothing is derived that a qualifier does not say.
"""

from collections.abc import Iterable
from typing import Any, Final

from corridor.standards.dates import CODES
from corridor.standards.loose import AMOUNT, COUNTRY
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types
from corridor.wire.v1.records_pb2 import TransitRecord

_OFFICES: Final = {
    "22": types.OFFICE_ROLE_DEPARTURE,
    "41": types.OFFICE_ROLE_DEPARTURE,
    "23": types.OFFICE_ROLE_DESTINATION_DECLARED,
    "42": types.OFFICE_ROLE_EXIT_DECLARED,
    "50": types.OFFICE_ROLE_TRANSIT_DECLARED,
}
_LOADED, _DESTINATION, _DISPATCH, _ORIGIN = "9", "28", "35", "27"
_DECLARED: Final = frozenset({"129", "137", "148"})
_AT_DEPARTURE: Final = frozenset({"12", "1"})
_AT_THE_BORDER: Final = frozenset({"11", "20"})
_GROSS, _NET = "AAB", "AAA"
_DESCRIBED: Final = "AAA"
_AMENDED: Final = frozenset({"4", "5"})
_HS6: Final = 6
_MAX_OFFICE: Final = 17
_MAX_DESCRIPTION: Final = 2048
_MAX_MEANS: Final = 70


def derive(record: TransitRecord) -> None:
    """Fill the fields that a record of a declaration or an answer has of its own."""
    if record.WhichOneof("body") == "exchange":
        answer = record.exchange.acknowledgement
        if answer.errors:
            answer.kind = records.ACKNOWLEDGEMENT_KIND_BUSINESS_REJECTED
        return
    _kind(record)
    dataset = record.declaration.dataset
    dataset.SetInParent()
    for told in _facts(record.header.particulars, "place"):
        _place(dataset, told)
    for told in _facts(record.header.particulars, "transport"):
        _transport(dataset.consignment, told)
    for told in _facts(record.header.particulars, "date"):
        _date(record, told)
    _seals(record)
    for house in dataset.consignment.houses:
        for item in house.items:
            _item(item)


def _facts(particulars: Iterable[Any], about: str) -> Iterable[dict[str, str]]:
    return [
        {fact.name: fact.value for fact in one.facts} for one in particulars if one.name == about
    ]


def _kind(record: TransitRecord) -> None:
    told = _facts(record.header.particulars, "declaration")
    if any(one.get("function") in _AMENDED for one in told):
        record.declaration.kind = records.DECLARATION_KIND_AMENDMENT


def _place(dataset: Any, told: dict[str, str]) -> None:  # noqa: ANN401 (a Dataset)
    qualifier, place = told.get("qualifier", ""), told.get("place", "")
    role = _OFFICES.get(qualifier)
    if role is not None and 0 < len(place) <= _MAX_OFFICE:
        dataset.itinerary.offices.add(role=role, reference=place)
    elif qualifier == _LOADED and 0 < len(place) <= _MAX_OFFICE:
        dataset.consignment.place_of_loading.unlocode = place
    elif qualifier == _DESTINATION:
        COUNTRY.read(dataset.consignment, "country_of_destination", place)
    elif qualifier == _DISPATCH:
        COUNTRY.read(dataset.consignment, "country_of_dispatch", place)


def _transport(consignment: Any, told: dict[str, str]) -> None:  # noqa: ANN401 (a Consignment)
    stage = told.get("stage", "")
    if stage in _AT_DEPARTURE:
        role = goods.MEANS_ROLE_DEPARTURE
    elif stage in _AT_THE_BORDER:
        role = goods.MEANS_ROLE_BORDER
    else:
        return
    means = consignment.means.add(role=role)
    identification = told.get("identification") or told.get("identification.name", "")
    if 0 < len(identification) <= _MAX_MEANS:
        means.identification = identification
    COUNTRY.read(means, "nationality", told.get("nationality", ""))


def _date(record: TransitRecord, told: dict[str, str]) -> None:
    known = CODES.get(told.get("format", ""))
    if told.get("qualifier") in _DECLARED and known is not None and told.get("value"):
        submitted = record.declaration.dataset.operation.submitted_at
        submitted.lexical, submitted.format = told["value"][:35], known


def _seals(record: TransitRecord) -> None:
    numbers = [told.get("number", "") for told in _facts(record.header.particulars, "seal")]
    if not numbers or any(not 0 < len(number) <= 35 for number in numbers):  # noqa: PLR2004
        return
    equipment = record.declaration.dataset.consignment.equipment.add()
    for number in numbers:
        equipment.seals.add(identifier=number)


def _item(item: Any) -> None:  # noqa: ANN401 (a GoodsItem)
    described = [
        told.get(word, "")
        for told in _facts(item.particulars, "text")
        if told.get("qualifier") == _DESCRIBED
        for word in ("text", "text.2", "text.3", "text.4", "text.5")
    ]
    description = " ".join(filter(None, described))
    if 0 < len(description) <= _MAX_DESCRIPTION:
        item.commodity.description = description
    for told in _facts(item.particulars, "commodity"):
        code = told.get("code", "")
        if code.isascii() and code.isdigit() and len(code) >= _HS6:
            item.commodity.hs6 = code[:_HS6]
    for told in _facts(item.particulars, "measure"):
        field = {_GROSS: "gross_mass", _NET: "net_mass"}.get(told.get("measured", ""))
        if field is not None:
            AMOUNT.read(item, field, told.get("value", ""))
    for told in _facts(item.particulars, "place"):
        if told.get("qualifier") == _ORIGIN:
            COUNTRY.read(item, "country_of_origin", told.get("place", ""))
