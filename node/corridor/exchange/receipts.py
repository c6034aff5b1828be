"""Receipts: what we say of a peer's envelopes, and what a peer may say of ours (PROTOCOL §6.1).

Rules:

* a receipt says only what has been recorded;
* a verdict on an envelope of ours counts if id, position and payload root are those of an
  envelope that we sent to this very peer; anything else is refused and has no effect;
* a receipt is cut so that it fits a record; what it does not carry stays owed.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from corridor.errors import Reason
from corridor.exchange.streams import Reception
from corridor.exchange.values import (
    EnvelopeVerdict,
    Head,
    InFlight,
    InStream,
    Position,
    RecordVerdict,
    Verdict,
)
from corridor.wire import control, limits

_BUDGET_BYTES: Final = limits.MAX_CONTROL_BYTES - 16 * limits.KIB
"""What the verdicts of one receipt may take, by `_size`; the rest is heads, gaps and log."""

_VERDICT_BYTES: Final = 96
_EXCEPTION_BYTES: Final = 40
FAULT_BUDGET_CHARS: Final = 32 * limits.KIB
"""Of one envelope: with 512 exceptions such a verdict still fits a receipt of its own."""


def select(owed: Iterable[EnvelopeVerdict]) -> tuple[EnvelopeVerdict, ...]:
    """Return as many verdicts, from the first on, as one receipt can carry; at least one."""
    chosen: list[EnvelopeVerdict] = []
    left = _BUDGET_BYTES
    for verdict in owed:
        left -= _size(verdict)
        if chosen and left < 0:
            break
        chosen.append(verdict)
    return tuple(chosen[: limits.MAX_RECEIPT_VERDICTS])


def _size(verdict: EnvelopeVerdict) -> int:
    return _VERDICT_BYTES + sum(
        _EXCEPTION_BYTES + sum(len(fault.encode()) + 3 for fault in exception.faults)
        for exception in verdict.exceptions
    )


def compose(
    verdicts: Sequence[EnvelopeVerdict],
    streams: Sequence[InStream],
    log_size: int,
    log_root: bytes,
) -> control.Receipt:
    """Return the receipt that carries `verdicts` and tells how far each open epoch is complete."""
    newest = sorted(streams, key=lambda stream: stream.epoch)[-limits.MAX_RECEIPT_HEADS :]
    gaps: list[control.SequenceRange] = []
    for stream in newest:
        room = limits.MAX_RECEIPT_GAPS - len(gaps)
        found = Reception.of(stream).gaps(most_ranges=room)
        gaps += [control.SequenceRange(stream.epoch, first, last) for first, last in found]
    return control.Receipt(
        complete_to=tuple(ref(Head(s.epoch, s.complete_to, s.head_id)) for s in newest),
        gaps=tuple(gaps),
        verdicts=tuple(_verdict_out(verdict) for verdict in verdicts),
        log_size=log_size,
        log_root=log_root if log_size else b"",
    )


def ref(head: Head) -> control.HeadRef:
    """Return a head as the wire writes it."""
    return control.HeadRef(head.epoch, head.seq, head.envelope_id if head.seq else b"")


def head_of(found: control.HeadRef) -> Head:
    """Return a head of the wire as a value."""
    return Head(found.epoch, found.sequence, found.envelope_id or bytes(32))


def _verdict_out(verdict: EnvelopeVerdict) -> control.EnvelopeVerdict:
    return control.EnvelopeVerdict(
        verdict.position.epoch,
        verdict.position.seq,
        verdict.envelope_id,
        verdict.payload_root,
        verdict.verdict,
        _number(verdict.reason),
        tuple(
            control.RecordVerdict(e.index, e.record_id, e.verdict, _number(e.reason), e.faults)
            for e in verdict.exceptions
        ),
    )


def verdict_in(found: control.EnvelopeVerdict) -> EnvelopeVerdict:
    """Return a verdict of the wire as a value; a reason that we do not know becomes None."""
    return EnvelopeVerdict(
        Position(found.epoch, found.sequence),
        found.envelope_id,
        found.payload_root,
        Verdict(found.verdict),
        _reason(found.reason),
        tuple(
            RecordVerdict(e.index, e.record_id, Verdict(e.verdict), _reason(e.reason), e.faults)
            for e in found.exceptions
        ),
    )


def _number(reason: Reason | None) -> int:
    return 0 if reason is None else int(reason)


def _reason(number: int) -> Reason | None:
    try:
        return Reason(number)
    except ValueError:
        return None


def fault_of(verdict: EnvelopeVerdict, sent: InFlight | None) -> str | None:
    """Say why a verdict must not be believed; None where it may."""
    if sent is None:
        return "unknown_envelope"
    if sent.position != verdict.position:
        return "position"
    if sent.payload_root != verdict.payload_root:
        return "payload_root"
    return None


def trimmed(faults: Sequence[str], budget_chars: int) -> tuple[str, ...]:
    """Return the first faults, each cut, that fit the budget of their envelope."""
    kept: list[str] = []
    for fault in faults[: limits.MAX_FAULTS]:
        text = fault[: limits.MAX_FAULT_CHARS]
        budget_chars -= len(text.encode())
        if budget_chars < 0:
            break
        kept.append(text)
    return tuple(kept)
