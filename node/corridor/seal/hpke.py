"""HPKE base mode for the two suites (PROTOCOL §3.3, RFC 9180).

Rules:

* suite 1 is KEM 0x0020 DHKEM(X25519, HKDF-SHA256), KDF 0x0001, AEAD 0x0003; its key schedule is
  written here over libsodium;
* suite 2 is KEM 0x647a (X-Wing: ML-KEM-768 with X25519), same KDF and AEAD, from OpenSSL;
* one message per encapsulation, sequence number 0, no associated data;
* a private key of suite 2 is X-Wing's 32-byte seed, a public key is ML-KEM's 1,184 bytes and
  X25519's 32.
"""

import hashlib
from functools import lru_cache
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from corridor.seal.primitives import (
    KEY_BYTES,
    TAG_BYTES,
    Draw,
    hkdf_expand,
    hkdf_extract,
    wrap_decrypt,
    wrap_encrypt,
    x25519,
    x25519_public,
)

SUITE_X25519: Final = 1
SUITE_XWING: Final = 2
SUITES: Final = (SUITE_X25519, SUITE_XWING)
SECRET_BYTES: Final = 32
PUBLIC_BYTES: Final = {SUITE_X25519: 32, SUITE_XWING: 1216}
ENCAPSULATION_BYTES: Final = {SUITE_X25519: 32, SUITE_XWING: 1120}
"""What HPKE sends before the ciphertext, by suite (PROTOCOL §3.3)."""

HpkeSecret: TypeAlias = bytes | MLKEM768X25519PrivateKey
"""A loaded private key: suite 1's scalar, or suite 2's pair of keys."""

_MLKEM_PUBLIC_BYTES: Final = 1184
_MLKEM_SEED_BYTES: Final = 64
_AEAD_NONCE_BYTES: Final = 12
_MODE_BASE: Final = b"\0"
_VERSION: Final = b"HPKE-v1"
_KEM_ID: Final = b"KEM\x00\x20"
_HPKE_ID: Final = b"HPKE\x00\x20\x00\x01\x00\x03"


def sealed_length(suite: int, plain_bytes: int) -> int:
    """Return the exact length of what `seal_to` makes of `plain_bytes`."""
    return ENCAPSULATION_BYTES[suite] + plain_bytes + TAG_BYTES


def public_of(suite: int, secret: bytes) -> bytes:
    """Return the public key of a 32-byte secret of `suite`."""
    if suite == SUITE_X25519:
        return x25519_public(secret)
    mlkem, curve = _expand_seed(secret)
    post_quantum = MLKEM768PrivateKey.from_seed_bytes(mlkem).public_key().public_bytes_raw()
    return post_quantum + x25519_public(curve)


def public_is_admissible(suite: int, public: bytes) -> bool:
    """Tell whether `public` may be sealed to: length, canonical, no small order, ML-KEM check."""
    if len(public) != PUBLIC_BYTES[suite]:
        return False
    curve = public[-KEY_BYTES:]
    if int.from_bytes(curve, "little") >= 2**255 - 19 or x25519(b"\x01" * 32, curve) is None:
        return False
    if suite == SUITE_X25519:
        return True
    try:
        MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES])
    except ValueError:
        return False
    return True


def seal_to(suite: int, public: bytes, info: bytes, plain: bytes, draw: Draw) -> bytes:
    """Return encapsulation and ciphertext of `plain` for the holder of `public`.

    `draw` gives suite 1 its ephemeral secret; OpenSSL draws its own for suite 2.

    Raises:
        ValueError: `public` was never admitted (see `public_is_admissible`).
    """
    if suite == SUITE_XWING:
        return _xwing().encrypt(plain, _xwing_public(public), info=info)
    ephemeral = draw(KEY_BYTES)
    encapsulation = x25519_public(ephemeral)
    shared = x25519(ephemeral, public)
    if shared is None:
        raise ValueError("the recipient's key is a point of small order")
    key, nonce = _key_schedule(shared, encapsulation, public, info)
    return encapsulation + wrap_encrypt(key, nonce, plain)


def load_secret(suite: int, secret: bytes) -> HpkeSecret:
    """Return a 32-byte secret of `suite` in the form that `open_from` takes."""
    if suite == SUITE_X25519:
        return secret
    mlkem, curve = _expand_seed(secret)
    return MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(mlkem), X25519PrivateKey.from_private_bytes(curve)
    )


def open_from(secret: HpkeSecret, public: bytes, info: bytes, sealed: bytes) -> bytes | None:
    """Return what was sealed to us, None where it does not open.

    Args:
        secret: What `load_secret` made of our secret; its form tells the suite.
        public: Our public key.
        info: The context; any difference refuses.
        sealed: Encapsulation and ciphertext, `sealed_length` bytes.
    """
    if isinstance(secret, MLKEM768X25519PrivateKey):
        try:
            return _xwing().decrypt(sealed, secret, info=info)
        except InvalidTag:
            return None
    encapsulation = sealed[:KEY_BYTES]
    shared = x25519(secret, encapsulation)
    if shared is None:
        return None
    key, nonce = _key_schedule(shared, encapsulation, public, info)
    return wrap_decrypt(key, nonce, sealed[KEY_BYTES:])


def _expand_seed(seed: bytes) -> tuple[bytes, bytes]:
    """Return (ML-KEM seed d || z, X25519 secret) of an X-Wing seed."""
    expanded = hashlib.shake_256(seed).digest(_MLKEM_SEED_BYTES + KEY_BYTES)
    return expanded[:_MLKEM_SEED_BYTES], expanded[_MLKEM_SEED_BYTES:]


@lru_cache(maxsize=1)
def _xwing() -> Suite:
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


@lru_cache(maxsize=256)  # a partner's key is used thousands of times; parsing it costs a hash of it
def _xwing_public(public: bytes) -> MLKEM768X25519PublicKey:
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:]),
    )


@lru_cache(maxsize=1)
def _psk_id_hash() -> bytes:
    return _labeled_extract(_HPKE_ID, b"", b"psk_id_hash", b"")


def _key_schedule(
    shared: bytes, encapsulation: bytes, public: bytes, info: bytes
) -> tuple[bytes, bytes]:
    """Return (key, base nonce): RFC 9180 §4.1 ExtractAndExpand, then §5.1 KeySchedule."""
    prk = _labeled_extract(_KEM_ID, b"", b"eae_prk", shared)
    secret = _labeled_expand(_KEM_ID, prk, b"shared_secret", encapsulation + public, KEY_BYTES)
    info_hash = _labeled_extract(_HPKE_ID, b"", b"info_hash", info)
    context = _MODE_BASE + _psk_id_hash() + info_hash
    prk = _labeled_extract(_HPKE_ID, secret, b"secret", b"")
    key = _labeled_expand(_HPKE_ID, prk, b"key", context, KEY_BYTES)
    return key, _labeled_expand(_HPKE_ID, prk, b"base_nonce", context, _AEAD_NONCE_BYTES)


def _labeled_extract(suite_id: bytes, salt: bytes, label: bytes, key_material: bytes) -> bytes:
    return hkdf_extract(salt, _VERSION + suite_id + label + key_material)


def _labeled_expand(suite_id: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return hkdf_expand(prk, length.to_bytes(2) + _VERSION + suite_id + label + info, length)
