"""PADMÉ padding over a floor (PROTOCOL §3.7).

Rules:

* the padded length tells at most the magnitude of the body, 12 % above it at worst;
* each body has exactly one legal padding: the receiver checks length and zero fill.
"""

from typing import Final

from corridor.errors import Reason, Refused
from corridor.wire.limits import MAX_PADDED_BYTES, PAD_FLOOR_BYTES

_LENGTH_BYTES: Final = 4


def padme(length: int) -> int:
    """Return the PADMÉ length of `length` ≥ 2 bytes."""
    exponent = length.bit_length() - 1
    kept_bits = exponent.bit_length()
    mask = (1 << (exponent - kept_bits)) - 1
    return (length + mask) & ~mask


def padded_length(body_length: int) -> int:
    """Return the only legal padded length of a body of `body_length` bytes."""
    return padme(max(body_length + _LENGTH_BYTES, PAD_FLOOR_BYTES))


def pad(body: bytes) -> bytes:
    """Return length, `body` and zeros.

    Raises:
        Refused: LIMITS where the result would be above `MAX_PADDED_BYTES`.
    """
    total = padded_length(len(body))
    if total > MAX_PADDED_BYTES:
        raise Refused(Reason.LIMITS, f"a batch of {len(body)} bytes does not fit an envelope")
    return (len(body).to_bytes(_LENGTH_BYTES) + body).ljust(total, b"\0")


def unpad(padded: bytes) -> bytes:
    """Return the body (step R15).

    Raises:
        Refused: PADDING where this is not the one legal padding of its body.
    """
    end = _LENGTH_BYTES + int.from_bytes(padded[:_LENGTH_BYTES])
    if end > len(padded) or padded_length(end - _LENGTH_BYTES) != len(padded):
        raise Refused(Reason.PADDING, "length")
    if padded.count(0, end) != len(padded) - end:
        raise Refused(Reason.PADDING, "fill")
    return padded[_LENGTH_BYTES:end]
