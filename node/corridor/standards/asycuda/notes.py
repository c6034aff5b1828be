"""What happens to a T1 on the way, as a note: ASYCUDA World has no published XML for it.

The form is Corridor's own, in the words of ASYCUDA's transit module: a T1 is registered, enters,
leaves, arrives, is validated and discharged. An adapter writes it from the T1 of its system.

Rules:

* a note is told by its status; one of another status is no message of this standard;
* it names the office of departure, the MRN where there is one, and the number of the form;
* dates and times are those of ISO 8601: `Time` says when it happened, `Date` what was written down.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from corridor.standards.asycuda.forms import OFFICE
from corridor.standards.asycuda.national import MRN, TRADER_BY_EORI
from corridor.standards.asycuda.rows import Facts
from corridor.standards.forms import CODE, DATE, FLAG
from corridor.standards.loose import one_of, text
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.message import Message
from corridor.standards.tree import Node
from corridor.standards.wco.forms import constant
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

ROOT: Final = "ASYCUDA_T1"
_STATUS: Final = "Status"
_REGISTRATION: Final = Facts("header.particulars", "registration")


def status_of(root: Node) -> str | None:
    """Name the message that a note is; None where no note has that status."""
    told = next((child.text for child in root.children if child.name == _STATUS), "")
    return next((name for name, (status, _) in _notes().items() if status == told), None)


def notes() -> dict[str, Message]:
    """Return the notes by their names."""
    return {name: message for name, (_, message) in _notes().items()}


def _note(  # noqa: PLR0913, PLR0917 - in what notes differ
    status: str,
    body: str,
    role: "records.Role.ValueType",
    kinds: tuple[int, ...],
    moment: str,
    at: "types.OfficeRole.ValueType | None",
    *more: Group | Leaf,
) -> tuple[str, Message]:
    offices = f"{body}.offices"
    actual = _office("Office", offices, at, "Code") if at is not None else ()
    parts: Parts = (
        _identification(offices),
        Leaf(_STATUS, "header.source.message", constant(status), mandatory=True),
        *actual,
        Leaf("Time", "header.occurred_at", DATE),
        Leaf("Date", f"{body}.{moment}", DATE, mandatory=True),
        *more,
    )
    name = f"T1-{status.upper().replace(' ', '-')}"
    return status, Message(name, body, role, kinds, parts, root=ROOT)


def _identification(offices: str) -> Group:
    """Return which T1 a note is about."""
    registration = Group(
        "Registration",
        "",
        (
            _REGISTRATION.figure("Year", "year"),
            _REGISTRATION.words("Serial_number", "serial"),
            _REGISTRATION.figure("Number", "number"),
            _REGISTRATION.figure("Date", "date"),
        ),
        boxes=True,
    )
    code = "Customs_clearance_office_code"
    return Group(
        "Identification",
        "",
        (
            *_office("Office_segment", offices, types.OFFICE_ROLE_DEPARTURE, code),
            registration,
            Leaf("Reference", "header.movement.ids", one_of(types.ID_SCHEME_LRN)),
            Leaf("MRN", "header.movement.ids", MRN),
        ),
        mandatory=True,
    )


def _office(element: str, field: str, role: "types.OfficeRole.ValueType", code: str) -> Parts:
    return (
        Group(
            element,
            field,
            (Leaf(code, "reference", OFFICE, mandatory=True), Leaf("Name", "name", text(300))),
            marks={"role": role},
        ),
    )


def _principal(body: str) -> Group:
    """Return who holds the T1, named as customs at departure know them."""
    return Group(
        "Principal",
        f"{body}.parties",
        (Leaf("Code", "ids", TRADER_BY_EORI), Leaf("Name", "name", text(300))),
        marks={"role": types.PARTY_ROLE_HOLDER},
    )


def _result(body: str) -> Parts:
    return (
        Leaf("Result_of_control", f"{body}.result.code", CODE, mandatory=True),
        Leaf("Seals_in_order", f"{body}.result.seals_in_order", FLAG),
        Leaf("Binding_itinerary", f"{body}.operation.binding", FLAG),
        Leaf("Officer_name", f"{body}.result.controlled_by", text(140)),
        Leaf("Comments", f"{body}.result.text", text(1024)),
    )


@cache
def _notes() -> Mapping[str, tuple[str, Message]]:
    told = (*_of_departure(), *_of_the_way(), *_of_destination())
    return {message.name: (status, message) for status, message in told}


_Notes = tuple[tuple[str, Message], ...]


def _of_departure() -> _Notes:
    role = records.ROLE_OFFICE_OF_DEPARTURE
    accepted, discharge = "declaration_decision", "discharge"
    kinds = (records.DECLARATION_DECISION_KIND_ACCEPTED,)
    return (
        _note("Registered", accepted, role, kinds, "accepted_at", None, _principal(accepted)),
        _note("Discharged", discharge, role, (), "discharged_on", None, _principal(discharge)),
    )


def _of_the_way() -> _Notes:
    passage, incident, refused = "border_passage", "incident_notice", "release_refused"
    entered = (records.BORDER_PASSAGE_KIND_CROSSED,)
    left = (records.BORDER_PASSAGE_KIND_LEFT_SECURITY_AREA,)
    return (
        _note(
            "Border entry", passage, records.ROLE_OFFICE_OF_TRANSIT, entered, "passed_on",
            types.OFFICE_ROLE_TRANSIT_ACTUAL,
        ),
        _note(
            "Border exit", passage, records.ROLE_OFFICE_OF_EXIT, left, "passed_on",
            types.OFFICE_ROLE_EXIT_ACTUAL,
        ),
        _note(
            "Incident", incident, records.ROLE_OFFICE_OF_INCIDENT, (), "notified_at",
            types.OFFICE_ROLE_INCIDENT,
            Leaf("Code", f"{incident}.incidents[0].code", CODE, mandatory=True),
            Leaf("Comments", f"{incident}.incidents[0].text", text(512), mandatory=True),
        ),
        _note(
            "Refused", refused, records.ROLE_OFFICE_OF_TRANSIT, (), "refused_at",
            types.OFFICE_ROLE_ENTRY,
            Leaf("Code", f"{refused}.reason.code", CODE, mandatory=True),
            Leaf("Comments", f"{refused}.reason.text", text(512)),
        ),
    )  # fmt: skip


def _of_destination() -> _Notes:
    role, at = records.ROLE_OFFICE_OF_DESTINATION, types.OFFICE_ROLE_DESTINATION_ACTUAL
    advised = (records.ARRIVAL_NOTICE_KIND_ADVICE,)
    controlled, result = (records.CONTROL_RESULT_KIND_DESTINATION,), "control_result"
    return (
        _note("Arrived", "arrival_notice", role, advised, "arrived_at", at),
        _note("Validated", result, role, controlled, "result.date", at, *_result(result)),
    )
