"""What happens at destination and after it: arrival, control, discharge, enquiry, recovery."""

from corridor.standards.generate.journey import Journey, operation_id, result_now
from corridor.standards.generate.places import Office
from corridor.standards.generate.words import DAY_MS, HOUR_MS, code, day, moment, office
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import movement_pb2 as movement
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types


def arrive(journey: Journey, at: Office, *, diverted: bool) -> None:
    """Destination advises departure (CD006C), which forwards a diversion (CD024C)."""
    first, last = journey.way[0], journey.way[-1]
    journey.tell(
        last,
        (first,),
        records.ROLE_OFFICE_OF_DESTINATION,
        at,
        arrival_notice=_arrival(journey, at, records.ARRIVAL_NOTICE_KIND_ADVICE),
    )
    if diverted and journey.way[1:-1]:
        journey.tell(
            first,
            journey.way[1:-1],
            records.ROLE_OFFICE_OF_DEPARTURE,
            journey.departure,
            arrival_notice=_arrival(journey, at, records.ARRIVAL_NOTICE_KIND_FORWARDED),
        )
    journey.pass_time(HOUR_MS // 2, 6 * HOUR_MS)


def _arrival(
    journey: Journey, at: Office, kind: "records.ArrivalNoticeKind.ValueType"
) -> records.ArrivalNotice:
    return records.ArrivalNotice(
        kind=kind,
        arrived_at=moment(journey.now_ms),
        location=types.Location(
            type=code("B"),
            qualifier=code("V"),
            office=office(at, types.OFFICE_ROLE_PRESENTATION),
        ),
        parties=[journey.trader],
        offices=[
            office(at, types.OFFICE_ROLE_DESTINATION_ACTUAL),
            office(journey.destination, types.OFFICE_ROLE_DESTINATION_DECLARED),
        ],
    )


def control(journey: Journey, at: Office, *, short: bool) -> None:
    """Destination tells the result of its control (CD018C)."""
    result = result_now(journey, "A5" if short else "A1")
    item = journey.consignment.houses[0].items[0]
    if short:
        packages = item.packaging[0].count
        result.text = "One package missing"
        result.differences.add(
            path="houses[0].items[0].packaging[0].count",
            declared=str(packages),
            found=str(packages - 1),
            kind=movement.DIFFERENCE_KIND_OTHER_VALUE,
        )
    journey.tell(
        journey.way[-1],
        (journey.way[0],),
        records.ROLE_OFFICE_OF_DESTINATION,
        at,
        control_result=records.ControlResult(
            kind=records.CONTROL_RESULT_KIND_DESTINATION,
            result=result,
            consignment=goods.Consignment(
                gross_mass=journey.consignment.gross_mass,
                equipment=journey.consignment.equipment,
                means=journey.consignment.means,
            ),
            parties=journey.dataset.parties,
            offices=[office(at, types.OFFICE_ROLE_DESTINATION_ACTUAL)],
        ),
    )
    journey.pass_time(HOUR_MS // 4, 4 * HOUR_MS)


def terminate(journey: Journey, at: Office, *, short: bool) -> None:
    """Destination ends the operation, which is the last one (eTIR I11, CC025C)."""
    last = journey.way[-1]
    packages = sum(
        packaging.count
        for house in journey.consignment.houses
        for item in house.items
        for packaging in item.packaging
    )
    journey.tell(
        last,
        journey.others(last),
        records.ROLE_OFFICE_OF_DESTINATION,
        at,
        operation_terminated=records.OperationTerminated(
            operation=operation_id(journey, len(journey.way) - 1) if journey.tir else None,
            terminated_at=moment(journey.now_ms),
            final=True,
            reservations=short,
            reservation_text="One package missing" if short else None,
            packages=packages - short,
            parties=[journey.trader],
            offices=[office(at, types.OFFICE_ROLE_DESTINATION_ACTUAL)],
        ),
    )
    journey.pass_time(HOUR_MS, 20 * HOUR_MS)


def discharge(journey: Journey, *, short: bool) -> None:
    """Departure discharges the movement (CC045C; CD049C after discrepancies; eTIR I13)."""
    journey.tell(
        journey.way[0],
        journey.way[1:],
        records.ROLE_OFFICE_OF_DEPARTURE,
        journey.departure,
        discharge=records.Discharge(
            discharged_on=day(journey.now_ms),
            discrepancies_solved=True if short else None,
            reservations=False,
            guarantee_credited=True,
            parties=journey.dataset.parties,
        ),
    )


def enquire(journey: Journey) -> None:
    """Nothing has arrived in time: departure asks destination, which answers (CD142C, CD143C)."""
    first, last = journey.way[0], journey.way[-1]
    journey.pass_time(8 * DAY_MS, 12 * DAY_MS)
    journey.tell(
        first,
        (last,),
        records.ROLE_ENQUIRY_AUTHORITY,
        journey.departure,
        enquiry_recovery=records.EnquiryRecovery(
            enquiry=records.Enquiry(
                kind=records.ENQUIRY_KIND_ASKED,
                at=day(journey.now_ms),
                limit=day(journey.now_ms + 28 * DAY_MS),
                parties=journey.dataset.parties,
            )
        ),
    )
    journey.pass_time(DAY_MS, 5 * DAY_MS)
    journey.tell(
        last,
        (first,),
        records.ROLE_OFFICE_OF_DESTINATION,
        journey.destination,
        enquiry_recovery=records.EnquiryRecovery(
            enquiry=records.Enquiry(
                kind=records.ENQUIRY_KIND_ANSWERED,
                at=day(journey.now_ms),
                response=code("4"),
                text="Goods presented late; arrival is being recorded",
            )
        ),
    )


def recover(journey: Journey) -> None:
    """The goods never arrived: departure starts recovery (CD063C)."""
    reference = journey.guarantee.references[0]
    journey.pass_time(30 * DAY_MS, 60 * DAY_MS)
    journey.tell(
        journey.way[0],
        journey.way[1:],
        records.ROLE_RECOVERY_AUTHORITY,
        journey.departure,
        enquiry_recovery=records.EnquiryRecovery(
            recovery=records.Recovery(
                kind=records.RECOVERY_KIND_STARTED,
                at=day(journey.now_ms),
                amount=reference.amount,
                currency=reference.currency,
                parties=journey.dataset.parties,
            )
        ),
    )
