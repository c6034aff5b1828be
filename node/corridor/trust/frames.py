"""Statements on the wire: they travel unsealed through `to.XX`, or as files (PROTOCOL §5.8).

Rule: `"CRT1" | u32 length | Signed`, nothing after it, at most `limits.DIRECTORY_MAX_BYTES`.
"""

from typing import Final

from corridor.errors import Reason
from corridor.trust.checks import require
from corridor.wire import limits

STATEMENT_MAGIC: Final = b"CRT1"
_HEAD_BYTES: Final = 8


def encode_statement_frame(signed: bytes) -> bytes:
    """Return a signed statement as a message for the broker."""
    return STATEMENT_MAGIC + len(signed).to_bytes(4) + signed


def is_statement_frame(data: bytes) -> bool:
    """Whether `data` claims to be a statement and not an envelope."""
    return data[:4] == STATEMENT_MAGIC


def decode_statement_frame(data: bytes) -> bytes:
    """Return the signed statement in `data`.

    Raises:
        Refused: FRAME_TOO_LARGE, MAGIC, TRUNCATED or TRAILING_BYTES.
    """
    largest = limits.DIRECTORY_MAX_BYTES + _HEAD_BYTES
    require(len(data) <= largest, Reason.FRAME_TOO_LARGE, f"{len(data)} bytes")
    require(is_statement_frame(data), Reason.MAGIC, "not a statement")
    require(len(data) >= _HEAD_BYTES, Reason.TRUNCATED, "no length")
    expected = _HEAD_BYTES + int.from_bytes(data[4:_HEAD_BYTES])
    require(len(data) >= expected, Reason.TRUNCATED, f"{len(data)} of {expected} bytes")
    require(len(data) <= expected, Reason.TRAILING_BYTES, f"{len(data)} of {expected} bytes")
    return data[_HEAD_BYTES:]
