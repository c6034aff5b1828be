"""What a store knows of its own past: that it was put back, and what may come twice because of it.

Rules (PROTOCOL §6.4):

* whatever was created until the restore was declared may have been handed on before, and is
  marked so; cursors go on above all that may have been given out since;
* a partner's word that we forgot something counts for what comes from that partner: nobody puts
  in doubt what others send. Cursors go on all the same, which costs nobody anything.
"""

from collections.abc import MutableMapping
from typing import Final

from corridor.store.port import Transaction
from corridor.store.recovering import Recovery
from corridor.transit.parties import Endpoint
from corridor.wire import limits

_UNTIL: Final = "exchange.restored_ms"


def declare_restored(change: Transaction, now_ms: int) -> int:
    """Have a store know that what it holds may have been handed on before.

    Returns until when what is created may have been, in Unix milliseconds.
    """
    # the acknowledgement of what the backup holds may be among what it forgot
    change.mark_unacknowledged()
    change.begin_recovery(now_ms)
    return _mark(change, _UNTIL, now_ms)


def learn_restored(change: Transaction, peer: Endpoint, now_ms: int) -> None:
    """Have a store know that it forgot something of a peer, which told us while we run."""
    change.mark_unacknowledged(peer)
    change.learn_recovery(peer, now_ms)
    _mark(change, f"{_UNTIL}.{peer}", now_ms)


def _mark(change: Transaction, name: str, now_ms: int) -> int:
    until_ms = max(_kept(change, name), now_ms + limits.MAX_FUTURE_SKEW_MS)
    change.put_setting(name, until_ms.to_bytes(8))
    # microseconds: no node hands on a record each of them, so none of those is given twice
    change.start_cursors_after(now_ms * 1000)
    return until_ms


def restored_until_ms(change: Transaction, peer: Endpoint | None = None) -> int:
    """Return until when what is created, by `peer` or by all, may have been handed on before.

    -1 for never.
    """
    of_peer = -1 if peer is None else _kept(change, f"{_UNTIL}.{peer}")
    return max(_kept(change, _UNTIL), of_peer)


def remembered_until_ms(
    known: MutableMapping[Endpoint, int], change: Transaction, peer: Endpoint
) -> int:
    """Return `restored_until_ms` of a peer out of memory, where it is there."""
    if peer not in known:
        known[peer] = restored_until_ms(change, peer)
    return known[peer]


def _kept(change: Transaction, name: str) -> int:
    kept = change.setting(name)
    return int.from_bytes(kept) if kept else -1


def not_returned(change: Transaction) -> dict[Endpoint, Recovery]:
    """Return what is waited for since a restore, by partner that has not returned all it holds."""
    return {one.peer: one for one in change.recoveries() if one.complete_ms is None}
