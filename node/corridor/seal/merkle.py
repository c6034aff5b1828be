"""Merkle trees of RFC 6962 shape: the records of an envelope, the leaves of the evidence log.

Rules:

* leaves are hashed with 0x00 before them, inner nodes with 0x01 (RFC 6962 §2.1);
* a record's leaf is salted, so that nobody who sees the root can test a guess (PROTOCOL §3.6);
* a tree is never empty here, except the log that has no leaf yet: its root is 32 zero bytes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from corridor.seal.pae import LABEL_LEAF_SALT, LABEL_LOG_LEAF, LABEL_PAYLOAD_ROOT
from corridor.seal.primitives import hmac_sha256_many, sha256

EMPTY_LOG_ROOT: Final = bytes(32)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def leaf_salts(seed: bytes, count: int) -> list[bytes]:
    """Return the salts of the first `count` records, 32 bytes each."""
    labels = (LABEL_LEAF_SALT + index.to_bytes(4) for index in range(count))
    return hmac_sha256_many(seed, labels)


def record_leaves(salts: Sequence[bytes], records: Sequence[bytes]) -> list[bytes]:
    """Return the leaf hash of each record under its salt."""
    fresh = hashlib.sha256(b"\0").copy
    leaves = []
    for salt, record in zip(salts, records, strict=True):
        state = fresh()
        state.update(salt)
        state.update(record)
        leaves.append(state.digest())
    return leaves


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash of at least one leaf hash."""
    fresh = hashlib.sha256(b"\x01").copy
    level = list(leaves)
    while len(level) > 1:
        above = []
        for left, right in zip(level[::2], level[1::2], strict=False):
            state = fresh()
            state.update(left + right)
            above.append(state.digest())
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def payload_root(seed: bytes, records: Sequence[bytes]) -> bytes:
    """Return what a header says of its 1..512 records (PROTOCOL §3.6)."""
    leaves = record_leaves(leaf_salts(seed, len(records)), records)
    return counted_root(len(leaves), tree_root(leaves))


def counted_root(count: int, root: bytes) -> bytes:
    """Return the payload root of a tree of so many records (PROTOCOL §3.6)."""
    return sha256(LABEL_PAYLOAD_ROOT + count.to_bytes(4) + root)


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the siblings of leaf `index` from the bottom up, at most log2 of the leaves."""
    path: list[bytes] = []
    level = list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        odd = level[-1:] if len(level) % 2 else []
        level = [node_hash(*pair) for pair in zip(level[::2], level[1::2], strict=False)] + odd
        index //= 2
    return tuple(path)


def included_root(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that `path` leads to from `leaf`, None where the path cannot be one.

    Args:
        leaf: Leaf hash.
        index: Its place, from 0.
        size: Number of leaves of the tree; the caller compares it with what was signed.
        path: Siblings from the bottom up.
    """
    if not 0 <= index < size:
        return None
    remaining = list(path)
    root, last = leaf, size - 1
    while last:
        if index % 2 or index < last:
            if not remaining:
                return None
            sibling = remaining.pop(0)
            root = node_hash(sibling, root) if index % 2 else node_hash(root, sibling)
        index //= 2
        last //= 2
    return None if remaining else root


def log_leaf(data: bytes) -> bytes:
    """Return the leaf hash of an evidence log entry (PROTOCOL §8)."""
    return sha256(b"\0" + LABEL_LOG_LEAF + data)


@dataclass(frozen=True, slots=True)
class LogTree:
    """The evidence log as far as it must be kept to go on: its size and its full subtrees.

    `peaks` are the roots of the perfect subtrees, largest first: one per set bit of `size`.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def appended(self, leaf: bytes) -> Self:
        """Return the log with one more leaf hash."""
        peaks, carried, size = list(self.peaks), leaf, self.size
        while size % 2:
            carried = node_hash(peaks.pop(), carried)
            size //= 2
        return type(self)(self.size + 1, (*peaks, carried))

    def root(self) -> bytes:
        """Return the Merkle tree hash, `EMPTY_LOG_ROOT` while there is no leaf."""
        if not self.peaks:
            return EMPTY_LOG_ROOT
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root

    def to_bytes(self) -> bytes:
        """Return size (8 bytes) and peaks, for the store."""
        return self.size.to_bytes(8) + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: The number of peaks does not fit the size.
        """
        size = int.from_bytes(data[:8])
        peaks = tuple(data[start : start + 32] for start in range(8, len(data), 32))
        if len(data) != 8 + 32 * size.bit_count():
            raise ValueError("the evidence log's peaks do not fit its size")
        return cls(size, peaks)
