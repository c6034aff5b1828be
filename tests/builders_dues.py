"""What is owed to a peer, and what of it may leave now."""

from builders_exchange import (
    NOTHING_BEFORE,
    NOW_MS,
    POLICY,
    known,
)
from corridor.exchange.dues import Composed, Dues, Known
from corridor.exchange.values import Head


def announced() -> Dues:
    """Dues of a peer to whom the epoch has been opened, with nothing owed."""
    return Dues(announced=True)


def compose(
    dues: Dues,
    about: Known | None = None,
    *,
    last_sent: Head = NOTHING_BEFORE,
    receipt_waits: bool = False,
    now_ms: int = NOW_MS,
) -> Composed:
    return dues.compose(about or known(), last_sent, receipt_waits=receipt_waits, now_ms=now_ms)


def send(dues: Dues, about: Known | None = None, now_ms: int = NOW_MS) -> Composed:
    """Compose and record what may leave."""
    composed = compose(dues, about, now_ms=now_ms)
    dues.recorded(composed, now_ms, POLICY)
    return composed
