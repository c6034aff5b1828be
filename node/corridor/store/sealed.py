"""Envelopes of ours: kept before they leave, until they are receipted and for 30 days beyond.

Rules:

* a position and an envelope id are used once; so is a record, except where its envelope is
  replaced;
* one statement changes all rows of the outbox that an envelope holds: lanes and partners share
  the numbers, so that those of a batch seldom follow each other.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from corridor.errors import StoreMisused
from corridor.exchange.values import (
    ZERO_ID,
    Family,
    Head,
    InFlight,
    Lane,
    LeafEntry,
    LeafKind,
    Position,
    SealedEnvelope,
    Waiting,
)
from corridor.store.gates import SqliteGates
from corridor.store.lookback import SentBefore
from corridor.store.outbox import Outbox, as_waiting
from corridor.store.rules import PRUNED_AT_ONCE, SEALED_KEPT_MS, header_and_signature
from corridor.store.sqlite_session import Session
from corridor.store.values import OutStreamState
from corridor.transit.parties import Endpoint

_STREAM: Final = (
    "SELECT epoch, seq, envelope_id, created_ms, receipted_epoch, receipted_seq, receipted_id"
    " FROM out_streams WHERE partner = ?"
)
_KEEP: Final = (
    "INSERT INTO sealed (row, partner, epoch, seq, prev, envelope_id, payload_root, size_bytes,"
    " family, lane, created_ms, oldest_ms, records) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FRAME: Final = "INSERT INTO frames (row, frame) VALUES (?, ?)"
_ADVANCE: Final = (
    "INSERT INTO out_streams (partner, epoch, seq, envelope_id, created_ms, receipted_epoch,"
    " receipted_seq, receipted_id) VALUES (?, ?, ?, ?, ?, 0, 0, zeroblob(32))"
    " ON CONFLICT (partner) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq,"
    " envelope_id = excluded.envelope_id, created_ms = excluded.created_ms"
)
_RECEIPTED: Final = (
    "INSERT INTO out_streams (partner, epoch, seq, envelope_id, created_ms, receipted_epoch,"
    " receipted_seq, receipted_id) VALUES (?1, 0, 0, zeroblob(32), 0, ?2, ?3, ?4)"
    " ON CONFLICT (partner) DO UPDATE SET receipted_epoch = ?2, receipted_seq = ?3,"
    " receipted_id = ?4 WHERE (receipted_epoch, receipted_seq) < (?2, ?3)"
)
_TAKE: Final = (
    "UPDATE outbox SET sealed = ?2 WHERE row IN carray(?1) AND partner = ?3"
    " AND (sealed IS NULL OR sealed = ?4)"
)
_OLDEST: Final = "SELECT min(accepted_ms) FROM outbox WHERE row IN carray(?)"
_ANSWERED: Final = (
    "UPDATE received SET owed = 0 WHERE partner = ? AND epoch = ? AND seq = ? AND owed = 1"
)
_ROW: Final = "SELECT row, records FROM sealed WHERE partner = ? AND epoch = ? AND seq = ?"
_SETTLE: Final = "UPDATE sealed SET settled_ms = ? WHERE row = ? AND settled_ms IS NULL"
_RETIRE: Final = (
    "UPDATE sealed SET settled_ms = created_ms"
    " WHERE partner = ? AND epoch = ? AND seq = ? AND settled_ms IS NULL"
)
_FRAMES: Final = (
    "SELECT f.frame FROM sealed s CROSS JOIN frames f ON f.row = s.row"
    " WHERE s.partner = ? AND s.epoch = ? AND s.seq = ?"
)
_FLIGHT_COLUMNS: Final = (
    "SELECT epoch, seq, envelope_id, payload_root, size_bytes, lane, family, created_ms, attempts,"
    " settled_ms IS NOT NULL, oldest_ms, published_ms FROM"
)
_FIND: Final = (
    f"{_FLIGHT_COLUMNS} carray(?) asked"
    " CROSS JOIN sealed ON envelope_id = asked.value AND partner = ?"
)
_OPEN: Final = (
    f"{_FLIGHT_COLUMNS} sealed WHERE partner = ? AND settled_ms IS NULL ORDER BY epoch, seq"
)
_RECORDS: Final = (
    "SELECT row, record_id, lane, accepted_ms, bundle, start, size FROM outbox"
    " WHERE row IN carray(?) AND sealed = ? AND size > 0"
    " AND (verdict IS NULL OR verdict > 2 OR (? AND verdict = 1))"
)
_AT: Final = f"{_FLIGHT_COLUMNS} sealed WHERE partner = ? AND epoch = ? AND seq = ?"
_GONE: Final = (
    "SELECT count(*) FROM outbox WHERE row IN carray(?) AND sealed = ? AND size = 0"
    " AND verdict = 1 AND record_type < 64"  # has_outcome
)
_BEFORE: Final = (
    "SELECT epoch, seq, envelope_id FROM sealed WHERE partner = ? AND epoch < ?"
    " ORDER BY epoch DESC, seq DESC LIMIT 1"
)
_ATTEMPT: Final = (
    "UPDATE sealed SET attempts = attempts + 1 WHERE partner = ? AND epoch = ? AND seq = ?"
)
_CLOSE_CONTROL: Final = (
    "UPDATE sealed SET settled_ms = ? WHERE partner = ? AND epoch = ? AND seq <= ?"
    " AND settled_ms IS NULL AND family = 'control'"
)
_BYTES: Final = "SELECT frame FROM frames WHERE row = ?"
_HEADER: Final = "INSERT OR IGNORE INTO headers (row, header, signature) VALUES (?, ?, ?)"
_OLD: Final = (
    "SELECT row FROM sealed WHERE settled_ms <= ? AND settled_ms IS NOT NULL AND erased = 0"
    " ORDER BY settled_ms LIMIT ?"
)


class Sealed(Outbox, SqliteGates):
    """The part of a transaction that keeps envelopes of ours, and the gates to partners."""

    def out_stream(self, peer: Endpoint) -> OutStreamState:
        """Return where us → peer stands."""
        row = self._session.row(_STREAM, (self._session.partner(peer),))
        if row is None:
            none = Head(0, 0, ZERO_ID)
            return OutStreamState(peer, none, 0, none)
        return OutStreamState(peer, Head(*row[:3]), row[3], Head(*row[4:]))

    def keep_sealed(self, envelope: SealedEnvelope) -> None:
        """Keep an envelope of ours.

        Raises:
            StoreMisused: A position, id or record is used twice.
        """
        session = self._session
        partner = session.note_partner(envelope.peer)
        position = envelope.position
        row = session.take_numbers("sealed", 1)
        oldest = session.rows_of_numbers(_OLDEST, envelope.rows)
        self._insert(row, partner, envelope, oldest[0][0] if oldest else None)
        session.execute(_FRAME, (row, envelope.frame))
        session.execute(
            _ADVANCE,
            (partner, position.epoch, position.seq, envelope.envelope_id, envelope.created_ms),
        )
        self._take_rows(row, partner, envelope)
        if envelope.answers:
            session.executemany(
                _ANSWERED, [(partner, one.epoch, one.seq) for one in envelope.answers]
            )
            session.owed_touched.add(envelope.peer)
        leaf = (envelope.created_ms, envelope.envelope_id, envelope.payload_root)
        self.append_leaf(LeafEntry(LeafKind.OUT, *leaf))

    def retire_sealed(self, peer: Endpoint, positions: Iterable[Position]) -> None:
        """Note that envelopes of ours need no receipt any more."""
        self._session.executemany(_RETIRE, _keys(self._session, peer, positions))

    def frames(
        self, peer: Endpoint, positions: Sequence[Position]
    ) -> Sequence[tuple[Position, bytes]]:
        """Return the identical bytes of those envelopes of ours that are still kept."""
        keys = zip(positions, _keys(self._session, peer, positions), strict=True)
        found = ((position, self._session.row(_FRAMES, key)) for position, key in keys)
        return [(position, row[0]) for position, row in found if row]

    def find_sealed(self, peer: Endpoint, envelope_id: bytes) -> InFlight | None:
        """Return an envelope of ours by its id."""
        return self.find_sealed_many(peer, (envelope_id,)).get(envelope_id)

    def find_sealed_many(
        self, peer: Endpoint, envelope_ids: Sequence[bytes]
    ) -> Mapping[bytes, InFlight]:
        """Return those of our envelopes to this peer that exist, by id."""
        partner = self._session.partner(peer)
        found = map(_in_flight, self._session.rows_for(_FIND, envelope_ids, partner))
        return {one.envelope_id: one for one in found}

    def records_of(
        self, peer: Endpoint, position: Position, *, accepted: bool = False
    ) -> Sequence[Waiting]:
        """Return the outbox records of one of our envelopes that are not final, in order."""
        session = self._session
        key = (session.partner(peer), position.epoch, position.seq)
        found = session.row(_ROW, key)
        if found is None:
            return []
        row, records = found
        order = {number: place for place, number in enumerate(unpacked(records))}
        rows = session.rows_of_numbers(_RECORDS, tuple(order), row, accepted)
        return as_waiting(session, sorted(rows, key=lambda one: order[one[0]]))

    def sent_at(self, peer: Endpoint, position: Position) -> SentBefore | None:
        """Return the envelope of ours at a position; None where we know of none."""
        session = self._session
        partner = session.partner(peer)
        place = (partner, position.epoch, position.seq)
        found, held = session.row(_AT, place), session.row(_ROW, place)
        if found is None or held is None:
            return None
        gone = session.rows_of_numbers(_GONE, unpacked(held[1]), held[0])
        before = session.row(_BEFORE, (partner, position.epoch)) if position.seq == 1 else None
        return SentBefore(
            _in_flight(found), gone[0][0] if gone else 0, Head(*before) if before else None
        )

    def count_attempt(self, peer: Endpoint, positions: Iterable[Position]) -> None:
        """Note that these envelopes of ours were published once more."""
        self._session.executemany(_ATTEMPT, _keys(self._session, peer, positions))

    def complete_to(self, peer: Endpoint, head: Head, now_ms: int) -> None:
        """Note the peer's cumulative acknowledgement."""
        self.note_receipted(peer, Position(head.epoch, head.seq), head.envelope_id)
        partner = self._session.partner(peer)
        self._session.execute(_CLOSE_CONTROL, (now_ms, partner, head.epoch, head.seq))

    def note_receipted(self, peer: Endpoint, reached: Position, envelope_id: bytes) -> None:
        """Move what is receipted forward, never back."""
        if (reached.epoch, reached.seq) > (0, 0):
            partner = self._session.note_partner(peer)
            bindings = (partner, reached.epoch, reached.seq, envelope_id)
            self._session.execute(_RECEIPTED, bindings)

    def _insert(
        self, row: int, partner: int, envelope: SealedEnvelope, oldest_ms: int | None
    ) -> None:
        self._session.execute(
            _KEEP,
            (
                row,
                partner,
                envelope.position.epoch,
                envelope.position.seq,
                envelope.prev,
                envelope.envelope_id,
                envelope.payload_root,
                len(envelope.frame),
                envelope.family.value,
                int(envelope.lane),
                envelope.created_ms,
                oldest_ms,
                packed(envelope.rows),
            ),
        )

    def _take_rows(self, row: int, partner: int, envelope: SealedEnvelope) -> None:
        """Move the envelope's rows out of the lanes, or out of the envelope it replaces."""
        session, old = self._session, None
        if envelope.replaces:
            key = (partner, envelope.replaces.epoch, envelope.replaces.seq)
            found = session.row(_ROW, key)
            old = found[0] if found else None
            session.execute(_SETTLE, (envelope.created_ms, old))
        changed = session.connection.total_changes()
        session.rows_of_numbers(_TAKE, envelope.rows, row, partner, old)
        if session.connection.total_changes() - changed != len(envelope.rows):
            raise StoreMisused("an envelope holds a record that does not wait")
        session.lanes_touched.update((envelope.peer, lane) for lane in Lane)


def unreceipted(session: Session, peer: Endpoint) -> list[InFlight]:
    """Return our envelopes that still need a receipt, in order of position."""
    return [_in_flight(row) for row in session.rows(_OPEN, (session.partner(peer),))]


def prune(session: Session, now_ms: int) -> int:
    """Erase the bytes of envelopes that were receipted 30 days ago; returns how many."""
    old = session.rows(_OLD, (now_ms - SEALED_KEPT_MS, PRUNED_AT_ONCE))
    erase_bytes(session, [row[0] for row in old])
    return len(old)


def erase_bytes(session: Session, rows: Sequence[int]) -> None:
    """Erase the bytes of envelopes of ours; header and signature stay, as evidence."""
    for row in rows:
        found = session.row(_BYTES, (row,))
        signed = header_and_signature(found[0]) if found else None
        if signed:
            session.execute(_HEADER, (row, *signed))
        session.execute("DELETE FROM frames WHERE row = ?", (row,))
        session.execute("UPDATE sealed SET erased = 1 WHERE row = ?", (row,))


def packed(rows: Sequence[int]) -> bytes:
    """Return outbox rows as the column `records` holds them."""
    return struct.pack(f">{len(rows)}Q", *rows)


def unpacked(records: bytes) -> tuple[int, ...]:
    """Return the outbox rows of a column `records`."""
    return struct.unpack(f">{len(records) // 8}Q", records)


def _keys(
    session: Session, peer: Endpoint, positions: Iterable[Position]
) -> list[tuple[int, int, int]]:
    partner = session.partner(peer)
    return [(partner, one.epoch, one.seq) for one in positions]


def _in_flight(row: Sequence[Any]) -> InFlight:
    epoch, seq, envelope_id, payload_root, size_bytes, lane, family, created_ms = row[:8]
    return InFlight(
        Position(epoch, seq),
        envelope_id,
        payload_root,
        size_bytes,
        Lane(lane),
        Family(family),
        created_ms,
        row[8],
        bool(row[9]),
        row[10],
        row[11],
    )
