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
class TallyDue:
    """The peer has to be told of days; the store knows which."""

    peer: Endpoint


@dataclass(frozen=True, slots=True)
class AcceptsDue:
    """The peer has to be told what our national system accepts; the store knows what that is."""

    peer: Endpoint


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
    | TallyDue
    | AcceptsDue
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
    skew_ms: int = 0
    """How far the peer's clock is from ours, at least; positive where it is ahead."""
    envelope_id: bytes = b""


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
class Recovered:
    """A peer has returned all it holds of what we had forgotten."""

    peer: Endpoint
    since_ms: int
    without_content: int = 0
    """Positions that it closed although nothing of what stood there comes anew."""


@dataclass(frozen=True, slots=True)
class ForkSeen:
    """Two envelopes of a peer contradict each other."""

    peer: Endpoint
    position: Position


@dataclass(frozen=True, slots=True)
class AcceptanceTaken:
    """A peer said what its national system accepts."""

    peer: Endpoint
    again: bool
    """The same as before."""


class Way(StrEnum):
    """How the way to a peer is."""

    OPEN = "open"
    NO_BROKER = "no_broker"
    """Our own broker is not connected; of all peers."""
    BLOCKED = "blocked"
    """Our own broker takes nothing from anybody: an alarm of its disk or memory; of all peers."""
    NO_ROUTE = "no_route"
    """Our broker returned an envelope: no broker of the peer fetches."""
    NO_EXCHANGE = "no_exchange"
    """Our broker has no exchange for the peer, or does not let us write to it."""
    BACKPRESSURE = "backpressure"
    """Our broker refused an envelope: the queue towards the peer is full."""
    UNCONFIRMED = "unconfirmed"
    """Our broker answers, but not for what was published for the peer."""
    SILENT = "silent"
    """Our broker has it, and the peer has not answered, nor said anything, since."""
    NO_KEY = "no_key"
    """Nothing can be sealed for the peer."""
    PAUSED = "paused"
    """An operator of ours has it so."""


@dataclass(frozen=True, slots=True)
class WayChanged:
    """The way to a peer has become another."""

    peer: Endpoint
    way: Way
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class EnvelopesBack:
    """Envelopes for a peer came back from our broker, or nobody knows whether they left."""

    peer: Endpoint
    cause: str
    """returned | absent | nacked | unconfirmed | lost."""
    count: int


Event: TypeAlias = (
    EnvelopeSealed
    | EnvelopesBack
    | EnvelopeRepeated
    | EnvelopeReceived
    | DuplicateReceived
    | FrameRefused
    | ReceiptApplied
    | ReceiptRefused
    | ControlRefused
    | RestoreSeen
    | Recovered
    | ForkSeen
    | AcceptanceTaken
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
    since_ms: int = 0
    """Since when the way is shut; 0 where it is not, or where nobody noted it."""
    next_ms: int = 0
    """When something is tried by itself; 0 where nothing waits for a time."""
    attempts: int = 0
    """Waits since the broker last confirmed something for the peer."""
    reason: Reason | None = None
    """Why nothing can be sealed."""


class Observer(Protocol):
    """Somebody who counts."""

    def tell(self, event: Event) -> None:
        """Take note of `event`; called after its commit, in the thread of its rhythm."""


class NobodyObserves:
    """An observer for those who do not count."""

    def tell(self, event: Event) -> None:
        """Take no note."""
