"""What a story's movement is when it is declared: its numbers, offices, parties and goods.

Rules:

* MRN, GRN and the numbers of carnets have valid check digits or forms and come from the seed;
* the number of the procedure's own system (carnet, EAEU, DUCA-T) stands beside the MRN.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from corridor.lab.story import Firm, Lot, Script, Story
from corridor.standards.generate import numbers
from corridor.standards.generate.places import Office
from corridor.standards.generate.words import DAY_MS, code, day, decimal, office
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import movement_pb2 as movement
from corridor.wire.v1 import types_pb2 as types

TARE_KG: Final = 2
"""Of a package, for the gross mass."""


@dataclass(slots=True)
class Telling:
    """A story being told."""

    script: Script
    story: Story
    draw: Random
    start_ms: int
    ids: list[types.Identifier]
    dataset: movement.Dataset

    def place(self, reference: str) -> Office:
        """Return an office with its name."""
        return Office(reference, self.script.offices[reference])

    def operation(self, country: str) -> types.Identifier | None:
        """Name a country's operation under the carnet; None where there is none."""
        if self.story.procedure != "TIR":
            return None
        carnet = self.ids[-1].value
        number = self.story.countries.index(country) + 1
        return types.Identifier(
            scheme=types.ID_SCHEME_TIR_OPERATION, value=f"{carnet}/{number}", issuer=country
        )


def start(script: Script, story: Story, draw: Random, at_ms: int) -> Telling:
    """Decide what is known of a movement when it is declared at `at_ms`."""
    origin, year = story.countries[0], int(day(at_ms).lexical[:4])
    ids = [
        types.Identifier(scheme=types.ID_SCHEME_MRN, value=numbers.mrn(draw, year, origin)),
        types.Identifier(scheme=types.ID_SCHEME_LRN, value=f"{origin}{numbers.digits(draw, 10)}"),
        *_own_number(story, draw, at_ms),
    ]
    telling = Telling(script, story, draw, at_ms, ids, movement.Dataset())
    telling.dataset.CopyFrom(_dataset(telling, year, at_ms))
    return telling


def _own_number(story: Story, draw: Random, at_ms: int) -> list[types.Identifier]:
    """Return the number that the procedure's own system gives, besides the MRN."""
    written = day(at_ms).lexical
    if story.procedure == "TIR":
        return [types.Identifier(scheme=types.ID_SCHEME_TIR_CARNET, value=numbers.carnet(draw))]
    if story.procedure == "EAEU":
        dated = f"{written[8:10]}{written[5:7]}{written[2:4]}"
        value = f"417{numbers.digits(draw, 5)}/{dated}/{numbers.digits(draw, 7)}"
        return [types.Identifier(scheme=types.ID_SCHEME_EAEU_TD, value=value)]
    if story.procedure == "DUCA-T":
        value = f"{story.countries[0]}{written[:4]}{numbers.digits(draw, 10)}"
        return [types.Identifier(scheme=types.ID_SCHEME_DUCA_T, value=value)]
    return []


def _dataset(telling: Telling, year: int, at_ms: int) -> movement.Dataset:
    story = telling.story
    kind = story.procedure if story.procedure in {"T1", "T2", "TIR"} else "T1"
    return movement.Dataset(
        operation=movement.TransitOperation(
            declaration_type=code(kind),
            additional_declaration_type=code("A"),
            security=code("0"),
            language=story.lots[0].language,
            limit=day(at_ms + story.limit_days * DAY_MS),
            accepted_on=day(at_ms),
        ),
        itinerary=movement.Itinerary(
            offices=[
                office(telling.place(story.way[0]), types.OFFICE_ROLE_DEPARTURE),
                *(
                    office(telling.place(one), types.OFFICE_ROLE_TRANSIT_DECLARED, number)
                    for number, one in enumerate(story.way[1:-1], 1)
                ),
                office(telling.place(story.way[-1]), types.OFFICE_ROLE_DESTINATION_DECLARED),
            ],
            binding=story.procedure == "TIR",
            text=story.way_text or None,
        ),
        parties=[party_of(story.firms["holder"], types.PARTY_ROLE_HOLDER)],
        guarantees=[_guarantee(telling, year)],
        consignment=_consignment(story),
    )


def _guarantee(telling: Telling, year: int) -> movement.Guarantee:
    story, tir = telling.story, telling.story.procedure == "TIR"
    country = story.guarantee_office[:2]
    reference = types.Identifier(
        scheme=types.ID_SCHEME_ETIR_GUARANTEE if tir else types.ID_SCHEME_GRN,
        value=telling.ids[-1].value if tir else numbers.grn(telling.draw, year, country),
    )
    return movement.Guarantee(
        sequence=1,
        type=code("B" if tir else "1"),
        references=[
            movement.GuaranteeReference(
                sequence=1,
                id=reference,
                amount=decimal(story.amount * 1000),
                currency=story.currency,
                office=office(telling.place(story.guarantee_office), types.OFFICE_ROLE_GUARANTEE),
            )
        ],
    )


def party_of(firm: Firm, role: "types.PartyRole.ValueType") -> types.Party:
    """Write a firm in one of its roles."""
    return types.Party(
        role=role,
        ids=[types.Identifier(scheme=types.ID_SCHEME_TIN, value=firm.number)],
        name=firm.name,
        address=types.Address(
            street_and_number=firm.street,
            postcode=firm.postcode,
            city=firm.city,
            country=firm.country,
        ),
        contact=types.Contact(name=firm.contact),
    )


def _consignment(story: Story) -> goods.Consignment:
    origin, end = story.countries[0], story.countries[-1]
    items = [_item(number, lot, origin) for number, lot in enumerate(story.lots, 1)]
    gross = decimal(sum((lot.kg + lot.packages * TARE_KG) * 1000 for lot in story.lots))
    return goods.Consignment(
        country_of_dispatch=origin,
        country_of_destination=end,
        containerised=bool(story.container),
        inland_mode=code("3"),
        border_mode=code(story.mode),
        gross_mass=gross,
        parties=[
            party_of(story.firms["consignor"], types.PARTY_ROLE_CONSIGNOR),
            party_of(story.firms["consignee"], types.PARTY_ROLE_CONSIGNEE),
        ],
        equipment=[equipment_of(story, story.seals)],
        means=[means_of(plate, number, origin) for number, plate in enumerate(story.plates, 1)],
        countries_of_routing=[
            goods.RoutingCountry(sequence=number, country=one)
            for number, one in enumerate(story.countries, 1)
        ],
        place_of_loading=types.Place(country=origin, name=story.loading),
        place_of_unloading=types.Place(country=end, name=story.unloading),
        documents=[
            goods.Document(
                kind=goods.DOCUMENT_KIND_TRANSPORT,
                sequence=1,
                type=code("N705" if story.mode == "1" else "N730"),
                reference=story.document,
            )
        ],
        houses=[goods.HouseConsignment(sequence=1, gross_mass=gross, items=items)],
        total_packages=sum(lot.packages for lot in story.lots),
    )


def _item(number: int, lot: Lot, origin: str) -> goods.GoodsItem:
    return goods.GoodsItem(
        number=number,
        declaration_number=number,
        commodity=goods.Commodity(description=lot.description, language=lot.language, hs6=lot.hs6),
        packaging=[
            goods.Packaging(
                sequence=1, type=code(lot.package), count=lot.packages, marks=lot.marks or None
            )
        ],
        gross_mass=decimal((lot.kg + lot.packages * TARE_KG) * 1000),
        net_mass=decimal(lot.kg * 1000),
        country_of_origin=origin,
    )


def equipment_of(story: Story, seals: tuple[str, ...]) -> goods.TransportEquipment:
    """Write the story's container or load compartment under some seals."""
    return goods.TransportEquipment(
        sequence=1,
        container=story.container or None,
        seals_declared=len(seals),
        seals=[goods.Seal(sequence=n, identifier=seal) for n, seal in enumerate(seals, 1)],
    )


def means_of(
    plate: str,
    sequence: int,
    country: str,
    role: "goods.MeansRole.ValueType" = goods.MEANS_ROLE_DEPARTURE,
) -> goods.TransportMeans:
    """Write a vehicle or ship: the first is the tractor or vessel, others are trailers."""
    return goods.TransportMeans(
        role=role,
        sequence=sequence,
        identification_type=code("30" if sequence == 1 else "31"),
        identification=plate,
        nationality=country,
    )
