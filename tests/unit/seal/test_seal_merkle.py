import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.seal.merkle import (
    EMPTY_LOG_ROOT,
    LogTree,
    included_root,
    inclusion_path,
    leaf_salts,
    log_leaf,
    payload_root,
    record_leaves,
    tree_root,
)


def leaf(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def recursive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1 as it is written."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = recursive_root(leaves[:split]), recursive_root(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@given(st.integers(1, 70))
def test_the_root_is_that_of_rfc_6962(size: int) -> None:
    leaves = [leaf(number) for number in range(size)]
    assert tree_root(leaves) == recursive_root(leaves)


@given(st.integers(1, 40), st.data())
def test_each_leaf_is_proved_by_its_path_and_no_other(size: int, data: st.DataObject) -> None:
    leaves = [leaf(number) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(leaves, index)
    assert included_root(leaves[index], index, size, path) == tree_root(leaves)
    assert included_root(leaf(999), index, size, path) != tree_root(leaves)
    assert included_root(leaves[index], index, size, (*path, leaf(0))) is None
    if path:
        assert included_root(leaves[index], index, size, path[:-1]) is None


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_place_outside_the_tree_proves_nothing(index: int, size: int) -> None:
    assert included_root(leaf(0), index, size, ()) is None


@given(st.integers(0, 70))
def test_the_log_grows_to_the_same_root_as_the_tree(size: int) -> None:
    log = LogTree()
    for number in range(size):
        log = log.appended(leaf(number))
    expected = tree_root([leaf(number) for number in range(size)]) if size else EMPTY_LOG_ROOT
    assert (log.size, log.root()) == (size, expected)
    assert LogTree.from_bytes(log.to_bytes()) == log


@pytest.mark.parametrize("data", [(2).to_bytes(8), (1).to_bytes(8) + bytes(31), bytes(40)])
def test_a_log_whose_peaks_do_not_fit_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="peaks"):
        LogTree.from_bytes(data)


def test_the_payload_root_depends_on_order_count_content_and_seed() -> None:
    seed, records = bytes(32), [b"one", b"two", b"three"]
    roots = {
        payload_root(seed, records),
        payload_root(seed, records[::-1]),
        payload_root(seed, records[:2]),
        payload_root(seed, [*records[:2], b"four"]),
        payload_root(b"s" * 32, records),
    }
    assert len(roots) == 5


def test_a_leaf_cannot_be_guessed_without_its_salt() -> None:
    salts = leaf_salts(b"s" * 32, 2)
    assert salts[0] != salts[1]
    leaves = record_leaves(salts, [b"same", b"same"])
    assert leaves[0] != leaves[1]
    assert hashlib.sha256(b"\0same").digest() not in leaves


def test_a_log_leaf_is_no_record_leaf() -> None:
    assert log_leaf(b"data") != record_leaves([b""], [b"data"])[0]
