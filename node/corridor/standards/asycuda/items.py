"""The parts of a SAD that repeat: containers and items."""

from typing import Final

from corridor.standards.asycuda.forms import ITEM, TARIFF
from corridor.standards.asycuda.rows import Facts, box, figure, words
from corridor.standards.forms import NUMBER
from corridor.standards.loose import (
    ASYCUDA_DATE,
    CODE,
    COUNT,
    COUNTRY,
    document,
    fact,
    text,
)
from corridor.standards.mapping import Group, Leaf
from corridor.wire.v1 import goods_pb2 as goods

_FACTS: Final = "particulars"
_GOODS: Final = Facts(_FACTS, "goods")
_PROCEDURE: Final = Facts(_FACTS, "procedure")
_TERMS: Final = Facts(_FACTS, "terms")
_LICENCE: Final = Facts(_FACTS, "licence")
_PREVIOUS: Final = Facts(_FACTS, "previous")
_TAXES: Final = Facts(_FACTS, "taxes")
_VALUATION: Final = Facts(_FACTS, "valuation")


def container(field: str) -> Group:
    """Return the rows of the containers, which `field` holds beside other equipment."""
    return Group(
        "Container",
        field,
        (
            figure("Item_Number", "goods", ITEM),
            words("Container_identity", "container", text(17), mandatory=True),
            words("Container_type", "type", CODE),
            words("Empty_full_indicator", "fullness", CODE),
            Leaf("Gross_weight", "facts", fact("gross_mass")),
            Leaf("Goods_description", "facts", fact("description")),
            Leaf("Packages_type", "facts", fact("packages.type")),
            Leaf("Packages_number", "facts", fact("packages.count")),
            Leaf("Packages_weight", "facts", fact("packages.mass")),
        ),
        many=True,
        having="container",
    )


_PACKAGES: Final = box(
    "Packages",
    figure("Number_of_packages", "packaging[0].count", COUNT),
    words("Marks1_of_packages", "packaging[0].marks", text(512)),
    _GOODS.words("Marks2_of_packages", "more_marks"),
    words("Kind_of_packages_code", "packaging[0].type", CODE),
    _GOODS.words("Kind_of_packages_name", "package_name"),
)

_UNITS: Final = Group(
    "Supplementary_unit",
    _FACTS,
    (
        figure("Supplementary_unit_rank", "sequence", NUMBER),
        words("Suppplementary_unit_code", "facts", fact("code")),
        words("Suppplementary_unit_name", "facts", fact("name")),
        figure("Suppplementary_unit_quantity", "facts", fact("quantity")),
    ),
    many=True,
    marks={"name": "supplementary unit"},
)

_TARIFICATION: Final = box(
    "Tarification",
    _GOODS.words("Tarification_data", "tariff_data"),
    box(
        "HScode",
        words("Commodity_code", "commodity.hs6", TARIFF),
        words("Precision_1", "commodity.national_suffix", text(12)),
        _GOODS.words("Precision_2", "tariff.second"),
        _GOODS.words("Precision_3", "tariff.third"),
        _GOODS.words("Precision_4", "tariff.fourth"),
    ),
    _PROCEDURE.words("Preference_code", "preference"),
    _PROCEDURE.words("Extended_customs_procedure", "code"),
    _PROCEDURE.words("National_customs_procedure", "national"),
    _PROCEDURE.words("Quota_code", "quota"),
    _UNITS,
    _VALUATION.figure("Item_price", "price"),
    _VALUATION.words("Valuation_method_code", "method"),
    _VALUATION.words("Value_item", "item"),
    _GOODS.words("Attached_doc_item", "attached"),
    _GOODS.words("A.I._code", "statement"),
)

_DESCRIPTION: Final = box(
    "Goods_description",
    words("Country_of_origin_code", "country_of_origin", COUNTRY),
    _GOODS.words("Country_of_origin_region", "origin.region"),
    words("Description_of_goods", "commodity.description", text(2048)),
    _GOODS.words("Commercial_Description", "commercial_description"),
)

_PREVIOUS_DOCUMENT: Final = box(
    "Previous_doc",
    words("Summary_declaration", "documents", document(goods.DOCUMENT_KIND_PREVIOUS)),
    _PREVIOUS.words("Summary_declaration_sl", "line"),
    _PREVIOUS.words("Previous_document_reference", "reference"),
    _PREVIOUS.words("Previous_warehouse_code", "warehouse"),
)

_DUTIES: Final = Group(
    "Taxation_line",
    _FACTS,
    (
        words("Duty_tax_code", "facts", fact("type")),
        figure("Duty_tax_Base", "facts", fact("base")),
        figure("Duty_tax_rate", "facts", fact("rate")),
        figure("Duty_tax_amount", "facts", fact("amount")),
        words("Duty_tax_MP", "facts", fact("payment")),
        words("Duty_tax_Type_of_calculation", "facts", fact("calculation")),
    ),
    many=True,
    marks={"name": "duty"},
)

_TAXATION: Final = box(
    "Taxation",
    _TAXES.figure("Item_taxes_amount", "amount"),
    _TAXES.figure("Item_taxes_guaranted_amount", "guaranteed"),
    _TAXES.words("Item_taxes_mode_of_payment", "payment"),
    _TAXES.figure("Counter_of_normal_mode_of_payment", "counter"),
    _TAXES.figure("Displayed_item_taxes_amount", "displayed"),
    _DUTIES,
)

_COSTS: Final = (
    ("Item_Invoice", "invoice"),
    ("item_external_freight", "external_freight"),
    ("item_internal_freight", "internal_freight"),
    ("item_insurance", "insurance"),
    ("item_other_cost", "other_cost"),
    ("item_deduction", "deduction"),
)

_VALUE: Final = box(
    "Valuation_item",
    box(
        "Weight_itm",
        figure("Gross_weight_itm", "gross_mass"),
        figure("Net_weight_itm", "net_mass"),
    ),
    _VALUATION.figure("Total_cost_itm", "total_cost"),
    _VALUATION.figure("Total_CIF_itm", "total_cif"),
    _VALUATION.figure("Rate_of_adjustement", "adjustment"),
    _VALUATION.figure("Statistical_value"),
    _VALUATION.figure("Alpha_coeficient_of_apportionment", "apportionment"),
    *(_VALUATION.amounts(element, word) for element, word in _COSTS),
    box(
        "Market_valuer",
        _VALUATION.figure("Rate", "market.rate"),
        _VALUATION.words("Currency_code", "market.currency"),
        _VALUATION.figure("Currency_amount", "market.amount"),
        _VALUATION.words("Basis_description", "market.basis"),
        _VALUATION.figure("Basis_amount", "market.basis_amount"),
    ),
)

_ATTACHED: Final = Group(
    "Attached_documents",
    "documents",
    (
        words("Attached_document_code", "type", CODE),
        words("Attached_document_name", "title", text(300)),
        words("Attached_document_reference", "reference", text(140)),
        figure("Attached_document_date", "issued_on", ASYCUDA_DATE),
    ),
    many=True,
    marks={"kind": goods.DOCUMENT_KIND_SUPPORTING},
)


def item(field: str) -> Group:
    """Return the rows of the items, which `field` holds."""
    return Group(
        "Item",
        field,
        (
            _ATTACHED,
            _PACKAGES,
            box("IncoTerms", _TERMS.words("Code"), _TERMS.words("Place")),
            _TARIFICATION,
            _DESCRIPTION,
            _PREVIOUS_DOCUMENT,
            _LICENCE.words("Licence_number", "number"),
            _LICENCE.figure("Amount_deducted_from_licence", "amount"),
            _LICENCE.figure("Quantity_deducted_from_licence", "quantity"),
            _GOODS.words("Free_text_1", "text"),
            _GOODS.words("Free_text_2", "more_text"),
            _TAXATION,
            _VALUE,
        ),
        many=True,
    )
