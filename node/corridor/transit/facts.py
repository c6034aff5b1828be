"""What the fold reads of a record, as plain values.

Rules:

* a fact holds nothing of the goods, the parties or the guarantee's amounts: what the fold does not
  need it cannot leak, and a recipient who may not see those reaches the same state;
* times are Unix milliseconds in UTC; 0 where the record does not say;
* the country of a sender is that of its endpoint, which a signature proves; everything else is what
  the sender wrote.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from corridor.transit.movement import Kind, Role


class Place(StrEnum):
    """What an office is to a movement."""

    DEPARTURE = "departure"
    TRANSIT = "transit"
    EXIT = "exit"
    DESTINATION = "destination"
    ACTUAL = "actual"
    GUARANTEE = "guarantee"
    OTHER = "other"


class OfficeName(NamedTuple):
    """A customs office: what it is to the movement, its reference, country and name."""

    place: Place
    reference: str
    country: str
    name: str = ""


class Equipment(NamedTuple):
    """A container, or goods loaded without one, with its seals."""

    sequence: int
    container: str
    seals: tuple[str, ...]


class Means(NamedTuple):
    """A means of transport: its plate or number, and its nationality."""

    identification: str
    nationality: str


class Happening(NamedTuple):
    """An incident: what it was, in words, and what is true since."""

    code: str
    text: str
    equipment: tuple[Equipment, ...]
    means: tuple[Means, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """What was declared, as far as a movement is followed by it."""

    offices: tuple[OfficeName, ...] = ()
    """Departure, transit and exit in order, destination."""
    countries: tuple[str, ...] = ()
    """Countries of routing."""
    guarantee_countries: tuple[str, ...] = ()
    limit_ms: int = 0
    """Until when the goods must be presented: the end of that day."""
    equipment: tuple[Equipment, ...] = ()
    means: tuple[Means, ...] = ()
    tir: bool = False
    """Whether each territory has an operation of its own."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What one record says of a movement, and who says it."""

    record_id: bytes
    sender: str
    """Country of the endpoint that signed."""
    kind: Kind
    role: Role = Role.UNKNOWN
    office: OfficeName | None = None
    sequence: int = 0
    """Count of this sender's records on the movement from 1; 0 where it does not count."""
    caused_by: bytes = b""
    occurred_ms: int = 0
    known_ms: int = 0
    """When it was kept here. Not part of what happened: two nodes differ in it."""
    operation: int = 1
    ids: tuple[tuple[str, str], ...] = ()
    """(kind, value): mrn, lrn, carnet."""
    offices: tuple[OfficeName, ...] = ()
    dataset: Dataset | None = None
    result: str = ""
    """Code of a control result, of a refusal or of an answer."""
    text: str = ""
    limit_ms: int = 0
    by_customs: bool = False
    """Whether customs cancel of their own."""
    solved: bool = False
    """Whether a discharge says that discrepancies are solved."""
    reservations: bool = False
    query: str = ""
    """What a query asks for."""
    happenings: tuple[Happening, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    means: tuple[Means, ...] = ()
    digest: bytes = b""
    """SHA-256 of the record: decides between two records under one id."""
    erased_ms: int = 0
    """When its record was erased here, 0 while it is kept; see `remains`."""

    @property
    def key(self) -> tuple[str, bytes]:
        """What the record is known by: an id is unique for its sender only."""
        return self.sender, self.record_id

    @property
    def actual(self) -> OfficeName | None:
        """The office where it really happened, if the record names one."""
        found = (one for one in self.offices if one.place is Place.ACTUAL)
        return next(found, self.office)
