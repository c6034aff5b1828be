"""The whole SAD as one table: what concerns the declaration.

Source: the form as ASYCUDA World 4 writes it; where countries differ, their dialect says so.
"""

from typing import Final

from corridor.standards.asycuda.forms import NAME_AND_ADDRESS as NAMED
from corridor.standards.asycuda.forms import OFFICE, SEAL_COUNT, SEALS
from corridor.standards.asycuda.items import container, item
from corridor.standards.asycuda.rows import (
    CODE_OF_TRADER,
    Facts,
    box,
    code_and_name,
    figure,
    trader,
    words,
)
from corridor.standards.loose import (
    AMOUNT,
    ASYCUDA_DATE,
    CODE,
    COUNT,
    COUNTRY,
    GUARANTEE,
    TRUTH,
    one_item,
    one_of,
    particular,
    text,
)
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import types_pb2 as types

_FACTS: Final = "header.particulars"
_EXIT: Final = Facts(_FACTS, "exit")
_ASSESSMENT: Final = Facts(_FACTS, "assessment")
_DOCUMENT: Final = Facts(_FACTS, "declaration")
_REGISTRATION: Final = Facts(_FACTS, "registration")
_PAYMENT: Final = Facts(_FACTS, "payment")
_TERMS: Final = Facts(_FACTS, "terms")
_WAREHOUSE: Final = Facts(_FACTS, "warehouse")
_VALUATION: Final = Facts(_FACTS, "valuation")
_COUNTRIES: Final = Facts(_FACTS, "countries")
_TRANSIT: Final = Facts(_FACTS, "transit")


_RELEASE: Final = box(
    "Export_release",
    _EXIT.figure("Date_of_exit", "date"),
    _EXIT.figure("Time_of_exit", "time"),
    _EXIT.words("Actual_office_of_exit_code", "office"),
    _EXIT.words("Actual_office_of_exit_name", "office_name"),
    _EXIT.words("Exit_reference", "reference"),
    _EXIT.words("Comments"),
)
_NOTICE: Final = box(
    "Assessment_notice",
    _REGISTRATION.figure("Registration_year", "year"),
    _ASSESSMENT.figure("Assessment_year", "year"),
    _ASSESSMENT.figure("Total_item_taxes"),
    _ASSESSMENT.words("Statement_number"),
    _ASSESSMENT.figure("Statement_date"),
    _ASSESSMENT.words("Statement_serial"),
    _ASSESSMENT.figure("Items_taxes"),
    _ASSESSMENT.figure("Global_taxes"),
)


def _property(consignment: str) -> Group:
    return box(
        "Property",
        _DOCUMENT.words("Sad_flow", "flow"),
        box(
            "Forms",
            _DOCUMENT.figure("Number_of_the_form", "form"),
            _DOCUMENT.figure("Total_number_of_forms", "forms"),
        ),
        box(
            "Nbers",
            _DOCUMENT.figure("Number_of_loading_lists", "loading_lists"),
            figure("Total_number_of_items", f"{consignment}.total_items", COUNT),
            figure("Total_number_of_packages", f"{consignment}.total_packages", COUNT),
        ),
        _DOCUMENT.words("Place_of_declaration", "place"),
        figure("Date_of_declaration", "header.source.prepared_at", ASYCUDA_DATE),
        _DOCUMENT.figure("Selected_page", "selected_page"),
    )


def _numbered(element: str, facts: Facts, word: str = "") -> Group:
    return box(
        element,
        facts.words("Serial_number", f"{word}serial"),
        facts.figure("Number", f"{word}number"),
        facts.figure("Date", f"{word}date"),
    )


def _identification(dataset: str) -> Group:
    return box(
        "Identification",
        box(
            "Office_segment",
            words("Customs_clearance_office_code", "reference", OFFICE, mandatory=True),
            words("Customs_Clearance_office_name", "name", text(300)),
            field=f"{dataset}.itinerary.offices",
            marks={"role": types.OFFICE_ROLE_DEPARTURE},
            mandatory=True,
        ),
        box(
            "Type",
            _DOCUMENT.words("Type_of_declaration", "type"),
            _DOCUMENT.words("Declaration_gen_procedure_code", "procedure"),
            words("Type_of_transit_document", f"{dataset}.operation.declaration_type", CODE),
        ),
        _DOCUMENT.words("Manifest_reference_number", "manifest"),
        _numbered("Registration", _REGISTRATION),
        _numbered("Assessment", _ASSESSMENT),
        _numbered("receipt", _ASSESSMENT, "receipt."),
    )


def _traders(parties: str) -> Group:
    return box(
        "Traders",
        trader("Exporter", "Exporter", parties, types.PARTY_ROLE_CONSIGNOR),
        trader("Consignee", "Consignee", parties, types.PARTY_ROLE_CONSIGNEE),
        trader("Financial", "Financial", parties, types.PARTY_ROLE_FINANCIAL),
    )


def _declarant(dataset: str) -> Group:
    declarant = one_item("declarant", "role", types.PARTY_ROLE_DECLARANT)
    return box(
        "Declarant",
        words("Declarant_code", f"{dataset}.parties", declarant("ids", CODE_OF_TRADER)),
        words("Declarant_name", f"{dataset}.parties", declarant("name", NAMED)),
        words(
            "Declarant_representative",
            f"{dataset}.parties",
            declarant("contact.name", text(300)),
        ),
        box(
            "Reference",
            _DOCUMENT.figure("Year", "reference_year"),
            words("Number", "header.movement.ids", one_of(types.ID_SCHEME_LRN)),
        ),
    )


def _general(consignment: str) -> Group:
    return box(
        "General_information",
        box(
            "Country",
            _COUNTRIES.words("Country_first_destination", "first_destination"),
            _COUNTRIES.words("Trading_country", "trading"),
            box(
                "Export",
                words("Export_country_code", f"{consignment}.country_of_dispatch", COUNTRY),
                _COUNTRIES.words("Export_country_name", "dispatch.name"),
                _COUNTRIES.words("Export_country_region", "dispatch.region"),
            ),
            box(
                "Destination",
                words("Destination_country_code", f"{consignment}.country_of_destination", COUNTRY),
                _COUNTRIES.words("Destination_country_name", "destination.name"),
                _COUNTRIES.words("Destination_country_region", "destination.region"),
            ),
            _COUNTRIES.words("Country_of_origin_name", "origin.name"),
        ),
        _VALUATION.figure("Value_details", "details"),
        _DOCUMENT.words("CAP", "cap"),
        _DOCUMENT.words("Additional_information"),
        _DOCUMENT.words("Comments_free_text", "comments"),
    )


def _means(consignment: str) -> Group:
    def means(element: str, word: str, role: int, *more: Leaf) -> Group:
        field, one = f"{consignment}.means", one_item(word, "role", role)
        return box(
            element,
            words("Identity", field, one("identification", text(70))),
            words("Nationality", field, one("nationality", COUNTRY)),
            *more,
        )

    mode = words("Mode", f"{consignment}.border_mode", CODE)
    return box(
        "Means_of_transport",
        means("Departure_arrival_information", "means at departure", goods.MEANS_ROLE_DEPARTURE),
        means("Border_information", "means at the border", goods.MEANS_ROLE_BORDER, mode),
        words("Inland_mode_of_transport", f"{consignment}.inland_mode", CODE),
    )


def _transport(dataset: str, consignment: str) -> Group:
    return box(
        "Transport",
        _means(consignment),
        words("Container_flag", f"{consignment}.containerised", TRUTH),
        box(
            "Delivery_terms",
            _TERMS.words("Code"),
            _TERMS.words("Place"),
            _TERMS.words("Situation"),
        ),
        box(
            "Border_office",
            words("Code", "reference", OFFICE),
            words("Name", "name", text(300)),
            field=f"{dataset}.itinerary.offices",
            marks={"role": types.OFFICE_ROLE_TRANSIT_DECLARED},
        ),
        box(
            "Place_of_loading",
            words("Code", "unlocode", text(17)),
            words("Name", "name", text(256)),
            words("Country", "country", COUNTRY),
            field=f"{consignment}.place_of_loading",
        ),
        words("Location_of_goods", f"{consignment}.location.text", text(512)),
    )


def _financial(dataset: str) -> Group:
    reference = f"{dataset}.guarantees[0].references[0]"
    excluded = particular("guarantee", "excluded_country_name")
    return box(
        "Financial",
        box(
            "Financial_transaction",
            _PAYMENT.words("code1", "transaction.first"),
            _PAYMENT.words("code2", "transaction.second"),
        ),
        box(
            "Bank",
            *(_PAYMENT.words(name, f"bank.{name.lower()}") for name in ("Code", "Name", "Branch")),
            _PAYMENT.words("Reference", "bank.reference"),
        ),
        code_and_name(
            "Terms",
            _PAYMENT.words("Code", "terms.code"),
            _PAYMENT.words("Description", "terms.text"),
        ),
        _PAYMENT.figure("Total_invoice"),
        _PAYMENT.words("Deffered_payment_reference", "deferred_reference"),
        _PAYMENT.words("Mode_of_payment", "mode"),
        box(
            "Amounts",
            _PAYMENT.figure("Total_manual_taxes"),
            _PAYMENT.figure("Global_taxes"),
            _PAYMENT.figure("Totals_taxes"),
        ),
        box(
            "Guarantee",
            words("Name", f"{reference}.id", GUARANTEE),
            figure("Amount", f"{reference}.amount", AMOUNT),
            figure("Date", f"{reference}.valid_from", ASYCUDA_DATE),
            code_and_name(
                "Excluded_country",
                words("Code", f"{reference}.limitations[0].country", COUNTRY),
                words("Name", _FACTS, excluded),
            ),
        ),
    )


def _transit(dataset: str, consignment: str) -> Group:
    return box(
        "Transit",
        box(
            "Principal",
            words("Code", "ids", CODE_OF_TRADER),
            words("Name", "name", NAMED),
            words("Representative", "contact.name", text(300)),
            field=f"{dataset}.parties",
            marks={"role": types.PARTY_ROLE_HOLDER},
        ),
        box(
            "Signature",
            _TRANSIT.words("Place", "signed_at"),
            _TRANSIT.figure("Date", "signed_on"),
        ),
        box(
            "Destination",
            words("Office", "reference", OFFICE),
            words("Country", "country", COUNTRY),
            field=f"{dataset}.itinerary.offices",
            marks={"role": types.OFFICE_ROLE_DESTINATION_DECLARED},
        ),
        box(
            "Seals",
            figure("Number", f"{consignment}.equipment", SEAL_COUNT),
            words("Identity", f"{consignment}.equipment", SEALS),
        ),
        words("Result_of_control", f"{dataset}.control_result.code", CODE),
        figure("Time_limit", f"{dataset}.operation.limit", ASYCUDA_DATE),
        words("Officer_name", f"{dataset}.control_result.controlled_by", text(140)),
    )


_COSTS: Final = (
    ("Gs_Invoice", "invoice"),
    ("Gs_external_freight", "external_freight"),
    ("Gs_internal_freight", "internal_freight"),
    ("Gs_insurance", "insurance"),
    ("Gs_other_cost", "other_cost"),
    ("Gs_deduction", "deduction"),
)


def _valuation(consignment: str) -> Group:
    return box(
        "Valuation",
        _VALUATION.figure("Calculation_working_mode", "mode"),
        box("Weight", figure("Gross_weight", f"{consignment}.gross_mass")),
        _VALUATION.figure("Total_cost"),
        _VALUATION.figure("Total_CIF"),
        *(_VALUATION.amounts(element, word) for element, word in _COSTS),
        box(
            "Total",
            _VALUATION.figure("Total_invoice"),
            _VALUATION.figure("Total_weight"),
        ),
    )


def sad(dataset: str) -> Parts:
    """Return the table of the form, whose dataset is that field of the record."""
    consignment = f"{dataset}.consignment"
    return (
        Leaf("@id", "header.source.message_id", text(70)),
        _RELEASE,
        _NOTICE,
        _property(consignment),
        _identification(dataset),
        _traders(f"{consignment}.parties"),
        _declarant(dataset),
        _general(consignment),
        _transport(dataset, consignment),
        _financial(dataset),
        box(
            "Warehouse",
            _WAREHOUSE.words("Identification", "id"),
            _WAREHOUSE.figure("Delay"),
        ),
        _transit(dataset, consignment),
        _valuation(consignment),
        container(f"{consignment}.equipment"),
        item(f"{consignment}.houses[0].items"),
    )
