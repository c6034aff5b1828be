"""Control records as plain values: they keep the exchange whole and carry no customs data.

Rules (PROTOCOL §6):

* every record has one encoding (`canonical`) and lists no longer than `limits` says;
* decoding checks lengths, counts and ranges, so that a machine never meets an impossible value;
* what a value means, and whether it is true, is for the machines of the exchange.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, TypeAlias

from corridor.errors import Reason, Refused
from corridor.wire import limits
from corridor.wire.accepts import Accepts, accepts_from_pb
from corridor.wire.canonical import parse_strict
from corridor.wire.handover import Handover, handover_from_pb, handover_to_pb
from corridor.wire.tally import Tally, tally_from_pb, tally_to_pb
from corridor.wire.v1 import control_pb2 as pb

RECEIPT: Final = 64
RESEND: Final = 65
STREAM_OPEN: Final = 66
STREAM_STATUS: Final = 67
TOMBSTONE: Final = 68
UNDECRYPTABLE: Final = 69
CANARY: Final = 70
HANDOVER: Final = 71
TALLY: Final = 72
ACCEPTS: Final = 73

_VERDICTS: Final = range(1, 5)


@dataclass(frozen=True, slots=True)
class HeadRef:
    """The last envelope of a stream; sequence 0 and an empty id where there is none."""

    epoch: int
    sequence: int
    envelope_id: bytes


@dataclass(frozen=True, slots=True)
class SequenceRange:
    """An inclusive range of sequence numbers of one epoch."""

    epoch: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class RecordVerdict:
    """The verdict on one record; `record_id` is empty where the record was unreadable."""

    index: int
    record_id: bytes
    verdict: int
    reason: int = 0
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvelopeVerdict:
    """The verdict on an envelope; it holds for each record not named in `exceptions`."""

    epoch: int
    sequence: int
    envelope_id: bytes
    payload_root: bytes
    verdict: int
    reason: int = 0
    exceptions: tuple[RecordVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What its sender holds of the stream that its partner sends it."""

    complete_to: tuple[HeadRef, ...] = ()
    gaps: tuple[SequenceRange, ...] = ()
    verdicts: tuple[EnvelopeVerdict, ...] = ()
    log_size: int = 0
    log_root: bytes = b""
    """32 bytes; empty only where `log_size` is 0."""


@dataclass(frozen=True, slots=True)
class Resend:
    """A request for identical bytes of envelopes that are missing."""

    ranges: tuple[SequenceRange, ...]


@dataclass(frozen=True, slots=True)
class StreamOpen:
    """The first record of a new epoch."""

    last_sent: HeadRef | None = None
    last_received: HeadRef | None = None


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """What a partner knows of a stream that we may have forgotten."""

    received: HeadRef | None = None
    receipted: HeadRef | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Closes a position whose envelope will never be readable."""

    closed: HeadRef


@dataclass(frozen=True, slots=True)
class Undecryptable:
    """An authentic envelope that could not be opened."""

    envelope_id: bytes
    reason: int


@dataclass(frozen=True, slots=True)
class Canary:
    """A probe of the whole way."""

    made_ms: int


Control: TypeAlias = (
    Receipt
    | Resend
    | StreamOpen
    | StreamStatus
    | Tombstone
    | Undecryptable
    | Canary
    | Handover
    | Tally
    | Accepts
)


_TYPES: Final[dict[type[Control], int]] = {
    Receipt: RECEIPT,
    Resend: RESEND,
    StreamOpen: STREAM_OPEN,
    StreamStatus: STREAM_STATUS,
    Tombstone: TOMBSTONE,
    Undecryptable: UNDECRYPTABLE,
    Canary: CANARY,
    Handover: HANDOVER,
    Tally: TALLY,
    Accepts: ACCEPTS,
}


def record_type_of(control: Control) -> int:
    """Return the record type of a control record (PROTOCOL §6)."""
    return _TYPES[type(control)]


_Message: TypeAlias = (
    pb.Receipt
    | pb.Resend
    | pb.StreamOpen
    | pb.StreamStatus
    | pb.Tombstone
    | pb.Undecryptable
    | pb.Canary
    | pb.Handover
    | pb.Tally
    | pb.Accepts
)

_KINDS: Final[dict[int, type[_Message]]] = {
    RECEIPT: pb.Receipt,
    RESEND: pb.Resend,
    STREAM_OPEN: pb.StreamOpen,
    STREAM_STATUS: pb.StreamStatus,
    TOMBSTONE: pb.Tombstone,
    UNDECRYPTABLE: pb.Undecryptable,
    CANARY: pb.Canary,
    HANDOVER: pb.Handover,
    TALLY: pb.Tally,
    ACCEPTS: pb.Accepts,
}


# --- encoding ---------------------------------------------------------------------------------


def encode_control(control: Control) -> bytes:
    """Return the body of the record.

    Raises:
        ValueError: A number does not fit its field. That the partner would accept the record
            is the caller's care: lists are cut to `limits` where they are made.
    """
    return _message(control).SerializeToString(deterministic=True)


def _message(control: Control) -> _Message:  # noqa: C901, PLR0911 - one arm a record
    match control:
        case Receipt():
            return _receipt_pb(control)
        case Resend(ranges):
            return pb.Resend(ranges=[_range_pb(r) for r in ranges])
        case StreamOpen(sent, received):
            return pb.StreamOpen(last_sent=_maybe_pb(sent), last_received=_maybe_pb(received))
        case StreamStatus(received, receipted):
            return pb.StreamStatus(received=_maybe_pb(received), receipted=_maybe_pb(receipted))
        case Tombstone(closed):
            return pb.Tombstone(closed=_head_pb(closed))
        case Undecryptable(envelope_id, reason):
            return pb.Undecryptable(envelope_id=envelope_id, reason=reason)
        case Handover():
            return handover_to_pb(control)
        case Tally():
            return tally_to_pb(control)
        case Accepts(statement):
            return pb.Accepts(statement=statement)
        case _:
            return pb.Canary(made_ms=control.made_ms)


def _receipt_pb(receipt: Receipt) -> pb.Receipt:
    return pb.Receipt(
        complete_to=[_head_pb(h) for h in receipt.complete_to],
        gaps=[_range_pb(g) for g in receipt.gaps],
        verdicts=[_verdict_pb(v) for v in receipt.verdicts],
        log_size=receipt.log_size,
        log_root=receipt.log_root,
    )


def _verdict_pb(verdict: EnvelopeVerdict) -> pb.EnvelopeVerdict:
    return pb.EnvelopeVerdict(
        epoch=verdict.epoch,
        sequence=verdict.sequence,
        envelope_id=verdict.envelope_id,
        payload_root=verdict.payload_root,
        verdict=pb.Verdict.ValueType(verdict.verdict),
        reason=verdict.reason,
        exceptions=[
            pb.RecordVerdict(
                index=e.index,
                record_id=e.record_id,
                verdict=pb.Verdict.ValueType(e.verdict),
                reason=e.reason,
                faults=e.faults,
            )
            for e in verdict.exceptions
        ],
    )


def _range_pb(span: SequenceRange) -> pb.SequenceRange:
    return pb.SequenceRange(epoch=span.epoch, first=span.first, last=span.last)


def _head_pb(head: HeadRef) -> pb.StreamHead:
    return pb.StreamHead(epoch=head.epoch, sequence=head.sequence, envelope_id=head.envelope_id)


def _maybe_pb(head: HeadRef | None) -> pb.StreamHead | None:
    return None if head is None else _head_pb(head)


# --- decoding ---------------------------------------------------------------------------------


def decode_control(record_type: int, body: bytes) -> Control:
    """Return the control record of type 64 to 73 in `body`.

    Raises:
        Refused: RECORD_TYPE for another type; CONTROL_MALFORMED for another encoding, a wrong
            length, too long a list or a number out of its range.
    """
    kind = _KINDS.get(record_type)
    if kind is None:
        raise Refused(Reason.RECORD_TYPE, f"type {record_type} is no control record")
    message = parse_strict(kind, body, limits.MAX_CONTROL_BYTES, Reason.CONTROL_MALFORMED)
    return _value(message)


def _value(message: _Message) -> Control:  # noqa: C901, PLR0911 - one arm a record
    match message:
        case pb.Receipt():
            return _receipt(message)
        case pb.Resend():
            return Resend(_ranges(message.ranges, limits.MAX_RESEND_RANGES, 1))
        case pb.StreamOpen():
            sent = message.last_sent if message.HasField("last_sent") else None
            got = message.last_received if message.HasField("last_received") else None
            return StreamOpen(_maybe(sent), _maybe(got))
        case pb.StreamStatus():
            received = message.received if message.HasField("received") else None
            receipted = message.receipted if message.HasField("receipted") else None
            return StreamStatus(_maybe(received), _maybe(receipted))
        case pb.Tombstone():
            return Tombstone(_closed(message.closed))
        case pb.Undecryptable():
            _check(1 <= message.reason <= limits.MAX_REASON, "reason")
            return Undecryptable(_hash(message.envelope_id), message.reason)
        case pb.Handover():
            return handover_from_pb(message)
        case pb.Tally():
            return tally_from_pb(message)
        case pb.Accepts():
            return accepts_from_pb(message)
        case _:
            return Canary(message.made_ms)


def _receipt(message: pb.Receipt) -> Receipt:
    _check(len(message.complete_to) <= limits.MAX_RECEIPT_HEADS, "heads")
    _check(len(message.verdicts) <= limits.MAX_RECEIPT_VERDICTS, "verdicts")
    _check(len(message.log_root) == (limits.HASH_BYTES if message.log_size else 0), "log root")
    return Receipt(
        tuple(_head(h) for h in message.complete_to),
        _ranges(message.gaps, limits.MAX_RECEIPT_GAPS, 0),
        tuple(_envelope_verdict(v) for v in message.verdicts),
        message.log_size,
        message.log_root,
    )


def _envelope_verdict(message: pb.EnvelopeVerdict) -> EnvelopeVerdict:
    _check(1 <= message.sequence <= limits.MAX_SEQUENCE, "sequence")
    _check(message.verdict in _VERDICTS, "verdict")
    _check(message.reason <= limits.MAX_REASON, "reason")
    _check(len(message.exceptions) <= limits.MAX_RECEIPT_EXCEPTIONS, "exceptions")
    return EnvelopeVerdict(
        message.epoch,
        message.sequence,
        _hash(message.envelope_id),
        _hash(message.payload_root),
        message.verdict,
        message.reason,
        tuple(_record_verdict(e) for e in message.exceptions),
    )


def _record_verdict(message: pb.RecordVerdict) -> RecordVerdict:
    _check(message.index < limits.MAX_RECORDS, "index")
    _check(len(message.record_id) in (0, limits.RECORD_ID_BYTES), "record id")
    _check(message.verdict in _VERDICTS, "verdict")
    _check(message.reason <= limits.MAX_REASON, "reason")
    faults = tuple(message.faults)
    _check(len(faults) <= limits.MAX_FAULTS, "faults")
    _check(all(len(f) <= limits.MAX_FAULT_CHARS for f in faults), "fault")
    return RecordVerdict(message.index, message.record_id, message.verdict, message.reason, faults)


def _ranges(
    messages: Collection[pb.SequenceRange], at_most: int, at_least: int
) -> tuple[SequenceRange, ...]:
    _check(at_least <= len(messages) <= at_most, "ranges")
    for m in messages:
        _check(1 <= m.first <= m.last <= limits.MAX_SEQUENCE, "range")
    asked = sum(m.last - m.first + 1 for m in messages)
    _check(not at_least or asked <= limits.MAX_RESEND_ENVELOPES, "envelopes asked for")
    return tuple(SequenceRange(m.epoch, m.first, m.last) for m in messages)


def _head(message: pb.StreamHead) -> HeadRef:
    _check(message.sequence <= limits.MAX_SEQUENCE, "sequence")
    _check(len(message.envelope_id) == (limits.HASH_BYTES if message.sequence else 0), "head id")
    return HeadRef(message.epoch, message.sequence, message.envelope_id)


def _closed(message: pb.StreamHead) -> HeadRef:
    _check(message.sequence >= 1, "closed position")
    return _head(message)


def _maybe(message: pb.StreamHead | None) -> HeadRef | None:
    return None if message is None else _head(message)


def _hash(value: bytes) -> bytes:
    _check(len(value) == limits.HASH_BYTES, "hash")
    return value


def _check(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as the sentence it checks
    if not holds:
        raise Refused(Reason.CONTROL_MALFORMED, what)
