"""The items of a declaration, and the documents of item and declaration."""

from typing import Any, Final

from corridor.standards.forms import NUMBER
from corridor.standards.loose import CODE, COUNT, COUNTRY, text
from corridor.standards.mapping import Group, Leaf
from corridor.standards.wco.rows import (
    actors,
    date,
    duties,
    measure,
    money,
    money_stated,
    party,
    said,
    stated,
)
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import types_pb2 as types

_ITEM: Final = "particulars"
TARIFF: Final = "TSP"  # the kind of a classification that is Harmonized System and two digits
_HS6: Final = 6
_CN8: Final = 8


def documents(field: str) -> Group:
    """Return the row of documents that support a declaration or an item."""
    return Group(
        "AdditionalDocument",
        field,
        (
            Leaf("CategoryCode", "category", CODE),
            date("EffectiveDateTime", "issued_on"),
            Leaf("ID", "reference", text(140)),
            Leaf("Name", "complement", text(512)),
            Leaf("TypeCode", "type", CODE),
            stated("LPCOExemptionCode", "status"),
            Group("Submitter", "", (stated("Name", "issuer"), stated("RoleCode", "issuer.role"))),
            Group(
                "WriteOff",
                "",
                (
                    measure("QuantityQuantity", "quantity", Leaf("@unitCode", "unit", CODE)),
                    money_stated("AmountAmount", "amount"),
                ),
            ),
        ),
        many=True,
        marks={"kind": goods.DOCUMENT_KIND_SUPPORTING},
    )


def previous(field: str) -> Group:
    """Return the row of previous documents."""
    return Group(
        "PreviousDocument",
        field,
        (
            Leaf("CategoryCode", "category", CODE),
            Leaf("ID", "reference", text(140)),
            Leaf("TypeCode", "type", CODE),
            Leaf("LineNumeric", "line", NUMBER),
        ),
        many=True,
        marks={"kind": goods.DOCUMENT_KIND_PREVIOUS},
    )


_STATEMENTS: Final = Group(
    "AdditionalInformation",
    "documents",
    (
        Leaf("StatementCode", "type", CODE),
        Leaf("StatementDescription", "text", text(512)),
        stated("StatementTypeCode", "type"),
    ),
    many=True,
    marks={"kind": goods.DOCUMENT_KIND_ADDITIONAL_INFORMATION},
)

_COMMODITY: Final = Group(
    "Commodity",
    "",
    (
        Leaf("Description", "commodity.description", text(2048)),
        Group(
            "Classification",
            _ITEM,
            (stated("ID", "code"), stated("IdentificationTypeCode", "type")),
            many=True,
            marks={"name": "classification"},
        ),
        Group(
            "DangerousGoods",
            "commodity.dangerous_goods",
            (Leaf("UNDGID", "un_number", text(4)),),
            many=True,
        ),
        duties(_ITEM),
        Group(
            "GoodsMeasure",
            "",
            (
                measure(
                    "GrossMassMeasure",
                    "gross_mass",
                    said("@unitCode", "goods", "gross_mass.unit", _ITEM),
                ),
                measure(
                    "NetNetWeightMeasure",
                    "net_mass",
                    said("@unitCode", "goods", "net_mass.unit", _ITEM),
                ),
                measure(
                    "TariffQuantity",
                    "supplementary_units",
                    Leaf("@unitCode", "supplementary_unit", CODE),
                ),
            ),
        ),
        Group("InvoiceLine", "", (money("ItemChargeAmount", "valuation", "invoice", _ITEM),)),
        Group(
            "TransportEquipment",
            _ITEM,
            (Leaf("SequenceNumeric", "sequence", NUMBER), stated("ID", "container")),
            many=True,
            marks={"name": "equipment"},
        ),
    ),
)


def item(field: str, fiscal: Group, charges: Group) -> Group:
    """Return the rows of the items, which `field` holds."""
    return Group(
        "GovernmentAgencyGoodsItem",
        field,
        (
            money("CustomsValueAmount", "valuation", "customs_value", _ITEM),
            Leaf("SequenceNumeric", "number", NUMBER, mandatory=True),
            money("StatisticalValueAmount", "valuation", "statistical_value", _ITEM),
            said("TransactionNatureCode", "terms", "nature", _ITEM),
            documents("documents"),
            _STATEMENTS,
            actors("parties"),
            party("Buyer", "parties", types.PARTY_ROLE_BUYER),
            _COMMODITY,
            party("Consignee", "parties", types.PARTY_ROLE_CONSIGNEE),
            party("Consignor", "parties", types.PARTY_ROLE_CONSIGNOR),
            Group(
                "CustomsValuation", "", (said("MethodCode", "valuation", "method", _ITEM), charges)
            ),
            Group(
                "Destination",
                "",
                (
                    Leaf("CountryCode", "country_of_destination", COUNTRY),
                    said("RegionID", "goods", "destination.region", _ITEM),
                ),
            ),
            fiscal,
            Group("ExportCountry", "", (Leaf("ID", "country_of_dispatch", COUNTRY),)),
            Group(
                "GovernmentProcedure",
                _ITEM,
                (stated("CurrentCode", "current"), stated("PreviousCode", "previous")),
                many=True,
                marks={"name": "procedure"},
            ),
            Group(
                "Origin",
                "",
                (
                    Leaf("CountryCode", "country_of_origin", COUNTRY),
                    said("RegionID", "goods", "origin.region", _ITEM),
                    said("TypeCode", "goods", "origin.type", _ITEM),
                ),
            ),
            Group(
                "Packaging",
                "packaging",
                (
                    Leaf("SequenceNumeric", "sequence", NUMBER, mandatory=True),
                    Leaf("MarksNumbersID", "marks", text(512)),
                    Leaf("QuantityQuantity", "count", COUNT),
                    Leaf("TypeCode", "type", CODE),
                ),
                many=True,
            ),
            previous("documents"),
            party("Seller", "parties", types.PARTY_ROLE_SELLER),
            Group(
                "UCR",
                "",
                (
                    said("ID", "goods", "ucr.id", _ITEM),
                    Leaf("TraderAssignedReferenceID", "ucr", text(70)),
                ),
            ),
            Group(
                "ValuationAdjustment",
                "",
                (said("AdditionCode", "valuation", "adjustment.code", _ITEM),),
            ),
        ),
        many=True,
    )


def classified(goods_item: Any) -> None:  # noqa: ANN401 (a GoodsItem)
    """Take the Harmonized System from the classifications of an item that was read."""
    for one in goods_item.particulars:
        told = {fact.name: fact.value for fact in one.facts}
        code = told.get("code", "")
        if one.name != "classification" or told.get("type") != TARIFF or not code.isdigit():
            continue
        if _HS6 <= len(code) <= _CN8 and code.isascii():
            goods_item.commodity.hs6 = code[:_HS6]
            if code[_HS6:]:
                goods_item.commodity.cn2 = code[_HS6:]


def classify(goods_item: Any) -> None:  # noqa: ANN401 (a GoodsItem)
    """Say the Harmonized System of an item from another standard as a classification."""
    commodity = goods_item.commodity
    told = any(one.name == "classification" for one in goods_item.particulars)
    if told or not commodity.hs6:
        return
    made = goods_item.particulars.add(name="classification")
    made.facts.add(name="code", value=commodity.hs6 + commodity.cn2)
    made.facts.add(name="type", value=TARIFF)
