"""The body of the record that tells a step of a story."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from corridor.lab.story import Step, Story
from corridor.lab.story_dataset import Telling, equipment_of, means_of, party_of
from corridor.standards.generate.words import DAY_MS, code, day, moment, office
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import movement_pb2 as movement
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types


def role_of(story: Story, step: Step) -> "records.Role.ValueType":
    """Return what who tells a step is to the movement."""
    if step.what == "refused" and step.country == story.countries[0]:
        return records.ROLE_OFFICE_OF_DEPARTURE
    return _ROLES[step.what]


_ROLES: Final[Mapping[str, "records.Role.ValueType"]] = MappingProxyType(
    {
        "declared": records.ROLE_HOLDER,
        "accepted": records.ROLE_OFFICE_OF_DEPARTURE,
        "controlled": records.ROLE_OFFICE_OF_DEPARTURE,
        "released": records.ROLE_OFFICE_OF_DEPARTURE,
        "rejected": records.ROLE_OFFICE_OF_DEPARTURE,
        "discharged": records.ROLE_OFFICE_OF_DEPARTURE,
        "left": records.ROLE_OFFICE_OF_EXIT,
        "entered": records.ROLE_OFFICE_OF_TRANSIT,
        "passed": records.ROLE_OFFICE_OF_TRANSIT,
        "refused": records.ROLE_OFFICE_OF_TRANSIT,
        "incident": records.ROLE_OFFICE_OF_INCIDENT,
        "enquired": records.ROLE_ENQUIRY_AUTHORITY,
        "unloaded": records.ROLE_TRADER_AT_DESTINATION,
    }
    | dict.fromkeys(
        ("arrived", "permitted", "result", "ended", "answered"),
        records.ROLE_OFFICE_OF_DESTINATION,
    )
)


def _declared(telling: Telling, _step: Step, at_ms: int) -> dict[str, Any]:
    body = records.Declaration(kind=records.DECLARATION_KIND_ORIGINAL, dataset=telling.dataset)
    body.dataset.operation.submitted_at.CopyFrom(moment(at_ms))
    return {"declaration": body}


def _accepted(telling: Telling, step: Step, at_ms: int) -> dict[str, Any]:
    body = records.DeclarationDecision(
        kind=records.DECLARATION_DECISION_KIND_ACCEPTED,
        accepted_at=moment(at_ms),
        offices=[office(telling.place(step.office), types.OFFICE_ROLE_DEPARTURE)],
    )
    return {"declaration_decision": body}


def _result(step: Step, at_ms: int) -> movement.ControlResultData:
    return movement.ControlResultData(
        code=code(step.code or "A1"),
        date=day(at_ms),
        seals_in_order=step.code != "B1",
        text=step.text or None,
    )


def _controlled(telling: Telling, step: Step, at_ms: int) -> dict[str, Any]:
    arriving = step.what == "result"
    role = types.OFFICE_ROLE_DESTINATION_ACTUAL if arriving else types.OFFICE_ROLE_DEPARTURE
    body = records.ControlResult(
        kind=records.CONTROL_RESULT_KIND_DESTINATION
        if arriving
        else records.CONTROL_RESULT_KIND_DEPARTURE,
        result=_result(step, at_ms),
        offices=[office(telling.place(step.office), role)],
    )
    return {"control_result": body}


def _released(telling: Telling, _step: Step, at_ms: int) -> dict[str, Any]:
    body = records.MovementReleased(
        purpose=records.RELEASE_PURPOSE_ARRIVAL, dataset=telling.dataset
    )
    body.dataset.operation.released_on.CopyFrom(day(at_ms))
    return {"movement_released": body}


def _ended(telling: Telling, step: Step, at_ms: int) -> dict[str, Any]:
    final = step.what == "ended"
    role = types.OFFICE_ROLE_DESTINATION_ACTUAL if final else types.OFFICE_ROLE_EXIT_ACTUAL
    body = records.OperationTerminated(
        operation=telling.operation(step.country),
        terminated_at=moment(at_ms),
        final=final,
        reservations=bool(step.text),
        reservation_text=step.text or None,
        packages=sum(lot.packages for lot in telling.story.lots) if final else None,
        offices=[office(telling.place(step.office), role)],
    )
    return {"operation_terminated": body}


def _entered(telling: Telling, step: Step, at_ms: int) -> dict[str, Any]:
    body = records.OperationStarted(
        operation=telling.operation(step.country),
        started_at=moment(at_ms),
        offices=[office(telling.place(step.office), types.OFFICE_ROLE_ENTRY)],
        equipment=telling.dataset.consignment.equipment,
        means=telling.dataset.consignment.means[:1],
    )
    return {"operation_started": body}


def _passed(telling: Telling, step: Step, at_ms: int) -> dict[str, Any]:
    body = records.BorderPassage(
        kind=records.BORDER_PASSAGE_KIND_CROSSED,
        passed_on=day(at_ms),
        offices=[office(telling.place(step.office), types.OFFICE_ROLE_TRANSIT_ACTUAL)],
    )
    return {"border_passage": body}


def _incident(telling: Telling, step: Step, at_ms: int) -> dict[str, Any]:
    place = telling.place(step.office)
    happened = goods.Incident(
        sequence=1,
        code=code(step.code),
        text=step.text,
        endorsement=goods.Endorsement(date=day(at_ms), authority=place.name, country=step.country),
        location=types.Location(qualifier=code("Z"), country=step.country, text=place.name),
        equipment=[equipment_of(telling.story, step.seals)] if step.seals else (),
    )
    if step.plate:
        means = means_of(step.plate, 1, step.country, goods.MEANS_ROLE_TRANSHIPMENT)
        happened.transhipment.CopyFrom(
            goods.Transhipment(containerised=bool(telling.story.container), means=means)
        )
    body = records.IncidentNotice(
        incidents=[happened],
        notified_at=moment(at_ms),
        offices=[office(place, types.OFFICE_ROLE_INCIDENT)],
    )
    return {"incident_notice": body}


def _arrived(telling: Telling, step: Step, at_ms: int) -> dict[str, Any]:
    consignee = telling.story.firms["consignee"]
    body = records.ArrivalNotice(
        kind=records.ARRIVAL_NOTICE_KIND_ADVICE,
        arrived_at=moment(at_ms),
        parties=[party_of(consignee, types.PARTY_ROLE_TRADER_AT_DESTINATION)],
        offices=[office(telling.place(step.office), types.OFFICE_ROLE_DESTINATION_ACTUAL)],
    )
    return {"arrival_notice": body}


def _unloading(telling: Telling, step: Step, at_ms: int) -> dict[str, Any]:
    at = [office(telling.place(step.office), types.OFFICE_ROLE_DESTINATION_ACTUAL)]
    if step.what == "permitted":
        permission = records.Unloading(kind=records.UNLOADING_KIND_PERMISSION, offices=at)
        return {"unloading": permission}
    remarks = movement.UnloadingRemarks(
        conform=not step.text,
        complete=True,
        date=day(at_ms),
        seals_in_order=True,
        text=step.text or None,
    )
    body = records.Unloading(kind=records.UNLOADING_KIND_REMARKS, remarks=remarks, offices=at)
    return {"unloading": body}


def _discharged(telling: Telling, _step: Step, at_ms: int) -> dict[str, Any]:
    body = records.Discharge(
        discharged_on=day(at_ms),
        reservations=False,
        guarantee_credited=True,
        parties=telling.dataset.parties,
    )
    return {"discharge": body}


def _refused(telling: Telling, step: Step, at_ms: int) -> dict[str, Any]:
    role = role_of(telling.story, step)
    entry = role == records.ROLE_OFFICE_OF_TRANSIT
    body = records.ReleaseRefused(
        reason=movement.CodedText(code=code(step.code), text=step.text),
        refused_at=moment(at_ms),
        offices=[
            office(
                telling.place(step.office),
                types.OFFICE_ROLE_ENTRY if entry else types.OFFICE_ROLE_DEPARTURE,
            )
        ],
    )
    return {"release_refused": body}


def _rejected(telling: Telling, step: Step, at_ms: int) -> dict[str, Any]:
    fault = movement.FunctionalError(
        sequence=1,
        pointer="declaration.dataset.consignment.houses[0].items[0].commodity.hs6",
        code=code(step.code),
        reason=step.text,
        original=telling.story.lots[0].hs6,
    )
    answer = records.Acknowledgement(
        kind=records.ACKNOWLEDGEMENT_KIND_BUSINESS_REJECTED,
        at=moment(at_ms),
        reason=movement.CodedText(code=code(step.code), text=step.text),
        errors=[fault],
        offices=[office(telling.place(step.office), types.OFFICE_ROLE_DEPARTURE)],
    )
    return {"exchange": records.Exchange(acknowledgement=answer)}


def _enquiry(telling: Telling, step: Step, at_ms: int) -> dict[str, Any]:
    asked = step.what == "enquired"
    role = types.OFFICE_ROLE_ENQUIRY if asked else types.OFFICE_ROLE_REQUESTED
    enquiry = records.Enquiry(
        kind=records.ENQUIRY_KIND_ASKED if asked else records.ENQUIRY_KIND_ANSWERED,
        at=day(at_ms),
        limit=day(at_ms + 28 * DAY_MS) if asked else None,
        response=None if asked else code(step.code),
        text=step.text,
        offices=[office(telling.place(step.office), role)],
        parties=telling.dataset.parties if asked else (),
    )
    return {"enquiry_recovery": records.EnquiryRecovery(enquiry=enquiry)}


_Body = Callable[[Telling, Step, int], dict[str, Any]]
BODIES: Final[Mapping[str, _Body]] = MappingProxyType(
    {
        "declared": _declared,
        "accepted": _accepted,
        "controlled": _controlled,
        "released": _released,
        "left": _ended,
        "entered": _entered,
        "passed": _passed,
        "incident": _incident,
        "arrived": _arrived,
        "permitted": _unloading,
        "unloaded": _unloading,
        "result": _controlled,
        "ended": _ended,
        "discharged": _discharged,
        "refused": _refused,
        "rejected": _rejected,
        "enquired": _enquiry,
        "answered": _enquiry,
    }
)
