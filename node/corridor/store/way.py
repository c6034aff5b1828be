"""How far records have come: the tables of migration 2 in SQLite.

Rules:

* of ours: times stand at the envelope, and a record has those of the envelope that holds it now;
* of partners: a row for each envelope, and marks at cursors; a time is that of the first mark at
  or after the last record of the envelope, so that it is never too early;
* marks within one second become one, at its later end.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from corridor.errors import Reason
from corridor.exchange.values import Lane, LeafEntry, LeafKind, Position, Verdict, Waiting
from corridor.store.outbox import as_waiting
from corridor.store.receipts import Receipts
from corridor.store.rules import SEALED_KEPT_MS
from corridor.store.sqlite_session import Session
from corridor.store.values import Act, ActKind, Arrival, HandedOver, Published
from corridor.transit.parties import Endpoint
from corridor.wire.handover import HandoverRange

HANDED: Final = 1
ACKNOWLEDGED: Final = 2

REMEMBERED_MS: Final = SEALED_KEPT_MS
"""How long a partner that lost what it was told can be told again: as long as by repair."""

_PUBLISHED: Final = (
    "UPDATE sealed SET published_ms = ?2, confirmed_ms = coalesce(confirmed_ms, ?2),"
    " attempts = max(attempts, ?3)"
    " WHERE envelope_id = ?1"
)
_NOTE: Final = (
    "UPDATE sealed SET handed_ms = min(coalesce(handed_ms, ?5), ?5),"
    " acknowledged_ms = CASE WHEN ?6 THEN min(coalesce(acknowledged_ms, ?6), ?6)"
    " ELSE acknowledged_ms END"
    " WHERE partner = ?1 AND epoch = ?2 AND seq BETWEEN ?3 AND ?4 AND family = 'data'"
)
_TELLING: Final = (
    "INSERT INTO tellings (partner, telling) VALUES (?1, ?2)"
    " ON CONFLICT (partner) DO UPDATE SET telling = ?2"
)
_OUTGOING: Final = (
    "SELECT row, record_id, lane, accepted_ms, bundle, start, size FROM outbox"
    " WHERE record_id = ? AND partner = ?"
)
_POSITION: Final = (
    "SELECT s.epoch, s.seq FROM outbox o CROSS JOIN sealed s ON s.row = o.sealed"
    " WHERE o.record_id = ? AND o.partner = ?"
)
_WITHDRAW: Final = (
    "UPDATE outbox SET sealed = 0, verdict = ?4, reason = ?5, receipted_ms = ?3"  # row 0 is none
    " WHERE record_id = ?1 AND partner = ?2 AND sealed IS NULL RETURNING row, lane, digest,"
    " record_type"
)
_ACT: Final = (
    "INSERT INTO acts (partner, record_id, act, at_ms, again, why) VALUES (?, ?, ?, ?, ?, ?)"
)
_ACTS: Final = (
    "SELECT act, at_ms, again, why FROM acts WHERE record_id = ? AND partner = ? ORDER BY row"
)
_LAST_MARK: Final = "SELECT cursor, at_ms FROM marks WHERE kind = ? ORDER BY cursor DESC LIMIT 1"
_MARK: Final = "INSERT INTO marks (kind, cursor, at_ms) VALUES (?, ?, ?)"
_MOVE_MARK: Final = "UPDATE marks SET cursor = ?3, at_ms = ?4 WHERE kind = ?1 AND cursor = ?2"
_KEEP: Final = (
    "INSERT INTO handovers (partner, epoch, seq, last_cursor) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
_AT: Final = "(SELECT at_ms FROM marks WHERE kind = {} AND cursor >= {} ORDER BY cursor LIMIT 1)"
_DUE: Final = (
    "SELECT epoch, seq, last_cursor FROM handovers WHERE partner = ?1 AND told = 0"
    " AND last_cursor <= ?2 UNION ALL SELECT epoch, seq, last_cursor FROM handovers"
    " WHERE partner = ?1 AND told = 1 AND last_cursor <= ?3"
)
_HANDOVERS: Final = (
    f"SELECT epoch, seq, {_AT.format(1, 'last_cursor')}, {_AT.format(2, 'last_cursor')}"  # noqa: S608 - constants
    f" FROM ({_DUE} LIMIT ?4) ORDER BY epoch, seq"
)
_IS_DUE: Final = f"SELECT 1 FROM ({_DUE}) LIMIT 1"  # noqa: S608 - constants
_TOLD: Final = (
    "UPDATE handovers SET told = ?4, told_ms = ?5 WHERE partner = ?1 AND epoch = ?2 AND seq = ?3"
)
_AGAIN: Final = "UPDATE handovers SET told = 0 WHERE partner = ? AND told > 0"
_FORGET: Final = "DELETE FROM handovers WHERE told = 2 AND told_ms <= ?"
_ARRIVALS: Final = (
    "SELECT i.cursor, p.endpoint, i.record_id, i.record_type, r.received_ms, r.owed,"  # noqa: S608 - constants
    f" {_AT.format(1, 'i.cursor')}, {_AT.format(2, 'i.cursor')} FROM inbox i"
    " CROSS JOIN received r ON r.row = i.envelope CROSS JOIN partners p ON p.id = i.partner"
    " WHERE i.record_id = ? AND i.verdict = 1 ORDER BY p.endpoint"
)
_ACKNOWLEDGED: Final = "store.acknowledged"
_WHY: Final = b"acts.why"


class Way(Receipts):
    """The part of a transaction that keeps how far records have come."""

    # -- of ours
    def note_published(self, published: Iterable[Published]) -> None:
        """Note that our broker confirmed envelopes of ours."""
        self._session.executemany(_PUBLISHED, published)

    def note_handovers(self, peer: Endpoint, ranges: Iterable[HandoverRange], now_ms: int) -> None:
        """Note what the peer tells of envelopes of ours with records."""
        partner = self._session.partner(peer)
        self._session.executemany(
            _NOTE,
            [
                (
                    partner,
                    one.epoch,
                    one.first,
                    one.last,
                    min(one.handed_ms, now_ms),
                    min(one.acknowledged_ms, now_ms),
                )
                for one in ranges
            ],
        )

    def keep_telling(self, peer: Endpoint, telling: int) -> None:
        """Note whether the peer tells what its national system takes."""
        self._session.execute(_TELLING, (self._session.note_partner(peer), telling))

    def telling(self, peer: Endpoint) -> int:
        """Return what the peer last said of that."""
        partner = self._session.partner(peer)
        found = self._session.row("SELECT telling FROM tellings WHERE partner = ?", (partner,))
        return found[0] if found else 0

    def outgoing(self, peer: Endpoint, record_id: bytes) -> Waiting | None:
        """Return a record of ours with its entry, wherever it is."""
        rows = self._session.rows(_OUTGOING, (record_id, self._session.partner(peer)))
        return next(iter(as_waiting(self._session, rows)), None)

    def position_of(self, peer: Endpoint, record_id: bytes) -> Position | None:
        """Return where the envelope stands that holds a record of ours now."""
        found = self._session.row(_POSITION, (record_id, self._session.partner(peer)))
        return Position(*found) if found else None

    def withdraw(self, peer: Endpoint, record_id: bytes, now_ms: int) -> bool:
        """Make a record that no envelope holds final."""
        session = self._session
        verdict = (int(Verdict.REFUSED), int(Reason.WITHDRAWN))
        rows = session.rows(_WITHDRAW, (record_id, session.partner(peer), now_ms, *verdict))
        for row, lane, entry_digest, record_type in rows:
            if record_type < 64:  # noqa: PLR2004 - rules.has_outcome, as in receipts.py
                session.execute("INSERT INTO outcomes (row) VALUES (?)", (row,))
            session.lanes_touched.add((peer, Lane(lane)))
            leaf = LeafEntry(LeafKind.WITHDRAWN, now_ms, entry_digest, record_id.ljust(32, b"\0"))
            self.append_leaf(leaf)
        return bool(rows)

    def keep_act(self, peer: Endpoint, record_id: bytes, act: Act) -> None:
        """Keep what an officer decided of a record of ours."""
        why = self._session.key.seal_value(act.why.encode(), _WHY + record_id)
        partner = self._session.note_partner(peer)
        self._session.execute(_ACT, (partner, record_id, act.kind.value, act.at_ms, act.again, why))

    def acts(self, peer: Endpoint, record_id: bytes) -> Sequence[Act]:
        """Return what officers decided of a record of ours, oldest first."""
        rows = self._session.rows(_ACTS, (record_id, self._session.partner(peer)))
        open_value = self._session.key.open_value
        return [
            Act(ActKind(kind), at_ms, open_value(why, _WHY + record_id).decode(), again)
            for kind, at_ms, again, why in rows
        ]

    # -- of partners
    def mark_handed(self, up_to: int, now_ms: int) -> bool:
        """Note that records up to a cursor were given out."""
        return mark(self._session, HANDED, up_to, now_ms)

    def handed(self) -> int:
        """Return the cursor up to which records were given out."""
        return reached(self._session)[0]

    def handovers(self, peer: Endpoint, limit: int) -> Sequence[HandedOver]:
        """Return what the peer has not been told of its envelopes, in order of position."""
        session = self._session
        rows = session.rows(_HANDOVERS, (session.partner(peer), *reached(session), limit))
        return [handed_over(*row) for row in rows]

    def tell_handovers(self, peer: Endpoint, told: Iterable[HandedOver], now_ms: int) -> None:
        """Note that an envelope of ours tells the peer this."""
        partner = self._session.partner(peer)
        self._session.executemany(
            _TOLD,
            [
                (
                    partner,
                    one.position.epoch,
                    one.position.seq,
                    ACKNOWLEDGED if one.acknowledged_ms else HANDED,
                    now_ms,
                )
                for one in told
            ],
        )

    def tell_handovers_again(self, peer: Endpoint) -> None:
        """Have the peer told again of whatever is still remembered."""
        self._session.execute(_AGAIN, (self._session.partner(peer),))


def handed_over(epoch: int, seq: int, handed_ms: int, acknowledged_ms: int | None) -> HandedOver:
    """Return an envelope of a peer, as a row names it."""
    return HandedOver(Position(epoch, seq), handed_ms, acknowledged_ms or 0)


def mark(session: Session, kind: int, up_to: int, now_ms: int) -> bool:
    """Put a mark, unless one stands there or beyond; returns whether it is news."""
    last = session.row(_LAST_MARK, (kind,))
    if last and last[0] >= up_to:
        return False
    if last and last[1] // 1000 == now_ms // 1000:
        session.execute(_MOVE_MARK, (kind, last[0], up_to, max(now_ms, last[1])))
    else:
        session.execute(_MARK, (kind, up_to, now_ms))
    return True


def reached(session: Session) -> tuple[int, int]:
    """Return up to which cursors records are handed over and acknowledged."""
    acknowledged = int.from_bytes(session.setting(_ACKNOWLEDGED) or b"")
    last = session.row(_LAST_MARK, (HANDED,))
    return max(last[0] if last else 0, acknowledged), acknowledged


def keep_handovers(session: Session, rows: Sequence[tuple[int, int, int, int]]) -> None:
    """Keep envelopes of peers as (partner, epoch, seq, last cursor)."""
    session.executemany(_KEEP, rows)


def is_due(session: Session, peer: Endpoint) -> bool:
    """Tell whether the peer has to be told of something."""
    return bool(session.row(_IS_DUE, (session.partner(peer), *reached(session))))


def forget_told(session: Session, now_ms: int) -> None:
    """Forget what was told 30 days ago."""
    session.execute(_FORGET, (now_ms - REMEMBERED_MS,))


def arrivals(session: Session, record_id: bytes) -> list[Arrival]:
    """Return how far accepted records of partners under this id have come here."""
    handed, acknowledged = reached(session)
    return [_arrival(row, handed, acknowledged) for row in session.rows(_ARRIVALS, (record_id,))]


def _arrival(row: Sequence[Any], handed: int, acknowledged: int) -> Arrival:
    cursor, peer, record_id, record_type, received_ms, owed, handed_ms, acknowledged_ms = row
    return Arrival(
        cursor,
        Endpoint(peer),
        record_id,
        record_type,
        received_ms,
        signed=not owed,
        handed=cursor <= handed,
        handed_ms=handed_ms if cursor <= handed else None,
        acknowledged=cursor <= acknowledged,
        acknowledged_ms=acknowledged_ms if cursor <= acknowledged else None,
    )
