"""The consignment of an NCTS message: three levels of one tree.

One tree serves every message. CC007C, CC044C and CC170C carry parts of it in the same order, so
a row that a message does not know is simply never met there.
"""

from typing import Final

from corridor.standards.forms import CODE, DECIMAL, FLAG, NUMBER, TEXT
from corridor.standards.mapping import Group, Leaf
from corridor.standards.ncts import parts

_DANGEROUS_GOODS: Final = Group(
    "DangerousGoods",
    "commodity.dangerous_goods",
    (parts.SEQUENCE, Leaf("UNNumber", "un_number", TEXT, mandatory=True)),
    many=True,
)


def _commodity(*, whole: bool) -> Group:
    return Group(
        "Commodity",
        "",
        (
            Leaf("descriptionOfGoods", "commodity.description", TEXT, mandatory=whole),
            Leaf("cusCode", "commodity.cus_code", TEXT),
            Group(
                "CommodityCode",
                "",
                (
                    Leaf("harmonizedSystemSubHeadingCode", "commodity.hs6", TEXT, mandatory=True),
                    Leaf("combinedNomenclatureCode", "commodity.cn2", TEXT),
                ),
            ),
            _DANGEROUS_GOODS,
            Group(
                "GoodsMeasure",
                "",
                (
                    Leaf("grossMass", "gross_mass", DECIMAL),
                    Leaf("netMass", "net_mass", DECIMAL),
                    Leaf("supplementaryUnits", "supplementary_units", DECIMAL),
                ),
            ),
        ),
        mandatory=whole,
    )


def _items(*, whole: bool) -> Group:
    return Group(
        "ConsignmentItem",
        "items",
        (
            Leaf("goodsItemNumber", "number", NUMBER, mandatory=True),
            Leaf("declarationGoodsItemNumber", "declaration_number", NUMBER, mandatory=True),
            Leaf("declarationType", "declaration_type", CODE),
            Leaf("countryOfDispatch", "country_of_dispatch", TEXT),
            Leaf("countryOfDestination", "country_of_destination", TEXT),
            Leaf("referenceNumberUCR", "ucr", TEXT),
            parts.CONSIGNEE,
            parts.SUPPLY_CHAIN_ACTORS,
            _commodity(whole=whole),
            Group(
                "Packaging",
                "packaging",
                (
                    parts.SEQUENCE,
                    Leaf("typeOfPackages", "type", CODE, mandatory=whole),
                    Leaf("numberOfPackages", "count", NUMBER),
                    Leaf("shippingMarks", "marks", TEXT),
                ),
                mandatory=whole,
                many=True,
            ),
            parts.PREVIOUS_DOCUMENTS_OF_ITEM,
            *parts.documents(whole=whole),
            parts.TRANSPORT_CHARGES,
        ),
        mandatory=whole,
        many=True,
    )


def _houses(*, whole: bool, demanded: bool) -> Group:
    return Group(
        "HouseConsignment",
        "houses",
        (
            parts.SEQUENCE,
            Leaf("countryOfDispatch", "country_of_dispatch", TEXT),
            Leaf("countryOfDestination", "country_of_destination", TEXT),
            Leaf("grossMass", "gross_mass", DECIMAL, mandatory=whole),
            Leaf("referenceNumberUCR", "ucr", TEXT),
            parts.CONSIGNOR,
            parts.CONSIGNEE,
            parts.SUPPLY_CHAIN_ACTORS,
            parts.departure_means(whole=demanded),
            parts.PREVIOUS_DOCUMENTS,
            *parts.documents(whole=whole),
            parts.TRANSPORT_CHARGES,
            _items(whole=whole),
        ),
        mandatory=demanded,
        many=True,
    )


def consignment(field: str, *, whole: bool, demanded: bool) -> Group:
    """Return the tree of a consignment.

    Args:
        field: Field of the record that holds it.
        whole: It is a declaration's, of which every mandatory element is demanded (CC015C,
            CC013C); not a report of differences (CC044C) or of presented means (CC170C).
        demanded: Whether the message must have it, with houses and identified means.
    """
    return Group(
        "Consignment",
        field,
        (
            Leaf("countryOfDispatch", "country_of_dispatch", TEXT),
            Leaf("countryOfDestination", "country_of_destination", TEXT),
            Leaf("containerIndicator", "containerised", FLAG),
            Leaf("inlandModeOfTransport", "inland_mode", CODE),
            Leaf("modeOfTransportAtTheBorder", "border_mode", CODE),
            Leaf("grossMass", "gross_mass", DECIMAL, mandatory=whole),
            Leaf("referenceNumberUCR", "ucr", TEXT),
            parts.CARRIER,
            parts.CONSIGNOR,
            parts.CONSIGNEE,
            parts.SUPPLY_CHAIN_ACTORS,
            parts.transport_equipment(sealed=demanded),
            parts.location_of_goods("location", mandatory=demanded and not whole),
            parts.departure_means(whole=demanded and not whole),
            parts.ROUTING,
            parts.border_means(whole=demanded and not whole),
            parts.place("PlaceOfLoading", "place_of_loading"),
            parts.place("PlaceOfUnloading", "place_of_unloading"),
            parts.PREVIOUS_DOCUMENTS,
            *parts.documents(whole=whole),
            parts.TRANSPORT_CHARGES,
            _houses(whole=whole, demanded=demanded),
        ),
        mandatory=demanded,
    )
