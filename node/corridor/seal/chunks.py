"""Chunks of a file, and the asks for them: sealed, proved and framed (PROTOCOL §13).

Rules:

* a chunk is sealed once, under a key that only its manifest holds: it may arrive in any order, any
  number of times, and is kept as it arrived;
* a chunk is proved by its path to the root that its sender signed with the manifest, before
  anything is opened;
* an ask is proved by that key too: whoever does not hold the manifest makes no sender send.

    >>> keys = ChunkKeys(bytes(16), bytes(32), 5)
    >>> keys.open(0, keys.seal(0, b"hello"))
    b'hello'
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from corridor.errors import Reason, Refused
from corridor.seal.merkle import included_root, node_hash
from corridor.seal.padding import padme
from corridor.seal.pae import LABEL_CHUNK, LABEL_CHUNK_ASK, LABEL_CHUNK_LEAF
from corridor.seal.primitives import (
    HASH_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    hkdf_expand,
    hkdf_extract,
    hmac_sha256,
    payload_decrypt,
    payload_encrypt,
    sha256,
)
from corridor.wire import limits

CHUNK_MAGIC: Final = b"CRC1"
ASK_MAGIC: Final = b"CRQ1"
ID_BYTES: Final = 16
_CHUNK_HEAD: Final = len(CHUNK_MAGIC) + ID_BYTES + 4 + 1
_ASK_HEAD: Final = len(ASK_MAGIC) + ID_BYTES + 8 + 1
MOST_SEALED_BYTES: Final = limits.CHUNK_BYTES + TAG_BYTES


def chunk_count(size: int) -> int:
    """Return how many chunks a file of `size` bytes has."""
    return -(-size // limits.CHUNK_BYTES)


def plain_bytes(size: int, index: int) -> int:
    """Return how many bytes of a file of `size` bytes are in chunk `index`."""
    return min(limits.CHUNK_BYTES, size - index * limits.CHUNK_BYTES)


def sealed_bytes(size: int, index: int) -> int:
    """Return how long chunk `index` is when sealed: padded, so that it tells the magnitude only."""
    plain = plain_bytes(size, index)
    return min(padme(max(plain, limits.PAD_FLOOR_BYTES)), limits.CHUNK_BYTES) + TAG_BYTES


def chunk_leaf(index: int, sealed: bytes) -> bytes:
    """Return the leaf of a sealed chunk in the tree of its file."""
    return sha256(b"\0" + LABEL_CHUNK_LEAF + index.to_bytes(4) + sealed)


class ChunkTree:
    """The whole tree of a file: 512 KiB for the largest, so that no path is computed anew."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        """Hash the tree over at least one leaf."""
        self._levels = [list(leaves)]
        while len(level := self._levels[-1]) > 1:
            odd = level[-1:] if len(level) % 2 else []
            pairs = zip(level[::2], level[1::2], strict=False)
            self._levels.append([node_hash(*pair) for pair in pairs] + odd)

    @property
    def root(self) -> bytes:
        """What the manifest says of all chunks."""
        return self._levels[-1][0]

    def path(self, index: int) -> tuple[bytes, ...]:
        """Return the siblings of a leaf from the bottom up."""
        found: list[bytes] = []
        for level in self._levels[:-1]:
            found += level[index ^ 1 : (index ^ 1) + 1]
            index //= 2
        return tuple(found)


@dataclass(frozen=True)
class ChunkKeys:
    """What seals and opens the chunks of one file."""

    attachment_id: bytes
    key: bytes
    """Drawn for this file alone, 32 bytes."""
    size: int
    """Of the file, in bytes."""

    @cached_property
    def _secret(self) -> bytes:
        return hkdf_extract(LABEL_CHUNK, self.key)

    @cached_property
    def _chunk_key(self) -> bytes:
        return hkdf_expand(self._secret, LABEL_CHUNK + self.attachment_id, HASH_BYTES)

    @cached_property
    def ask_key(self) -> bytes:
        """What proves an ask, 32 bytes."""
        return hkdf_expand(self._secret, LABEL_CHUNK_ASK + self.attachment_id, HASH_BYTES)

    def _context(self, index: int) -> bytes:
        place = index.to_bytes(4) + chunk_count(self.size).to_bytes(4) + self.size.to_bytes(8)
        return LABEL_CHUNK + self.attachment_id + place

    def seal(self, index: int, plain: bytes) -> bytes:
        """Return chunk `index`; `plain` has exactly what the file has there."""
        padded = plain.ljust(sealed_bytes(self.size, index) - TAG_BYTES, b"\0")
        nonce = index.to_bytes(NONCE_BYTES)
        return payload_encrypt(self._chunk_key, nonce, padded, self._context(index))

    def open(self, index: int, sealed: bytes) -> bytes | None:
        """Undo `seal`; None where it is not that chunk, or is padded with anything but zeros."""
        nonce = index.to_bytes(NONCE_BYTES)
        padded = payload_decrypt(self._chunk_key, nonce, sealed, self._context(index))
        if padded is None:
            return None
        end = plain_bytes(self.size, index)
        return None if padded.count(0, end) != len(padded) - end else padded[:end]


class Chunk(NamedTuple):
    """One chunk as it travels."""

    attachment_id: bytes
    number: int
    """From 0."""
    path: tuple[bytes, ...]
    sealed: bytes

    def to_frame(self) -> bytes:
        """Return the bytes of one message."""
        head = CHUNK_MAGIC + self.attachment_id + self.number.to_bytes(4)
        return head + bytes((len(self.path),)) + b"".join(self.path) + self.sealed

    def fits(self, size: int, root: bytes) -> bool:
        """Whether it is a chunk of the file of which a manifest says this."""
        count = chunk_count(size)
        if self.number >= count or len(self.sealed) != sealed_bytes(size, self.number):
            return False
        leaf = chunk_leaf(self.number, self.sealed)
        return included_root(leaf, self.number, count, self.path) == root


class Ask(NamedTuple):
    """What a receiver asks for."""

    record_id: bytes
    """Of the manifest."""
    asked_ms: int
    """By the asker's clock; an ask that is not later than the last one is a repeat of it."""
    chunks: tuple[int, ...]

    def to_frame(self, ask_key: bytes) -> bytes:
        """Return the bytes of one message, proved."""
        head = ASK_MAGIC + self.record_id + self.asked_ms.to_bytes(8) + bytes((len(self.chunks),))
        said = head + b"".join(index.to_bytes(4) for index in self.chunks)
        return said + hmac_sha256(ask_key, LABEL_CHUNK_ASK + said)


def is_chunk_frame(frame: bytes) -> bool:
    """Whether a message is a chunk or an ask, and not an envelope."""
    return frame[:4] in {CHUNK_MAGIC, ASK_MAGIC}


def parse_chunk(frame: bytes) -> Chunk:
    """Return the chunk of a message that begins with CRC1; whether it fits is not known yet.

    Raises:
        Refused: FRAME_TOO_LARGE, TRUNCATED or LIMITS.
    """
    if len(frame) > _CHUNK_HEAD + limits.MAX_CHUNK_PATH * HASH_BYTES + MOST_SEALED_BYTES:
        raise Refused(Reason.FRAME_TOO_LARGE)
    if len(frame) <= _CHUNK_HEAD:
        raise Refused(Reason.TRUNCATED)
    index, hashes = int.from_bytes(frame[20:24]), frame[24]
    end = _CHUNK_HEAD + hashes * HASH_BYTES
    if index >= limits.MAX_CHUNKS or hashes > limits.MAX_CHUNK_PATH:
        raise Refused(Reason.LIMITS)
    if len(frame) <= end + TAG_BYTES:
        raise Refused(Reason.TRUNCATED)
    path = tuple(frame[at : at + HASH_BYTES] for at in range(_CHUNK_HEAD, end, HASH_BYTES))
    return Chunk(frame[4:20], index, path, frame[end:])


def parse_ask(frame: bytes) -> Ask:
    """Return the ask of a message that begins with CRQ1; it is not proved yet.

    Raises:
        Refused: TRUNCATED, TRAILING_BYTES or LIMITS.
    """
    if len(frame) < _ASK_HEAD + HASH_BYTES:
        raise Refused(Reason.TRUNCATED)
    count = frame[_ASK_HEAD - 1]
    if not 1 <= count <= limits.MAX_ASKED_CHUNKS:
        raise Refused(Reason.LIMITS)
    end = _ASK_HEAD + 4 * count
    if len(frame) < end + HASH_BYTES:
        raise Refused(Reason.TRUNCATED)
    if len(frame) > end + HASH_BYTES:
        raise Refused(Reason.TRAILING_BYTES)
    chunks = tuple(int.from_bytes(frame[at : at + 4]) for at in range(_ASK_HEAD, end, 4))
    return Ask(frame[4:20], int.from_bytes(frame[20:28]), chunks)


def is_proved(frame: bytes, ask_key: bytes) -> bool:
    """Whether who made an ask (whole, as it arrived) holds the manifest."""
    said, proof = frame[:-HASH_BYTES], frame[-HASH_BYTES:]
    return hmac.compare_digest(proof, hmac_sha256(ask_key, LABEL_CHUNK_ASK + said))
