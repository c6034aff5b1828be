"""What receipts say of envelopes of ours, applied to them and to their records.

Rules:

* ACCEPTED and REFUSED are final; nothing changes a record after them;
* a record that meanwhile stands in another envelope is not touched by a verdict on the first;
* a record becomes an outcome in the order in which it became final.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from corridor.exchange.values import EnvelopeVerdict, Verdict
from corridor.store.rules import Judged, is_final, judged_otherwise
from corridor.store.sealed import Sealed, unpacked
from corridor.store.sqlite_session import runs
from corridor.transit.parties import Endpoint

_FIND: Final = (
    "SELECT row, envelope_id, records FROM sealed WHERE partner = ? AND epoch = ? AND seq = ?"
)
_OUTCOME: Final = (
    "INSERT INTO outcomes (row) SELECT row FROM outbox WHERE row BETWEEN ? AND ? AND sealed = ?"
    " AND (verdict IS NULL OR verdict > 2) AND record_type < 64 ORDER BY row"  # has_outcome
)
_JUDGE: Final = (
    "UPDATE outbox SET verdict = ?4, reason = ?5, receipted_ms = ?6, faults = ?7"
    " WHERE row BETWEEN ?1 AND ?2 AND sealed = ?3 AND (verdict IS NULL OR verdict > 2)"
    " RETURNING record_id"
)
_SETTLE: Final = "UPDATE sealed SET settled_ms = ? WHERE row = ? AND settled_ms IS NULL"


class Receipts(Sealed):
    """The part of a transaction that applies receipts."""

    def close_sealed(
        self, peer: Endpoint, verdict: EnvelopeVerdict, now_ms: int
    ) -> Sequence[bytes]:
        """Apply a receipt's verdict to an envelope of ours and its records."""
        session, position = self._session, verdict.position
        key = (session.partner(peer), position.epoch, position.seq)
        found = session.row(_FIND, key)
        if found is None or found[1] != verdict.envelope_id:
            return []
        row, _, records = found
        final: list[bytes] = []
        for first, last, judged in _judged_runs(unpacked(records), verdict):
            final += self._judge((first, last, row), judged, now_ms)
        if verdict.verdict is not Verdict.DEFERRED:
            session.execute(_SETTLE, (now_ms, row))
            self.note_receipted(peer, position, verdict.envelope_id)
        return final

    def close_sealed_many(
        self, peer: Endpoint, verdicts: Sequence[EnvelopeVerdict], now_ms: int
    ) -> Sequence[bytes]:
        """Apply several verdicts like `close_sealed`, in order."""
        return [one for verdict in verdicts for one in self.close_sealed(peer, verdict, now_ms)]

    def _judge(self, place: tuple[int, int, int], judged: Judged, now_ms: int) -> list[bytes]:
        """Apply a verdict to a run of rows of one envelope; returns ids that became final."""
        final = is_final(judged.verdict)
        if final:
            self._session.execute(_OUTCOME, place)
        faults = json.dumps(judged.faults) if judged.faults else None
        reason = None if judged.reason is None else int(judged.reason)
        bindings = (*place, int(judged.verdict), reason, now_ms, faults)
        ids = [row[0] for row in self._session.rows(_JUDGE, bindings)]
        return ids if final else []


def _judged_runs(
    rows: Sequence[int], verdict: EnvelopeVerdict
) -> Iterator[tuple[int, int, Judged]]:
    """Return runs (first, last) of rows that share a verdict, in order."""
    for_all = Judged(verdict.verdict, verdict.reason, ())
    if not verdict.exceptions:
        yield from ((first, last, for_all) for first, last in runs(rows))
        return
    others = judged_otherwise(verdict)
    for index, row in enumerate(rows):
        yield row, row, others.get(index, for_all)
