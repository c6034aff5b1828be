"""What the store tells: streams, records for the national system, how far ours have come."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from corridor.errors import Reason
from corridor.exchange.values import EnvelopeVerdict, Family, Head, Lane, Position, Verdict
from corridor.transit.parties import Endpoint


@dataclass(frozen=True, slots=True)
class OutStreamState:
    """Where the stream us → peer stands."""

    peer: Endpoint
    last: Head
    """The last envelope sealed."""
    created_ms: int
    """Its time of creation: the next one is not earlier."""
    receipted: Head
    """The newest envelope of ours for which a receipt is kept, be it by a verdict or by
    `complete_to`: the greatest (epoch, seq) of all of them."""


@dataclass(frozen=True, slots=True)
class KnownEnvelope:
    """An envelope of a peer that is in the store."""

    peer: Endpoint
    position: Position
    envelope_id: bytes
    family: Family
    verdict: EnvelopeVerdict


class InboxRecord(NamedTuple):
    """A record for the national system."""

    cursor: int
    """Ascending; what was taken up to a cursor is acknowledged by it."""
    peer: Endpoint
    record_id: bytes
    record_type: int
    entry: bytes
    received_ms: int
    possible_repeat: bool
    whole: bytes | None = None
    """The whole record, where `entry` has only what may travel and its file was read (§13.5)."""


class SentRecord(NamedTuple):
    """A record of ours as it was kept for one recipient."""

    peer: Endpoint
    record_id: bytes
    record_type: int
    entry: bytes
    accepted_ms: int


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """How far a record of ours has come."""

    peer: Endpoint
    record_id: bytes
    record_type: int
    lane: Lane
    accepted_ms: int
    sealed_ms: int | None
    receipted_ms: int | None
    verdict: Verdict | None
    reason: Reason | None
    faults: tuple[str, ...] = ()
    """Rule ids and field paths that the peer named; never values."""
    confirmed_ms: int | None = None
    """When our broker first confirmed the envelope that holds it."""
    published_ms: int | None = None
    """When it last did: later where the envelope was published again."""
    handed_ms: int | None = None
    """When the peer's national system was given it, by the peer's clock."""
    acknowledged_ms: int | None = None
    """When the peer's national system acknowledged it, by the peer's clock."""
    telling: int = 0
    """Whether the peer tells of that: 1 it does, 2 it does not, 0 it has never said."""
    again: bytes | None = None
    """Id of the record that an officer sent in its place."""


class Outcome(NamedTuple):
    """What finally became of a record of ours, for the national system that submitted it."""

    cursor: int
    """Ascending in the order in which records became final."""
    peer: Endpoint
    record_id: bytes
    verdict: Verdict
    """ACCEPTED or REFUSED."""
    reason: Reason | None
    accepted_ms: int
    receipted_ms: int
    sha256: bytes = b""
    """SHA-256 of the RecordEntry the receipt is for."""


class HandedOver(NamedTuple):
    """An envelope of a peer whose accepted records have all gone to the national system."""

    position: Position
    handed_ms: int
    """By when all of them were handed over."""
    acknowledged_ms: int
    """By when all of them were acknowledged; 0 where they are not."""


class Published(NamedTuple):
    """An envelope of ours that our broker has confirmed."""

    envelope_id: bytes
    confirmed_ms: int
    times: int = 1
    """How often it has been published by now."""


class ActKind(StrEnum):
    """What an officer decided of a record of ours."""

    WITHDRAWN = "withdrawn"
    RESENT = "resent"
    """Sent in a new record."""
    REPEATED = "repeated"
    """Identical bytes published again."""
    DISMISSED = "dismissed"
    """It was refused or given up, and nothing more is done about it."""
    NOTED = "noted"
    """Only words."""


@dataclass(frozen=True, slots=True)
class Act:
    """What an officer decided of a record of ours, and why."""

    kind: ActKind
    at_ms: int
    why: str
    again: bytes | None = None
    """Id of the record that takes its place."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How far an accepted record of a peer has come here."""

    cursor: int
    peer: Endpoint
    record_id: bytes
    record_type: int
    received_ms: int
    signed: bool
    """A receipt of ours has carried the verdict on it."""
    handed: bool
    handed_ms: int | None
    """None where it was handed over before this was noted."""
    acknowledged: bool
    acknowledged_ms: int | None


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits for a peer, and since when."""

    peer: Endpoint
    waiting: int
    unreceipted_records: int
    oldest_accepted_ms: int | None
