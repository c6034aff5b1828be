"""What the store tells: streams, records for the national system, how far ours have come."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits for a peer, and since when."""

    peer: Endpoint
    waiting: int
    unreceipted_records: int
    oldest_accepted_ms: int | None
