"""The frame of an envelope: the only thing that is parsed before it is authentic.

Rules (PROTOCOL §3.1, §3.2, §4.2 R0 to R2):

* fixed layout, big-endian, no optional fields, exact consumption: one header, one encoding;
* faults are looked for in the order of the bytes, and the first one is the reason;
* limits are compared before anything is sliced; no public-key operation happens here;
* version 1 produces one recipient and signature mode 0; several recipients are parsed, any
  other signature mode is refused.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from corridor.errors import Reason, Refused
from corridor.seal.hpke import SUITES, sealed_length
from corridor.seal.pae import LABEL_ENVELOPE_ID
from corridor.seal.primitives import SIGNATURE_BYTES, TAG_BYTES, sha256
from corridor.transit.parties import Endpoint
from corridor.wire.limits import (
    MAX_FRAME_BYTES,
    MAX_HEADER_BYTES,
    MAX_PADDED_BYTES,
    MAX_RECIPIENTS,
    PAD_FLOOR_BYTES,
)

MAGIC: Final = b"CRD1"
HEADER_VERSION: Final = 1
SIGNATURE_MODE_SINGLE: Final = 0
LAST_LANE: Final = 2
WRAP_PLAIN_BYTES: Final = 108
"""Content key 32, blind 32, epoch 4, sequence 8, previous envelope id 32 (PROTOCOL §3.5)."""

_MAGIC_BYTES: Final = 4
_LENGTH_BYTES: Final = 4
_HEADER_START: Final = _MAGIC_BYTES + _LENGTH_BYTES
_SIGNATURE_BLOCK: Final = 1 + SIGNATURE_BYTES
_DIGEST_BYTES: Final = 32
_OPENING: Final = struct.Struct(">BHH16s")
_MIDDLE: Final = struct.Struct(">16sQ32s32sQQB32s32sIB")
_Middle: TypeAlias = tuple[bytes, int, bytes, bytes, int, int, int, bytes, bytes, int, int]
_RECIPIENT: Final = struct.Struct(">16s32s")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One addressee as the header names it."""

    endpoint: Endpoint
    enc_key_id: bytes
    """Key that the wrap is sealed to, 16 bytes."""
    stream_commit: bytes
    """Commitment to the position in the stream, 32 bytes (PROTOCOL §3.5)."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the signature covers, in the order of the bytes (PROTOCOL §3.2)."""

    suite: int
    flags: int
    network_id: bytes
    sender: Endpoint
    signer_key_id: bytes
    dir_version: int
    dir_hash: bytes
    bundle_hash: bytes
    created_ms: int
    expires_ms: int
    lane: int
    payload_root: bytes
    key_commit: bytes
    padded_len: int
    recipients: tuple[Recipient, ...]
    wraps: tuple[bytes, ...]
    ct_digest: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """A well-formed envelope that is not yet authentic."""

    header: Header
    header_bytes: bytes
    core: bytes
    """The part of the header before the wraps: context of wrap and payload."""
    signature: bytes
    ciphertext: bytes
    envelope_id: bytes


def envelope_id(header_bytes: bytes) -> bytes:
    """Return the id of the envelope with this header, 32 bytes (PROTOCOL §3.8)."""
    return sha256(LABEL_ENVELOPE_ID + header_bytes)


def encode_core(header: Header) -> bytes:
    """Return the header's bytes up to the wraps."""
    parts = [
        _OPENING.pack(HEADER_VERSION, header.suite, header.flags, header.network_id),
        short_bytes(header.sender.encode()),
        _MIDDLE.pack(
            header.signer_key_id,
            header.dir_version,
            header.dir_hash,
            header.bundle_hash,
            header.created_ms,
            header.expires_ms,
            header.lane,
            header.payload_root,
            header.key_commit,
            header.padded_len,
            len(header.recipients),
        ),
    ]
    for recipient in header.recipients:
        parts.append(short_bytes(recipient.endpoint.encode()))
        parts.append(_RECIPIENT.pack(recipient.enc_key_id, recipient.stream_commit))
    return b"".join(parts)


def encode_header(core: bytes, wraps: Sequence[bytes], ct_digest: bytes) -> bytes:
    """Return the whole header of a core, its wraps and the digest of the ciphertext."""
    return b"".join((core, *(len(wrap).to_bytes(2) + wrap for wrap in wraps), ct_digest))


def encode_frame(header_bytes: bytes, signature: bytes, ciphertext: bytes) -> bytes:
    """Return the frame as it leaves."""
    return b"".join(
        (
            MAGIC,
            len(header_bytes).to_bytes(_LENGTH_BYTES),
            header_bytes,
            bytes((SIGNATURE_MODE_SINGLE,)),
            signature,
            len(ciphertext).to_bytes(_LENGTH_BYTES),
            ciphertext,
        )
    )


def short_bytes(data: bytes) -> bytes:
    """Return `data` behind its length in one byte (v8 of PROTOCOL §1.2)."""
    return bytes((len(data),)) + data


def parse_frame(data: bytes) -> Frame:
    """Return the envelope in `data` (steps R0, R1 and the fixed part of R2).

    What depends on who asks is in `check_context` and `check_addressed`.

    Raises:
        Refused: FRAME_TOO_LARGE, MAGIC, TRUNCATED, TRAILING_BYTES, HEADER_SIZE,
            HEADER_MALFORMED, VERSION, SUITE, FLAGS, RECIPIENTS, WRAP_LENGTH, LIMITS or
            SIGNATURE_MODE.
    """
    if len(data) > MAX_FRAME_BYTES:
        raise Refused(Reason.FRAME_TOO_LARGE, f"{len(data)} bytes, at most {MAX_FRAME_BYTES}")
    header_end = _find_header_end(data)
    signature_end = header_end + _SIGNATURE_BLOCK
    start = signature_end + _LENGTH_BYTES
    if start > len(data):
        raise Refused(Reason.TRUNCATED, "signature")
    end = start + int.from_bytes(data[signature_end:start])
    if end > len(data):
        raise Refused(Reason.TRUNCATED, "ciphertext")
    if end < len(data):
        raise Refused(Reason.TRAILING_BYTES, f"{len(data) - end} bytes after the ciphertext")
    header_bytes = data[_HEADER_START:header_end]
    header, core = _parse_header(header_bytes)
    if data[header_end] != SIGNATURE_MODE_SINGLE:
        raise Refused(Reason.SIGNATURE_MODE, f"mode {data[header_end]}")
    if end - start != header.padded_len + TAG_BYTES:
        raise Refused(Reason.LIMITS, f"ciphertext of {end - start} bytes")
    return Frame(
        header,
        header_bytes,
        core,
        data[header_end + 1 : signature_end],
        data[start:end],
        envelope_id(header_bytes),
    )


def read_header(header_bytes: bytes) -> Header:
    """Return the header of an envelope whose other bytes are erased, for an auditor.

    Raises:
        Refused: As `parse_frame`, of R1 and R2.
    """
    return _parse_header(header_bytes)[0]


def check_context(header: Header, network_id: bytes, min_suite: int) -> None:
    """Refuse what another network or a weaker suite made (the rest of step R2).

    Raises:
        Refused: NETWORK or SUITE_POLICY.
    """
    if header.network_id != network_id:
        raise Refused(Reason.NETWORK, "the envelope was made for another network")
    if header.suite < min_suite:
        raise Refused(Reason.SUITE_POLICY, f"suite {header.suite}, at least {min_suite}")


def place_of(header: Header, endpoint: Endpoint) -> int:
    """Return where `endpoint` stands among the recipients (step R4).

    Raises:
        Refused: NOT_ADDRESSED.
    """
    for place, recipient in enumerate(header.recipients):
        if recipient.endpoint == endpoint:
            return place
    raise Refused(Reason.NOT_ADDRESSED, f"{endpoint} is not a recipient")


class _Reader:
    """Takes a header apart from the front; running out of bytes is a named refusal."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise Refused(Reason.HEADER_MALFORMED, "the header ends early")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def endpoint(self, reason: Reason) -> Endpoint:
        raw = self.take(self.take(1)[0])
        try:
            return Endpoint.parse(raw.decode("ascii"))
        except ValueError:
            raise Refused(reason, "not an endpoint") from None


def _find_header_end(data: bytes) -> int:
    if len(data) < _MAGIC_BYTES:
        raise Refused(Reason.TRUNCATED, "magic")
    if data[:_MAGIC_BYTES] != MAGIC:
        raise Refused(Reason.MAGIC, "not a Corridor envelope of version 1")
    if len(data) < _HEADER_START:
        raise Refused(Reason.TRUNCATED, "header length")
    length = int.from_bytes(data[_MAGIC_BYTES:_HEADER_START])
    if length > MAX_HEADER_BYTES:
        raise Refused(Reason.HEADER_SIZE, f"{length} bytes, at most {MAX_HEADER_BYTES}")
    end = _HEADER_START + length
    if end > len(data):
        raise Refused(Reason.TRUNCATED, "header")
    return end


def _parse_header(data: bytes) -> tuple[Header, bytes]:
    """Return the header and the bytes of its core."""
    reader = _Reader(data)
    suite, flags, network_id = _parse_opening(reader)
    sender = reader.endpoint(Reason.HEADER_MALFORMED)
    middle: _Middle = _MIDDLE.unpack(reader.take(_MIDDLE.size))
    lane, padded_len, count = middle[6], middle[9], middle[10]
    if lane > LAST_LANE:
        raise Refused(Reason.HEADER_MALFORMED, f"lane {lane}")
    if not PAD_FLOOR_BYTES <= padded_len <= MAX_PADDED_BYTES:
        raise Refused(Reason.LIMITS, f"padded length {padded_len}")
    recipients = _parse_recipients(reader, count)
    core = data[: reader.at]
    wraps = _parse_wraps(reader, sealed_length(suite, WRAP_PLAIN_BYTES), count)
    digest = reader.take(_DIGEST_BYTES)
    if reader.at != len(data):
        raise Refused(Reason.HEADER_MALFORMED, f"{len(data) - reader.at} bytes too many")
    fixed = middle[:-1]
    header = Header(suite, flags, network_id, sender, *fixed, recipients, wraps, digest)
    return header, core


def _parse_opening(reader: _Reader) -> tuple[int, int, bytes]:
    """Return suite, flags and network; what follows is only known for these versions of them."""
    raw = reader.take(1)
    if raw[0] != HEADER_VERSION:
        raise Refused(Reason.VERSION, f"header version {raw[0]}")
    _, suite, flags, network_id = _OPENING.unpack(raw + reader.take(_OPENING.size - 1))
    if suite not in SUITES:
        raise Refused(Reason.SUITE, f"suite {suite}")
    if flags:
        raise Refused(Reason.FLAGS, f"flags {flags:#06x}")
    return suite, flags, network_id


def _parse_recipients(reader: _Reader, count: int) -> tuple[Recipient, ...]:
    if not 1 <= count <= MAX_RECIPIENTS:
        raise Refused(Reason.RECIPIENTS, f"{count} recipients")
    recipients = []
    for _ in range(count):
        endpoint = reader.endpoint(Reason.RECIPIENTS)
        recipients.append(Recipient(endpoint, *_RECIPIENT.unpack(reader.take(_RECIPIENT.size))))
    if len({recipient.endpoint for recipient in recipients}) != count:
        raise Refused(Reason.RECIPIENTS, "a recipient is named twice")
    return tuple(recipients)


def _parse_wraps(reader: _Reader, expected: int, count: int) -> tuple[bytes, ...]:
    wraps = []
    for _ in range(count):
        length = int.from_bytes(reader.take(2))
        if length != expected:
            raise Refused(Reason.WRAP_LENGTH, f"{length} bytes, not {expected}")
        wraps.append(reader.take(length))
    return tuple(wraps)
