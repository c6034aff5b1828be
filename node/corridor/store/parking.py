"""Records of types that only a later version knows, in both engines; see `parking_port`.

Rules (PROTOCOL §11):

* such a record is in the inbox with the verdict PARKED and is not handed on;
* judged again it goes to the end of the inbox, or aside where it is refused: a cursor that was
  given out never stands for something new;
* its sender is owed a receipt again, for each envelope that held it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from corridor.exchange.values import EnvelopeVerdict, Position, RecordVerdict, Verdict
from corridor.store import bundles
from corridor.store.erasing import cut_out
from corridor.store.memory_state import InEnvelope, InRow, Tables
from corridor.store.parking_port import JudgedAgain, ParkedKind, ParkedRecord
from corridor.store.search import INBOX, put_terms
from corridor.store.sqlite_session import Session
from corridor.transit.parties import Endpoint

_PARKED: Final = (
    "SELECT i.cursor, p.endpoint, i.record_id, i.record_type, i.bundle, i.start, i.size"
    " FROM inbox i CROSS JOIN partners p ON p.id = i.partner"
    " WHERE i.verdict = 3 AND i.cursor > ? ORDER BY i.cursor LIMIT ?"
)
_KINDS: Final = (
    "SELECT p.endpoint, i.record_type, count(*) FROM inbox i CROSS JOIN partners p"
    " ON p.id = i.partner WHERE i.verdict = 3 GROUP BY 1, 2 ORDER BY 1, 2"
)
_ROW: Final = (
    "SELECT partner, envelope, place, record_type, possible_repeat, digest, bundle FROM inbox"
    " WHERE cursor = ? AND verdict = 3"
)
_INSERT: Final = (
    "INSERT INTO inbox (cursor, partner, record_id, envelope, place, record_type, verdict, reason,"
    " possible_repeat, digest, bundle, start, size)"
    " VALUES (?, ?, ?, ?, ?, ?, 1, NULL, ?, ?, ?, ?, ?)"
)
_ASIDE: Final = (
    "INSERT INTO aside (envelope, place, record_id, record_type, verdict, reason, entry)"
    " VALUES (?, ?, ?, ?, 2, ?, ?)"
)
_AGAIN: Final = (
    "SELECT a.envelope, a.place FROM aside a CROSS JOIN received r ON r.row = a.envelope"
    " WHERE a.verdict = 3 AND a.record_id = ? AND r.partner = ?"
)
_HANDOVER: Final = (
    "INSERT INTO handovers (partner, epoch, seq, last_cursor)"
    " SELECT partner, epoch, seq, ?2 FROM received WHERE row = ?1 ON CONFLICT (partner, epoch, seq)"
    " DO UPDATE SET last_cursor = ?2, told = 0, told_ms = NULL"
)
_ACCEPTED: Final = "SELECT 1 FROM inbox WHERE record_id = ? AND partner = ? AND verdict = 1"
_ASIDE_CONTEXT: Final = b"aside.entry"


class SqliteParking:
    """Parked records on SQLite."""

    _session: Session

    def parked(self, after: int, limit: int) -> Sequence[ParkedRecord]:
        """Return parked records after a cursor, oldest first."""
        rows = self._session.rows(_PARKED, (after, limit))
        entries = bundles.get(self._session, ((one[4], one[5], one[6]) for one in rows))
        return [
            ParkedRecord(one[0], Endpoint(one[1]), one[2], one[3], entry)
            for one, entry in zip(rows, entries, strict=True)
        ]

    def count_parked(self) -> Sequence[ParkedKind]:
        """Count parked records by partner and type, ascending."""
        rows = self._session.rows(_KINDS, ())
        return [ParkedKind(Endpoint(peer), *rest) for peer, *rest in rows]

    def is_accepted(self, peer: Endpoint, record_id: bytes) -> bool:
        """Whether a record of the peer is in the inbox with the verdict ACCEPTED."""
        session = self._session
        return session.row(_ACCEPTED, (record_id, session.partner(peer))) is not None

    def judge_parked(self, record: ParkedRecord, judged: JudgedAgain) -> None:
        """Give a parked record its final verdict."""
        session = self._session
        found = session.row(_ROW, (record.cursor,))
        if found is None:
            return
        partner, envelope, place, record_type, repeat, digest, bundle = found
        cut_out(session, INBOX, bundle, {record.cursor})
        session.execute("DELETE FROM inbox WHERE cursor = ?", (record.cursor,))
        if judged.reason is None:
            where = bundles.plan(session, [record.entry])
            cursor = session.take_numbers("inbox", 1)
            head = (cursor, partner, record.record_id, envelope, place, record_type)
            session.execute(_INSERT, (*head, repeat, digest, *where[0]))
            bundles.put(session, where, [record.entry])
            put_terms(session, INBOX, cursor, [judged.terms])
            session.execute(_HANDOVER, (envelope, cursor))
        else:
            context = _ASIDE_CONTEXT + envelope.to_bytes(8) + place.to_bytes(2)
            sealed = session.key.seal_value(record.entry, context)
            key = (envelope, place, record.record_id, record_type)
            session.execute(_ASIDE, (*key, int(judged.reason), sealed))
        self._tell_again(record, judged, [(envelope, place)], partner)

    def _tell_again(
        self, record: ParkedRecord, judged: JudgedAgain, held: list[tuple[int, int]], partner: int
    ) -> None:
        """Change the verdict of each envelope that held the record; its receipt is owed again."""
        session = self._session
        again = [(row[0], row[1]) for row in session.rows(_AGAIN, (record.record_id, partner))]
        final = (1, None) if judged.reason is None else (2, int(judged.reason))
        session.executemany(
            "UPDATE aside SET verdict = ?, reason = ? WHERE envelope = ? AND place = ?",
            [(*final, *one) for one in again],
        )
        for envelope, place in (*held, *again):
            kept = session.row("SELECT exceptions FROM received WHERE row = ?", (envelope,))
            found: list[Any] = json.loads((kept and kept[0]) or "[]")
            left = [one for one in found if one[0] != place]
            if judged.reason is not None:
                left.append([place, record.record_id.hex(), *final, list(judged.faults)])
            told = json.dumps(sorted(left)) if left else None
            session.execute(
                "UPDATE received SET exceptions = ?, owed = 1 WHERE row = ?", (told, envelope)
            )
        session.owed_touched.add(record.peer)


class MemoryParking:
    """Parked records in memory."""

    _tables: Tables

    def parked(self, after: int, limit: int) -> Sequence[ParkedRecord]:
        """Return parked records after a cursor, oldest first."""
        rows: list[tuple[int, InRow]] = sorted(self._tables.data["inbox"].items())
        found = [
            ParkedRecord(cursor, row.peer, row.record_id, row.record_type, row.entry)
            for cursor, row in rows
            if cursor > after and row.verdict is Verdict.PARKED
        ]
        return found[:limit]

    def count_parked(self) -> Sequence[ParkedKind]:
        """Count parked records by partner and type, ascending."""
        rows: Iterable[InRow] = self._tables.data["inbox"].values()
        parked = (one for one in rows if one.verdict is Verdict.PARKED)
        kinds = Counter((one.peer, one.record_type) for one in parked)
        return [ParkedKind(*kind, count) for kind, count in sorted(kinds.items())]

    def is_accepted(self, peer: Endpoint, record_id: bytes) -> bool:
        """Whether a record of the peer is in the inbox with the verdict ACCEPTED."""
        cursor = self._tables.get("inbox_ids", (peer, record_id))
        row: InRow | None = None if cursor is None else self._tables.get("inbox", cursor)
        return row is not None and row.verdict is Verdict.ACCEPTED

    def judge_parked(self, record: ParkedRecord, judged: JudgedAgain) -> None:
        """Give a parked record its final verdict."""
        row: InRow | None = self._tables.get("inbox", record.cursor)
        if row is None or row.verdict is not Verdict.PARKED:
            return
        # nothing stands at the old cursor any more
        gone = row._replace(record_id=b"", entry=b"", verdict=Verdict.REFUSED)
        self._tables.put("inbox", record.cursor, gone)
        key = (record.peer, record.record_id)
        if judged.reason is None:
            cursor = self._tables.number("inbox")
            kept = row._replace(verdict=Verdict.ACCEPTED, reason=None, terms=judged.terms)
            self._tables.put("inbox", cursor, kept)
            self._tables.put("inbox_ids", key, cursor)
            self._tables.put("handovers", (record.peer, row.position), (cursor, 0, 0))
        else:
            self._tables.drop("inbox_ids", key)
        owed: list[Position] = []
        for place, held in sorted(self._tables.data["received"].items()):
            if place[0] == record.peer and (changed := _judged_again(held, record, judged)):
                self._tables.put("received", place, changed)
                owed.append(place[1])
        self.owe_receipt(record.peer, owed)

    def owe_receipt(self, peer: Endpoint, positions: Iterable[Position]) -> None:
        """Owe a receipt for envelopes that are already kept."""
        raise NotImplementedError


def _judged_again(held: InEnvelope, record: ParkedRecord, judged: JudgedAgain) -> InEnvelope | None:
    """Return an envelope with the final verdict on a record; None where it does not hold it."""
    envelope, verdict = held.envelope, held.envelope.verdict
    places = [
        one.place
        for one in envelope.records
        if one.record_id == record.record_id and one.verdict is Verdict.PARKED
    ]
    if not places:
        return None
    final = Verdict.ACCEPTED if judged.reason is None else Verdict.REFUSED
    left = [one for one in verdict.exceptions if one.index not in places]
    if judged.reason is not None:
        left += [
            RecordVerdict(place, record.record_id, final, judged.reason, judged.faults)
            for place in places
        ]
    records = tuple(
        one._replace(verdict=final, reason=judged.reason) if one.place in places else one
        for one in envelope.records
    )
    told: EnvelopeVerdict = replace(
        verdict, exceptions=tuple(sorted(left, key=lambda one: one.index))
    )
    return held._replace(envelope=replace(envelope, records=records, verdict=told))
