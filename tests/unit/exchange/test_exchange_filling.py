"""How many waiting records make an envelope, and when it is full."""

import pytest

from corridor.exchange.filling import first_batch, is_full
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
    batch = first_batch(waiting(count, size))
    assert len(batch) == taken
    assert is_full(batch) is full
