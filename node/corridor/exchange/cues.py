"""What the receiving side tells the sending side, and what both tell the observer.

Rules:

* a cue is a fact that has been recorded (or is regenerated when the peer repeats itself): losing
  all of them with a crash loses nothing but time;
* an event is told after its commit and never before; it holds no payload and no party data.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

from corridor.errors import Reason
from corridor.exchange.values import (
    EnvelopeVerdict,
    Family,
    Head,
    InFlight,
    Lane,
    Position,
    Verdict,
)
from corridor.transit.parties import Endpoint


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Bytes that are recorded and may leave."""

    peer: Endpoint
    envelope_id: bytes
    frame: bytes
    lane: Lane
    repeated: bool


# --- cues ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """Something came from the peer that we could open: it lives, and so does the way from it."""

    peer: Endpoint


@dataclass(frozen=True, slots=True)
class Receipted:
    """Verdicts on envelopes of ours have been recorded."""

    peer: Endpoint
    verdicts: tuple[tuple[InFlight, Verdict], ...]
    """Each envelope as it was before, with the verdict."""


@dataclass(frozen=True, slots=True)
class ReceiptOwed:
    """A receipt is owed to the peer."""

    peer: Endpoint


@dataclass(frozen=True, slots=True)
class Deferred:
    """An authentic envelope is held until it can be judged; the sender is told so."""

    peer: Endpoint
    verdict: EnvelopeVerdict


@dataclass(frozen=True, slots=True)
class ResendAsked:
    """The peer misses envelopes of ours."""

    peer: Endpoint
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class GapsSeen:
    """What is missing now in one epoch of peer → us; nothing where the gap has closed."""

    peer: Endpoint
    epoch: int
    gaps: tuple[tuple[int, int], ...]
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class CannotOpen:
    """An authentic envelope of the peer cannot be opened by us."""

    peer: Endpoint
    envelope_id: bytes
    reason: Reason


@dataclass(frozen=True, slots=True)
class PeerCannotOpen:
    """The peer cannot open this envelope of ours."""

    peer: Endpoint
    envelope: InFlight
    reason: int


@dataclass(frozen=True, slots=True)
class StatusOwed:
    """The peer should be told what we know of its streams (it opened an epoch, or forked)."""

    peer: Endpoint
    held: Head | None = None
    """What we hold at a position that the peer filled a second time."""


@dataclass(frozen=True, slots=True)
class HeadTold:
    """The peer told the newest envelope of ours that it holds."""

    peer: Endpoint
    received: Head | None
    known: bool
    """Whether we know that envelope; where not, we have forgotten it (a restore)."""


@dataclass(frozen=True, slots=True)
class Doubted:
    """A transaction of the receiving side failed, and may have been kept all the same.

    What it would have told is lost: the sending side has to load its memory again.
    """


@dataclass(frozen=True, slots=True)
class HandedOn:
    """The national system was given records, or acknowledged some: partners may be told."""


PeerCue: TypeAlias = (
    Heard
    | Receipted
    | ReceiptOwed
    | Deferred
    | ResendAsked
    | GapsSeen
    | CannotOpen
    | PeerCannotOpen
    | StatusOwed
    | HeadTold
)
Cue: TypeAlias = Doubted | HandedOn | PeerCue

# --- events -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EnvelopeSealed:
    """An envelope of ours is recorded and about to leave."""

    peer: Endpoint
    lane: Lane
    family: Family
    records: int
    size_bytes: int
    again: bool
    """Its records were in another envelope before."""


@dataclass(frozen=True, slots=True)
class EnvelopeRepeated:
    """Identical bytes were published again."""

    peer: Endpoint
    why: str
    """tail | resend | link."""


@dataclass(frozen=True, slots=True)
class EnvelopeReceived:
    """An envelope of a peer is recorded."""

    peer: Endpoint
    lane: Lane
    family: Family
    records: int
    accepted: int
    refused: tuple[Reason, ...]
    """One for each record that was refused."""
    size_bytes: int
    created_ms: int
    received_ms: int


@dataclass(frozen=True, slots=True)
class DuplicateReceived:
    """An envelope came that is recorded already."""

    peer: Endpoint


@dataclass(frozen=True, slots=True)
class FrameRefused:
    """A frame was dropped, put aside or held; `peer` is claimed, not proved."""

    link: str
    reason: Reason
    disposal: str
    """dropped | quarantined | held | deferred | unopened."""


@dataclass(frozen=True, slots=True)
class ReceiptApplied:
    """A verdict on an envelope of ours is recorded."""

    peer: Endpoint
    lane: Lane
    records: int
    """Records that became final by it."""
    verdict: Verdict
    refused: tuple[Reason, ...]
    round_trip_ms: int
    """From creation of the envelope to its receipt."""
    since_accepted_ms: int | None = None
    """From its oldest record kept in the outbox to its receipt; None where it has none."""


@dataclass(frozen=True, slots=True)
class ReceiptRefused:
    """A verdict or head in a receipt did not fit what we sent; it had no effect."""

    peer: Endpoint
    fault: str
    """unknown_envelope | position | payload_root | head."""


@dataclass(frozen=True, slots=True)
class ControlRefused:
    """A control record could not be read or had no sense; it had no effect."""

    peer: Endpoint
    reason: Reason


@dataclass(frozen=True, slots=True)
class RestoreSeen:
    """Somebody has forgotten something: a peer its sending, or we what we had receipted."""

    peer: Endpoint
    ours: bool


@dataclass(frozen=True, slots=True)
class ForkSeen:
    """Two envelopes of a peer contradict each other."""

    peer: Endpoint
    position: Position


class Way(StrEnum):
    """How the way to a peer is."""

    OPEN = "open"
    NO_ROUTE = "no_route"
    BACKPRESSURE = "backpressure"
    NO_KEY = "no_key"


@dataclass(frozen=True, slots=True)
class WayChanged:
    """The way to a peer has become another."""

    peer: Endpoint
    way: Way
    reason: Reason | None = None


Event: TypeAlias = (
    EnvelopeSealed
    | EnvelopeRepeated
    | EnvelopeReceived
    | DuplicateReceived
    | FrameRefused
    | ReceiptApplied
    | ReceiptRefused
    | ControlRefused
    | RestoreSeen
    | ForkSeen
    | WayChanged
)


@dataclass(frozen=True, slots=True)
class PeerWindow:
    """How the sending to a peer stands; for metrics and for people."""

    peer: Endpoint
    in_flight: int
    in_flight_bytes: int
    window: int
    round_trip_ms: int | None
    way: Way
    epoch: int


class Observer(Protocol):
    """Somebody who counts."""

    def tell(self, event: Event) -> None:
        """Take note of `event`; called after its commit, in the thread of its rhythm."""


class NobodyObserves:
    """An observer for those who do not count."""

    def tell(self, event: Event) -> None:
        """Take no note."""
