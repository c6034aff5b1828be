"""What departure and an office of guarantee abroad tell each other."""

from corridor.standards.generate import numbers
from corridor.standards.generate.journey import Journey
from corridor.standards.generate.words import HOUR_MS, day, office
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import movement_pb2 as movement
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types


def reserve_guarantee(journey: Journey) -> None:
    """Departure asks the office of guarantee abroad, which answers (CD203C, CD205C)."""
    first, guarantor = journey.way[0], journey.guarantor
    asked = movement.Guarantee()
    asked.CopyFrom(journey.guarantee)
    asked.references[0].access_code = f"{numbers.digits(journey.draw, 4)}"
    journey.tell(
        first,
        (guarantor.code,),
        records.ROLE_OFFICE_OF_DEPARTURE,
        journey.departure,
        guarantee_use=records.GuaranteeUse(
            kind=records.GUARANTEE_USE_KIND_RESERVE,
            guarantees=[asked],
            countries=[
                goods.RoutingCountry(sequence=number, country=name)
                for number, name in enumerate(journey.way, 1)
            ],
            offices=[office(journey.departure, types.OFFICE_ROLE_DEPARTURE)],
            accepted_on=day(journey.now_ms),
        ),
    )
    journey.pass_time(800, 9_000)
    journey.tell(
        guarantor.code,
        (first,),
        records.ROLE_OFFICE_OF_GUARANTEE,
        guarantor.guarantee,
        guarantee_result=records.GuaranteeResult(
            valid=True, guarantees=[journey.guarantee], accepted_on=day(journey.now_ms)
        ),
    )
    journey.pass_time(HOUR_MS // 60, HOUR_MS)


def credit_guarantee(journey: Journey) -> None:
    """Departure frees the amount at the office of guarantee abroad (CD209C)."""
    journey.tell(
        journey.way[0],
        (journey.guarantor.code,),
        records.ROLE_OFFICE_OF_DEPARTURE,
        journey.departure,
        guarantee_use=records.GuaranteeUse(
            kind=records.GUARANTEE_USE_KIND_CREDIT,
            guarantees=[journey.guarantee],
            at=day(journey.now_ms),
        ),
    )
