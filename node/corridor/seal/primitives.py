"""The doors to libsodium and OpenSSL that everything else in `seal` goes through.

Rules:

* a primitive that refuses its input returns None; no library exception leaves this file except
  through a mistake of ours (a key of a wrong length is a bug, not an input);
* SHA-256 comes from `hashlib`, which is ten times cheaper a call than PyNaCl's hashes;
* nothing here knows an envelope.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

import nacl.exceptions
from nacl import bindings
from nacl.pwhash import argon2id as _argon2id

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 24
TAG_BYTES: Final = 16
SIGNATURE_BYTES: Final = 64
STREAM_HEADER_BYTES: Final = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
STREAM_TAG_BYTES: Final = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
HASH_BYTES: Final = 32
_BLOCK_BYTES: Final = 64

_BAD_INPUT: Final = (
    nacl.exceptions.CryptoError,
    nacl.exceptions.RuntimeError,
    nacl.exceptions.TypeError,
    nacl.exceptions.ValueError,
)

_IPAD: Final = bytes(byte ^ 0x36 for byte in range(256))
_OPAD: Final = bytes(byte ^ 0x5C for byte in range(256))

Draw: TypeAlias = Callable[[int], bytes]
"""Returns so many fresh random bytes; tests and vectors pass their own."""


def random_bytes(count: int) -> bytes:
    """Return `count` bytes of the kernel's generator."""
    return os.urandom(count)


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 of `data`, 32 bytes."""
    return hashlib.sha256(data).digest()


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104) under a key of at most 64 bytes.

    Written out, because `hmac.digest` looks its algorithm up in OpenSSL at each call.
    """
    block = key.ljust(_BLOCK_BYTES, b"\0")
    inner = hashlib.sha256(block.translate(_IPAD) + message).digest()
    return hashlib.sha256(block.translate(_OPAD) + inner).digest()


def hmac_sha256_many(key: bytes, messages: Iterable[bytes]) -> list[bytes]:
    """HMAC-SHA-256 of each message, the key schedule paid once."""
    block = key.ljust(_BLOCK_BYTES, b"\0")
    inner_copy = hashlib.sha256(block.translate(_IPAD)).copy
    outer_copy = hashlib.sha256(block.translate(_OPAD)).copy
    digests = []
    for message in messages:
        inner = inner_copy()
        inner.update(message)
        outer = outer_copy()
        outer.update(inner.digest())
        digests.append(outer.digest())
    return digests


def hkdf_extract(salt: bytes, key_material: bytes) -> bytes:
    """HKDF-Extract with SHA-256 (RFC 5869 §2.2)."""
    return hmac_sha256(salt, key_material)


def hkdf_expand(prk: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand with SHA-256 (RFC 5869 §2.3); `length` is at most 255 * 32 bytes."""
    block = b""
    output = b""
    for number in range(1, -(-length // HASH_BYTES) + 1):
        block = hmac_sha256(prk, block + info + bytes((number,)))
        output += block
    return output[:length]


def payload_encrypt(key: bytes, nonce: bytes, plain: bytes, aad: bytes) -> bytes:
    """XChaCha20-Poly1305-IETF; the tag's 16 bytes follow the ciphertext."""
    return bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, aad, nonce, key)


def payload_decrypt(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes | None:
    """Undo `payload_encrypt`; None where the tag is not right."""
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, aad, nonce, key)
    except _BAD_INPUT:
        return None


def wrap_encrypt(key: bytes, nonce: bytes, plain: bytes) -> bytes:
    """ChaCha20-Poly1305-IETF without associated data, as HPKE's AEAD 0x0003."""
    return bindings.crypto_aead_chacha20poly1305_ietf_encrypt(plain, b"", nonce, key)


def wrap_decrypt(key: bytes, nonce: bytes, sealed: bytes) -> bytes | None:
    """Undo `wrap_encrypt`; None where the tag is not right."""
    try:
        return bindings.crypto_aead_chacha20poly1305_ietf_decrypt(sealed, b"", nonce, key)
    except _BAD_INPUT:
        return None


class StreamSealer:
    """Seals pieces in order (libsodium's secretstream, XChaCha20-Poly1305)."""

    def __init__(self, key: bytes) -> None:
        """Draw the stream's `header`, 24 bytes, under a 32-byte key."""
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        self.header = bindings.crypto_secretstream_xchacha20poly1305_init_push(self._state, key)

    def seal(self, plain: bytes, *, last: bool) -> bytes:
        """Return the next piece, `STREAM_TAG_BYTES` longer than `plain`."""
        tag = (
            bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
            if last
            else bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
        )
        return bindings.crypto_secretstream_xchacha20poly1305_push(self._state, plain, None, tag)


class StreamOpener:
    """Opens what a `StreamSealer` sealed, in its order."""

    def __init__(self, key: bytes, header: bytes) -> None:
        """Begin with a 32-byte key and the stream's header."""
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(self._state, header, key)

    def open(self, sealed: bytes) -> tuple[bytes, bool] | None:
        """Return the next piece and whether it is the last; None where it is not the next one."""
        try:
            plain, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(self._state, sealed)
        except _BAD_INPUT:
            return None
        return plain, tag == bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL


def ed25519_keypair(seed: bytes) -> tuple[bytes, bytes]:
    """Return (public 32 B, libsodium secret 64 B) of a 32-byte seed."""
    return bindings.crypto_sign_seed_keypair(seed)


def ed25519_sign(secret: bytes, message: bytes) -> bytes:
    """Return the Ed25519 signature of `message`, 64 bytes."""
    return bindings.crypto_sign(message, secret)[:SIGNATURE_BYTES]


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """RFC 8032 §5.1.7 without cofactor, S < L, canonical A and R, R not of small order (E-2)."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        bindings.crypto_sign_open(signature + message, public)
    except _BAD_INPUT:
        return False
    return True


def ed25519_point_is_admissible(public: bytes) -> bool:
    """Tell whether 32 bytes are a canonical point of the prime-order subgroup (E-1)."""
    try:
        return bindings.crypto_core_ed25519_is_valid_point(public)
    except _BAD_INPUT:
        return False


def x25519_public(secret: bytes) -> bytes:
    """Return the X25519 public key of a 32-byte secret."""
    return bindings.crypto_scalarmult_base(secret)


def x25519(secret: bytes, public: bytes) -> bytes | None:
    """Return the shared secret; None where the point is of small order (all-zero result)."""
    try:
        return bindings.crypto_scalarmult(secret, public)
    except _BAD_INPUT:
        return None


def argon2id(password: bytes, salt: bytes, operations: int, memory_bytes: int) -> bytes:
    """Return 32 bytes derived by Argon2id version 1.3 from `password` and a 16-byte `salt`.

    Raises:
        ValueError: libsodium refuses the cost parameters.
    """
    return _argon2id.kdf(KEY_BYTES, password, salt, opslimit=operations, memlimit=memory_bytes)
