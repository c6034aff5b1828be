"""Chunks and asks: what fits is opened and proved, and nothing else (PROTOCOL §13)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import Reason, Refused
from corridor.seal.chunks import (
    Ask,
    Chunk,
    ChunkKeys,
    ChunkTree,
    chunk_count,
    chunk_leaf,
    is_chunk_frame,
    is_proved,
    parse_ask,
    parse_chunk,
    plain_bytes,
    sealed_bytes,
)
from corridor.seal.merkle import inclusion_path, tree_root
from corridor.wire.limits import CHUNK_BYTES, MAX_ASKED_CHUNKS, MAX_ATTACHMENT_BYTES, MAX_CHUNKS

ID, KEY = bytes(range(16)), bytes(range(32))


def file_of(size: int) -> tuple[ChunkKeys, list[bytes], list[bytes]]:
    """Return the keys of a file, what its chunks hold, and the chunks."""
    keys = ChunkKeys(ID, KEY, size)
    plain = [bytes([n % 256]) * plain_bytes(size, n) for n in range(chunk_count(size))]
    return keys, plain, [keys.seal(n, one) for n, one in enumerate(plain)]


SIZES = (1, 2048, 2049, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES + 7)


@pytest.mark.parametrize("size", SIZES)
def test_each_chunk_opens_and_is_proved(size: int) -> None:
    keys, plain, sealed = file_of(size)
    tree = ChunkTree([chunk_leaf(n, one) for n, one in enumerate(sealed)])
    for n, one in enumerate(sealed):
        assert len(one) == sealed_bytes(size, n) <= CHUNK_BYTES + 16
        assert keys.open(n, one) == plain[n]
        chunk = Chunk(ID, n, tree.path(n), one)
        assert parse_chunk(chunk.to_frame()) == chunk
        assert is_chunk_frame(chunk.to_frame())
        assert chunk.fits(size, tree.root)


def test_the_largest_file_has_as_many_chunks_as_a_frame_can_number() -> None:
    assert chunk_count(MAX_ATTACHMENT_BYTES) == MAX_CHUNKS
    assert (MAX_CHUNKS - 1).bit_length() == 13


@given(st.integers(1, 40))
def test_a_tree_has_the_root_and_paths_of_rfc_6962(count: int) -> None:
    leaves = [bytes([n]) * 32 for n in range(count)]
    tree = ChunkTree(leaves)
    assert tree.root == tree_root(leaves)
    assert [tree.path(n) for n in range(count)] == [inclusion_path(leaves, n) for n in range(count)]


def test_a_chunk_of_another_place_file_key_or_size_does_not_open_or_fit() -> None:
    size = 2 * CHUNK_BYTES
    keys, _, sealed = file_of(size)
    root = ChunkTree([chunk_leaf(n, one) for n, one in enumerate(sealed)]).root
    tree = ChunkTree([chunk_leaf(n, one) for n, one in enumerate(sealed)])
    assert keys.open(1, sealed[0]) is None
    for other in (
        ChunkKeys(bytes(16), KEY, size),
        ChunkKeys(ID, bytes(32), size),
        ChunkKeys(ID, KEY, size - 1),
    ):
        assert other.open(0, sealed[0]) is None
    assert not Chunk(ID, 2, tree.path(1), sealed[1]).fits(size, root)
    assert not Chunk(ID, 0, tree.path(1), sealed[0]).fits(size, root)
    assert not Chunk(ID, 0, tree.path(0), sealed[0][:-1]).fits(size, root)
    assert not Chunk(ID, 0, tree.path(0), sealed[1]).fits(size, root)
    assert not Chunk(ID, 0, tree.path(0), sealed[0]).fits(size, bytes(32))


def test_fill_that_is_not_zeros_does_not_open() -> None:
    keys = ChunkKeys(ID, KEY, 5)
    forged = ChunkKeys(ID, KEY, 5)
    assert keys.open(0, forged.seal(0, b"hello world")) is None


@given(st.integers(0, 200), st.integers(0, 7))
def test_a_changed_bit_is_never_taken(at: int, bit: int) -> None:
    keys, _, (sealed,) = file_of(100)
    frame = bytearray(Chunk(ID, 0, (), sealed).to_frame())
    frame[at] ^= 1 << bit
    root = chunk_leaf(0, sealed)
    try:
        chunk = parse_chunk(bytes(frame))
    except Refused:
        return
    taken = frame[:4] == b"CRC1" and chunk.attachment_id == ID and chunk.fits(100, root)
    assert not taken
    assert keys.open(0, bytes(sealed)) is not None


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"CRC1" + bytes(21), Reason.TRUNCATED),
        (b"CRC1" + bytes(16) + MAX_CHUNKS.to_bytes(4) + bytes(60), Reason.LIMITS),
        (b"CRC1" + bytes(20) + b"\x0e" + bytes(600), Reason.LIMITS),
        (b"CRC1" + bytes(20) + b"\x02" + bytes(80), Reason.TRUNCATED),
        (b"CRC1" + bytes(263_000), Reason.FRAME_TOO_LARGE),
    ],
)
def test_a_frame_that_is_no_chunk_is_refused_by_name(frame: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        parse_chunk(frame)
    assert refused.value.reason is reason


def test_an_ask_is_proved_by_the_key_of_the_file() -> None:
    keys = ChunkKeys(ID, KEY, 9 * CHUNK_BYTES)
    ask = Ask(bytes(range(16, 32)), 1_790_000_000_000, (0, 8, 3))
    frame = ask.to_frame(keys.ask_key)
    assert parse_ask(frame) == ask
    assert is_proved(frame, keys.ask_key)
    assert not is_proved(frame, ChunkKeys(ID, bytes(32), 9).ask_key)
    assert not is_proved(frame[:20] + b"\xff" + frame[21:], keys.ask_key)
    assert is_chunk_frame(frame)
    assert not is_chunk_frame(b"CRD1")


@pytest.mark.parametrize(
    ("count", "length", "reason"),
    [
        (1, 60, Reason.TRUNCATED),
        (0, 70, Reason.LIMITS),
        (MAX_ASKED_CHUNKS + 1, 500, Reason.LIMITS),
        (3, 29 + 12 + 31, Reason.TRUNCATED),
        (3, 29 + 12 + 33, Reason.TRAILING_BYTES),
    ],
)
def test_what_is_no_ask_is_refused_by_name(count: int, length: int, reason: Reason) -> None:
    frame = (b"CRQ1" + bytes(24) + bytes([count])).ljust(length, b"\0")
    with pytest.raises(Refused) as refused:
        parse_ask(frame)
    assert refused.value.reason is reason
