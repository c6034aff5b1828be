"""What is overdue, and what an officer may send about it. A node sends refusals by itself only.

Rules:

* only the country of departure enquires; another country asks departure instead;
* what a parked record waits for is asked for at once; its sender is told (code 90 or 92) when it
  has waited for longer than `Timers.parked_ms`;
* while a country refuses entry nobody waits for the arrival; that a debt may arise stays true;
* nothing is asked or told about a record that was erased;
* who writes without holding the role is told so by name (code 12; `strangers`).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from corridor.transit.facts import Fact, Place
from corridor.transit.movement import State
from corridor.transit.progress import Progress
from corridor.transit.result import Draft, DraftKind, Mark, Movement
from corridor.transit.strangers import refusal, strangers
from corridor.transit.timers import Overdue
from corridor.transit.waiting import query_for

_UNKNOWN_MOVEMENT: Final = "90"
_OUT_OF_PLACE: Final = "92"
_THERE: Final = frozenset({State.ARRIVED, State.UNLOADING, State.DESTINATION_CONTROL})


def advise(movement: Movement, progress: Progress, *, me: str, now_ms: int) -> Movement:
    """Add marks, the next deadline and drafts to a movement."""
    deadlines = sorted(_deadlines(progress), key=lambda one: (one.since_ms, one.what))
    overdue = tuple(one for one in deadlines if one.since_ms <= now_ms)
    coming = next((one for one in deadlines if one.since_ms > now_ms), None)
    drafts = [
        *_enquiries(movement, progress, overdue, me, now_ms),
        *_about_parked(movement, progress, me, now_ms),
        *(refusal(one) for one in strangers(movement, me) if not one.fact.erased_ms),
    ]
    return replace(
        movement,
        overdue=overdue,
        next_deadline=coming,
        deadlines=tuple(deadlines),
        drafts=tuple(dict.fromkeys(drafts)),
    )


def _deadlines(progress: Progress) -> Iterator[Mark]:
    timers, state = progress.timers, progress.state
    if progress.ended:
        return
    if state is State.PRELODGED:
        yield Mark(Overdue.PRESENTATION, progress.lodged_ms + timers.presentation_ms)
    if state is State.IN_TRANSIT:
        limit_ms = progress.dataset.limit_ms or progress.released_ms + timers.transit_ms
        if progress.refused is None:
            yield Mark(Overdue.ARRIVAL, limit_ms + timers.arrival_grace_ms)
        if not progress.recovery:
            yield Mark(Overdue.RECOVERY, limit_ms + timers.recovery_ms)
    if state in _THERE:
        yield Mark(Overdue.RESULT, progress.arrived_ms + timers.result_ms)
    if progress.enquiry == "open":
        yield Mark(Overdue.ENQUIRY_ANSWER, progress.enquiry_limit_ms)


def _enquiries(
    movement: Movement, progress: Progress, overdue: tuple[Mark, ...], me: str, now_ms: int
) -> Iterator[Draft]:
    if (
        Overdue.ARRIVAL not in {one.what for one in overdue}
        or movement.enquiry
        or movement.recovery
    ):
        return
    offices = progress.dataset.offices
    destination = next((one for one in offices if one.place is Place.DESTINATION), None)
    if me == movement.departure and destination is not None and destination.country != me:
        yield Draft(
            DraftKind.ENQUIRY,
            destination.country,
            f"No arrival at {destination.reference} has been advised within the time limit.",
            limit_ms=now_ms + progress.timers.enquiry_answer_ms,
        )
    elif movement.departure not in {"", me}:
        text = "The time limit has passed; what is the state of the movement?"
        yield Draft(DraftKind.QUERY, movement.departure, text, query="status")


def _about_parked(movement: Movement, progress: Progress, me: str, now_ms: int) -> Iterator[Draft]:
    asked = movement.departure or _mrn_country(movement)
    questions: set[str] = set()
    for fact, waits in movement.parked:
        if fact.erased_ms:
            continue
        question = query_for(fact)
        if asked and asked != me and question not in questions:
            questions.add(question)
            text = f"A record waits here for {waits}."
            yield Draft(DraftKind.QUERY, asked, text, query=question)
        if fact.sender != me and now_ms > fact.known_ms + progress.timers.parked_ms:
            code = _UNKNOWN_MOVEMENT if movement.state is State.NONE else _OUT_OF_PLACE
            yield _refusal(fact, f"It waits for {waits}.", code)


def _refusal(fact: Fact, text: str, code: str) -> Draft:
    return Draft(DraftKind.REFUSAL, fact.sender, text, code=code, caused_by=fact.record_id)


def _mrn_country(movement: Movement) -> str:
    return next((value[2:4] for kind, value in movement.ids if kind == "mrn"), "")
