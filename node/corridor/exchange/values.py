"""The values of an exchange between two endpoints: positions, heads, envelopes, verdicts.

Rules:

* every value is frozen; a machine takes values and returns values;
* times are Unix milliseconds (`_ms`), ids are bytes: 16 for a record, 32 for an envelope;
* "peer" is always the other endpoint, "out" the stream us → peer, "in" the stream peer → us.
"""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

from corridor.errors import Reason
from corridor.transit.parties import Endpoint

ZERO_ID: Final = bytes(32)
FORK_ID: Final = b"\xff" * 32
"""What is held at a position that was closed because its envelope contradicted a neighbour."""
"""`prev` of the first envelope of an epoch."""


class Lane(IntEnum):
    """How soon a record leaves; the number is the header's `class` (PROTOCOL §3.2)."""

    URGENT = 0
    ROUTINE = 1
    BULK = 2


class Family(StrEnum):
    """What an envelope holds: business records (and canaries), or only control records."""

    DATA = "data"
    CONTROL = "control"


class Verdict(IntEnum):
    """What became of a record; the number is the one on the wire."""

    ACCEPTED = 1
    REFUSED = 2
    PARKED = 3
    DEFERRED = 4


class SubmitStatus(StrEnum):
    """What the outbox did with a submission."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    """The same record_id with the same bytes was accepted before: nothing more is done."""
    CONFLICT = "conflict"
    """The same record_id with other bytes was accepted before: refused."""


class Submission(NamedTuple):
    """A record from the national system, parsed and checked, to be kept in the outbox."""

    peer: Endpoint
    record_id: bytes
    record_type: int
    lane: Lane
    entry: bytes
    """Serialised RecordEntry, at most `limits.MAX_RECORD_BYTES`."""
    terms: tuple[tuple[str, str], ...] = ()
    """What it can be found by: (kind, value), kinds mrn, lrn, carnet, container, seal, plate."""


class Waiting(NamedTuple):
    """A record in the outbox that no envelope holds yet."""

    row: int
    """Its place in the outbox: ascending in order of acceptance."""
    record_id: bytes
    lane: Lane
    entry: bytes
    accepted_ms: int


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a stream."""

    epoch: int
    seq: int


@dataclass(frozen=True, slots=True)
class Head:
    """The last envelope of a stream that somebody knows; seq 0 and ZERO_ID where there is none."""

    epoch: int
    seq: int
    envelope_id: bytes


@dataclass(frozen=True, slots=True)
class SealedEnvelope:
    """An envelope of ours, exactly as it leaves, with what it does to the outbox."""

    peer: Endpoint
    position: Position
    prev: bytes
    envelope_id: bytes
    payload_root: bytes
    frame: bytes
    family: Family
    lane: Lane
    created_ms: int
    rows: tuple[int, ...] = ()
    """Outbox rows of its records, in order; empty for control envelopes."""
    answers: tuple[Position, ...] = ()
    """Positions of the peer's stream whose verdicts this envelope carries: no longer owed."""
    replaces: Position | None = None
    """Position of ours whose records it carries anew (after Undecryptable)."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """An envelope of ours without a receipt, as the sender needs it: without its bytes."""

    position: Position
    envelope_id: bytes
    payload_root: bytes
    size_bytes: int
    lane: Lane
    family: Family
    created_ms: int
    attempts: int = 0
    """How often it was published, as far as it was noted (`Transaction.note_published`)."""
    closed: bool = False
    """It needs no receipt any more: receipted, replaced or retired."""
    oldest_ms: int | None = field(default=None, compare=False)
    """When its oldest record was accepted; only the store knows it, and only of records."""
    published_ms: int | None = field(default=None, compare=False)
    """When our broker last confirmed it; only the store knows it."""


@dataclass(frozen=True, slots=True)
class RecordVerdict:
    """The verdict on one record of an envelope."""

    index: int
    record_id: bytes
    verdict: Verdict
    reason: Reason | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvelopeVerdict:
    """The verdict on an envelope: `verdict` holds for each record not in `exceptions`."""

    position: Position
    envelope_id: bytes
    payload_root: bytes
    verdict: Verdict
    reason: Reason | None = None
    exceptions: tuple[RecordVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class InStream:
    """What we hold of one epoch of the stream peer → us."""

    peer: Endpoint
    epoch: int
    complete_to: int = 0
    """Every envelope up to this sequence number is here or closed."""
    head_id: bytes = ZERO_ID
    """Id of the envelope at `complete_to`."""
    highest: int = 0
    """Highest sequence number seen, or named by a StreamOpen of the next epoch."""
    ahead: tuple[tuple[int, bytes, bytes], ...] = ()
    """Envelopes above `complete_to`: (seq, envelope_id, prev), ascending. Derived by the store
    from what was received; a tombstone counts with prev = b"". A tombstone at a position whose
    envelope is there too gives way to the envelope."""


class ReceivedRecord(NamedTuple):
    """A record of an envelope as it goes into the inbox (or, refused, only into the evidence)."""

    place: int
    """In its envelope, from 0."""
    record_id: bytes
    record_type: int
    entry: bytes
    verdict: Verdict
    reason: Reason | None = None
    possible_repeat: bool = False
    """It may have been handed to the national system before a restore."""
    known: bool = False
    """It was accepted before in another envelope: receipted again, not handed on again."""
    terms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReceivedEnvelope:
    """An authentic, opened and judged envelope, ready to be kept in one transaction."""

    peer: Endpoint
    position: Position
    prev: bytes
    envelope_id: bytes
    payload_root: bytes
    header: bytes
    signature: bytes
    disclosure_seed: bytes
    family: Family
    created_ms: int
    received_ms: int
    verdict: EnvelopeVerdict
    records: tuple[ReceivedRecord, ...] = ()
    """Business records and canaries; control records are acted on, not kept in the inbox."""
    receipt_owed: bool = True


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Something that cannot be trusted, kept for a person to look at."""

    link: str
    """Country code of the link it came over; for a stray, the queue it lay in."""
    reason: Reason
    frame: bytes
    at_ms: int
    detail: str = ""
    over: str = ""
    """Of a stray: the country of the link it came over, where the broker tells; else ""."""


@dataclass(frozen=True, slots=True)
class Held:
    """A frame that cannot be judged yet and is judged again later."""

    link: str
    claimed_sender: str
    reason: Reason
    frame: bytes
    at_ms: int


class LeafKind(IntEnum):
    """What a leaf of the evidence log speaks of; the number is its first byte (PROTOCOL §8)."""

    OUT = 1
    """An envelope of ours: its id, its payload root."""
    IN = 2
    """An envelope of a partner: its id, its payload root."""
    FORK = 3
    DIR_ADOPTED = 4
    DELEGATION = 5
    BUNDLE = 6
    KEY_DESTROYED = 7
    STREAM_RESET = 8
    OVERRIDE = 9
    CONFIG = 10
    WITHDRAWN = 11
    """A record of ours that never left: SHA-256 of its entry, its id."""


@dataclass(frozen=True, slots=True)
class LeafEntry:
    """A leaf of the evidence log: type, time, id and one more hash (PROTOCOL §8)."""

    kind: int
    at_ms: int
    id: bytes
    aux: bytes = field(default=ZERO_ID)
