"""How many waiting records make an envelope, and when it is full."""

import pytest

from corridor.exchange.filling import first_batch, would_fill
from corridor.exchange.values import Lane, Waiting
from corridor.wire import limits


def waiting(count: int, size: int) -> list[Waiting]:
    return [Waiting(row, bytes(16), Lane.ROUTINE, bytes(size), 0) for row in range(1, count + 1)]


@pytest.mark.parametrize(
    ("count", "size", "taken", "full"),
    [
        (1, 1_000, 1, False),
        (100, 1_000, 100, False),
        (limits.MAX_RECORDS, 100, limits.MAX_RECORDS, True),
        (limits.MAX_RECORDS + 1, 100, limits.MAX_RECORDS, True),
        (400, 1_000, limits.TARGET_BATCH_BYTES // 1_006, True),
        (2, limits.MAX_RECORD_BYTES, 1, True),
        (1, limits.TARGET_BATCH_BYTES // 2 - 6, 1, False),
        (1, limits.TARGET_BATCH_BYTES // 2 - 5, 1, True),
    ],
)
def test_a_batch_ends_at_a_count_or_a_size_and_is_full_where_one_more_would_not_fit(
    count: int, size: int, taken: int, *, full: bool
) -> None:
    assert len(first_batch(waiting(count, size))) == taken
    assert would_fill(count, count * size) is full


def test_nothing_fills_nothing() -> None:
    assert not would_fill(0, 0)
    assert first_batch([]) == []


def test_more_than_fits_fills_an_envelope_however_large_the_next_record_is() -> None:
    small, large = 1_000, 200_000
    assert would_fill(101, 100 * small + large)
