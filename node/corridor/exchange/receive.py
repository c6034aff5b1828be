"""What arrives is judged in numbered steps, each with one named refusal (PROTOCOL §4.2).

Rules:

* the order is that of cost and trust: size, structure, signature, opening, content, policy;
* before R7 nothing is authentic: such a frame is dropped, held or put aside, and never answered;
* after R7 every outcome is answered: a verdict, DEFERRED, or Undecryptable;
* one bad record never spoils the others of its envelope;
* R3 (known envelope), R17 (stream) and R20 (recording) are the caller's.
"""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from corridor.errors import Reason, Refused
from corridor.exchange.parts import Examiner, Identity, Seals, Trust
from corridor.exchange.receipts import FAULT_BUDGET_CHARS, trimmed
from corridor.exchange.values import (
    EnvelopeVerdict,
    Family,
    Lane,
    Position,
    ReceivedEnvelope,
    ReceivedRecord,
    RecordVerdict,
    Verdict,
)
from corridor.seal.envelope import Opened, OpeningRefused
from corridor.seal.frame import Frame, Recipient, check_context, place_of
from corridor.transit.parties import Endpoint
from corridor.wire import limits
from corridor.wire.batches import CANARY, Entry, decode_entry, is_business_family
from corridor.wire.control import Control, decode_control

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
class JudgedRecord:
    """A record with the reason for which it is refused, if it is."""

    record_id: bytes
    record_type: int
    raw: bytes
    reason: Reason | None = None
    faults: tuple[str, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()


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


def _opened(found: Identified, opened: Opened, means: Means, now_ms: int) -> Judged:
    header = found.frame.header
    content = _Content(found, means).judged(opened.records)  # R18, R19
    late = _refused_for_time(header.created_ms, header.expires_ms, now_ms)  # R9
    soon = header.created_ms > now_ms + limits.MAX_FUTURE_SKEW_MS
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
        deferred=Reason.CREATED_IN_FUTURE if soon else None,
        records=content.records,
        control=content.control,
        malformed=content.malformed,
    )


def _refused_for_time(created_ms: int, expires_ms: int, now_ms: int) -> Reason | None:
    if not 0 < expires_ms - created_ms <= limits.MAX_LIFETIME_MS:
        return Reason.LIFETIME
    return Reason.EXPIRED if expires_ms <= now_ms else None


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


@dataclass(frozen=True, slots=True)
class _Found:
    family: Family
    reason: Reason | None = None
    records: tuple[JudgedRecord, ...] = ()
    control: tuple[Control, ...] = ()
    malformed: tuple[Reason, ...] = ()


class _Content:
    """Judges the records of one envelope (R18, R19)."""

    __slots__ = ("allowed", "created_ms", "examine", "me", "peer", "trust")

    def __init__(self, found: Identified, means: Means) -> None:
        self.peer = found.frame.header.sender
        self.created_ms = found.frame.header.created_ms
        self.me = means.identity.endpoint
        self.trust = means.trust
        self.examine = means.examine
        self.allowed: dict[int, bool] = {}

    def judged(self, raw_records: tuple[bytes, ...]) -> _Found:
        entries = [self._entry(raw) for raw in raw_records]
        types = {entry.record_type for entry in entries if isinstance(entry, Entry)}
        business = {record_type for record_type in types if is_business_family(record_type)}
        if types and not business:
            return self._control(entries)
        if business != types:
            # control records in business envelopes would create receipts of receipts
            return _Found(Family.DATA, Reason.RECORD_TYPE)
        pairs = zip(raw_records, entries, strict=True)
        return _Found(Family.DATA, records=tuple(self._record(raw, entry) for raw, entry in pairs))

    def _entry(self, raw: bytes) -> Entry | Refused:
        try:
            return decode_entry(raw)
        except Refused as refused:
            return refused

    def _control(self, entries: list[Entry | Refused]) -> _Found:
        control: list[Control] = []
        malformed: list[Reason] = []
        for entry in entries:
            try:
                if isinstance(entry, Refused):
                    raise entry
                control.append(decode_control(entry.record_type, entry.body))
            except Refused as refused:
                malformed.append(refused.reason)
        return _Found(Family.CONTROL, control=tuple(control), malformed=tuple(malformed))

    def _record(self, raw: bytes, entry: Entry | Refused) -> JudgedRecord:
        if isinstance(entry, Refused):
            return JudgedRecord(b"", 0, raw, entry.reason)
        kind = entry.record_type
        if not self._authorised(kind):
            return JudgedRecord(entry.record_id, kind, raw, Reason.NOT_AUTHORISED)
        found = self.examine(entry)
        reason = found.reason if found.faults else None
        return JudgedRecord(entry.record_id, kind, raw, reason, found.faults, found.terms)

    def _authorised(self, record_type: int) -> bool:
        allowed = self.allowed.get(record_type)
        if allowed is None:
            allowed = self.trust.authorises(self.peer, self.me, record_type, self.created_ms)
            self.allowed[record_type] = allowed
        return allowed


# --- what is recorded ---------------------------------------------------------------------------


def settle(
    judged: Judged,
    known: MutableMapping[bytes, bytes],
    now_ms: int,
    *,
    possible_repeat: bool = False,
) -> ReceivedEnvelope:
    """Return the envelope as it is recorded.

    Args:
        judged: It.
        known: SHA-256 by record id of what this peer has been receipted for; accepted records
            are added.
        now_ms: When it is received.
        possible_repeat: Its records may have been handed on before a restore.
    """
    frame = judged.frame
    records = (
        ()
        if judged.reason
        else tuple(
            _settled(index, record, known, possible_repeat=possible_repeat)
            for index, record in enumerate(judged.records)
        )
    )
    return ReceivedEnvelope(
        judged.peer,
        judged.position,
        judged.prev,
        frame.envelope_id,
        frame.header.payload_root,
        frame.header_bytes,
        frame.signature,
        judged.seed,
        judged.family,
        frame.header.created_ms,
        now_ms,
        _verdict(judged, records),
        records,
        receipt_owed=judged.family is Family.DATA,
    )


def _settled(
    index: int, record: JudgedRecord, known: MutableMapping[bytes, bytes], *, possible_repeat: bool
) -> ReceivedRecord:
    record_id, kind, raw, reason = record.record_id, record.record_type, record.raw, record.reason
    if reason is not None:
        return ReceivedRecord(index, record_id, kind, raw, Verdict.REFUSED, reason)
    digest = sha256(raw).digest()
    before = known.setdefault(record_id, digest)
    if before is not digest:
        if before != digest:
            reason = Reason.RECORD_ID_CONFLICT
            return ReceivedRecord(index, record_id, kind, raw, Verdict.REFUSED, reason)
        return ReceivedRecord(index, record_id, kind, raw, Verdict.ACCEPTED, known=True)
    return ReceivedRecord(
        index,
        record_id,
        kind,
        raw,
        Verdict.ACCEPTED,
        None,
        possible_repeat and kind != CANARY,
        terms=record.terms,
    )


def _verdict(judged: Judged, records: tuple[ReceivedRecord, ...]) -> EnvelopeVerdict:
    frame = judged.frame
    verdict = Verdict.REFUSED if judged.reason else Verdict.ACCEPTED
    budget = FAULT_BUDGET_CHARS
    exceptions: list[RecordVerdict] = []
    for record in records:
        if record.verdict is Verdict.ACCEPTED:
            continue
        faults = trimmed(judged.records[record.index].faults, budget)
        budget -= sum(len(fault.encode()) for fault in faults)
        exceptions.append(
            RecordVerdict(record.index, record.record_id, record.verdict, record.reason, faults)
        )
    return EnvelopeVerdict(
        judged.position,
        frame.envelope_id,
        frame.header.payload_root,
        verdict,
        judged.reason,
        tuple(exceptions),
    )


def deferral(judged: Judged, reason: Reason) -> EnvelopeVerdict:
    """Return the verdict that tells the sender of an envelope which is judged again later."""
    frame = judged.frame
    return EnvelopeVerdict(
        judged.position,
        frame.envelope_id,
        frame.header.payload_root,
        Verdict.DEFERRED,
        reason,
    )


def lane_of(frame: Frame) -> Lane:
    """Return the lane of a parsed frame."""
    return Lane(frame.header.lane)
