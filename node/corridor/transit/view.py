"""A movement as data that any language can read: what `corridor movement show --json` prints."""

from typing import Any

from corridor.transit.calendar import written
from corridor.transit.facts import Equipment, Fact, Means, OfficeName
from corridor.transit.movement import WORDS
from corridor.transit.result import Draft, EntryRefused, Live, Mark, Movement, Operation, Stop


def view_of(movement: Movement) -> dict[str, Any]:
    """Return the movement as JSON-able data; times in ISO 8601, UTC, None where unknown."""
    return {
        "ids": [{"kind": kind, "value": value} for kind, value in movement.ids],
        "state": movement.state.value,
        "words": WORDS[movement.state],
        "ended": movement.ended,
        "enquiry": movement.enquiry or None,
        "recovery": movement.recovery or None,
        "incident": movement.incident,
        "diverted": movement.diverted,
        "discrepancy": movement.discrepancy,
        "departure": movement.departure or None,
        "dataset_version": movement.dataset_version,
        "limit": moment(movement.limit_ms),
        "itinerary": [_stop(one) for one in movement.stops],
        "operations": [_operation(one) for one in movement.operations],
        "declared": _live(movement.declared),
        "live": _live(movement.live),
        "history": [
            {**_fact(one.fact), "row": one.row, "state": one.state.value}
            for one in movement.applied
        ],
        "parked": [{**_fact(one.fact), "waits_for": one.waits_for} for one in movement.parked],
        "flagged": [
            {**_fact(one.fact), "flag": one.flag.value, "why": one.why} for one in movement.flagged
        ],
        "overdue": [_mark(one) for one in movement.overdue],
        "next_deadline": _mark(movement.next_deadline) if movement.next_deadline else None,
        "drafts": [_draft(one) for one in movement.drafts],
        "refused": _refused(movement.refused) if movement.refused else None,
        "erased": {"records": movement.erased, "last": moment(movement.erased_ms)},
    }


def moment(at_ms: int) -> str | None:
    """Return a time as ISO 8601 to the second, None for 0."""
    return written(at_ms) if at_ms else None


def _mark(one: Mark) -> dict[str, Any]:
    return {"what": one.what.value, "since": moment(one.since_ms)}


def _refused(one: EntryRefused) -> dict[str, Any]:
    return {
        "country": one.country,
        "code": one.code or None,
        "at": moment(one.at_ms),
        "office": _office(one.office),
    }


def _office(one: OfficeName | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "place": one.place.value,
        "reference": one.reference,
        "country": one.country,
        "name": one.name,
    }


def _live(one: Live) -> dict[str, Any]:
    return {"equipment": _pieces(one.equipment), "means": _means(one.means)}


def _pieces(pieces: tuple[Equipment, ...]) -> list[dict[str, Any]]:
    return [{"container": one.container or None, "seals": list(one.seals)} for one in pieces]


def _means(means: tuple[Means, ...]) -> list[dict[str, Any]]:
    return [{"identification": one.identification, "nationality": one.nationality} for one in means]


def _fact(one: Fact) -> dict[str, Any]:
    return {
        "record_id": one.record_id.hex(),
        "sender": one.sender,
        "role": one.role.name.lower(),
        "what": one.kind.value,
        "office": _office(one.office),
        "at": moment(one.occurred_ms),
        "known": moment(one.known_ms),
        "detail": one.text or one.result or None,
        "erased": moment(one.erased_ms),
    }


def _stop(one: Stop) -> dict[str, Any]:
    return {
        "office": _office(one.office),
        "actual": _office(one.actual),
        "done": one.done or None,
        "at": moment(one.reached_ms),
    }


def _operation(one: Operation) -> dict[str, Any]:
    return {
        "number": one.number,
        "country": one.country,
        "state": one.state.value,
        "started": moment(one.started_ms),
        "ended": moment(one.ended_ms),
    }


def _draft(one: Draft) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "recipient": one.recipient,
        "text": one.text,
        "query": one.query or None,
        "code": one.code or None,
        "caused_by": one.caused_by.hex() or None,
        "answer_by": moment(one.limit_ms),
    }
