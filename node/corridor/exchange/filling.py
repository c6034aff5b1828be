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


def first_batch(
    waiting: Sequence[Waiting], most_bytes: int = limits.TARGET_BATCH_BYTES
) -> Sequence[Waiting]:
    """Return the first records that fill an envelope: by count, or by the target size."""
    some = waiting[: limits.MAX_RECORDS]
    return some[: count_within(_sizes(some), most_bytes)]


def would_fill(count: int, entry_bytes: int, most_bytes: int = limits.TARGET_BATCH_BYTES) -> bool:
    """Whether the records that wait fill an envelope: one more of their kind would not fit.

    Args:
        count: How many wait.
        entry_bytes: What their entries have together.
        most_bytes: What an envelope is to hold.
    """
    size_bytes = entry_bytes + count * _ENTRY_OVERHEAD
    return count >= limits.MAX_RECORDS or (
        count > 0 and size_bytes + size_bytes / count > most_bytes
    )


def _sizes(records: Sequence[Waiting]) -> list[int]:
    return [len(record.entry) + _ENTRY_OVERHEAD for record in records]
