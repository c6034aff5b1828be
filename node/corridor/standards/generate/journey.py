"""One movement under way: its offices, its dataset, and the records told about it so far.

Rules:

* a record is told by a country that holds the role it claims, about offices of its own;
* each sender counts its own records on the movement from 1;
* ids are UUIDv7 of the record's own time, so that they sort as a node's own ids would.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, NamedTuple

from corridor.standards.generate import numbers
from corridor.standards.generate.consignments import consignment
from corridor.standards.generate.places import Country, Office, country
from corridor.standards.generate.words import DAY_MS, code, day, decimal, moment, office, party
from corridor.transit.identifiers import uuid7
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import movement_pb2 as movement
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

_CONTROL_RESULTS: Final = "CL047"


class GeneratedRecord(NamedTuple):
    """One record, who sends it to whom, and when it would have happened.

    `recipients` are all countries the sender tells; each gets the same record under the same id.
    """

    sender: str
    recipients: tuple[str, ...]
    record_id: bytes
    at_ms: int
    record: records.TransitRecord


@dataclass(slots=True)
class Journey:
    """What is decided about a movement when it starts, and what has been told since."""

    draw: Random
    way: tuple[str, ...]
    now_ms: int
    tir: bool
    departure: Office
    crossings: tuple[Office, ...]  # entry into each country after the first
    destination: Office
    guarantor: Country
    ids: list[types.Identifier]
    guarantee: movement.Guarantee
    dataset: movement.Dataset
    trader: types.Party  # at destination
    told: list[GeneratedRecord] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def consignment(self) -> goods.Consignment:
        """The goods as released."""
        return self.dataset.consignment

    def others(self, sender: str) -> tuple[str, ...]:
        """Every country on the way but the sender."""
        return tuple(country for country in self.way if country != sender)

    def pass_time(self, least_ms: int, most_ms: int) -> None:
        """Let some time go by."""
        self.now_ms += numbers.between(self.draw, least_ms, most_ms)

    def tell(
        self,
        sender: str,
        recipients: Sequence[str],
        role: "records.Role.ValueType",
        at: Office,
        **body: Any,  # noqa: ANN401 (one body of the oneof, whatever its type)
    ) -> bytes:
        """Write one record and return its id.

        Args:
            sender: The country that tells.
            recipients: The countries that are told.
            role: What the sender is to the movement.
            at: The sender's office.
            body: The body, under its name in TransitRecord.
        """
        number = self.counts[sender] = self.counts.get(sender, 0) + 1
        record_id = uuid7(self.now_ms, numbers.entropy(self.draw))
        record = records.TransitRecord(**body)
        header = record.header
        header.model_version = 1
        header.movement.ids.extend(self.ids)
        header.operation_number = self.way.index(sender) + 1 if self.tir else 1
        header.sender_role = role
        header.sender_office.CopyFrom(office(at, types.OFFICE_ROLE_NOTIFYING))
        header.sender_sequence = number
        if self.told:
            header.caused_by = self.told[-1].record_id
        header.occurred_at.CopyFrom(moment(self.now_ms))
        header.recorded_ms = self.now_ms
        self.told.append(GeneratedRecord(sender, tuple(recipients), record_id, self.now_ms, record))
        self.now_ms += 1
        return record_id


def start(  # noqa: PLR0913 - each decides something of its own
    draw: Random,
    way: tuple[str, ...],
    at_ms: int,
    *,
    tir: bool,
    abroad: bool,
    national_words: bool = False,
) -> Journey:
    """Decide everything about a movement that is known when it is released.

    Args:
        draw: The generator's stream of numbers.
        way: Countries from departure to destination, at least two.
        at_ms: When the goods are released, Unix milliseconds.
        tir: Whether it goes under a TIR carnet; else under a common transit guarantee.
        abroad: Whether the guarantee is registered in the country of destination.
        national_words: Whether goods are described in the language of departure.
    """
    countries = [country(name) for name in way]
    origin, end = countries[0], countries[-1]
    guarantor = end if abroad else origin
    year = _year(at_ms)
    departure = numbers.one_of(draw, origin.inland)
    crossings = tuple(numbers.one_of(draw, place.frontier) for place in countries[1:])
    destination = numbers.one_of(draw, end.inland)
    carnet = numbers.carnet(draw)
    ids = [
        types.Identifier(scheme=types.ID_SCHEME_MRN, value=numbers.mrn(draw, year, origin.code)),
        types.Identifier(
            scheme=types.ID_SCHEME_LRN,
            value=f"{origin.code}{numbers.digits(draw, 10)}",
        ),
    ]
    if tir:
        ids.append(types.Identifier(scheme=types.ID_SCHEME_TIR_CARNET, value=carnet))
    guarantee = _guarantee(draw, guarantor, year, carnet if tir else None)
    dataset = movement.Dataset(
        operation=movement.TransitOperation(
            declaration_type=code("TIR" if tir else numbers.one_of(draw, ("T1", "T1", "T1", "T2"))),
            additional_declaration_type=code("A"),
            security=code("0"),
            reduced_dataset=False,
            limit=day(at_ms + 8 * DAY_MS),
            accepted_on=day(at_ms),
            released_on=day(at_ms),
        ),
        itinerary=movement.Itinerary(
            offices=[
                office(departure, types.OFFICE_ROLE_DEPARTURE),
                *(
                    office(crossing, types.OFFICE_ROLE_TRANSIT_DECLARED, number)
                    for number, crossing in enumerate(crossings, 1)
                ),
                office(destination, types.OFFICE_ROLE_DESTINATION_DECLARED),
            ],
            binding=tir,
        ),
        parties=[_holder(draw, origin, tir=tir)],
        guarantees=[guarantee],
        consignment=consignment(
            draw, origin, end, way, year, language=origin.language if national_words else ""
        ),
        control_result=movement.ControlResultData(
            code=code(numbers.one_of(draw, ("A1", "A2", "A3"))),
            date=day(at_ms),
            seals_in_order=True,
        ),
    )
    return Journey(
        draw=draw,
        way=way,
        now_ms=at_ms,
        tir=tir,
        departure=departure,
        crossings=crossings,
        destination=destination,
        guarantor=guarantor,
        ids=ids,
        guarantee=guarantee,
        dataset=dataset,
        trader=party(draw, end, types.PARTY_ROLE_TRADER_AT_DESTINATION, types.ID_SCHEME_TIN),
    )


def _year(at_ms: int) -> int:
    return int(day(at_ms).lexical[:4])


def _holder(draw: Random, origin: Country, *, tir: bool) -> types.Party:
    holder = party(draw, origin, types.PARTY_ROLE_HOLDER, types.ID_SCHEME_EORI)
    if tir:
        number = f"{origin.code}R/{numbers.digits(draw, 3)}/{numbers.digits(draw, 6)}"
        holder.ids.add(scheme=types.ID_SCHEME_TIR_HOLDER, value=number)
    return holder


def _guarantee(
    draw: Random, guarantor: Country, year: int, carnet: str | None
) -> movement.Guarantee:
    if carnet is None:
        reference = types.Identifier(
            scheme=types.ID_SCHEME_GRN, value=numbers.grn(draw, year, guarantor.code)
        )
    else:
        reference = types.Identifier(scheme=types.ID_SCHEME_ETIR_GUARANTEE, value=carnet)
    return movement.Guarantee(
        sequence=1,
        type=code("B" if carnet else "1"),
        references=[
            movement.GuaranteeReference(
                sequence=1,
                id=reference,
                amount=decimal(numbers.between(draw, 4_000, 90_000) * 1000),
                currency="EUR",
                office=office(guarantor.guarantee, types.OFFICE_ROLE_GUARANTEE),
            )
        ],
    )


def operation_id(journey: Journey, number: int) -> types.Identifier:
    """Name the operation of the country `number` of the way under its carnet."""
    carnet = journey.guarantee.references[0].id.value
    return types.Identifier(
        scheme=types.ID_SCHEME_TIR_OPERATION,
        value=f"{carnet}/{number + 1}",
        issuer=journey.way[number],
    )


def result_now(journey: Journey, outcome: str) -> movement.ControlResultData:
    """Write the result of a control made now."""
    return movement.ControlResultData(
        code=code(outcome, _CONTROL_RESULTS),
        date=day(journey.now_ms),
        seals_in_order=outcome != "A5",
    )
