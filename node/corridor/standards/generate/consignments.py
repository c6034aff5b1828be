"""Consignments made from a seed: goods, packages, documents, equipment, seals, vehicles."""

from functools import cache
from random import Random
from typing import Final

from corridor.standards.generate import numbers
from corridor.standards.generate.goods import GOODS, Goods
from corridor.standards.generate.goods_words import describe
from corridor.standards.generate.places import Country
from corridor.standards.generate.words import code, decimal, party, plate
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import types_pb2 as types

_ROAD: Final = "3"  # NCTS CL218
_PLATE: Final = "30"  # registration number of the road vehicle, NCTS CL750
_TRAILER: Final = "31"


def consignment(  # noqa: PLR0913 - everything that decides what a lorry carries
    draw: Random,
    origin: Country,
    destination: Country,
    way: tuple[str, ...],
    year: int,
    *,
    language: str = "",
) -> goods.Consignment:
    """Make what one lorry carries from `origin` to `destination`.

    Args:
        draw: The generator's stream of numbers.
        origin: Country of the consignor and of the vehicle.
        destination: Country of the consignee.
        way: Codes of all countries on the way, both ends included.
        year: Year of the documents.
        language: In which goods are described where there are words.
    """
    houses = _houses(draw, origin, destination, year, language)
    gross = sum(_grams(house.gross_mass) for house in houses)
    lorry = plate(draw, origin)
    in_container = draw.random() < 0.6  # noqa: PLR2004 (the share of containers by road)
    return goods.Consignment(
        country_of_dispatch=origin.code,
        country_of_destination=destination.code,
        containerised=in_container,
        inland_mode=code(_ROAD),
        border_mode=code(_ROAD),
        gross_mass=decimal(gross),
        ucr=f"{numbers.digits(draw, 1)}{origin.code}{numbers.pick(draw, numbers.ALPHANUMERIC, 18)}",
        parties=_parties(draw, origin, destination),
        equipment=[_equipment(draw, houses, in_container=in_container)],
        means=_vehicles(draw, lorry, origin),
        countries_of_routing=[
            goods.RoutingCountry(sequence=number, country=country)
            for number, country in enumerate(way, 1)
        ],
        place_of_loading=_place(draw, origin),
        place_of_unloading=_place(draw, destination),
        documents=[
            _document(
                goods.DOCUMENT_KIND_TRANSPORT,
                "N730",
                f"CMR-{origin.code}-{numbers.digits(draw, 7)}",
            )
        ],
        houses=houses,
    )


def equipment_after_incident(draw: Random, before: goods.Consignment) -> goods.TransportEquipment:
    """Make the equipment as it is after a seal was broken and replaced."""
    equipment = goods.TransportEquipment()
    equipment.CopyFrom(before.equipment[0])
    del equipment.seals[:]
    equipment.seals_declared = 1
    equipment.seals.add(sequence=1, identifier=_seal(draw))
    return equipment


def _equipment(
    draw: Random, houses: list[goods.HouseConsignment], *, in_container: bool
) -> goods.TransportEquipment:
    seals = numbers.between(draw, 1, 2)
    return goods.TransportEquipment(
        sequence=1,
        container=numbers.container(draw) if in_container else None,
        seals_declared=seals,
        seals=[goods.Seal(sequence=n, identifier=_seal(draw)) for n in range(1, seals + 1)],
        goods=[
            goods.GoodsReference(sequence=number, item=item.declaration_number)
            for number, item in enumerate((item for house in houses for item in house.items), 1)
        ],
    )


def _seal(draw: Random) -> str:
    return f"{numbers.pick(draw, numbers.LETTERS, 2)}{numbers.digits(draw, 7)}"


def _vehicles(draw: Random, lorry: str, origin: Country) -> list[goods.TransportMeans]:
    return [
        _means(goods.MEANS_ROLE_DEPARTURE, 1, _PLATE, lorry, origin.code),
        _means(goods.MEANS_ROLE_DEPARTURE, 2, _TRAILER, plate(draw, origin), origin.code),
        _means(goods.MEANS_ROLE_BORDER, 1, _PLATE, lorry, origin.code),
    ]


def _means(
    role: "goods.MeansRole.ValueType",
    sequence: int,
    kind: str,
    identification: str,
    nationality: str,
) -> goods.TransportMeans:
    return goods.TransportMeans(
        role=role,
        sequence=sequence,
        identification_type=code(kind),
        identification=identification,
        nationality=nationality,
    )


def _document(kind: "goods.DocumentKind.ValueType", of_type: str, reference: str) -> goods.Document:
    return goods.Document(kind=kind, sequence=1, type=code(of_type), reference=reference)


def _houses(
    draw: Random, origin: Country, destination: Country, year: int, language: str
) -> list[goods.HouseConsignment]:
    """Make one to three houses; where there are several, each has its own parties."""
    count, houses, first = numbers.one_of(draw, (1, 2, 2, 3)), [], 1
    for sequence in range(1, count + 1):
        items = [
            _item(draw, number, first + number - 1, origin.code, year, language)
            for number in range(1, numbers.between(draw, 3, 7) + 1)
        ]
        first += len(items)
        houses.append(
            goods.HouseConsignment(
                sequence=sequence,
                gross_mass=decimal(sum(_grams(item.gross_mass) for item in items)),
                parties=_parties(draw, origin, destination) if count > 1 else (),
                documents=[
                    _document(
                        goods.DOCUMENT_KIND_PREVIOUS, "N830", numbers.mrn(draw, year, origin.code)
                    )
                ],
                items=items,
            )
        )
    return houses


def _parties(draw: Random, origin: Country, destination: Country) -> list[types.Party]:
    return [
        party(draw, origin, types.PARTY_ROLE_CONSIGNOR, types.ID_SCHEME_TIN),
        party(draw, destination, types.PARTY_ROLE_CONSIGNEE, types.ID_SCHEME_TIN),
    ]


def _place(draw: Random, country: Country) -> types.Place:
    return types.Place(country=country.code, name=numbers.one_of(draw, country.towns)[0])


def _grams(mass: types.Decimal) -> int:
    return int(mass.lexical.replace(".", ""))


def _item(  # noqa: PLR0913, PLR0917 - as `consignment`
    draw: Random, number: int, declared: int, origin: str, year: int, language: str
) -> goods.GoodsItem:
    kind = numbers.one_of(draw, GOODS)
    packages = numbers.between(draw, *kind.packages) // 4 + 1
    net = packages * numbers.between(draw, *kind.kg_per_package) * 1000
    return goods.GoodsItem(
        number=number,
        declaration_number=declared,
        commodity=_commodity(kind, language),
        packaging=[
            goods.Packaging(
                sequence=1,
                type=code(kind.package),
                count=packages,
                marks=f"{origin}/{numbers.digits(draw, 6)} 1-{packages}",
            )
        ],
        documents=[
            _document(
                goods.DOCUMENT_KIND_SUPPORTING,
                "N380",
                f"INV-{year}-{numbers.digits(draw, 6)}",
            ),
        ],
        gross_mass=decimal(net + packages * numbers.between(draw, 300, 1900)),
        net_mass=decimal(net),
        country_of_origin=origin,
    )


@cache
def _commodity(kind: Goods, language: str) -> goods.Commodity:
    """Write what goods of a kind are; kept and shared like `code`."""
    description, written_in = describe(kind.hs6, kind.description, language)
    return goods.Commodity(
        description=description,
        language=written_in or None,
        hs6=kind.hs6,
        dangerous_goods=(
            [goods.DangerousGoods(sequence=1, un_number=kind.un_number)] if kind.un_number else ()
        ),
    )
