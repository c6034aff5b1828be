"""The inbox: envelopes and records of partners, kept before the broker is told.

Rules:

* an envelope is kept once, under its id and its position; a record once, under (peer, record_id);
* a record that is refused, known already or a control record is evidence and stands aside;
* whatever arrives in one batch is written by a handful of statements.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from corridor.errors import Reason, StoreMisused
from corridor.exchange.values import (
    EnvelopeVerdict,
    Family,
    LeafEntry,
    LeafKind,
    Position,
    ReceivedEnvelope,
    ReceivedRecord,
    RecordVerdict,
    Verdict,
)
from corridor.store import bundles
from corridor.store.rules import digest, enters_inbox
from corridor.store.search import INBOX, put_terms
from corridor.store.sqlite_session import Session
from corridor.store.values import InboxRecord, KnownEnvelope
from corridor.store.way import ACKNOWLEDGED, HANDED, Way, keep_handovers, mark
from corridor.transit.parties import Endpoint
from corridor.wire.batches import is_control

_KEEP: Final = (
    "INSERT INTO received (row, partner, epoch, seq, prev, envelope_id, payload_root, header,"
    " signature, seed, family, created_ms, received_ms, verdict, reason, exceptions, owed)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_RECORD: Final = (
    "INSERT INTO inbox (cursor, partner, record_id, envelope, place, record_type, verdict, reason,"
    " possible_repeat, digest, bundle, start, size)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (record_id, partner) DO NOTHING"
)
_TAKE_BACK: Final = "DELETE FROM inbox WHERE cursor >= ?"
_ASIDE: Final = (
    "INSERT INTO aside (envelope, place, record_id, record_type, verdict, reason, entry)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_DIGEST: Final = "SELECT digest FROM inbox WHERE record_id = ? AND partner = ?"
_CURSOR: Final = "SELECT cursor FROM inbox WHERE record_id = ? AND partner = ?"
_DIGESTS: Final = (
    "SELECT i.record_id, i.digest FROM carray(?) asked"
    " CROSS JOIN inbox i ON i.record_id = asked.value AND i.partner = ?"
)
_VERDICT_COLUMNS: Final = "epoch, seq, envelope_id, payload_root, verdict, reason, exceptions"
_KNOWN_MANY: Final = (
    f"SELECT p.endpoint, r.family, {_VERDICT_COLUMNS} FROM carray(?) asked"  # noqa: S608 - column names
    " CROSS JOIN received r ON r.envelope_id = asked.value"
    " CROSS JOIN partners p ON p.id = r.partner"
)
_OWED: Final = (
    f"SELECT {_VERDICT_COLUMNS} FROM received"  # noqa: S608 - column names
    " WHERE partner = ? AND owed = 1 ORDER BY row LIMIT ?"
)
_OWE: Final = (
    "UPDATE received SET owed = 1 WHERE partner = ? AND epoch = ? AND seq = ? AND owed = 0"
)
_SKIP_OUTCOMES: Final = (
    # no outbox row has number 0: this one is never told, and the next cursor follows it
    "INSERT INTO outcomes (cursor, row) SELECT ?, 0"
    " WHERE NOT EXISTS (SELECT 1 FROM outcomes WHERE cursor >= ?)"
)
_MARK: Final = (
    "UPDATE inbox SET possible_repeat = 1 WHERE cursor > ?1 AND possible_repeat = 0"
    " AND (?2 IS NULL OR partner = ?2)"
)
_DELIVERIES: Final = (
    "SELECT i.cursor, p.endpoint, i.record_id, i.record_type, r.received_ms, i.possible_repeat,"
    " i.bundle, i.start, i.size FROM inbox i"
    " CROSS JOIN received r ON r.row = i.envelope CROSS JOIN partners p ON p.id = i.partner"
)
_INBOX: Final = (
    f"{_DELIVERIES} WHERE i.cursor > ? AND i.verdict = 1 AND i.size > 0 ORDER BY i.cursor LIMIT ?"
)
_BY_ID: Final = (
    f"{_DELIVERIES} WHERE i.record_id = ? AND i.verdict = 1 AND i.size > 0 ORDER BY p.endpoint"
)
_LAST: Final = "SELECT coalesce(max(cursor), 0) FROM inbox"
_LAST_OUTCOME: Final = "SELECT coalesce(max(cursor), 0) FROM outcomes WHERE row > 0"
_UNACKNOWLEDGED: Final = (
    "SELECT count(*) FROM (SELECT 1 FROM inbox WHERE cursor > ? AND verdict = 1 LIMIT ?)"
)
_HANDED: Final = "SELECT count(*) FROM inbox WHERE cursor > ? AND cursor <= ? AND verdict = 1"
_ACKNOWLEDGED: Final = "store.acknowledged"
_ASIDE_CONTEXT: Final = b"aside.entry"
_SEED_CONTEXT: Final = b"received.seed"

_Kept = tuple[ReceivedEnvelope, int, ReceivedRecord]
"""A record with its envelope and the row of that."""


class Inbox(Way):
    """The part of a transaction that keeps what partners send."""

    def known_envelope(self, envelope_id: bytes) -> KnownEnvelope | None:
        """Return an envelope of a peer by its id."""
        return self.known_envelopes((envelope_id,)).get(envelope_id)

    def known_envelopes(self, envelope_ids: Sequence[bytes]) -> Mapping[bytes, KnownEnvelope]:
        """Return those envelopes of peers that are kept, by id."""
        rows = self._session.rows_for(_KNOWN_MANY, envelope_ids)
        return {one.envelope_id: one for one in map(_known, rows)}

    def known_record(self, peer: Endpoint, record_id: bytes) -> bytes | None:
        """Return the SHA-256 of the entry under which the peer's record is known."""
        return self.known_records(peer, (record_id,)).get(record_id)

    def known_records(self, peer: Endpoint, record_ids: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Return `known_record` of many at once, those only that are known."""
        partner = self._session.partner(peer)
        return dict(self._session.rows_for(_DIGESTS, record_ids, partner))

    def keep_received(self, envelope: ReceivedEnvelope) -> None:
        """Keep a judged envelope."""
        self.keep_received_many((envelope,))

    def keep_received_many(self, envelopes: Sequence[ReceivedEnvelope]) -> None:
        """Keep several judged envelopes, in order.

        Raises:
            StoreMisused: A position or id is used twice, or a record's id with other bytes.
        """
        session = self._session
        first = session.take_numbers("received", len(envelopes))
        numbered = list(enumerate(envelopes, first))
        session.executemany(_KEEP, [_received(session, row, one) for row, one in numbered])
        records = [(one, row, record) for row, one in numbered for record in one.records]
        inbound = [kept for kept in records if enters_inbox(kept[2])]
        aside = [kept for kept in records if not enters_inbox(kept[2])]
        cursor = _put_records(session, inbound)
        if not cursor:
            inbound, known = _told_apart(session, inbound)
            aside += known
            cursor = _put_records(session, inbound)
        keep_handovers(session, _last_cursors(session, numbered, cursor, aside))
        session.executemany(_ASIDE, [_aside(session, kept) for kept in aside])
        session.owed_touched.update(one.peer for one in envelopes if one.receipt_owed)
        for one in envelopes:
            leaf = (one.received_ms, one.envelope_id, one.payload_root)
            self.append_leaf(LeafEntry(LeafKind.IN, *leaf))

    def owe_receipt(self, peer: Endpoint, positions: Iterable[Position]) -> None:
        """Owe a receipt for envelopes that are already kept."""
        partner = self._session.partner(peer)
        self._session.executemany(_OWE, [(partner, one.epoch, one.seq) for one in positions])
        self._session.owed_touched.add(peer)

    def owed(self, peer: Endpoint, limit: int) -> Sequence[EnvelopeVerdict]:
        """Return verdicts that no receipt of ours has carried yet, oldest first."""
        rows = self._session.rows(_OWED, (self._session.partner(peer), limit))
        return [_verdict(row) for row in rows]

    # -- national system
    def inbox(self, after: int, limit: int) -> Sequence[InboxRecord]:
        """Return accepted business records after a cursor."""
        return _inbox_records(self._session, self._session.rows(_INBOX, (after, limit)))

    def acknowledge(self, up_to: int, now_ms: int) -> int:
        """Note that the national system has all records up to a cursor; returns how many."""
        done = self.acknowledged()
        up_to = min(up_to, self._session.execute(_LAST).get)
        if up_to <= done:
            return 0
        self._session.put_setting(_ACKNOWLEDGED, up_to.to_bytes(8))
        mark(self._session, HANDED, up_to, now_ms)
        mark(self._session, ACKNOWLEDGED, up_to, now_ms)
        count: int = self._session.execute(_HANDED, (done, up_to)).get
        return count

    def unacknowledged(self, most: int) -> int:
        """Count accepted records that are not acknowledged; no further than to `most`."""
        found = self._session.row(_UNACKNOWLEDGED, (self.acknowledged(), most))
        return int(found[0]) if found else 0

    def mark_unacknowledged(self, peer: Endpoint | None = None) -> None:
        """Mark what is not acknowledged, of one peer or of all, as possibly handed over before."""
        partner = None if peer is None else self._session.partner(peer)
        self._session.execute(_MARK, (self.acknowledged(), partner))

    def start_cursors_after(self, least: int) -> None:
        """Give out cursors of inbox and outcomes above `least` from now on."""
        self._session.start_after("inbox", least)
        self._session.execute(_SKIP_OUTCOMES, (least, least))

    def acknowledged(self) -> int:
        """Return the cursor up to which the national system has all records."""
        return int.from_bytes(self._session.setting(_ACKNOWLEDGED) or b"")

    def last_cursors(self) -> tuple[int, int]:
        """Return the last cursors of inbox and outcomes."""
        last: int = self._session.execute(_LAST).get
        outcome: int = self._session.execute(_LAST_OUTCOME).get
        return last, outcome


def deliveries(session: Session, record_id: bytes) -> Sequence[InboxRecord]:
    """Return the accepted records of partners under this id, ascending by partner."""
    return _inbox_records(session, session.rows(_BY_ID, (record_id,)))


def _inbox_records(session: Session, rows: Sequence[Sequence[Any]]) -> list[InboxRecord]:
    entries = bundles.get(session, ((one[6], one[7], one[8]) for one in rows))
    return [
        InboxRecord(
            one[0], Endpoint(one[1]), one[2], one[3], entry, one[4], possible_repeat=bool(one[5])
        )
        for one, entry in zip(rows, entries, strict=True)
    ]


def _received(session: Session, row: int, one: ReceivedEnvelope) -> tuple[Any, ...]:
    verdict = one.verdict
    seed = session.key.seal_value(one.disclosure_seed, _SEED_CONTEXT + row.to_bytes(8))
    return (
        row,
        session.note_partner(one.peer),
        one.position.epoch,
        one.position.seq,
        one.prev,
        one.envelope_id,
        one.payload_root,
        one.header,
        one.signature,
        seed,
        one.family.value,
        one.created_ms,
        one.received_ms,
        int(verdict.verdict),
        _number(verdict.reason),
        _exceptions(verdict.exceptions),
        int(one.receipt_owed),
    )


def _put_records(session: Session, kept: Sequence[_Kept]) -> int:
    """Put new records into the inbox; returns the first cursor.

    Puts none, and returns 0, where one of them is not new.
    """
    entries = [record.entry for _, _, record in kept]
    places = bundles.plan(session, entries)
    first = session.take_numbers("inbox", len(kept))
    changed = session.connection.total_changes()
    session.executemany(
        _RECORD,
        [
            (
                cursor,
                session.note_partner(envelope.peer),
                record.record_id,
                row,
                record.place,
                record.record_type,
                int(record.verdict),
                _number(record.reason),
                int(record.possible_repeat),
                digest(record.entry),
                *place,
            )
            for cursor, ((envelope, row, record), place) in enumerate(
                zip(kept, places, strict=True), first
            )
        ],
    )
    if session.connection.total_changes() - changed != len(kept):
        session.execute(_TAKE_BACK, (first,))
        return 0
    bundles.put(session, places, entries)
    put_terms(session, INBOX, first, [record.terms for _, _, record in kept])
    return first


def _last_cursors(
    session: Session,
    numbered: Sequence[tuple[int, ReceivedEnvelope]],
    cursor: int,
    aside: Sequence[_Kept],
) -> list[tuple[int, int, int, int]]:
    """Return (partner, epoch, seq, last cursor) of envelopes with records for the national system.

    Those of a batch stand in the inbox in order from `cursor` on, but for those aside; of these
    the accepted ones that are no control are there from before.
    """
    apart: dict[int, list[ReceivedRecord]] = {}
    for _, row, record in aside:
        apart.setdefault(row, []).append(record)
    found = []
    for row, one in numbered:
        others = apart.get(row, ())
        count = len(one.records) - len(others)
        cursor += count
        last = cursor - 1 if count else 0
        partner = session.note_partner(one.peer)
        for record in others:
            if record.verdict is Verdict.ACCEPTED and not is_control(record.record_type):
                known = session.row(_CURSOR, (record.record_id, partner))
                last = max(last, known[0] if known else 0)
        if last:
            found.append((partner, one.position.epoch, one.position.seq, last))
    return found


def _told_apart(session: Session, kept: Sequence[_Kept]) -> tuple[list[_Kept], list[_Kept]]:
    """Return records that are new, and those known with the same bytes."""
    new: list[_Kept] = []
    known: list[_Kept] = []
    digests: dict[tuple[int, bytes], bytes] = {}
    for one in kept:
        envelope, _, record = one
        key = (session.note_partner(envelope.peer), record.record_id)
        found = session.row(_DIGEST, (record.record_id, key[0]))
        before = found[0] if found else digests.get(key)
        if before is None:
            digests[key] = digest(record.entry)
            new.append(one)
        elif before == digest(record.entry):
            known.append(one)
        else:
            raise StoreMisused("a record of a peer is known already with other bytes")
    return new, known


def _aside(session: Session, kept: _Kept) -> tuple[Any, ...]:
    _, row, record = kept
    context = _ASIDE_CONTEXT + row.to_bytes(8) + record.place.to_bytes(2)
    return (
        row,
        record.place,
        record.record_id,
        record.record_type,
        int(record.verdict),
        _number(record.reason),
        session.key.seal_value(record.entry, context),
    )


def _number(reason: Reason | None) -> int | None:
    return None if reason is None else int(reason)


def _exceptions(exceptions: Sequence[RecordVerdict]) -> str | None:
    if not exceptions:
        return None
    return json.dumps(
        [
            (one.index, one.record_id.hex(), one.verdict, _number(one.reason), one.faults)
            for one in exceptions
        ]
    )


def _known(row: Sequence[Any]) -> KnownEnvelope:
    """Return the envelope of a row of `_KNOWN_MANY`."""
    verdict = _verdict(row[2:])
    peer, family = Endpoint(row[0]), Family(row[1])
    return KnownEnvelope(peer, verdict.position, verdict.envelope_id, family, verdict)


def _verdict(row: Sequence[Any]) -> EnvelopeVerdict:
    """Return the verdict of a row of `_VERDICT_COLUMNS`."""
    epoch, seq, envelope_id, payload_root, verdict, reason, exceptions = row
    return EnvelopeVerdict(
        Position(epoch, seq),
        envelope_id,
        payload_root,
        Verdict(verdict),
        _reason(reason),
        tuple(
            RecordVerdict(index, bytes.fromhex(id_), Verdict(one), _reason(why), tuple(faults))
            for index, id_, one, why, faults in json.loads(exceptions or "[]")
        ),
    )


def _reason(number: int | None) -> Reason | None:
    return None if number is None else Reason(number)
