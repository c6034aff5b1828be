"""Declarations: first ones, amendments, cancellations and presentations (DEC)."""

from typing import Final

from corridor.standards.forms import FLAG, NUMBER
from corridor.standards.loose import (
    AMOUNT,
    CODE,
    COUNT,
    COUNTRY,
    GUARANTEE,
    one_item,
    particular,
    text,
)
from corridor.standards.mapping import Form, Group, Leaf, Parts
from corridor.standards.wco.forms import (
    NUMBER_OF_DECLARATION,
    REFERENCE,
    else_constant,
)
from corridor.standards.wco.items import documents, item, previous
from corridor.standards.wco.rows import (
    AMENDMENTS,
    FACTS,
    actors,
    date,
    measure,
    money,
    money_stated,
    party,
    said,
    stated,
    statements,
)
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import types_pb2 as types

_ABOUT: Final = 3  # rows about the document itself, before any date
IDS: Final = "header.movement.ids"
_FUNCTION: Final = particular("declaration", "function")


def _means(element: str, word: str, field: str, role: int, *more: Leaf) -> Group:
    one = one_item(word, "role", role)
    return Group(
        element,
        "",
        (
            said("Name", word, "name"),
            Leaf("ID", field, one("identification", text(70))),
            Leaf("IdentificationTypeCode", field, one("identification_type", CODE)),
            said("TypeCode", word, "type"),
            *more,
        ),
    )


def _border(consignment: str) -> Group:
    field = f"{consignment}.means"
    one = one_item("means at the border", "role", goods.MEANS_ROLE_BORDER)
    return _means(
        "BorderTransportMeans",
        "means at the border",
        field,
        goods.MEANS_ROLE_BORDER,
        Leaf("RegistrationNationalityCode", field, one("nationality", COUNTRY)),
        Leaf("ModeCode", f"{consignment}.border_mode", CODE),
    )


def _carriage(dataset: str, consignment: str) -> Group:
    charges = f"{consignment}.transport_charges"
    return Group(
        "Consignment",
        "",
        (
            party("Carrier", f"{consignment}.parties", types.PARTY_ROLE_CARRIER),
            party("Consignor", f"{dataset}.parties", types.PARTY_ROLE_CONSIGNOR),
            Group("Freight", "", (Leaf("PaymentMethodCode", charges, CODE),)),
            Group(
                "Itinerary",
                f"{consignment}.countries_of_routing",
                (
                    Leaf("SequenceNumeric", "sequence", NUMBER, mandatory=True),
                    Leaf("RoutingCountryCode", "country", COUNTRY),
                ),
                many=True,
            ),
        ),
    )


def _office(element: str, field: str, word: str, role: int) -> Group:
    one = one_item(word, "role", role)
    return Group(element, "", (Leaf("ID", field, one("reference", text(17))),))


def _guarantees(dataset: str) -> Group:
    reference = "references[0]"
    currency = Leaf("@currencyID", f"{reference}.currency", text(3))
    return Group(
        "ObligationGuarantee",
        f"{dataset}.guarantees",
        (
            measure("AmountAmount", f"{reference}.amount", currency),
            Leaf("ID", "other_reference", text(70)),
            Leaf("ReferenceID", f"{reference}.id", GUARANTEE),
            Leaf("SecurityDetailsCode", "type", CODE),
            Leaf("AccessCode", f"{reference}.access_code", text(17)),
            Group("GuaranteeOffice", f"{reference}.office", (Leaf("ID", "reference", text(17)),)),
        ),
        many=True,
    )


def _place(consignment: str) -> tuple[Group, Group]:
    location = f"{consignment}.location"
    return (
        Group(
            "GoodsLocation",
            location,
            (
                Leaf("Name", "text", text(512)),
                Leaf("ID", "additional_identifier", text(35)),
                Leaf("TypeCode", "type", CODE),
                Group(
                    "Address",
                    "",
                    (
                        Leaf("TypeCode", "qualifier", CODE),
                        Leaf("CityName", "address.city", text(150)),
                        Leaf("CountryCode", "address.country", COUNTRY),
                        Leaf("Line", "address.street_and_number", text(300)),
                        Leaf("PostcodeID", "address.postcode", text(17)),
                    ),
                ),
            ),
        ),
        Group(
            "LoadingLocation",
            f"{consignment}.place_of_loading",
            (Leaf("Name", "name", text(256)), Leaf("ID", "unlocode", text(17))),
        ),
    )


def _goods_on_the_way(consignment: str) -> Group:
    means = f"{consignment}.means"
    arrival = one_item("means at arrival", "role", goods.MEANS_ROLE_ARRIVAL)
    return Group(
        "Consignment",
        "",
        (
            Leaf("ContainerCode", f"{consignment}.containerised", FLAG),
            _means(
                "ArrivalTransportMeans",
                "means at arrival",
                means,
                goods.MEANS_ROLE_ARRIVAL,
                Leaf("ModeCode", means, arrival("mode", CODE)),
            ),
            _means(
                "DepartureTransportMeans",
                "means at departure",
                means,
                goods.MEANS_ROLE_DEPARTURE,
                Leaf("ModeCode", f"{consignment}.inland_mode", CODE),
            ),
            *_place(consignment),
            Group(
                "TransportEquipment",
                f"{consignment}.equipment",
                (
                    Leaf("SequenceNumeric", "sequence", NUMBER, mandatory=True),
                    Leaf("ID", "container", text(17)),
                    Group(
                        "Seal",
                        "seals",
                        (
                            Leaf("SequenceNumeric", "sequence", NUMBER, mandatory=True),
                            Leaf("ID", "identifier", text(35)),
                        ),
                        many=True,
                    ),
                ),
                many=True,
            ),
        ),
    )


def _fiscal(field: str) -> Group:
    return Group(
        "DomesticDutyTaxParty",
        field,
        (stated("ID", "id"), stated("RoleCode", "role")),
        many=True,
        marks={"name": "fiscal reference"},
    )


def _charges(field: str) -> Group:
    return Group(
        "ChargeDeduction",
        field,
        (stated("ChargesTypeCode", "type"), money_stated("OtherChargeDeductionAmount", "amount")),
        many=True,
        marks={"name": "charge"},
    )


def _shipment(dataset: str, consignment: str) -> Group:
    of_goods, house = f"{consignment}.parties", f"{consignment}.houses[0]"
    return Group(
        "GoodsShipment",
        "",
        (
            said("TransactionNatureCode", "terms", "nature"),
            actors(f"{house}.parties"),
            party("Buyer", f"{house}.parties", types.PARTY_ROLE_BUYER),
            party("Consignee", of_goods, types.PARTY_ROLE_CONSIGNEE),
            _goods_on_the_way(consignment),
            party("Consignor", f"{house}.parties", types.PARTY_ROLE_CONSIGNOR),
            Group(
                "CustomsValuation",
                "",
                (money("FreightChargeAmount", "valuation", "external_freight"), _charges(FACTS)),
            ),
            Group(
                "Destination",
                "",
                (
                    Leaf("CountryCode", f"{consignment}.country_of_destination", COUNTRY),
                    said("RegionID", "countries", "destination.region"),
                ),
            ),
            _fiscal(FACTS),
            Group(
                "ExportCountry",
                "",
                (Leaf("ID", f"{consignment}.country_of_dispatch", COUNTRY),),
            ),
            item(f"{house}.items", _fiscal("particulars"), _charges("particulars")),
            party("Importer", f"{dataset}.parties", types.PARTY_ROLE_CONSIGNEE),
            Group("Invoice", "", (said("ID", "invoice", "reference"),)),
            party("Payer", f"{dataset}.parties", types.PARTY_ROLE_FINANCIAL),
            previous(f"{consignment}.documents"),
            party("Seller", f"{house}.parties", types.PARTY_ROLE_SELLER),
            party("Surety", f"{dataset}.parties", types.PARTY_ROLE_GUARANTOR),
            Group(
                "TradeTerms",
                "",
                (
                    said("ConditionCode", "terms", "code"),
                    said("CountryRelationshipCode", "terms", "country"),
                    said("Description", "terms", "situation"),
                    said("LocationID", "terms", "location"),
                    said("LocationName", "terms", "place"),
                ),
            ),
            Group(
                "UCR",
                "",
                (
                    said("ID", "ucr", "id"),
                    Leaf("TraderAssignedReferenceID", f"{consignment}.ucr", text(70)),
                ),
            ),
            Group(
                "Warehouse",
                "",
                (said("ID", "warehouse", "id"), said("TypeCode", "warehouse", "type")),
            ),
        ),
    )


def heading(function: str, kind: Form) -> Parts:
    """Return the rows with which every declaration begins."""
    return (
        said("@xmlns", "document", "declaration.namespace"),
        said("@xmlns.schemas", "document", "declaration.schemas"),
        said("@xmlns.dates", "document", "dates.namespace"),
        Leaf("FunctionCode", FACTS, else_constant(_FUNCTION, function), mandatory=True),
        Leaf("FunctionalReferenceID", IDS, REFERENCE),
        Leaf("ID", IDS, NUMBER_OF_DECLARATION),
        date("IssueDateTime", "header.source.prepared_at"),
        said("IssueLocationID", "declaration", "place"),
        Leaf("TypeCode", FACTS, kind),
    )


def declaration(function: str, kind: Form) -> Group:
    """Return the table of a declaration with a dataset."""
    dataset = "declaration.dataset"
    consignment, offices = f"{dataset}.consignment", f"{dataset}.itinerary.offices"
    parties = f"{dataset}.parties"
    about, rest = heading(function, kind)[:_ABOUT], heading(function, kind)[_ABOUT:]
    departure = one_item("office of departure", "role", types.OFFICE_ROLE_DEPARTURE)
    return Group(
        "Declaration",
        "",
        (
            *about,
            date("AcceptanceDateTime", f"{dataset}.operation.accepted_on"),
            *rest,
            Leaf("GoodsItemQuantity", f"{consignment}.total_items", NUMBER),
            Leaf("DeclarationOfficeID", offices, departure("reference", text(17))),
            money("InvoiceAmount", "valuation", "invoice"),
            said("LoadingListQuantity", "declaration", "loading_lists"),
            measure(
                "TotalGrossMassMeasure",
                f"{consignment}.gross_mass",
                said("@unitCode", "declaration", "gross_mass.unit"),
                AMOUNT,
            ),
            Leaf("TotalPackageQuantity", f"{consignment}.total_packages", COUNT),
            Leaf(
                "SpecificCircumstancesCodeCode", f"{dataset}.operation.specific_circumstance", CODE
            ),
            party("Submitter", parties, types.PARTY_ROLE_CONTACT),
            documents(f"{consignment}.documents"),
            statements(),
            party(
                "Agent",
                parties,
                types.PARTY_ROLE_REPRESENTATIVE,
                Leaf("FunctionCode", "status", CODE),
            ),
            AMENDMENTS,
            Group(
                "AuthorisationHolder",
                f"{dataset}.authorisations",
                (Leaf("ID", "reference", text(70)), Leaf("CategoryCode", "type", CODE)),
                many=True,
            ),
            _border(consignment),
            _carriage(dataset, consignment),
            Group(
                "CurrencyExchange",
                FACTS,
                (stated("CurrencyTypeCode", "currency"), stated("RateNumeric", "rate")),
                many=True,
                marks={"name": "exchange"},
            ),
            party("Declarant", parties, types.PARTY_ROLE_DECLARANT),
            _office("ExitOffice", offices, "office of exit", types.OFFICE_ROLE_EXIT_DECLARED),
            party("Exporter", f"{consignment}.parties", types.PARTY_ROLE_CONSIGNOR),
            _shipment(dataset, consignment),
            _guarantees(dataset),
            _office(
                "PresentationOffice",
                offices,
                "office of presentation",
                types.OFFICE_ROLE_PRESENTATION,
            ),
            _office(
                "SupervisingOffice", offices, "supervising office", types.OFFICE_ROLE_NOTIFYING
            ),
        ),
        mandatory=True,
    )


def request(function: str, kind: Form) -> Group:
    """Return the table of what a trader asks about a declaration that was made before."""
    return Group(
        "Declaration",
        "",
        (
            *heading(function, kind),
            party("Submitter", "trader_request.parties", types.PARTY_ROLE_CONTACT),
            statements(),
            party(
                "Agent",
                "trader_request.parties",
                types.PARTY_ROLE_REPRESENTATIVE,
                Leaf("FunctionCode", "status", CODE),
            ),
            AMENDMENTS,
            party("Declarant", "trader_request.parties", types.PARTY_ROLE_DECLARANT),
        ),
        mandatory=True,
    )
