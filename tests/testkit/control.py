"""Control records by hand (PROTOCOL §6), so that they can be written wrong."""

from testkit.proto import field_bytes, record, some_bytes, some_number

RECEIPT, RESEND, STREAM_OPEN, STREAM_STATUS = 64, 65, 66, 67
TOMBSTONE, UNDECRYPTABLE, CANARY, HANDOVER, TALLY = 68, 69, 70, 71, 72
ACCEPTS = 73


def head(epoch: int, sequence: int, envelope_id: bytes) -> bytes:
    """Return a StreamHead."""
    return some_number(1, epoch) + some_number(2, sequence) + some_bytes(3, envelope_id)


def tombstone(index: int, epoch: int, sequence: int, envelope_id: bytes) -> bytes:
    """Return the entry of a Tombstone."""
    return record(index, field_bytes(1, head(epoch, sequence, envelope_id)), TOMBSTONE)


def stream_open(index: int, last_sent: bytes = b"", last_received: bytes = b"") -> bytes:
    """Return the entry of a StreamOpen; its heads are there even where there is none."""
    body = field_bytes(1, last_sent) + field_bytes(2, last_received)
    return record(index, body, STREAM_OPEN)


def span(epoch: int, first: int, last: int) -> bytes:
    """Return a SequenceRange."""
    return some_number(1, epoch) + some_number(2, first) + some_number(3, last)


def canary(index: int, made_ms: int) -> bytes:
    """Return the entry of a Canary."""
    return record(index, some_number(1, made_ms), CANARY)
