"""Rules of the product, broken on purpose: with any of them the suite must fail.

The product knows nothing of this: `wrapped.py` puts it into the node's process before it starts.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

_FORGET: Final = "DELETE FROM frames WHERE row = (SELECT row FROM sealed WHERE envelope_id = ?)"
_LATE_S: Final = 0.4
_FORGOTTEN: Final = 16
"""Of 256 receipts: those of envelopes whose id begins with less than this."""


def _ack_before_commit() -> None:
    """Tell the national system that a record is accepted, and commit it a little later."""
    from corridor.daemon.offers import Answer
    from corridor.daemon.service import NodeService

    keep = NodeService._keep

    def early(self: Any, sound: Any, now_ms: int) -> list[Answer]:  # noqa: ANN401
        def late() -> None:
            keep(self, sound, now_ms)
            self._wake_sender()

        timer = threading.Timer(_LATE_S, late)
        timer.daemon = True
        timer.start()
        return [Answer("accepted", one.submission.record_id) for one in sound]

    NodeService._keep = early  # type: ignore[method-assign]


def _forget_receipt() -> None:
    """Forget some receipts after they were read."""
    from corridor.daemon.controls import Controls

    take = Controls._receipt

    def forgetful(self: Any, judged: Any, receipt: Any) -> None:  # noqa: ANN401
        if all(one.envelope_id[0] >= _FORGOTTEN for one in receipt.verdicts):
            take(self, judged, receipt)

    Controls._receipt = forgetful  # type: ignore[method-assign]


def _trust_confirm() -> None:
    """Take the own broker's confirm for the partner's receipt: settle the envelope, forget it."""
    from corridor.daemon.outbound import Outbound
    from corridor.exchange.values import EnvelopeVerdict, Verdict

    hear = Outbound.on_confirmed

    def trusting(self: Any, ids: Iterable[bytes], now_ms: int) -> None:  # noqa: ANN401
        ids = list(ids)
        owners = {one: self._owner.get(one) for one in ids}
        hear(self, ids, now_ms)
        for envelope_id, peer in owners.items():
            flight = peer.flights.get(envelope_id) if peer else None
            if flight is None or not flight.is_data:
                continue
            sent = flight.envelope
            with self._store.transaction() as change:
                root = change.find_sealed(peer.peer, envelope_id).payload_root
                verdict = EnvelopeVerdict(sent.position, envelope_id, root, Verdict.ACCEPTED)
                change.close_sealed(peer.peer, verdict, now_ms)
                change._session.execute(_FORGET, (envelope_id,))
            peer.drop(envelope_id)

    Outbound.on_confirmed = trusting  # type: ignore[method-assign]


BREAKS: Final[dict[str, Callable[[], None]]] = {
    "ack-before-commit": _ack_before_commit,
    "forget-receipt": _forget_receipt,
    "trust-confirm": _trust_confirm,
}
