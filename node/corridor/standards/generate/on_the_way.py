"""What happens between release and the last border, told by whom it concerns.

Rules:

* what stays within one country (declaration, acceptance, control before release) crosses no
  border and is not told;
* the dataset is told at release and in answer to a query; everything else names what changed.
"""

from corridor.standards.generate import numbers
from corridor.standards.generate.consignments import equipment_after_incident
from corridor.standards.generate.journey import Journey, operation_id, result_now
from corridor.standards.generate.places import country
from corridor.standards.generate.words import DAY_MS, HOUR_MS, code, day, moment, office
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import movement_pb2 as movement
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types


def release(journey: Journey) -> None:
    """Departure tells destination (CD001C) and the countries on the way (CD050C)."""
    first, last = journey.way[0], journey.way[-1]
    purposes = (
        (records.RELEASE_PURPOSE_ARRIVAL, (last,)),
        (records.RELEASE_PURPOSE_TRANSIT, journey.way[1:-1]),
    )
    for purpose, recipients in purposes:
        if not recipients:
            continue
        journey.tell(
            first,
            recipients,
            records.ROLE_OFFICE_OF_DEPARTURE,
            journey.departure,
            movement_released=records.MovementReleased(purpose=purpose),
        )
        # Copied once, straight into the record: it is most of what a movement weighs.
        told = journey.told[-1].record.movement_released
        told.dataset.CopyFrom(journey.dataset)
    journey.pass_time(2 * HOUR_MS, 20 * HOUR_MS)


def cross(journey: Journey, number: int) -> None:
    """Enter the country `number` of the way (CD118C; eTIR I11 and I9 under a carnet)."""
    entered, entry = journey.way[number], journey.crossings[number - 1]
    if journey.tir:
        _leave(journey, number - 1)
        _enter(journey, number)
    else:
        journey.tell(
            entered,
            (journey.way[0],),
            records.ROLE_OFFICE_OF_TRANSIT,
            entry,
            border_passage=records.BorderPassage(
                kind=records.BORDER_PASSAGE_KIND_CROSSED,
                passed_on=day(journey.now_ms),
                offices=[office(entry, types.OFFICE_ROLE_TRANSIT_ACTUAL)],
            ),
        )
    journey.pass_time(2 * HOUR_MS, 16 * HOUR_MS)


def _leave(journey: Journey, number: int) -> None:
    left = journey.way[number]
    exit_office = numbers.one_of(journey.draw, country(left).frontier)
    journey.tell(
        left,
        journey.others(left),
        records.ROLE_OFFICE_OF_EXIT,
        exit_office,
        operation_terminated=records.OperationTerminated(
            operation=operation_id(journey, number),
            terminated_at=moment(journey.now_ms),
            final=False,
            reservations=False,
            offices=[office(exit_office, types.OFFICE_ROLE_EXIT_ACTUAL)],
            control_result=result_now(journey, "A1"),
        ),
    )
    journey.pass_time(HOUR_MS // 6, HOUR_MS)


def _enter(journey: Journey, number: int) -> None:
    entered, entry = journey.way[number], journey.crossings[number - 1]
    journey.tell(
        entered,
        journey.others(entered),
        records.ROLE_OFFICE_OF_TRANSIT,
        entry,
        operation_started=records.OperationStarted(
            operation=operation_id(journey, number),
            started_at=moment(journey.now_ms),
            offices=[office(entry, types.OFFICE_ROLE_ENTRY)],
            equipment=journey.consignment.equipment,
            control_result=result_now(journey, "A1"),
            limit=day(journey.now_ms + 3 * DAY_MS),
            means=journey.consignment.means[:1],
        ),
    )


def ask_for_dataset(journey: Journey, number: int) -> None:
    """A country that was not declared asks for the dataset and gets it (CD114C, CD115C)."""
    asking, entry = journey.way[number], journey.crossings[number - 1]
    kind = records.QUERY_KIND_TRANSIT_RECORD
    journey.tell(
        asking,
        (journey.way[0],),
        records.ROLE_OFFICE_OF_TRANSIT,
        entry,
        exchange=records.Exchange(
            query=records.Query(kind=kind, offices=[office(entry, types.OFFICE_ROLE_REQUESTING)])
        ),
    )
    journey.pass_time(400, 4_000)
    journey.tell(
        journey.way[0],
        (asking,),
        records.ROLE_OFFICE_OF_DEPARTURE,
        journey.departure,
        exchange=records.Exchange(
            query_response=records.QueryResponse(kind=kind, dataset=journey.dataset)
        ),
    )
    journey.pass_time(HOUR_MS // 60, HOUR_MS // 2)


def incident(journey: Journey, number: int) -> None:
    """A seal breaks in the country `number` of the way and is replaced (CD180C)."""
    place = country(journey.way[number])
    at = numbers.one_of(journey.draw, place.inland)
    journey.tell(
        place.code,
        journey.others(place.code),
        records.ROLE_OFFICE_OF_INCIDENT,
        at,
        incident_notice=records.IncidentNotice(
            incidents=[
                goods.Incident(
                    sequence=1,
                    code=code("2"),
                    text="Seal found broken after an accident; goods complete, new seal affixed",
                    endorsement=goods.Endorsement(
                        date=day(journey.now_ms),
                        authority=at.name,
                        place=numbers.one_of(journey.draw, place.towns)[0],
                        country=place.code,
                    ),
                    location=types.Location(qualifier=code("Z"), country=place.code),
                    equipment=[equipment_after_incident(journey.draw, journey.consignment)],
                )
            ],
            notified_at=moment(journey.now_ms),
            offices=[office(at, types.OFFICE_ROLE_INCIDENT)],
        ),
    )
    journey.pass_time(HOUR_MS, 8 * HOUR_MS)


def cancel(journey: Journey) -> None:
    """Departure makes the movement invalid before it has left (CC009C, CD010C)."""
    journey.tell(
        journey.way[0],
        journey.way[1:],
        records.ROLE_OFFICE_OF_DEPARTURE,
        journey.departure,
        cancellation_decision=records.CancellationDecision(
            invalidation=movement.Invalidation(
                decided_at=moment(journey.now_ms),
                granted=True,
                initiated_by_customs=True,
                justification="Vehicle returned to the premises of departure",
            )
        ),
    )


def refuse_entry(journey: Journey, number: int) -> None:
    """A country refuses to start its operation (eTIR I17)."""
    refusing, entry = journey.way[number], journey.crossings[number - 1]
    journey.tell(
        refusing,
        journey.others(refusing),
        records.ROLE_OFFICE_OF_TRANSIT,
        entry,
        release_refused=records.ReleaseRefused(
            reason=movement.CodedText(
                code=code("G1"), text="Vehicle not approved for transport under customs seal"
            ),
            refused_at=moment(journey.now_ms),
            offices=[office(entry, types.OFFICE_ROLE_ENTRY)],
        ),
    )
