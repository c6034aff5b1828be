"""The outbox: records of ours from acceptance until their outcome.

Rules:

* a record is known by (peer, record_id) for ever, with the SHA-256 of its entry;
* its row number is its place in the queue of its lane;
* whatever is accepted in one call is written by a handful of statements.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from corridor.errors import Reason
from corridor.exchange.values import Lane, Submission, SubmitStatus, Verdict, Waiting
from corridor.store.evidence import Evidence
from corridor.store.port import LedgerLine, Outcome
from corridor.store.rules import digest
from corridor.store.search import OUTBOX, put_terms
from corridor.store.sqlite_session import Session
from corridor.transit.parties import Endpoint

_ACCEPT: Final = (
    "INSERT INTO outbox (row, partner, record_id, record_type, lane, accepted_ms, digest)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (record_id, partner) DO NOTHING"
)
_ENTRY: Final = "INSERT INTO outbox_entries (row, entry) VALUES (?, ?)"
_KNOWN: Final = "SELECT row, digest FROM outbox WHERE record_id = ? AND partner = ?"
_WAITING: Final = (
    "SELECT o.row, o.record_id, o.lane, e.entry, o.accepted_ms"
    " FROM outbox o CROSS JOIN outbox_entries e ON e.row = o.row"
    " WHERE o.partner = ? AND o.lane = ? AND o.sealed IS NULL ORDER BY o.row LIMIT ?"
)
_OUTCOMES: Final = (
    "SELECT c.cursor, p.endpoint, o.record_id, o.verdict, o.reason, o.accepted_ms,"
    " o.receipted_ms, o.digest FROM outcomes c CROSS JOIN outbox o ON o.row = c.row"
    " CROSS JOIN partners p ON p.id = o.partner WHERE c.cursor > ? ORDER BY c.cursor LIMIT ?"
)
_LEDGER: Final = (
    "SELECT p.endpoint, o.record_id, o.record_type, o.lane, o.accepted_ms, s.created_ms,"
    " CASE WHEN o.verdict <= 2 THEN o.receipted_ms END, o.verdict, o.reason, o.faults"
    " FROM outbox o JOIN partners p ON p.id = o.partner LEFT JOIN sealed s ON s.row = o.sealed"
    " WHERE o.record_id = ? ORDER BY p.endpoint"
)
_ENTRY_CONTEXT: Final = b"outbox.entry"


class Outbox(Evidence):
    """The part of a transaction that keeps records of ours."""

    def accept(self, submission: Submission, now_ms: int) -> SubmitStatus:
        """Keep a record in the outbox; a known record_id is reported and changes nothing."""
        return self.accept_all((submission,), now_ms)[0]

    def accept_all(self, submissions: Sequence[Submission], now_ms: int) -> Sequence[SubmitStatus]:
        """Keep many records, as `accept` does for each in order."""
        session = self._session
        digests = [digest(one.entry) for one in submissions]
        first = session.take_numbers("outbox", len(submissions))
        changed = session.connection.total_changes()
        session.executemany(
            _ACCEPT,
            [
                (
                    row,
                    session.note_partner(one.peer),
                    one.record_id,
                    one.record_type,
                    int(one.lane),
                    now_ms,
                    entry_digest,
                )
                for row, (one, entry_digest) in enumerate(
                    zip(submissions, digests, strict=True), first
                )
            ],
        )
        kept = list(enumerate(submissions, first))
        statuses = [SubmitStatus.ACCEPTED] * len(submissions)
        if session.connection.total_changes() - changed != len(submissions):
            statuses = [
                self._status(row, one, entry_digest)
                for (row, one), entry_digest in zip(kept, digests, strict=True)
            ]
            kept = [
                numbered
                for numbered, status in zip(kept, statuses, strict=True)
                if status is SubmitStatus.ACCEPTED
            ]
        _put_entries(session, kept)
        return statuses

    def waiting(self, peer: Endpoint, lane: Lane, limit: int) -> Sequence[Waiting]:
        """Return at most `limit` records of a lane that no envelope holds, oldest first."""
        session = self._session
        bindings = (session.partner(peer), int(lane), limit)
        return as_waiting(session, session.rows(_WAITING, bindings))

    def outcomes(self, after: int, limit: int) -> Sequence[Outcome]:
        """Return what became of our business records, after a cursor."""
        return [_outcome(*row) for row in self._session.rows(_OUTCOMES, (after, limit))]

    def _status(self, row: int, submission: Submission, entry_digest: bytes) -> SubmitStatus:
        """Tell what became of a submission for which `row` was meant."""
        bindings = (submission.record_id, self._session.partner(submission.peer))
        found = self._session.row(_KNOWN, bindings)
        if found is not None and found[0] == row:
            return SubmitStatus.ACCEPTED
        same = found is not None and found[1] == entry_digest
        return SubmitStatus.DUPLICATE if same else SubmitStatus.CONFLICT


def as_waiting(session: Session, rows: Sequence[Sequence[Any]]) -> list[Waiting]:
    """Return rows (row, record_id, lane, sealed entry, accepted_ms) as records."""
    opened = session.key.open_value
    return [
        Waiting(row, record_id, Lane(lane), opened(entry, _context(row)), accepted_ms)
        for row, record_id, lane, entry, accepted_ms in rows
    ]


def ledger(session: Session, record_id: bytes) -> list[LedgerLine]:
    """Return how far a record of ours has come, one line for each recipient."""
    return [_line(row) for row in session.rows(_LEDGER, (record_id,))]


def _put_entries(session: Session, kept: Sequence[tuple[int, Submission]]) -> None:
    sealed = session.key.seal_value
    session.executemany(_ENTRY, [(row, sealed(one.entry, _context(row))) for row, one in kept])
    put_terms(session, OUTBOX, ((row, one.terms) for row, one in kept))
    session.lanes_touched.update((one.peer, one.lane) for _, one in kept)


def _context(row: int) -> bytes:
    return _ENTRY_CONTEXT + row.to_bytes(8)


def _line(row: Sequence[Any]) -> LedgerLine:
    peer, record_id, record_type, lane, accepted_ms, sealed_ms, receipted_ms = row[:7]
    verdict, reason, faults = row[7:]
    return LedgerLine(
        Endpoint(peer),
        record_id,
        record_type,
        Lane(lane),
        accepted_ms,
        sealed_ms,
        receipted_ms,
        None if verdict is None else Verdict(verdict),
        None if reason is None else Reason(reason),
        tuple(json.loads(faults)) if faults else (),
    )


def _outcome(  # noqa: PLR0913, PLR0917 - the columns of one row
    cursor: int,
    peer: str,
    record_id: bytes,
    verdict: int,
    reason: int | None,
    accepted_ms: int,
    receipted_ms: int,
    entry_digest: bytes,
) -> Outcome:
    return Outcome(
        cursor,
        Endpoint(peer),
        record_id,
        Verdict(verdict),
        None if reason is None else Reason(reason),
        accepted_ms,
        receipted_ms,
        entry_digest,
    )
