"""How waiting records fill an envelope (PROTOCOL §7.1)."""

from collections.abc import Sequence
from typing import Final

from corridor.exchange.values import Waiting
from corridor.wire import limits

_ENTRY_OVERHEAD: Final = 6
"""Field number and length of one record in a batch, at most."""


def count_within(sizes: Sequence[int], limit: int) -> int:
    """Return how many of the first of `sizes` together stay within `limit`; one at least."""
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if count and total > limit:
            return count
    return len(sizes)


def first_batch(waiting: Sequence[Waiting]) -> Sequence[Waiting]:
    """Return the first records that fill an envelope: by count, or by the target size."""
    some = waiting[: limits.MAX_RECORDS]
    return some[: count_within(_sizes(some), limits.TARGET_BATCH_BYTES)]


def is_full(batch: Sequence[Waiting]) -> bool:
    """Whether one more record of the same kind would not fit into the envelope."""
    size_bytes = sum(_sizes(batch))
    mean_bytes = size_bytes / len(batch)
    return len(batch) == limits.MAX_RECORDS or size_bytes + mean_bytes > limits.TARGET_BATCH_BYTES


def _sizes(records: Sequence[Waiting]) -> list[int]:
    return [len(record.entry) + _ENTRY_OVERHEAD for record in records]
