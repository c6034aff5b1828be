"""Where the streams of partners stand, and what of them is put aside.

Rules:

* what lies ahead of a gap is derived from what was received, never stored twice;
* a tombstone gives way to its envelope, should that come after all;
* a frame that is held may be anything, also something that was never sealed: it is kept under the
  storage key.
"""

from collections.abc import Sequence
from typing import Any, Final

from corridor.errors import Reason
from corridor.exchange.values import Held, InStream, Position
from corridor.store.inbox import Inbox
from corridor.transit.parties import Endpoint

_AT: Final = (
    "SELECT envelope_id FROM received WHERE partner = ?1 AND epoch = ?2 AND seq = ?3"
    " UNION ALL"
    " SELECT envelope_id FROM tombstones WHERE partner = ?1 AND epoch = ?2 AND seq = ?3 LIMIT 1"
)
_STREAM_COLUMNS: Final = "SELECT epoch, complete_to, head_id, highest FROM in_streams"
_STREAMS: Final = f"{_STREAM_COLUMNS} WHERE partner = ? AND closed = 0 ORDER BY epoch"
_STREAM: Final = f"{_STREAM_COLUMNS} WHERE partner = ? AND epoch = ?"
_AHEAD: Final = (
    "SELECT seq, envelope_id, prev FROM received WHERE partner = ?1 AND epoch = ?2 AND seq > ?3"
    " UNION ALL"
    " SELECT t.seq, t.envelope_id, x'' FROM tombstones t"
    " WHERE t.partner = ?1 AND t.epoch = ?2 AND t.seq > ?3 AND NOT EXISTS (SELECT 1 FROM received r"
    " WHERE r.partner = t.partner AND r.epoch = t.epoch AND r.seq = t.seq)"
    " ORDER BY 1"
)
_PUT: Final = (
    "INSERT INTO in_streams (partner, epoch, complete_to, head_id, highest) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (partner, epoch) DO UPDATE SET complete_to = excluded.complete_to,"
    " head_id = excluded.head_id, highest = excluded.highest, closed = 0"
)
_CLOSE: Final = "UPDATE in_streams SET closed = 1 WHERE partner = ? AND epoch = ?"
_TOMBSTONE: Final = (
    "INSERT INTO tombstones (partner, epoch, seq, envelope_id, at_ms) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
_HOLD: Final = (
    "INSERT INTO held (row, link, claimed_sender, reason, frame, at_ms) VALUES (?, ?, ?, ?, ?, ?)"
)
_GIVE_WAY: Final = (
    "DELETE FROM held WHERE claimed_sender = ?1 AND row NOT IN"
    " (SELECT row FROM held WHERE claimed_sender = ?1 ORDER BY row DESC LIMIT ?2)"
)
_HELD: Final = (
    "SELECT row, link, claimed_sender, reason, frame, at_ms FROM held ORDER BY row LIMIT ?"
)
_HELD_CONTEXT: Final = b"held.frame"


class IncomingStreams(Inbox):
    """The part of a transaction that keeps where partners' streams stand."""

    def at_position(self, peer: Endpoint, position: Position) -> bytes | None:
        """Return the id of the envelope (or else tombstone) held at a position."""
        key = (self._session.partner(peer), position.epoch, position.seq)
        row = self._session.row(_AT, key)
        return row[0] if row else None

    def in_streams(self, peer: Endpoint) -> Sequence[InStream]:
        """Return the epochs of peer → us that are not closed, oldest first."""
        rows = self._session.rows(_STREAMS, (self._session.partner(peer),))
        return [self._stream(peer, row) for row in rows]

    def in_stream(self, peer: Endpoint, epoch: int) -> InStream | None:
        """Return one epoch of peer → us, closed or not."""
        row = self._session.row(_STREAM, (self._session.partner(peer), epoch))
        return self._stream(peer, row) if row else None

    def put_in_stream(self, stream: InStream) -> None:
        """Keep where peer → us stands in one epoch; it is open from now on."""
        partner = self._session.note_partner(stream.peer)
        bindings = (partner, stream.epoch, stream.complete_to, stream.head_id, stream.highest)
        self._session.execute(_PUT, bindings)

    def close_in_stream(self, peer: Endpoint, epoch: int) -> None:
        """Note that an epoch of peer → us is complete and followed by another."""
        self._session.execute(_CLOSE, (self._session.partner(peer), epoch))

    def put_tombstone(
        self, peer: Endpoint, position: Position, envelope_id: bytes, now_ms: int
    ) -> None:
        """Close a position of peer → us that will never be filled by its envelope."""
        partner = self._session.note_partner(peer)
        bindings = (partner, position.epoch, position.seq, envelope_id, now_ms)
        self._session.execute(_TOMBSTONE, bindings)

    def hold(self, item: Held, limit_per_sender: int) -> int:
        """Keep a frame for later; the oldest of the same claimed sender give way."""
        row = self._session.take_numbers("held", 1)
        frame = self._session.key.seal_value(item.frame, _HELD_CONTEXT + row.to_bytes(8))
        bindings = (row, item.link, item.claimed_sender, int(item.reason), frame, item.at_ms)
        self._session.execute(_HOLD, bindings)
        changed = self._session.connection.total_changes()
        self._session.execute(_GIVE_WAY, (item.claimed_sender, limit_per_sender))
        return self._session.connection.total_changes() - changed

    def take_held(self, limit: int) -> Sequence[Held]:
        """Remove and return frames that were held, oldest first."""
        rows = self._session.rows(_HELD, (limit,))
        self._session.executemany("DELETE FROM held WHERE row = ?", [row[:1] for row in rows])
        opened = self._session.key.open_value
        return [
            Held(link, sender, Reason(reason), opened(frame, _HELD_CONTEXT + row.to_bytes(8)), at)
            for row, link, sender, reason, frame, at in rows
        ]

    def _stream(self, peer: Endpoint, row: Sequence[Any]) -> InStream:
        epoch, complete_to, head_id, highest = row
        key = (self._session.partner(peer), epoch, complete_to)
        ahead = self._session.rows(_AHEAD, key)
        return InStream(peer, epoch, complete_to, head_id, highest, tuple(ahead))
