"""What receipts say of envelopes of ours, applied to them and to their records.

Rules:

* ACCEPTED and REFUSED are final; nothing changes a record after them;
* a record that meanwhile stands in another envelope is not touched by a verdict on the first;
* a record becomes an outcome in the order in which it became final.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from corridor.exchange.values import EnvelopeVerdict, Verdict
from corridor.store.rules import Judged, is_final, judged_otherwise
from corridor.store.sealed import Sealed, unpacked
from corridor.transit.parties import Endpoint

_FIND: Final = (
    "SELECT row, envelope_id, records FROM sealed WHERE partner = ? AND epoch = ? AND seq = ?"
)
_OUTCOME: Final = (
    "INSERT INTO outcomes (row) SELECT row FROM outbox WHERE row IN carray(?) AND sealed = ?"
    " AND (verdict IS NULL OR verdict > 2) AND record_type < 64 ORDER BY row"  # has_outcome
)
_JUDGE: Final = (
    "UPDATE outbox SET verdict = ?3, reason = ?4, receipted_ms = ?5, faults = ?6"
    " WHERE row IN carray(?1) AND sealed = ?2 AND (verdict IS NULL OR verdict > 2)"
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
        for rows, judged in _alike(unpacked(records), verdict):
            final += self._judge(rows, row, judged, now_ms)
        if verdict.verdict is not Verdict.DEFERRED:
            session.execute(_SETTLE, (now_ms, row))
            self.note_receipted(peer, position, verdict.envelope_id)
        return final

    def close_sealed_many(
        self, peer: Endpoint, verdicts: Sequence[EnvelopeVerdict], now_ms: int
    ) -> Sequence[bytes]:
        """Apply several verdicts like `close_sealed`, in order."""
        return [one for verdict in verdicts for one in self.close_sealed(peer, verdict, now_ms)]

    def _judge(
        self, rows: Sequence[int], envelope: int, judged: Judged, now_ms: int
    ) -> list[bytes]:
        """Apply a verdict to some rows of an envelope; returns ids that became final."""
        final = is_final(judged.verdict)
        if final:
            self._session.rows_of_numbers(_OUTCOME, rows, envelope)
        faults = json.dumps(judged.faults) if judged.faults else None
        reason = None if judged.reason is None else int(judged.reason)
        bindings = (envelope, int(judged.verdict), reason, now_ms, faults)
        ids = [row[0] for row in self._session.rows_of_numbers(_JUDGE, rows, *bindings)]
        return ids if final else []


def _alike(rows: Sequence[int], verdict: EnvelopeVerdict) -> Iterator[tuple[Sequence[int], Judged]]:
    """Return neighbouring rows that share a verdict, in order."""
    others = judged_otherwise(verdict)
    for_all = Judged(verdict.verdict, verdict.reason, ())
    each = (others.get(index, for_all) for index in range(len(rows)))
    for judged, places in groupby(zip(each, rows, strict=True), itemgetter(0)):
        yield [row for _, row in places], judged
