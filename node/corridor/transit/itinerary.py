"""The way of a movement: each declared office, and what happened there."""

from corridor.transit.facts import OfficeName, Place
from corridor.transit.movement import State
from corridor.transit.progress import Progress
from corridor.transit.result import ENTRY_REFUSED, Stop


def stops_of(progress: Progress) -> tuple[Stop, ...]:
    """Return the declared offices in order, ticked, and undeclared ones before the destination."""
    offices = progress.dataset.offices
    before = [one for one in offices if one.place in {Place.TRANSIT, Place.EXIT}]
    stops = [_left(progress, one) for one in offices if one.place is Place.DEPARTURE]
    stops += [_passed(progress, one) for one in before]
    known = {one.country for one in before}
    stops += [
        Stop(office, office, at_ms, done)
        for country, (office, at_ms, done) in sorted(progress.passages.items())
        if country not in known and office is not None
    ]
    stops += [_reached(progress, one) for one in offices if one.place is Place.DESTINATION]
    return tuple(_refused(progress, stops))


def _refused(progress: Progress, stops: list[Stop]) -> list[Stop]:
    """Mark where entry was refused: at that office, or else at the country's first."""
    refused = progress.refused
    if refused is None:
        return stops
    reference = refused.office.reference if refused.office else ""
    there = [number for number, one in enumerate(stops) if one.office.country == refused.country]
    there.sort(key=lambda number: stops[number].office.reference != reference)
    for number in there[:1]:
        stops[number] = Stop(stops[number].office, None, refused.at_ms, ENTRY_REFUSED)
    return stops


def _left(progress: Progress, office: OfficeName) -> Stop:
    done = "released" if progress.released_ms else ""
    if progress.state is State.CANCELLED:
        done = "cancelled"
    return Stop(office, None, progress.released_ms, done)


def _passed(progress: Progress, office: OfficeName) -> Stop:
    actual, at_ms, done = progress.passages.get(office.country, (None, 0, ""))
    elsewhere = actual if actual and actual.reference != office.reference else None
    return Stop(office, elsewhere, at_ms, done)


def _reached(progress: Progress, office: OfficeName) -> Stop:
    if not progress.arrived_ms:
        return Stop(office)
    actual = progress.destination
    elsewhere = actual if actual and actual.reference != office.reference else None
    done = "arrived" if progress.arrival_told else "ended"
    if progress.pending_arrival:
        done = "arrival notified, not confirmed"
    return Stop(office, elsewhere, progress.arrived_ms, done)
