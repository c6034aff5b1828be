"""What a parked record waits for, in words, and which question would bring it."""

from typing import Final

from corridor.transit.facts import Fact
from corridor.transit.movement import Kind, State
from corridor.transit.progress import Progress
from corridor.transit.table import Guard, Row

RELEASE: Final = "the release by the office of departure"

_WORDS: Final = (
    (State.IN_TRANSIT, RELEASE),
    (State.ARRIVED, "the arrival at destination"),
    (State.TERMINATED, "the end at destination"),
    (State.ACCEPTED, "the acceptance of the declaration"),
    (State.GUARANTEE_BLOCKED, "a valid guarantee"),
    (State.PRELODGED, "the declaration"),
    (State.LODGED, "the declaration"),
)
_QUERIES: Final = {
    Kind.PASSED: "transit",
    Kind.STARTED: "transit",
    Kind.INCIDENT: "transit",
    Kind.TERMINATED: "exit",
}


def waits_for(progress: Progress, fact: Fact, row: Row) -> str:
    """Return what a record waits for that would be applied by `row`."""
    if progress.state in row.start:
        number = fact.operation - (row.guard is Guard.BEFORE_RUNS)
        return f"the start of operation {number}"
    if progress.state is State.GUARANTEE_BLOCKED and fact.kind is Kind.RELEASED:
        return "a valid guarantee"
    return next((words for state, words in _WORDS if state in row.start), "the declaration")


def query_for(fact: Fact) -> str:
    """Return which dataset to ask the office of departure for: arrival, transit or exit."""
    return _QUERIES.get(fact.kind, "arrival")
