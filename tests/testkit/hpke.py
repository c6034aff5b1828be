"""HPKE base mode for both suites, from RFC 9180 and draft X-Wing, over libsodium and kyber-py.

Deterministic: the caller gives what a real sender draws.
"""

import hashlib
import hmac

from kyber_py.ml_kem import ML_KEM_768
from nacl import bindings

ENCAPSULATION = {1: 32, 2: 1120}
KEM_ID = {1: b"KEM\x00\x20", 2: b"KEM\x64\x7a"}
HPKE_ID = {1: b"HPKE\x00\x20\x00\x01\x00\x03", 2: b"HPKE\x64\x7a\x00\x01\x00\x03"}
_XWING_LABEL = b"\\.//^\\"


def extract(salt: bytes, ikm: bytes) -> bytes:
    """HKDF-Extract."""
    return hmac.new(salt, ikm, hashlib.sha256).digest()


def expand(prk: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand."""
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha256).digest()
        out, counter = out + block, counter + 1
    return out[:length]


def _extract(suite_id: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return extract(salt, b"HPKE-v1" + suite_id + label + ikm)


def _expand(suite_id: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + info, length)


def xwing_secrets(seed: bytes) -> tuple[bytes, bytes]:
    """Return (ML-KEM seed d || z, X25519 scalar) of an X-Wing seed."""
    expanded = hashlib.shake_256(seed).digest(96)
    return expanded[:64], expanded[64:]


def public_key(suite: int, secret: bytes) -> bytes:
    """Return the public key of 32 secret bytes."""
    if suite == 1:
        return bindings.crypto_scalarmult_base(secret)
    mlkem, curve = xwing_secrets(secret)
    encapsulation_key, _ = ML_KEM_768.key_derive(mlkem)
    return encapsulation_key + bindings.crypto_scalarmult_base(curve)


def encapsulate(suite: int, public: bytes, coins: bytes) -> tuple[bytes, bytes]:
    """Return (encapsulation, shared secret); `coins` are 64 bytes, suite 1 uses 32 of them."""
    if suite == 1:
        ephemeral = coins[:32]
        enc = bindings.crypto_scalarmult_base(ephemeral)
        dh = bindings.crypto_scalarmult(ephemeral, public)
        prk = _extract(KEM_ID[1], b"", b"eae_prk", dh)
        return enc, _expand(KEM_ID[1], prk, b"shared_secret", enc + public, 32)
    mlkem_public, curve_public = public[:1184], public[1184:]
    mlkem_shared, mlkem_ct = ML_KEM_768._encaps_internal(mlkem_public, coins[:32])
    curve_ct = bindings.crypto_scalarmult_base(coins[32:])
    curve_shared = bindings.crypto_scalarmult(coins[32:], curve_public)
    mixed = mlkem_shared + curve_shared + curve_ct + curve_public + _XWING_LABEL
    return mlkem_ct + curve_ct, hashlib.sha3_256(mixed).digest()


def decapsulate(suite: int, secret: bytes, enc: bytes) -> bytes:
    """Return the shared secret."""
    if suite == 1:
        public = bindings.crypto_scalarmult_base(secret)
        prk = _extract(KEM_ID[1], b"", b"eae_prk", bindings.crypto_scalarmult(secret, enc))
        return _expand(KEM_ID[1], prk, b"shared_secret", enc + public, 32)
    mlkem, curve = xwing_secrets(secret)
    _, decapsulation_key = ML_KEM_768.key_derive(mlkem)
    mlkem_shared = ML_KEM_768.decaps(decapsulation_key, enc[:1088])
    curve_shared = bindings.crypto_scalarmult(curve, enc[1088:])
    curve_public = bindings.crypto_scalarmult_base(curve)
    mixed = mlkem_shared + curve_shared + enc[1088:] + curve_public + _XWING_LABEL
    return hashlib.sha3_256(mixed).digest()


def key_schedule(suite: int, shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Return (key, base nonce) of HPKE's base mode."""
    suite_id = HPKE_ID[suite]
    psk_id_hash = _extract(suite_id, b"", b"psk_id_hash", b"")
    context = b"\0" + psk_id_hash + _extract(suite_id, b"", b"info_hash", info)
    prk = _extract(suite_id, shared, b"secret", b"")
    key = _expand(suite_id, prk, b"key", context, 32)
    return key, _expand(suite_id, prk, b"base_nonce", context, 12)


def seal(suite: int, public: bytes, info: bytes, plain: bytes, coins: bytes) -> bytes:
    """Return encapsulation and ciphertext."""
    enc, shared = encapsulate(suite, public, coins)
    key, nonce = key_schedule(suite, shared, info)
    return enc + bindings.crypto_aead_chacha20poly1305_ietf_encrypt(plain, b"", nonce, key)


def open_sealed(suite: int, secret: bytes, info: bytes, sealed: bytes) -> bytes:
    """Return what was sealed; nacl.exceptions.CryptoError where it does not open."""
    cut = ENCAPSULATION[suite]
    key, nonce = key_schedule(suite, decapsulate(suite, secret, sealed[:cut]), info)
    return bindings.crypto_aead_chacha20poly1305_ietf_decrypt(sealed[cut:], b"", nonce, key)
