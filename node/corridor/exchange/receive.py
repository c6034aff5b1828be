"""What arrives is judged in numbered steps, each with one named refusal (PROTOCOL §4.2).

Rules:

* the order is that of cost and trust: size, structure, signature, opening, content, policy;
* before R7 nothing is authentic: such a frame is dropped, held or put aside, and never answered;
* after R7 every outcome is answered: a verdict, DEFERRED, or Undecryptable;
* one bad record never spoils the others of its envelope;
* R3 (known envelope), R17 (stream) and R20 (recording) are the caller's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from corridor.errors import Reason, Refused
from corridor.exchange.content import JudgedRecord, Route, judge_content
from corridor.exchange.parts import Examiner, Identity, Seals, Trust
from corridor.exchange.values import (
    Family,
    Lane,
    Position,
)
from corridor.seal.envelope import Opened, OpeningRefused
from corridor.seal.frame import Frame, Recipient, check_context, place_of
from corridor.transit.parties import Endpoint
from corridor.wire import limits
from corridor.wire.control import Control

_NO_SEED: Final = bytes(32)


class Disposal(StrEnum):
    """What becomes of a frame that is not answered."""

    DROPPED = "dropped"
    QUARANTINED = "quarantined"
    HELD = "held"


UNSIGNED: Final[Mapping[Reason, Disposal]] = {
    # another delegation or directory may make them right
    Reason.UNKNOWN_SENDER: Disposal.HELD,
    Reason.UNKNOWN_SIGNER: Disposal.HELD,
    Reason.DIRECTORY_UNKNOWN: Disposal.HELD,
    Reason.STATEMENT_EXPIRED: Disposal.HELD,
    # a person should look at them
    Reason.WRONG_LINK: Disposal.QUARANTINED,
    Reason.SIGNER_REVOKED: Disposal.QUARANTINED,
    Reason.SIGNER_EXPIRED: Disposal.QUARANTINED,
    Reason.EQUIVOCATION: Disposal.QUARANTINED,
}
"""What becomes of a frame refused in R0 to R8; DROPPED where the reason is not named."""


SPOILT: Final = frozenset(
    {
        Reason.KEY_COMMIT,
        Reason.PAYLOAD_TAG,
        Reason.PADDING,
        Reason.BATCH,
        Reason.PAYLOAD_ROOT,
    }
)
"""Why an authentic envelope with a proved position cannot be read: its sender made it wrong, and
its bytes are the evidence."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A frame that is not answered."""

    link: str
    frame: bytes
    claimed: str
    """The sender it claims; "" where it could not be read."""
    reason: Reason
    disposal: Disposal
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Identified:
    """A well-formed frame that is addressed to us, over the link of the sender it claims."""

    link: str
    data: bytes
    frame: Frame
    addressed: Recipient


@dataclass(frozen=True, slots=True)
class Unopened:
    """An authentic envelope that we cannot open; its position is unknown."""

    peer: Endpoint
    envelope_id: bytes
    reason: Reason


@dataclass(frozen=True, slots=True)
class Judged:
    """An authentic envelope with a position; what is known without looking into the store."""

    link: str
    data: bytes
    frame: Frame
    peer: Endpoint
    position: Position
    prev: bytes
    seed: bytes
    family: Family
    reason: Reason | None = None
    """Why the whole of it is refused."""
    deferred: Reason | None = None
    """Why it cannot be judged yet."""
    records: tuple[JudgedRecord, ...] = ()
    control: tuple[Control, ...] = ()
    malformed: tuple[Reason, ...] = ()
    """One for each control record that could not be read."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a judgement needs besides the frame and the time."""

    identity: Identity
    trust: Trust
    seals: Seals
    examine: Examiner


def identify(link: str, data: bytes, means: Means) -> Identified | Refusal:
    """Do R0, R1, R2 and R4, and compare the link with the claimed sender."""
    claimed = ""
    try:
        frame = means.seals.parse(data)  # R0, R1
        claimed = frame.header.sender
        check_context(frame.header, means.trust.network_id, means.trust.min_suite)  # R2
        place = place_of(frame.header, means.identity.endpoint)  # R4
        _check_link(link, frame.header.sender)
    except Refused as refused:
        return _refusal(link, data, claimed, refused)
    return Identified(link, data, frame, frame.header.recipients[place])


def _refusal(link: str, data: bytes, claimed: str, refused: Refused) -> Refusal:
    disposal = UNSIGNED.get(refused.reason, Disposal.DROPPED)
    return Refusal(link, data, claimed, refused.reason, disposal, refused.detail)


def _check_link(link: str, sender: Endpoint) -> None:
    if sender.country != link:
        raise Refused(Reason.WRONG_LINK)


def judge(found: Identified, means: Means, now_ms: int) -> Judged | Unopened | Refusal:
    """Do R5 to R16, R18 and R19; the caller has done R3."""
    me = means.identity.endpoint
    peer = found.frame.header.sender
    envelope_id = found.frame.envelope_id
    try:
        _authenticate(found, means, now_ms)
    except Refused as refused:
        return _refusal(found.link, found.data, peer, refused)
    key = means.identity.decryption_keys.get(found.addressed.enc_key_id)  # R10
    if key is None:
        return Unopened(peer, envelope_id, Reason.KEY_UNKNOWN)
    if not means.trust.accepts(me, key.key_id, now_ms):
        return Unopened(peer, envelope_id, Reason.KEY_EXPIRED)
    try:
        opened = means.seals.open(found.frame, me, key)  # R11 to R16
    except OpeningRefused as refused:
        return _spoilt(found, refused)
    except Refused as refused:
        return Unopened(peer, envelope_id, refused.reason)
    return _opened(found, opened, means, now_ms)


def _authenticate(found: Identified, means: Means, now_ms: int) -> None:
    header, trust = found.frame.header, means.trust
    public = trust.signer(header.sender, header.signer_key_id, header.created_ms)  # R5
    means.seals.check_signature(found.frame, public)  # R6, R7
    trust.check_gossip(header.dir_version, header.dir_hash)  # R8
    if not trust.control_allowed(header.sender, means.identity.endpoint, now_ms):
        raise Refused(Reason.NO_AGREEMENT)
    if not trust.is_current(now_ms):  # §5.4: kept, and judged when a newer directory is here
        raise Refused(Reason.DIRECTORY_UNKNOWN)


def _opened(found: Identified, opened: Opened, means: Means, now_ms: int) -> Judged:
    header = found.frame.header
    route = Route(means.trust, header.sender, means.identity.endpoint, header.created_ms)
    content = judge_content(opened.records, route, means.examine)  # R18, R19
    late = _refused_for_time(header.created_ms, header.expires_ms)  # R9
    # what control says of streams is true whatever a clock says
    timed = content.family is Family.DATA
    deferred = _deferred_for_time(header.created_ms, header.expires_ms, now_ms) if timed else None
    return Judged(
        found.link,
        found.data,
        found.frame,
        header.sender,
        Position(opened.epoch, opened.seq),
        opened.prev,
        opened.seed,
        content.family,
        reason=late or content.reason,
        deferred=None if late else deferred,
        records=content.records,
        control=content.control,
        malformed=content.malformed,
    )


def _refused_for_time(created_ms: int, expires_ms: int) -> Reason | None:
    sound = 0 < expires_ms - created_ms <= limits.MAX_LIFETIME_MS
    return None if sound else Reason.LIFETIME


def _deferred_for_time(created_ms: int, expires_ms: int, now_ms: int) -> Reason | None:
    if expires_ms <= now_ms:
        return Reason.EXPIRED
    soon = created_ms > now_ms + limits.MAX_FUTURE_SKEW_MS
    return Reason.CREATED_IN_FUTURE if soon else None


def _spoilt(found: Identified, refused: OpeningRefused) -> Judged:
    """Its sender made it wrong, and its position is proved: the whole is refused for good."""
    return Judged(
        found.link,
        found.data,
        found.frame,
        found.frame.header.sender,
        Position(refused.position.epoch, refused.position.seq),
        refused.position.prev,
        _NO_SEED,
        Family.DATA,
        reason=refused.reason,
    )


def lane_of(frame: Frame) -> Lane:
    """Return the lane of a parsed frame."""
    return Lane(frame.header.lane)
