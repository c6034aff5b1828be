import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import Reason, Refused
from corridor.seal.padding import pad, padded_length, unpad
from corridor.wire.limits import MAX_PADDED_BYTES


@given(st.binary(max_size=5000))
def test_padding_comes_off_again(body: bytes) -> None:
    padded = pad(body)
    assert unpad(padded) == body
    assert len(padded) == padded_length(len(body)) >= 2048


@given(st.integers(2045, 1_000_000))
def test_padding_costs_at_most_twelve_percent(size: int) -> None:
    assert size + 4 <= padded_length(size) <= (size + 4) * 1.12


@pytest.mark.parametrize(("size", "padded"), [(0, 2048), (2044, 2048), (2045, 2176), (3000, 3072)])
def test_padded_lengths_are_few(size: int, padded: int) -> None:
    assert padded_length(size) == padded


def test_a_body_that_fits_no_envelope_is_refused() -> None:
    assert len(pad(bytes(MAX_PADDED_BYTES - 4))) == MAX_PADDED_BYTES
    with pytest.raises(Refused) as caught:
        pad(bytes(MAX_PADDED_BYTES - 3))
    assert caught.value.reason is Reason.LIMITS


@pytest.mark.parametrize(
    "padded",
    [
        pad(b"body")[:-1] + b"\1",
        b"\0\0\0\4bodx"[:7] + b"\1" + pad(b"body")[8:-1] + b"\1",
        b"\xff\xff\xff\xff" + bytes(2044),
        (2045).to_bytes(4) + bytes(2044),
        pad(b"body") + bytes(128),
        pad(b"body")[:-1],
        b"",
    ],
)
def test_another_padding_of_a_body_is_refused(padded: bytes) -> None:
    with pytest.raises(Refused) as caught:
        unpad(padded)
    assert caught.value.reason is Reason.PADDING
