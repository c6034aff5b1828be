import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import KeyTrouble
from corridor.seal.storage import OVERHEAD_BYTES, StorageKey

KEY = StorageKey(b"s" * 32)


@given(st.binary(max_size=2000), st.binary(max_size=40))
def test_a_value_opens_in_its_context(plain: bytes, context: bytes) -> None:
    sealed = KEY.seal_value(plain, context)
    assert len(sealed) == len(plain) + OVERHEAD_BYTES
    assert KEY.open_value(sealed, context) == plain
    with pytest.raises(KeyTrouble):
        KEY.open_value(sealed, context + b"x")


def test_a_value_of_an_earlier_start_opens() -> None:
    earlier = StorageKey(b"s" * 32)
    sealed = earlier.seal_value(b"plain", b"")
    assert KEY.open_value(sealed, b"") == b"plain"
    assert KEY.open_value(sealed, b"") == b"plain"


@pytest.mark.parametrize("place", [0, 1, 20, 30, -1])
def test_a_damaged_value_is_named(place: int) -> None:
    sealed = bytearray(KEY.seal_value(b"plain", b""))
    sealed[place] ^= 1
    with pytest.raises(KeyTrouble):
        KEY.open_value(bytes(sealed), b"")


def test_another_key_and_no_value_at_all_are_named() -> None:
    with pytest.raises(KeyTrouble):
        StorageKey(b"t" * 32).open_value(KEY.seal_value(b"plain", b""), b"")
    with pytest.raises(KeyTrouble):
        KEY.open_value(b"\x01short", b"")


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(KeyTrouble):
        StorageKey(b"short")


def test_the_same_value_is_never_sealed_to_the_same_bytes() -> None:
    assert len({KEY.seal_value(b"plain", b"") for _ in range(50)}) == 50


def test_a_search_term_hashes_the_same_after_a_restart_and_by_kind() -> None:
    again = StorageKey(b"s" * 32)
    mrn = "24GE0012345678J1"
    assert KEY.term_hash("mrn", mrn) == again.term_hash("mrn", mrn)
    assert len(KEY.term_hash("mrn", mrn)) == 16
    assert KEY.term_hash("mrn", mrn) != KEY.term_hash("lrn", mrn)
    assert KEY.term_hash("mrn", mrn) != StorageKey(b"t" * 32).term_hash("mrn", mrn)
