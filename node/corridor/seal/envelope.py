"""Envelopes: records sealed for one recipient, and opened by it (PROTOCOL §3, §4.2).

Rules:

* one signature over the header; the header commits to ciphertext, key, records and position;
* `check_signature` comes before `open_frame`: nothing is decrypted for an unknown sender;
* sealing draws its own randomness; the content key lives only inside the two functions;
* core is context of wrap and payload, so that neither can be moved into another header.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import Final, NamedTuple

from corridor.errors import Reason, Refused
from corridor.seal.frame import (
    WRAP_PLAIN_BYTES,
    Frame,
    Header,
    Recipient,
    encode_core,
    encode_frame,
    encode_header,
    envelope_id,
    place_of,
    short_bytes,
)
from corridor.seal.hpke import open_from, seal_to
from corridor.seal.keys import DecryptionKey, SigningKey, verify
from corridor.seal.merkle import payload_root
from corridor.seal.padding import pad, unpad
from corridor.seal.pae import (
    LABEL_CONTENT_KEY,
    LABEL_KEY_COMMIT,
    LABEL_PAYLOAD,
    LABEL_STREAM_POSITION,
    LABEL_WRAP,
    PayloadType,
)
from corridor.seal.primitives import (
    KEY_BYTES,
    NONCE_BYTES,
    Draw,
    hkdf_expand,
    hkdf_extract,
    payload_decrypt,
    payload_encrypt,
    random_bytes,
    sha256,
)
from corridor.transit.parties import Endpoint
from corridor.wire.batches import decode_batch, encode_batch
from corridor.wire.limits import MAX_RECORD_BYTES, SEED_BYTES

_POSITION: Final = struct.Struct(">IQ32s")
_UNKNOWN: Final = bytes(32)


class StreamPosition(NamedTuple):
    """Where an envelope stands in its stream; known only to its two ends."""

    epoch: int
    seq: int
    prev: bytes
    """Id of the envelope before it, 32 bytes; zeros for the first."""


class OpeningRefused(Refused):
    """An authentic envelope with a proved position was refused: its sender did wrong."""

    def __init__(self, refused: Refused, position: StreamPosition) -> None:
        """Keep the position, which the verdict in the receipt has to name."""
        super().__init__(refused.reason, refused.detail)
        self.position = position


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything about an envelope that is not its records or its randomness."""

    network_id: bytes
    sender: Endpoint
    recipient: Endpoint
    dir_version: int
    dir_hash: bytes
    bundle_hash: bytes
    created_ms: int
    expires_ms: int
    lane: int
    suite: int
    enc_key_id: bytes
    enc_public: bytes
    """Admitted public key of the recipient, of `suite`."""
    epoch: int
    seq: int
    prev: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope of ours, ready to be kept and published."""

    envelope_id: bytes
    payload_root: bytes
    frame: bytes
    header: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """What an authentic envelope held."""

    epoch: int
    seq: int
    prev: bytes
    seed: bytes
    """Disclosure seed of the records' salts, 32 bytes: kept for evidence."""
    records: tuple[bytes, ...]
    payload_root: bytes


def seal(draft: Draft, records: Sequence[bytes], key: SigningKey) -> Sealed:
    """Seal 1..512 serialised entries for one recipient.

    Raises:
        ValueError: No recipient would take the batch: too many, too few or too large records.
        Refused: LIMITS where the padded batch is above `MAX_PADDED_BYTES`.
    """
    return _seal(draft, records, key, random_bytes)


def check_signature(frame: Frame, public: bytes) -> None:
    """Authenticate an envelope (steps R6 and R7).

    Raises:
        Refused: SIGNATURE where `public` did not sign the header; CIPHERTEXT_DIGEST where the
            ciphertext is not the signed one, which anybody on the way can bring about.
    """
    if not verify(public, PayloadType.ENVELOPE_HEADER, frame.header_bytes, frame.signature):
        raise Refused(Reason.SIGNATURE, "the header is not signed by its signer's key")
    if sha256(frame.ciphertext) != frame.header.ct_digest:
        raise Refused(Reason.CIPHERTEXT_DIGEST, "the ciphertext is not the signed one")


def open_frame(frame: Frame, recipient: Endpoint, key: DecryptionKey) -> Opened:
    """Open an envelope that `check_signature` has passed (steps R11 to R16).

    Args:
        frame: Authentic envelope.
        recipient: Us.
        key: The key named by our entry among the recipients; the caller did R10.

    Raises:
        OpeningRefused: KEY_COMMIT, PAYLOAD_TAG, PADDING, BATCH or PAYLOAD_ROOT, with position.
        Refused: NOT_ADDRESSED, KEY_UNKNOWN, WRAP or STREAM_POSITION.
    """
    header = frame.header
    place = place_of(header, recipient)
    entry = header.recipients[place]
    if key.suite != header.suite or key.key_id != entry.enc_key_id:
        raise Refused(Reason.KEY_UNKNOWN, "another key than the one at hand")
    core_hash = sha256(frame.core)
    info = _wrap_info(core_hash, entry.endpoint, entry.enc_key_id)
    plain = open_from(key.secret, key.public, info, header.wraps[place])
    if plain is None:
        raise Refused(Reason.WRAP, "the wrap does not open")
    content_key, blind, position = _read_wrap(plain)
    if not compare_digest(stream_commit(recipient, blind, position), entry.stream_commit):
        raise Refused(Reason.STREAM_POSITION, "the position is not the committed one")
    try:
        seed, records = _open_payload(frame, content_key, core_hash)
    except Refused as refused:
        raise OpeningRefused(refused, position) from None
    return Opened(*position, seed, records, header.payload_root)


def stream_commit(recipient: Endpoint, blind: bytes, position: StreamPosition) -> bytes:
    """Return the commitment to a position that only its opening reveals (PROTOCOL §3.5)."""
    return sha256(
        LABEL_STREAM_POSITION + short_bytes(recipient.encode()) + blind + _POSITION.pack(*position)
    )


def _seal(draft: Draft, records: Sequence[bytes], key: SigningKey, draw: Draw) -> Sealed:
    """Seal with randomness from `draw`, called for: seed, content key, blind, ephemeral key."""
    if max(map(len, records), default=0) > MAX_RECORD_BYTES:
        raise ValueError(f"a record is above {MAX_RECORD_BYTES} bytes")
    seed = draw(SEED_BYTES)
    padded = pad(encode_batch(seed, records))
    content_key, blind = draw(KEY_BYTES), draw(KEY_BYTES)
    position = StreamPosition(draft.epoch, draft.seq, draft.prev)
    prk = hkdf_extract(LABEL_CONTENT_KEY, content_key)
    addressed = Recipient(
        draft.recipient, draft.enc_key_id, stream_commit(draft.recipient, blind, position)
    )
    header = replace(
        _unsealed_header(draft, key, addressed, len(padded)),
        payload_root=payload_root(seed, records),
        key_commit=_key_commit(prk, draft.suite),
    )
    core = encode_core(header)
    core_hash = sha256(core)
    info = _wrap_info(core_hash, draft.recipient, draft.enc_key_id)
    plain = content_key + blind + _POSITION.pack(*position)
    wrap = seal_to(draft.suite, draft.enc_public, info, plain, draw)
    ciphertext = payload_encrypt(*_payload_key(prk, draft.suite, core_hash), padded, core)
    header_bytes = encode_header(core, (wrap,), sha256(ciphertext))
    signature = key.sign(PayloadType.ENVELOPE_HEADER, header_bytes)
    return Sealed(
        envelope_id(header_bytes),
        header.payload_root,
        encode_frame(header_bytes, signature, ciphertext),
        header_bytes,
        signature,
    )


def _unsealed_header(
    draft: Draft, key: SigningKey, addressed: Recipient, padded_len: int
) -> Header:
    return Header(
        suite=draft.suite,
        flags=0,
        network_id=draft.network_id,
        sender=draft.sender,
        signer_key_id=key.key_id,
        dir_version=draft.dir_version,
        dir_hash=draft.dir_hash,
        bundle_hash=draft.bundle_hash,
        created_ms=draft.created_ms,
        expires_ms=draft.expires_ms,
        lane=draft.lane,
        payload_root=_UNKNOWN,
        key_commit=_UNKNOWN,
        padded_len=padded_len,
        recipients=(addressed,),
        wraps=(),
        ct_digest=_UNKNOWN,
    )


def _open_payload(
    frame: Frame, content_key: bytes, core_hash: bytes
) -> tuple[bytes, tuple[bytes, ...]]:
    """Return seed and records (steps R13 to R16)."""
    header = frame.header
    prk = hkdf_extract(LABEL_CONTENT_KEY, content_key)
    if not compare_digest(_key_commit(prk, header.suite), header.key_commit):
        raise Refused(Reason.KEY_COMMIT, "the content key is not the committed one")
    key, nonce = _payload_key(prk, header.suite, core_hash)
    padded = payload_decrypt(key, nonce, frame.ciphertext, frame.core)
    if padded is None:
        raise Refused(Reason.PAYLOAD_TAG, "the payload does not authenticate")
    seed, records = decode_batch(unpad(padded))
    if payload_root(seed, records) != header.payload_root:
        raise Refused(Reason.PAYLOAD_ROOT, "the records are not the signed ones")
    return seed, records


def _wrap_info(core_hash: bytes, recipient: Endpoint, enc_key_id: bytes) -> bytes:
    return LABEL_WRAP + core_hash + short_bytes(recipient.encode()) + enc_key_id


def _read_wrap(plain: bytes) -> tuple[bytes, bytes, StreamPosition]:
    """Take apart the 108 bytes that R1's exact wrap length leaves."""
    fixed = 2 * KEY_BYTES
    position = _POSITION.unpack(plain[fixed:WRAP_PLAIN_BYTES])
    return plain[:KEY_BYTES], plain[KEY_BYTES:fixed], StreamPosition(*position)


def _key_commit(prk: bytes, suite: int) -> bytes:
    return hkdf_expand(prk, LABEL_KEY_COMMIT + suite.to_bytes(2), KEY_BYTES)


def _payload_key(prk: bytes, suite: int, core_hash: bytes) -> tuple[bytes, bytes]:
    """Return key and nonce, bound to the header: a reused content key still never repeats them."""
    info = LABEL_PAYLOAD + suite.to_bytes(2) + core_hash
    material = hkdf_expand(prk, info, KEY_BYTES + NONCE_BYTES)
    return material[:KEY_BYTES], material[KEY_BYTES:]
