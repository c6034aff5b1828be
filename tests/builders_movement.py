"""Facts of a movement by hand, with boring defaults, and whole generated ones."""
# ruff: noqa: ANN401 - `**changes` are fields of whatever is built

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from corridor.standards.generate.journey import GeneratedRecord
from corridor.standards.generate.movements import Scenario, generate_movements
from corridor.transit.facts import Dataset, Equipment, Fact, Means, OfficeName, Place
from corridor.transit.fold import fold
from corridor.transit.movement import Kind, Role, State
from corridor.transit.result import Movement
from corridor.transit.timers import DAY_MS
from corridor.wire.facts import fact_of
from corridor.wire.records import encode_record

NOW_MS = 1_793_491_200_000
MRN = "26TR3401004B7KQ2J4"
DEPARTURE = OfficeName(Place.DEPARTURE, "TR341300", "TR", "Halkali")
BORDER = OfficeName(Place.TRANSIT, "GEBCP601", "GE", "Sarpi")
ENTRY = OfficeName(Place.TRANSIT, "AZ030100", "AZ")
DESTINATION = OfficeName(Place.DESTINATION, "AZ010100", "AZ", "Baku")
DATASET = Dataset(
    offices=(DEPARTURE, BORDER, ENTRY, DESTINATION),
    guarantee_countries=("TR",),
    limit_ms=NOW_MS + 8 * DAY_MS,
    equipment=(Equipment(1, "MSKU1234565", ("S1", "S2")),),
    means=(Means("34ABC123", "TR"),),
)
RARE = Scenario(
    (("TR", "GE", "AZ"), ("TR", "AZ"), ("GE", "AZ", "KZ", "UA")),
    NOW_MS,
    tir=0.5,
    guarantee_abroad=0.4,
    undeclared=0.3,
    incident=0.4,
    diverted=0.4,
    discrepancies=0.3,
    enquiry=0.2,
    lost=0.1,
    cancelled=0.1,
    entry_refused=0.2,
)
"""Everything that may go wrong, often."""


def actual(reference: str) -> OfficeName:
    """Return an office where something really happened."""
    return OfficeName(Place.ACTUAL, reference, reference[:2])


def fact(number: int, kind: Kind, role: Role = Role.DEPARTURE, **changes: Any) -> Fact:
    """Return what a record says; TR says it, an hour after the one before."""
    boring = {
        "record_id": number.to_bytes(16),
        "sender": "TR",
        "occurred_ms": NOW_MS + number * 3_600_000,
        "known_ms": NOW_MS + number * 3_600_000,
        "ids": (("mrn", MRN),),
    }
    return Fact(kind=kind, role=role, **{**boring, **changes})


def released(number: int = 1, dataset: Dataset = DATASET, **changes: Any) -> Fact:
    """Return the release."""
    return fact(number, Kind.RELEASED, dataset=dataset, **changes)


def of_records(told: Iterable[GeneratedRecord]) -> list[Fact]:
    """Return what generated records say."""
    return [
        fact_of(
            one.record,
            encode_record(one.record),
            record_id=one.record_id,
            sender=one.sender,
            known_ms=one.at_ms,
        )
        for one in told
    ]


def generated(seed: int, scenario: Scenario = RARE) -> Sequence[GeneratedRecord]:
    """Return the records of one movement."""
    return list(generate_movements(seed, 1, scenario))


LATER_MS = NOW_MS + 400 * 86_400_000
DES, TRA, EXIT = Role.DESTINATION, Role.TRANSIT, Role.EXIT
LODGED = fact(1, Kind.DECLARED, Role.HOLDER, dataset=DATASET)
ACCEPTED = fact(3, Kind.ACCEPTED)
TIR = replace(DATASET, tir=True)


def state(*facts: Fact) -> State:
    """Return the state that facts lead to."""
    return run(*facts).state


def run(*facts: Fact, me: str = "TR", now_ms: int = NOW_MS) -> Movement:
    """Return the movement that facts make."""
    return fold(facts, me=me, now_ms=now_ms)


def passed(number: int, at: str = "GEBCP601") -> Fact:
    """A passage of a border, by the office there."""
    return fact(number, Kind.PASSED, TRA, sender=at[:2], offices=(actual(at),))


def arrived(number: int, at: str = "AZ010100", kind: Kind = Kind.ARRIVAL_ADVISED) -> Fact:
    """An arrival, by the office of destination."""
    return fact(number, kind, DES, sender=at[:2], offices=(actual(at),))


def begun(number: int, operation: int, sender: str) -> Fact:
    """The start of an operation under a carnet."""
    offices, equipment = (actual(f"{sender}000001"),), (Equipment(1, "", ("T1",)),)
    return fact(
        number,
        Kind.STARTED,
        TRA,
        sender=sender,
        operation=operation,
        offices=offices,
        equipment=equipment,
    )


def left(number: int, operation: int, sender: str) -> Fact:
    """The end of an operation under a carnet."""
    return fact(number, Kind.TERMINATED, EXIT, sender=sender, operation=operation)
