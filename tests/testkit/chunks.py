"""Chunks of files and asks for them, built from PROTOCOL §13 by nothing but hashes and nacl."""

import hmac
from typing import Any

from nacl import bindings

from testkit import envelopes as kit

_CHUNK = 262_144
_CHUNK_LABEL = b"corridor/v1/chunk\0"
_ASK_LABEL = b"corridor/v1/chunk-ask\0"
_LEAF_LABEL = b"corridor/v1/chunk-leaf\0"
_SIZES = (1, 2_049, 300_000, 700_000)


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _expand(prk: bytes, info: bytes) -> bytes:
    return _mac(prk, info + b"\x01")


def content(size: int) -> bytes:
    """The file: byte n is n modulo 251."""
    period = bytes(range(251))
    return (period * (size // 251 + 1))[:size]


def _sealed(number: int, size: int, id_: bytes, key: bytes) -> bytes:
    plain = content(size)[number * _CHUNK : (number + 1) * _CHUNK]
    padded = plain.ljust(min(kit.padme(max(len(plain), 2_048)), _CHUNK), b"\0")
    count = -(-size // _CHUNK)
    context = _CHUNK_LABEL + id_ + number.to_bytes(4) + count.to_bytes(4) + size.to_bytes(8)
    return bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        padded, context, number.to_bytes(24), key
    )


def _path(leaves: list[bytes], number: int) -> list[bytes]:
    """RFC 6962 §2.1.1, by its recursion."""
    if len(leaves) == 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if number < split:
        return [*_path(leaves[:split], number), kit.merkle(leaves[split:])]
    return [*_path(leaves[split:], number - split), kit.merkle(leaves[:split])]


def _file(size: int) -> dict[str, Any]:
    id_, key = kit.fresh(f"file/{size}", 16), kit.fresh(f"file-key/{size}")
    record_id = kit.fresh(f"file-record/{size}", 16)
    prk = _mac(_CHUNK_LABEL, key)
    chunk_key, ask_key = _expand(prk, _CHUNK_LABEL + id_), _expand(prk, _ASK_LABEL + id_)
    count = -(-size // _CHUNK)
    sealed = [_sealed(number, size, id_, chunk_key) for number in range(count)]
    leaves = [
        kit.h(b"\0" + _LEAF_LABEL + number.to_bytes(4) + one) for number, one in enumerate(sealed)
    ]
    frames = [
        b"CRC1" + id_ + number.to_bytes(4) + bytes([len(path)]) + b"".join(path) + one
        for number, one in enumerate(sealed)
        for path in [_path(leaves, number)]
    ]
    said = b"CRQ1" + record_id + (1_790_000_000_000).to_bytes(8) + bytes([count])
    said += b"".join(number.to_bytes(4) for number in reversed(range(count)))
    return {
        "size": size,
        "sha256": kit.h(content(size)).hex(),
        "attachment_id": id_.hex(),
        "key": key.hex(),
        "record_id": record_id.hex(),
        "root": kit.merkle(leaves).hex(),
        "chunk_key": chunk_key.hex(),
        "ask_key": ask_key.hex(),
        "leaves": [leaf.hex() for leaf in leaves],
        "frame_lengths": [len(frame) for frame in frames],
        "frame_sha256": [kit.h(frame).hex() for frame in frames],
        "first_frame": frames[0].hex() if size < _CHUNK else None,
        "ask_of_all_from_the_last": (said + _mac(ask_key, _ASK_LABEL + said)).hex(),
    }


def chunks() -> dict[str, Any]:
    """Return the document."""
    return {
        "about": "files whose byte n is n modulo 251; the whole frame is given for the small ones",
        "asked_ms": 1_790_000_000_000,
        "files": [_file(size) for size in _SIZES],
    }
