"""What a store knows of its own past: that it was put back, and what may come twice because of it.

Rule (PROTOCOL §6.4): whatever was created until the restore was declared may have been handed on
before, and is marked so; cursors go on above all that may have been given out since.
"""

from typing import Final

from corridor.store.port import Transaction
from corridor.wire import limits

_UNTIL: Final = "exchange.restored_ms"


def declare_restored(change: Transaction, now_ms: int) -> int:
    """Have a store know that what it holds may have been handed on before.

    Returns until when what is created may have been, in Unix milliseconds.
    """
    # the acknowledgement of what the backup holds may be among what it forgot
    change.mark_unacknowledged()
    until_ms = max(restored_until_ms(change), now_ms + limits.MAX_FUTURE_SKEW_MS)
    change.put_setting(_UNTIL, until_ms.to_bytes(8))
    # microseconds: no node hands on a record each of them, so none of those is given twice
    change.start_cursors_after(now_ms * 1000)
    return until_ms


def restored_until_ms(change: Transaction) -> int:
    """Return until when what is created may have been handed on before; -1 for never."""
    kept = change.setting(_UNTIL)
    return int.from_bytes(kept) if kept else -1
