"""What the fold returns: where a movement stands, and what should be done about it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from corridor.transit.facts import Equipment, Fact, Means, OfficeName
from corridor.transit.movement import OperationState, State
from corridor.transit.roles import Holders
from corridor.transit.timers import Overdue

ENTRY_REFUSED: Final = "entry refused"
"""What is done at a stop where goods were not let in."""


class Flag(StrEnum):
    """Why a record that is kept changes nothing."""

    LATE = "late"
    """The movement had ended."""
    OUT_OF_PLACE = "out_of_place"
    """It would have had to come before what has happened since."""
    NOT_ENTITLED = "not_entitled"
    """Its sender does not hold the role for this movement."""


class Applied(NamedTuple):
    """A record that was applied: by which row, and the state after it."""

    fact: Fact
    row: str
    state: State


class Parked(NamedTuple):
    """A record that waits for another one."""

    fact: Fact
    waits_for: str


class Flagged(NamedTuple):
    """A record that is kept and changes nothing."""

    fact: Fact
    flag: Flag
    why: str


class Operation(NamedTuple):
    """One customs territory's operation."""

    number: int
    country: str
    state: OperationState
    started_ms: int = 0
    ended_ms: int = 0


class EntryRefused(NamedTuple):
    """A country that does not let the goods in, until it does or they arrive elsewhere."""

    country: str
    code: str
    at_ms: int
    office: OfficeName | None


class Stop(NamedTuple):
    """A place of the itinerary, and what happened there."""

    office: OfficeName
    actual: OfficeName | None = None
    """Where it really happened, if elsewhere."""
    reached_ms: int = 0
    done: str = ""
    """What happened, "" where nothing has."""


@dataclass(frozen=True, slots=True)
class Live:
    """What is true of the load now: incidents have changed it, declared data are as they were."""

    equipment: tuple[Equipment, ...] = ()
    means: tuple[Means, ...] = ()


class Mark(NamedTuple):
    """Something overdue."""

    what: Overdue
    since_ms: int


class DraftKind(StrEnum):
    """What the office is offered to send."""

    ENQUIRY = "enquiry"
    QUERY = "query"
    REFUSAL = "refusal"


class Draft(NamedTuple):
    """A record that an officer may send; a node sends a refusal of code 12 by itself."""

    kind: DraftKind
    recipient: str
    """Country."""
    text: str
    query: str = ""
    """Which dataset a query asks for: arrival, transit, exit, movement or status."""
    code: str = ""
    """Of a refusal: 90, no such movement here; 92, out of place; 12, not entitled."""
    caused_by: bytes = b""
    limit_ms: int = 0


@dataclass(frozen=True, slots=True)
class Movement:
    """Where a movement stands, as this set of records tells it."""

    state: State
    ended: bool
    enquiry: str = ""
    """"", "open", "answered" or "closed"."""
    recovery: str = ""
    incident: bool = False
    diverted: bool = False
    discrepancy: bool = False
    ids: tuple[tuple[str, str], ...] = ()
    departure: str = ""
    dataset_version: int = 0
    limit_ms: int = 0
    stops: tuple[Stop, ...] = ()
    operations: tuple[Operation, ...] = ()
    declared: Live = field(default_factory=Live)
    live: Live = field(default_factory=Live)
    applied: tuple[Applied, ...] = ()
    parked: tuple[Parked, ...] = ()
    flagged: tuple[Flagged, ...] = ()
    overdue: tuple[Mark, ...] = ()
    next_deadline: Mark | None = None
    holders: Holders = field(default_factory=Holders)
    """Which country holds which role."""
    deadlines: tuple[Mark, ...] = ()
    """All of them, earliest first, past or to come."""
    drafts: tuple[Draft, ...] = ()
    refused: EntryRefused | None = None
    erased: int = 0
    """How many of its records were erased here; see `remains`."""
    erased_ms: int = 0
    """When the last of them was."""
