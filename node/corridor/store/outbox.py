"""The outbox: records of ours from acceptance until their outcome.

Rules:

* a record is known by (peer, record_id) for ever, with the SHA-256 of its entry;
* its row number is its place in the queue of its lane;
* whatever is accepted in one call is written by a handful of statements.
"""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from corridor.errors import Reason
from corridor.exchange.filling import count_within
from corridor.exchange.values import Lane, Submission, SubmitStatus, Verdict, Waiting
from corridor.store import bundles
from corridor.store.evidence import Evidence
from corridor.store.port import ALL_BYTES
from corridor.store.rules import digest
from corridor.store.search import OUTBOX, put_terms
from corridor.store.sqlite_session import Session
from corridor.store.values import LedgerLine, Outcome, SentRecord
from corridor.transit.parties import Endpoint

_ACCEPT: Final = (
    "INSERT INTO outbox (row, partner, record_id, record_type, lane, accepted_ms, digest,"
    " bundle, start, size)"
    " SELECT ?2 + rowid, ?3, substr(?4, rowid * 16 - 15, 16), value >> 2 & 127, value & 3, ?5,"
    " substr(?6, rowid * 32 - 31, 32), ?7 + (value >> 45), value >> 28 & 131071,"
    " value >> 9 & 524287 FROM carray(?1) WHERE true ON CONFLICT (record_id, partner) DO NOTHING"
)
"""Many rows in one step; see `_packed` for the bits of a value."""
_TAKE_BACK: Final = "DELETE FROM outbox WHERE row >= ?"
_KNOWN: Final = "SELECT digest FROM outbox WHERE record_id = ? AND partner = ?"
_WAITING_ROWS: Final = (
    "SELECT row, record_id, accepted_ms, bundle, start, size FROM outbox"
    " WHERE partner = ? AND lane = ? AND sealed IS NULL AND row > ? ORDER BY row LIMIT ?"
)
_WAITING: Final = (
    "SELECT json_group_array(row), group_concat(hex(record_id), ''),"  # noqa: S608 - see above
    " json_group_array(accepted_ms), json_group_array(bundle), json_group_array(start),"
    f" json_group_array(size) FROM ({_WAITING_ROWS})"
)
"""Columns instead of rows: one step, and lists of plain numbers to parse."""
_WAITING_SIZE: Final = f"SELECT count(*), coalesce(sum(size), 0) FROM ({_WAITING_ROWS})"  # noqa: S608 - see above
_LANES: Final = {int(lane): lane for lane in Lane}
_USUAL_BYTES: Final = 1_024
"""Of an entry: so many rows are read at once that they mostly are as many as asked for."""
_OUTCOMES: Final = (
    "SELECT json_group_array(json_array(cursor, partner, hex(record_id), verdict, reason,"
    " accepted_ms, receipted_ms, hex(digest))) FROM (SELECT c.cursor, o.partner, o.record_id,"
    " o.verdict, o.reason, o.accepted_ms, o.receipted_ms, o.digest FROM outcomes c"
    " CROSS JOIN outbox o ON o.row = c.row WHERE c.cursor > ? ORDER BY c.cursor LIMIT ?)"
)
_LEDGER: Final = (
    "SELECT p.endpoint, o.record_id, o.record_type, o.lane, o.accepted_ms, s.created_ms,"
    " CASE WHEN o.verdict <= 2 THEN o.receipted_ms END, o.verdict, o.reason, o.faults,"
    " s.confirmed_ms, s.published_ms, CASE WHEN o.verdict = 1 THEN s.handed_ms END,"
    " CASE WHEN o.verdict = 1 THEN s.acknowledged_ms END, coalesce(t.telling, 0),"
    " (SELECT again FROM acts a WHERE a.record_id = o.record_id AND a.partner = o.partner"
    " AND again IS NOT NULL)"
    " FROM outbox o JOIN partners p ON p.id = o.partner LEFT JOIN sealed s ON s.row = o.sealed"
    " LEFT JOIN tellings t ON t.partner = o.partner"
    " WHERE o.record_id = ? ORDER BY p.endpoint"
)

_SUBMITTED: Final = (
    "SELECT p.endpoint, o.record_type, o.accepted_ms, o.bundle, o.start, o.size"
    " FROM outbox o JOIN partners p ON p.id = o.partner WHERE o.record_id = ? ORDER BY p.endpoint"
)


_WaitingRow = tuple[int, bytes, int, int, int, int, int]
"""Row, record_id, lane, accepted_ms, bundle, start, size."""


class Outbox(Evidence):
    """The part of a transaction that keeps records of ours."""

    def accept(self, submission: Submission, now_ms: int) -> SubmitStatus:
        """Keep a record in the outbox; a known record_id is reported and changes nothing."""
        return self.accept_all((submission,), now_ms)[0]

    def accept_all(self, submissions: Sequence[Submission], now_ms: int) -> Sequence[SubmitStatus]:
        """Keep many records, as `accept` does for each in order."""
        digests = [digest(one.entry) for one in submissions]
        if _insert(self._session, submissions, digests, now_ms):
            return [SubmitStatus.ACCEPTED] * len(submissions)
        statuses = self._statuses(submissions, digests)
        fresh = [
            (one, entry_digest)
            for one, entry_digest, status in zip(submissions, digests, statuses, strict=True)
            if status is SubmitStatus.ACCEPTED
        ]
        _insert(self._session, [one for one, _ in fresh], [one for _, one in fresh], now_ms)
        return statuses

    def waiting(
        self,
        peer: Endpoint,
        lane: Lane,
        limit: int,
        limit_bytes: int = ALL_BYTES,
        *,
        after: int = 0,
    ) -> Sequence[Waiting]:
        """Return records of a lane that no envelope holds, oldest first, from a row on."""
        found: list[_WaitingRow] = []
        at_once = max(1, limit_bytes // _USUAL_BYTES)
        while len(found) < limit:
            asked = min(at_once, limit - len(found))
            rows = self._waiting_rows(peer, lane, after, asked)
            found += rows
            if len(rows) < asked or sum(row[-1] for row in found) > limit_bytes:
                break
            after = rows[-1][0]
        within = count_within([row[-1] for row in found], limit_bytes)
        return as_waiting(self._session, found[:within])

    def waiting_size(
        self, peer: Endpoint, lane: Lane, limit: int, *, after: int = 0
    ) -> tuple[int, int]:
        """Count what `waiting` would return: records, and the bytes of their entries."""
        key = (self._session.partner(peer), int(lane), after, limit)
        count, size_bytes = self._session.rows(_WAITING_SIZE, key)[0]
        return count, size_bytes

    def _waiting_rows(
        self, peer: Endpoint, lane: Lane, after: int, limit: int
    ) -> list[_WaitingRow]:
        session = self._session
        key = (session.partner(peer), int(lane), after, limit)
        rows, ids, *numbers = session.rows(_WAITING, key)[0]
        packed = bytes.fromhex(ids or "")
        record_ids = [packed[at : at + 16] for at in range(0, len(packed), 16)]
        lanes = [int(lane)] * len(record_ids)
        columns = [json.loads(rows), record_ids, lanes, *map(json.loads, numbers)]
        return list(zip(*columns, strict=True))

    def outcomes(self, after: int, limit: int) -> Sequence[Outcome]:
        """Return what became of our business records, after a cursor."""
        found = json.loads(self._session.execute(_OUTCOMES, (after, limit)).get)
        return [_outcome(self._session, *row) for row in found]

    def _statuses(
        self, submissions: Sequence[Submission], digests: Sequence[bytes]
    ) -> list[SubmitStatus]:
        """Tell which of a batch are new, and how the others are known."""
        statuses: list[SubmitStatus] = []
        new: dict[tuple[Endpoint, bytes], bytes] = {}
        for one, entry_digest in zip(submissions, digests, strict=True):
            key = (one.peer, one.record_id)
            known = new.get(key) or self._known(one)
            if known is None:
                new[key] = entry_digest
                statuses.append(SubmitStatus.ACCEPTED)
            else:
                same = known == entry_digest
                statuses.append(SubmitStatus.DUPLICATE if same else SubmitStatus.CONFLICT)
        return statuses

    def _known(self, submission: Submission) -> bytes | None:
        bindings = (submission.record_id, self._session.partner(submission.peer))
        found = self._session.row(_KNOWN, bindings)
        return found[0] if found else None


def as_waiting(session: Session, rows: Sequence[Sequence[Any]]) -> list[Waiting]:
    """Return rows (row, record_id, lane, accepted_ms, bundle, start, size) as records."""
    entries = bundles.get(session, ((one[4], one[5], one[6]) for one in rows))
    return [
        Waiting(one[0], one[1], _LANES[one[2]], entry, one[3])
        for one, entry in zip(rows, entries, strict=True)
    ]


def ledger(session: Session, record_id: bytes) -> list[LedgerLine]:
    """Return how far a record of ours has come, one line for each recipient."""
    return [_line(row) for row in session.rows(_LEDGER, (record_id,))]


def submitted(session: Session, record_id: bytes) -> list[SentRecord]:
    """Return the records of ours under this id, one for each recipient."""
    rows = session.rows(_SUBMITTED, (record_id,))
    entries = bundles.get(session, (row[3:] for row in rows))
    return [
        SentRecord(Endpoint(row[0]), record_id, row[1], entry, row[2])
        for row, entry in zip(rows, entries, strict=True)
    ]


def _insert(
    session: Session, kept: Sequence[Submission], digests: Sequence[bytes], now_ms: int
) -> bool:
    """Keep records that are new; keeps nothing, and returns False, where one of them is not."""
    entries = [one.entry for one in kept]
    places = bundles.plan(session, entries)
    first = session.take_numbers("outbox", len(kept))
    partner = {peer: session.note_partner(peer) for peer in {one.peer for one in kept}}
    changed = session.connection.total_changes()
    row = first
    for peer, group in groupby(zip(kept, digests, places, strict=True), lambda one: one[0].peer):
        some = list(group)
        base = some[0][2][0]
        session.rows_of_numbers(
            _ACCEPT,
            [_packed(one, place, base) for one, _, place in some],
            row - 1,
            partner[peer],
            b"".join([one.record_id for one, _, _ in some]),
            now_ms,
            b"".join([entry_digest for _, entry_digest, _ in some]),
            base,
        )
        row += len(some)
    if session.connection.total_changes() - changed != len(kept):
        session.execute(_TAKE_BACK, (first,))
        return False
    bundles.put(session, places, entries)
    put_terms(session, OUTBOX, first, [one.terms for one in kept])
    session.lanes_touched.update({(one.peer, one.lane) for one in kept})
    return True


def _packed(one: Submission, place: bundles.Place, base: int) -> int:
    """Return the small numbers of a row as one: bundle after `base`, start, size, type, lane.

    18, 17, 19, 7 and 2 bits: a bundle that is not its only entry ends before 128 KiB, and an
    entry has fewer than 512 KiB.
    """
    bundle, start, size = place
    return bundle - base << 45 | start << 28 | size << 9 | one.record_type << 2 | one.lane


def _line(row: Sequence[Any]) -> LedgerLine:
    peer, record_id, record_type, lane, accepted_ms, sealed_ms, receipted_ms = row[:7]
    verdict, reason, faults = row[7:10]
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
        *row[10:],
    )


def _outcome(  # noqa: PLR0913, PLR0917 - the columns of one row
    session: Session,
    cursor: int,
    partner: int,
    record_id: str,
    verdict: int,
    reason: int | None,
    accepted_ms: int,
    receipted_ms: int,
    entry_digest: str,
) -> Outcome:
    return Outcome(
        cursor,
        session.endpoint(partner),
        bytes.fromhex(record_id),
        Verdict(verdict),
        None if reason is None else Reason(reason),
        accepted_ms,
        receipted_ms,
        bytes.fromhex(entry_digest),
    )
