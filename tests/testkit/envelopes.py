"""Builds envelopes from the text of PROTOCOL §3, right ones and wrong ones.

Shares no code with the product. A `Spec` says what to build; every part of an envelope can be
given instead of derived, and what is given is used as it is, in everything built on top of it.
That is how a wrong envelope gets right signatures.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from nacl import bindings

from testkit import hpke, proto

HEADER_TYPE = "application/vnd.corridor.envelope-header.v1"


def fresh(label: str, length: int = 32) -> bytes:
    """Return `length` bytes that depend on `label` alone: the testkit's only randomness."""
    return hashlib.shake_256(b"corridor testkit\0" + label.encode()).digest(length)


def h(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def v8(data: bytes) -> bytes:
    """Bytes behind a length of one byte."""
    return bytes([len(data)]) + data


def pae(payload_type: str, body: bytes) -> bytes:
    """PROTOCOL §2.1."""
    kind = payload_type.encode()
    return b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(body)).encode(), body])


def key_id(algorithm: int, public: bytes) -> bytes:
    """PROTOCOL §2.3."""
    return h(b"corridor/v1/keyid\0" + algorithm.to_bytes(2, "big") + public)[:16]


@lru_cache(maxsize=64)
def public_key(suite: int, secret: bytes) -> bytes:
    """The public key of an encryption secret, remembered: ML-KEM in Python is slow."""
    return hpke.public_key(suite, secret)


@lru_cache(maxsize=64)
def signing_pair(seed: bytes) -> tuple[bytes, bytes]:
    """Public key and libsodium's secret of a seed."""
    return bindings.crypto_sign_seed_keypair(seed)


@dataclass(frozen=True)
class Signer:
    """An Ed25519 key by its seed."""

    seed: bytes

    @property
    def public(self) -> bytes:
        """32 bytes."""
        return signing_pair(self.seed)[0]

    @property
    def key_id(self) -> bytes:
        """16 bytes."""
        return key_id(1, self.public)

    def sign(self, payload_type: str, body: bytes) -> bytes:
        """64 bytes."""
        secret = signing_pair(self.seed)[1]
        return bindings.crypto_sign(pae(payload_type, body), secret)[:64]


@dataclass(frozen=True)
class Opener:
    """An encryption key by its secret."""

    suite: int
    secret: bytes

    @property
    def public(self) -> bytes:
        """32 or 1,216 bytes."""
        return public_key(self.suite, self.secret)

    @property
    def key_id(self) -> bytes:
        """16 bytes."""
        return key_id(self.suite + 1, self.public)


@dataclass(frozen=True)
class To:
    """One recipient."""

    endpoint: bytes
    key: Opener
    enc_key_id: bytes | None = None
    stream_commit: bytes | None = None
    wrap_plain: bytes | None = None
    wrap: bytes | None = None
    sealed_for: bytes | None = None
    """Endpoint in the wrap's context, where it is not `endpoint`."""


@dataclass(frozen=True)
class Spec:
    """What to build. The second block replaces what would be derived."""

    label: str
    suite: int
    sender: bytes
    signer: Signer
    to: tuple[To, ...]
    network_id: bytes
    dir_version: int
    dir_hash: bytes
    bundle_hash: bytes
    created_ms: int
    expires_ms: int
    records: tuple[bytes, ...]
    lane: int = 1
    epoch: int = 1_764_000_000
    seq: int = 1
    prev: bytes = bytes(32)

    version: int = 1
    flags: int = 0
    signer_key_id: bytes | None = None
    recipient_count: int | None = None
    payload_root: bytes | None = None
    root_records: tuple[bytes, ...] | None = None
    key_commit: bytes | None = None
    padded_len: int | None = None
    body: bytes | None = None
    padded: bytes | None = None
    aad: bytes | None = None
    ct: bytes | None = None
    ct_digest: bytes | None = None
    header_tail: bytes = b""
    header: Callable[[bytes], bytes] | None = None
    payload_type: str = HEADER_TYPE
    signature: Callable[[bytes], bytes] | None = None
    signature_mode: int = 0
    frame: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True)
class Built:
    """An envelope and everything on the way to it."""

    frame: bytes
    header: bytes
    core: bytes
    signature: bytes
    ct: bytes
    wraps: tuple[bytes, ...]
    content_key: bytes
    blinds: tuple[bytes, ...]
    seed: bytes
    body: bytes
    padded: bytes
    salts: tuple[bytes, ...]
    leaves: tuple[bytes, ...]
    payload_root: bytes
    prk: bytes
    payload_key: bytes
    nonce: bytes
    envelope_id: bytes


def padme(length: int) -> int:
    """PROTOCOL §3.7."""
    e = length.bit_length() - 1
    s = e.bit_length()
    mask = 2 ** (e - s) - 1
    return (length + mask) & ~mask


def pad(body: bytes) -> bytes:
    """PROTOCOL §3.7."""
    total = padme(max(len(body) + 4, 2048))
    return len(body).to_bytes(4, "big") + body + bytes(total - len(body) - 4)


def merkle(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, by its own recursive text."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return h(b"\x01" + merkle(leaves[:split]) + merkle(leaves[split:]))


def salts_of(seed: bytes, count: int) -> list[bytes]:
    """PROTOCOL §3.6."""
    label = b"corridor/v1/leaf-salt\0"
    return [
        hmac.new(seed, label + index.to_bytes(4, "big"), hashlib.sha256).digest()
        for index in range(count)
    ]


def root_of(leaves: list[bytes]) -> bytes:
    """PROTOCOL §3.6."""
    count = len(leaves).to_bytes(4, "big")
    return h(b"corridor/v1/payload-root\0" + count + merkle(leaves))


def leaves_of(seed: bytes, records: tuple[bytes, ...]) -> list[bytes]:
    """PROTOCOL §3.6."""
    salts = salts_of(seed, len(records))
    return [h(b"\0" + salt + entry) for salt, entry in zip(salts, records, strict=True)]


def position(spec: Spec) -> bytes:
    """PROTOCOL §3.5."""
    return spec.epoch.to_bytes(4, "big") + spec.seq.to_bytes(8, "big") + spec.prev


def build(spec: Spec) -> Built:
    """Return the envelope that `spec` describes."""
    seed = fresh(spec.label + "/seed")
    content_key = fresh(spec.label + "/content-key")
    blinds = tuple(fresh(f"{spec.label}/blind/{place}") for place in range(len(spec.to)))
    body = proto.batch(seed, list(spec.records)) if spec.body is None else spec.body
    padded = pad(body) if spec.padded is None else spec.padded
    leaves = leaves_of(seed, spec.root_records or spec.records or (b"",))
    root = spec.payload_root or root_of(leaves)
    prk = hpke.extract(b"corridor/v1/content-key\0", content_key)
    core = _core(spec, blinds, prk, root, len(padded))
    info = b"corridor/v1/payload\0" + spec.suite.to_bytes(2, "big") + h(core)
    material = hpke.expand(prk, info, 56)
    key, nonce = material[:32], material[32:]
    ct = spec.ct
    if ct is None:
        aad = core if spec.aad is None else spec.aad
        ct = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(padded, aad, nonce, key)
    wraps = tuple(
        _wrap(spec, place, core, content_key, blinds[place]) for place in range(len(spec.to))
    )
    header = core + b"".join(len(wrap).to_bytes(2, "big") + wrap for wrap in wraps)
    header += (h(ct) if spec.ct_digest is None else spec.ct_digest) + spec.header_tail
    header = spec.header(header) if spec.header else header
    signature = spec.signer.sign(spec.payload_type, header)
    signature = spec.signature(signature) if spec.signature else signature
    frame = b"CRD1" + len(header).to_bytes(4, "big") + header + bytes([spec.signature_mode])
    frame += signature + len(ct).to_bytes(4, "big") + ct
    return Built(
        frame=spec.frame(frame) if spec.frame else frame,
        header=header,
        core=core,
        signature=signature,
        ct=ct,
        wraps=wraps,
        content_key=content_key,
        blinds=blinds,
        seed=seed,
        body=body,
        padded=padded,
        salts=tuple(salts_of(seed, len(spec.records))),
        leaves=tuple(leaves),
        payload_root=root,
        prk=prk,
        payload_key=key,
        nonce=nonce,
        envelope_id=h(b"corridor/v1/envelope-id\0" + header),
    )


def _core(spec: Spec, blinds: tuple[bytes, ...], prk: bytes, root: bytes, padded: int) -> bytes:
    suite = spec.suite.to_bytes(2, "big")
    commit = spec.key_commit or hpke.expand(prk, b"corridor/v1/key-commit\0" + suite, 32)
    count = len(spec.to) if spec.recipient_count is None else spec.recipient_count
    parts = [
        bytes([spec.version]) + suite + spec.flags.to_bytes(2, "big"),
        spec.network_id,
        v8(spec.sender),
        spec.signer_key_id or spec.signer.key_id,
        spec.dir_version.to_bytes(8, "big") + spec.dir_hash + spec.bundle_hash,
        spec.created_ms.to_bytes(8, "big") + spec.expires_ms.to_bytes(8, "big"),
        bytes([spec.lane]) + root + commit,
        (padded if spec.padded_len is None else spec.padded_len).to_bytes(4, "big"),
        bytes([count]),
    ]
    for to, blind in zip(spec.to, blinds, strict=True):
        place = b"corridor/v1/stream-pos\0" + v8(to.endpoint) + blind + position(spec)
        parts += [v8(to.endpoint), to.enc_key_id or to.key.key_id, to.stream_commit or h(place)]
    return b"".join(parts)


def _wrap(spec: Spec, place: int, core: bytes, content_key: bytes, blind: bytes) -> bytes:
    to = spec.to[place]
    if to.wrap is not None:
        return to.wrap
    plain = to.wrap_plain or content_key + blind + position(spec)
    named = to.sealed_for or to.endpoint
    info = b"corridor/v1/wrap\0" + h(core) + v8(named) + (to.enc_key_id or to.key.key_id)
    coins = fresh(f"{spec.label}/coins/{place}", 64)
    return hpke.seal(to.key.suite, to.key.public, info, plain, coins)


def changed(spec: Spec, label: str, **parts: object) -> Spec:
    """Return `spec` with other parts and its own randomness."""
    return replace(spec, label=label, **parts)
