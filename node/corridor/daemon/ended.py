"""What becomes of records when an agreement ends: they become final, by name, and it is told.

Rules:

* data are judged by the agreement in force when they are sealed, and what waits when it ends can
  never leave: it is given up as `agreement_ended`, the national system is told as of any outcome;
* what left and has no receipt when the 30 days are over is given up as `unanswered`: whether the
  partner has it is not known, and nothing here says that it has not;
* nothing is given up while the directory has expired or the member is suspended;
* nothing is given up by a clock that is in doubt: what is final stays so when it is right again;
* called in the sender's turn, before it seals: nobody else takes waiting records.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from corridor.errors import Reason
from corridor.store.port import Store
from corridor.transit.parties import Endpoint
from corridor.trust.ending import is_shut, next_turn_ms, standings, will_not_pass
from corridor.trust.view import TrustView

_AT_ONCE: Final = 1_000
"""Records given up in one transaction: it takes milliseconds."""
_UNRECEIPTED_AT_ONCE: Final = 16


class GivenUp(NamedTuple):
    """What was given up for a peer."""

    peer: Endpoint
    reason: Reason
    number: int
    """Records that waited, or envelopes without a receipt."""


class Ended:
    """Gives up what cannot pass any more."""

    def __init__(
        self,
        store: Store,
        me: Endpoint,
        trust: Callable[[], TrustView],
        tell: Callable[[Sequence[GivenUp]], None],
        sure: Callable[[int], bool] = lambda _now_ms: True,
    ) -> None:
        """Work for `me`; `tell` is called after the commit, `sure` says whether a time has come."""
        self._store = store
        self._me = me
        self._trust = trust
        self._tell = tell
        self._sure = sure

    def __call__(self, now_ms: int) -> int | None:
        """Give up what is to be given up now; returns when to look again, None for no time.

        Raises:
            StoreTrouble: It stays as it was, and is looked at again.
        """
        view = self._trust()
        if not self._sure(now_ms):
            return next_turn_ms(view, self._me, now_ms)
        found = [
            *self._waiting(view, now_ms),
            *(one for peer in self._store.peers() for one in self._shut(view, peer, now_ms)),
        ]
        if found:
            self._tell(found)
        return next_turn_ms(view, self._me, now_ms)

    def _waiting(self, view: TrustView, now_ms: int) -> list[GivenUp]:
        found = []
        for peer in dict.fromkeys(peer for peer, _ in self._store.lanes_waiting()):
            with self._store.reading() as reading:
                types = reading.waiting_types(peer)
            gone = will_not_pass(view, self._me, peer, types, now_ms)
            count, more = 0, bool(gone)
            while more:
                with self._store.transaction() as change:
                    done = change.give_up_waiting(
                        peer, gone, Reason.AGREEMENT_ENDED, now_ms, _AT_ONCE
                    )
                count += done
                more = done == _AT_ONCE
            if count:
                found.append(GivenUp(peer, Reason.AGREEMENT_ENDED, count))
        return found

    def _shut(self, view: TrustView, peer: Endpoint, now_ms: int) -> list[GivenUp]:
        if not is_shut(view, self._me, peer, now_ms):
            return []
        count, more = 0, bool(self._store.unreceipted(peer))
        while more:
            with self._store.transaction() as change:
                done = change.give_up_unreceipted(
                    peer, Reason.UNANSWERED, now_ms, _UNRECEIPTED_AT_ONCE
                )
            count += done
            more = done == _UNRECEIPTED_AT_ONCE
        return [GivenUp(peer, Reason.UNANSWERED, count)] if count else []


def ended_agreements(view: TrustView, me: Endpoint, now_ms: int) -> list[dict[str, Any]]:
    """Return agreements of ours that have ended or are to end early, and what comes next."""
    return [
        {
            "id": one.agreement_id,
            "sender": one.sender,
            "recipient": one.recipient,
            "phase": one.phase,
            "end_ms": one.end_ms,
            "early": one.early,
            "receipts_until_ms": one.control_until_ms,
        }
        for one in standings(view, me, now_ms)
        if one.early or one.end_ms <= now_ms
    ]
