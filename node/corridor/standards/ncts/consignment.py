"""The consignment of an NCTS message: three levels of one tree.

One tree serves every message. Most messages carry a part of it in the same order, so a row that
a message does not know is simply never met there; what a message demands of it is data too.
"""

from dataclasses import dataclass
from typing import Final

from corridor.standards.forms import CODE, DECIMAL, FLAG, NUMBER, TEXT
from corridor.standards.mapping import Group, Leaf
from corridor.standards.ncts import parts
from corridor.standards.ncts.incidents import incidents


@dataclass(frozen=True, slots=True)
class Demands:
    """Which elements of the tree a message must have.

    Attributes:
        present: The consignment itself.
        houses: At least one house.
        mass: Its gross mass.
        house_mass: The gross mass of each house.
        containerised: Whether the goods travel in containers.
        sealed: The number of seals of each equipment.
        located: The location of the goods.
        means: What identifies the means of transport.
        house_means: The same, for those of a house.
        items: At least one item in each house.
        goods: Description and packaging of each item, type and reference of each document.
        item_mass: The gross mass of each item that is measured.
        release: What is released, of each house and item.
    """

    present: bool = False
    houses: bool = False
    mass: bool = False
    house_mass: bool = False
    containerised: bool = False
    sealed: bool = False
    located: bool = False
    means: bool = False
    house_means: bool = False
    items: bool = False
    goods: bool = False
    item_mass: bool = False
    release: bool = False


DECLARED: Final = Demands(
    present=True,
    houses=True,
    mass=True,
    house_mass=True,
    sealed=True,
    house_means=True,
    items=True,
    goods=True,
)
"""Of a declaration (CC015C, CC013C)."""

RELEASED: Final = Demands(
    present=True,
    houses=True,
    mass=True,
    house_mass=True,
    containerised=True,
    sealed=True,
    means=True,
    house_means=True,
    items=True,
    goods=True,
    item_mass=True,
)
"""Of what customs released (CC029C)."""

TO_UNLOAD: Final = Demands(
    houses=True,
    house_mass=True,
    containerised=True,
    sealed=True,
    means=True,
    house_means=True,
    items=True,
    goods=True,
    item_mass=True,
)
"""Of what may be unloaded (CC043C)."""

HANDED_OVER: Final = Demands(houses=True, goods=True, item_mass=True, release=True)
"""Of what is released at destination (CC025C)."""

PRESENTED: Final = Demands(
    present=True, houses=True, sealed=True, located=True, means=True, house_means=True
)
"""Of what is presented (CC170C)."""

FOUND: Final = Demands()
"""Of a report of differences (CC044C)."""

_DANGEROUS_GOODS: Final = Group(
    "DangerousGoods",
    "commodity.dangerous_goods",
    (parts.SEQUENCE, Leaf("UNNumber", "un_number", TEXT, mandatory=True)),
    many=True,
)


def _commodity(*, whole: bool, measured: bool) -> Group:
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
                    Leaf("grossMass", "gross_mass", DECIMAL, mandatory=measured),
                    Leaf("netMass", "net_mass", DECIMAL),
                    Leaf("supplementaryUnits", "supplementary_units", DECIMAL),
                ),
            ),
        ),
        mandatory=whole,
    )


def _items(demands: Demands) -> Group:
    whole = demands.goods
    return Group(
        "ConsignmentItem",
        "items",
        (
            Leaf("goodsItemNumber", "number", NUMBER, mandatory=True),
            Leaf("declarationGoodsItemNumber", "declaration_number", NUMBER, mandatory=True),
            Leaf("releaseType", "release", CODE, mandatory=demands.release),
            Leaf("declarationType", "declaration_type", CODE),
            Leaf("countryOfDispatch", "country_of_dispatch", TEXT),
            Leaf("countryOfDestination", "country_of_destination", TEXT),
            Leaf("referenceNumberUCR", "ucr", TEXT),
            parts.CONSIGNEE,
            parts.SUPPLY_CHAIN_ACTORS,
            _commodity(whole=whole, measured=demands.item_mass),
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
        mandatory=demands.items,
        many=True,
    )


def _houses(demands: Demands) -> Group:
    return Group(
        "HouseConsignment",
        "houses",
        (
            parts.SEQUENCE,
            Leaf("releaseType", "release", CODE, mandatory=demands.release),
            Leaf("countryOfDispatch", "country_of_dispatch", TEXT),
            Leaf("countryOfDestination", "country_of_destination", TEXT),
            Leaf("grossMass", "gross_mass", DECIMAL, mandatory=demands.house_mass),
            Leaf("referenceNumberUCR", "ucr", TEXT),
            Leaf("securityIndicatorFromExportDeclaration", "security", CODE),
            parts.CONSIGNOR,
            parts.CONSIGNEE,
            parts.SUPPLY_CHAIN_ACTORS,
            parts.departure_means(whole=demands.house_means),
            parts.PREVIOUS_DOCUMENTS,
            *parts.documents(whole=demands.goods),
            parts.TRANSPORT_CHARGES,
            _items(demands),
        ),
        mandatory=demands.houses,
        many=True,
    )


def consignment(field: str, demands: Demands) -> Group:
    """Return the tree of the consignment that `field` of the record holds."""
    return Group(
        "Consignment",
        field,
        (
            Leaf("countryOfDispatch", "country_of_dispatch", TEXT),
            Leaf("countryOfDestination", "country_of_destination", TEXT),
            Leaf("containerIndicator", "containerised", FLAG, mandatory=demands.containerised),
            Leaf("inlandModeOfTransport", "inland_mode", CODE),
            Leaf("modeOfTransportAtTheBorder", "border_mode", CODE),
            Leaf("grossMass", "gross_mass", DECIMAL, mandatory=demands.mass),
            Leaf("referenceNumberUCR", "ucr", TEXT),
            parts.CARRIER,
            parts.CONSIGNOR,
            parts.CONSIGNEE,
            parts.SUPPLY_CHAIN_ACTORS,
            parts.transport_equipment(sealed=demands.sealed),
            parts.location_of_goods("location", mandatory=demands.located),
            parts.departure_means(whole=demands.means),
            parts.ROUTING,
            parts.border_means(whole=demands.means),
            parts.place("PlaceOfLoading", "place_of_loading"),
            parts.place("PlaceOfUnloading", "place_of_unloading"),
            parts.PREVIOUS_DOCUMENTS,
            *parts.documents(whole=demands.goods),
            parts.TRANSPORT_CHARGES,
            incidents("incidents"),
            _houses(demands),
        ),
        mandatory=demands.present,
    )
