"""Sealed archives: whole, authentic and readable for one key, or refused."""

import io
import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import ArchiveTrouble
from corridor.seal.archive import MAGIC, PIECE_BYTES, ArchiveHead, ArchiveReader, ArchiveWriter
from corridor.seal.keys import DecryptionKey, SigningKey

SIGNER = SigningKey.from_seed(b"s" * 32)
KEYS = {suite: DecryptionKey.from_secret(suite, b"k" * 32) for suite in (1, 2)}
HEAD = ArchiveHead("GE.RS", "ab" * 32, 1_700_000_000_000, "0.2.0", 2, "", SIGNER.public.hex())


def head_for(key: DecryptionKey) -> ArchiveHead:
    return replace(HEAD, suite=key.suite, backup_key_id=key.key_id.hex())


def archive(content: bytes, key: DecryptionKey = KEYS[2]) -> bytes:
    out = io.BytesIO()
    writer = ArchiveWriter(out, head_for(key), key.public, SIGNER)
    for start in range(0, len(content), 300_000):
        assert writer.write(content[start : start + 300_000]) == len(content[start:][:300_000])
    writer.close()
    return out.getvalue()


def opened(data: bytes, key: DecryptionKey = KEYS[2]) -> bytes:
    return b"".join(ArchiveReader(io.BytesIO(data)).pieces(key))


@pytest.mark.parametrize("suite", [1, 2])
@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES - 7])
def test_content_of_any_size_comes_back(suite: int, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    data = archive(content[:size], KEYS[suite])
    assert opened(data, KEYS[suite]) == content[:size]
    assert ArchiveReader(io.BytesIO(data)).skim() == size
    assert len(data) < size + 2_500


def test_nothing_of_the_content_can_be_read() -> None:
    assert b"truck" not in archive(b"the truck of the holder " * 99)


SMALL = archive(b"some content of a node")


def test_a_changed_byte_anywhere_is_refused() -> None:
    for place in range(len(SMALL)):
        data = bytearray(SMALL)
        data[place] ^= 1
        with pytest.raises(ArchiveTrouble):
            opened(bytes(data))
        with pytest.raises(ArchiveTrouble):
            ArchiveReader(io.BytesIO(bytes(data))).skim()


def test_an_end_that_is_missing_is_noticed_wherever_it_is_cut() -> None:
    for length in range(len(SMALL)):
        with pytest.raises(ArchiveTrouble):
            opened(SMALL[:length])


@settings(max_examples=60, deadline=None)
@given(junk=st.binary(max_size=200), cut=st.integers(0, 400))
def test_junk_is_refused(junk: bytes, cut: int) -> None:
    for data in (junk, MAGIC + junk, SMALL[:cut] + junk, SMALL + b"x" + junk):
        with pytest.raises(ArchiveTrouble):
            opened(data)


def test_pieces_out_of_order_dropped_or_after_the_last_are_refused() -> None:
    data = archive(b"a" * (2 * PIECE_BYTES) + b"b")
    size = 4 + PIECE_BYTES + 17
    tail = 4 + 1 + 17 + 4 + 64
    first = len(data) - tail - 2 * size
    pieces = [data[first : first + size], data[first + size : first + 2 * size]]
    last = data[first + 2 * size : len(data) - 68]
    for order in ([*reversed(pieces), last], [pieces[0], last], [*pieces, last, last], pieces):
        changed = data[:first] + b"".join(order) + data[-68:]
        with pytest.raises(ArchiveTrouble):
            opened(changed)
    huge = data[:first] + (1 << 31).to_bytes(4) + data[first:]
    for read in (opened, lambda it: ArchiveReader(io.BytesIO(it)).skim()):
        with pytest.raises(ArchiveTrouble, match="out of place"):
            read(huge)


def test_another_key_is_told_which_one_it_takes() -> None:
    with pytest.raises(ArchiveTrouble, match=KEYS[2].key_id.hex()) as trouble:
        opened(SMALL, DecryptionKey.generate())
    assert trouble.value.cure


def test_a_signature_of_somebody_else_is_refused() -> None:
    out = io.BytesIO()
    other = SigningKey.from_seed(b"o" * 32)
    ArchiveWriter(out, head_for(KEYS[2]), KEYS[2].public, other).close()
    with pytest.raises(ArchiveTrouble, match="signature"):
        opened(out.getvalue())


@pytest.mark.parametrize(
    "change",
    [
        {"suite": 9},
        {"created_ms": "soon"},
        {"signer": "zz"},
        {"signer": "01" + "00" * 31},
        {"more": 1},
    ],
)
def test_a_head_that_is_not_one_of_ours_is_refused(change: dict[str, object]) -> None:
    head = json.dumps({**asdict(HEAD), **change}).encode()
    with pytest.raises(ArchiveTrouble, match="head"):
        ArchiveHead.parse(head)
    with pytest.raises(ArchiveTrouble, match="head"):
        ArchiveReader(io.BytesIO(MAGIC + (1 << 30).to_bytes(4) + head))


@pytest.mark.parametrize("junk", [b"", b"\xff", b"[]", b"7", b"[" * 4000])
def test_a_head_that_is_no_object_is_refused(junk: bytes) -> None:
    with pytest.raises(ArchiveTrouble, match="head"):
        ArchiveHead.parse(junk)


def test_who_signed_is_named_as_statements_name_it() -> None:
    assert HEAD.signer_id == SIGNER.key_id
