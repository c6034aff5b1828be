"""Days with partners, on SQLite; see `reconciling_port`.

Rules:

* records of a day are found by the index on their ids: what a day costs depends on it alone;
* the newest envelope before a time is searched by halves: `created_ms` ascends in an epoch.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from corridor.exchange.tallies import DayRow
from corridor.exchange.values import Position
from corridor.store.acceptances import SqliteAcceptances
from corridor.store.parking import SqliteParking
from corridor.store.reconciling_port import Case, JudgedDay, Reconciliation, ToldDay
from corridor.store.recovering import SqliteRecovering
from corridor.store.sqlite_session import Session
from corridor.transit.parties import Endpoint
from corridor.wire.tally import DayHead

_RANGE: Final = "record_id > ?1 AND record_id < ?2"
_SENT: Final = (
    f"SELECT record_id, record_type, verdict, reason, digest FROM outbox WHERE {_RANGE}"  # noqa: S608 - constants
    " AND partner = ?3 AND record_type < 64 ORDER BY record_id LIMIT ?4"
)
_INBOX: Final = (
    f"SELECT record_id, record_type, verdict, reason, digest FROM inbox WHERE {_RANGE}"  # noqa: S608 - constants
    " AND partner = ?3 ORDER BY record_id LIMIT ?4"
)
_REFUSED: Final = (
    "SELECT a.record_id, a.record_type, 2, a.reason, x'',"
    # of the newest refusal: the other columns are those of the row with the greatest place
    " max(printf('%010d%020d%04d', r.epoch, r.seq, a.place))"
    " FROM aside a INDEXED BY aside_refused CROSS JOIN received r ON r.row = a.envelope"
    " WHERE a.verdict = 2 AND a.record_id > ?1 AND a.record_id < ?2 AND r.partner = ?3"
    " AND a.record_type < 64 AND NOT EXISTS (SELECT 1 FROM inbox i"
    " WHERE i.record_id = a.record_id AND i.partner = ?3)"
    " GROUP BY a.record_id ORDER BY a.record_id LIMIT ?4"
)
_LAST: Final = (
    "SELECT epoch, seq, envelope_id, created_ms FROM {} WHERE partner = ? AND epoch < ?"
    " ORDER BY epoch DESC, seq DESC LIMIT 1"
)
_FIRST: Final = (
    "SELECT epoch, seq, envelope_id, created_ms FROM {} WHERE partner = ? AND epoch = ?"
    " ORDER BY seq LIMIT 1"
)
_UP_TO: Final = (
    "SELECT epoch, seq, envelope_id, created_ms FROM {} WHERE partner = ? AND epoch = ?"
    " AND seq <= ? ORDER BY seq DESC LIMIT 1"
)
_KNOWS: Final = (
    "INSERT INTO reconcilers (partner, knows) VALUES (?1, ?2)"
    " ON CONFLICT (partner) DO UPDATE SET knows = ?2"
)
_HEARD: Final = (
    "INSERT INTO reconciliations (partner, day, theirs, their_envelope, their_epoch, their_seq,"
    " heard_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (partner, day) DO UPDATE"
    " SET theirs = ?3, their_envelope = ?4, their_epoch = ?5, their_seq = ?6, heard_ms = ?7,"
    " due = 1 WHERE (their_epoch, their_seq) <= (?5, ?6)"
)
_MARK: Final = (
    "INSERT INTO reconciliations (partner, day) VALUES (?, ?)"
    " ON CONFLICT (partner, day) DO UPDATE SET due = 1"
)
_COLUMNS: Final = (
    "p.endpoint, r.day, r.told, r.told_envelope, r.told_ms, r.theirs, r.their_envelope,"
    " r.their_epoch, r.their_seq, r.heard_ms, r.pending, r.due, r.state, r.waits_for, r.judged_ms"
)
_FROM: Final = f"SELECT {_COLUMNS} FROM reconciliations r CROSS JOIN partners p ON p.id = r.partner"  # noqa: S608 - constants
_DUE: Final = (
    f"{_FROM} WHERE r.due = 1 AND r.day <= ?1 AND NOT (r.told_ms > ?2 AND r.told_ms <= ?3)"
    " ORDER BY r.judged_ms, r.day, p.endpoint LIMIT ?4"
)
_ONE: Final = f"{_FROM} WHERE r.partner = ? AND r.day = ?"
_SOME: Final = f"{_FROM} WHERE r.partner = ? ORDER BY r.day DESC LIMIT ?"
_ALL: Final = f"{_FROM} ORDER BY r.day DESC, p.endpoint LIMIT ?"
_AGREED: Final = (
    "SELECT p.endpoint, max(r.day) FROM reconciliations r CROSS JOIN partners p"
    " ON p.id = r.partner WHERE r.state = 'agreed' GROUP BY r.partner"
)
_JUDGE: Final = (
    "UPDATE reconciliations SET pending = ?3, state = ?4, waits_for = ?5, judged_ms = ?6,"
    " due = their_envelope <> ?7 WHERE partner = ?1 AND day = ?2"
)
_DROP: Final = (
    "DELETE FROM reconciliations WHERE partner = ? AND day = ? AND told = x'' AND theirs = x''"
)
_PENDING: Final = (
    "SELECT day, pending FROM reconciliations WHERE partner = ? AND pending <> x''"
    " ORDER BY day LIMIT ?"
)
_TOLD: Final = (
    "UPDATE reconciliations SET told = ?3, told_envelope = ?4, told_ms = ?5,"
    " pending = CASE WHEN pending = ?3 THEN x'' ELSE pending END WHERE partner = ?1 AND day = ?2"
)
_OPEN_CASE: Final = (
    "SELECT number FROM reconciliation_cases WHERE partner = ? AND day = ? AND closed_ms IS NULL"
)
_NEW_CASE: Final = (
    "INSERT INTO reconciliation_cases (partner, day, opened_ms, differences) VALUES (?, ?, ?, ?)"
)
_EVERY_CASE: Final = (
    "SELECT c.number, p.endpoint, c.day, c.opened_ms, c.closed_ms, c.differences"
    " FROM reconciliation_cases c CROSS JOIN partners p ON p.id = c.partner"
)
_CASES: Final = f"{_EVERY_CASE} WHERE c.closed_ms IS NULL OR ?1 = 0 ORDER BY c.number DESC LIMIT ?2"
_CASES_OF: Final = f"{_EVERY_CASE} WHERE c.partner = ? AND c.day = ? ORDER BY c.number DESC"
_FORGET: Final = (
    "DELETE FROM reconciliations WHERE day < ? AND NOT EXISTS (SELECT 1 FROM reconciliation_cases c"
    " WHERE c.partner = reconciliations.partner AND c.day = reconciliations.day"
    " AND c.closed_ms IS NULL)"
)


class SqliteReconciling(SqliteRecovering, SqliteParking, SqliteAcceptances):
    """Days with partners on SQLite."""

    _session: Session

    # -- records and streams
    def day_sent(self, peer: Endpoint, after: bytes, until: bytes, limit: int) -> Sequence[DayRow]:
        """Return business records of ours to the peer, ascending by id."""
        session = self._session
        rows = session.rows(_SENT, (after, until, session.partner(peer), limit))
        return [DayRow(*row) for row in rows]

    def day_received(
        self, peer: Endpoint, after: bytes, until: bytes, limit: int
    ) -> Sequence[DayRow]:
        """Return business records of the peer, ascending by id, each once."""
        bindings = (after, until, self._session.partner(peer), limit)
        pages = [self._session.rows(statement, bindings) for statement in (_INBOX, _REFUSED)]
        ends = [page[-1][0] for page in pages if len(page) == limit]
        rows = (DayRow(*row[:5]) for row in chain(*pages))
        return sorted(row for row in rows if not ends or row.record_id <= min(ends))

    def sent_head(self, peer: Endpoint, before_ms: int) -> DayHead:
        """Return the newest envelope of ours that was created before a time."""
        return _head(self._session, "sealed", peer, before_ms)

    def received_head(self, peer: Endpoint, before_ms: int) -> DayHead:
        """Return the newest envelope of the peer that was created before a time."""
        return _head(self._session, "received", peer, before_ms)

    # -- who takes part
    def knows_tally(self, peer: Endpoint) -> bool:
        """Return whether the peer knows the record with which days are told."""
        key = (self._session.partner(peer),)
        found = self._session.row("SELECT knows FROM reconcilers WHERE partner = ?", key)
        return bool(found and found[0])

    def keep_knows_tally(self, peer: Endpoint, *, knows: bool) -> None:
        """Note whether the peer knows it."""
        self._session.execute(_KNOWS, (self._session.note_partner(peer), int(knows)))

    def counted_days(self) -> Sequence[tuple[Endpoint, int]]:
        """Return the peers that know it, each with the newest day counted by itself."""
        rows = self._session.rows(
            "SELECT p.endpoint, r.counted FROM reconcilers r CROSS JOIN partners p"
            " ON p.id = r.partner WHERE r.knows = 1 ORDER BY p.endpoint",
            (),
        )
        return [(Endpoint(peer), day) for peer, day in rows]

    def keep_counted(self, peer: Endpoint, day: int) -> None:
        """Note the newest day that was counted by itself."""
        key = (day, self._session.partner(peer))
        self._session.execute("UPDATE reconcilers SET counted = ? WHERE partner = ?", key)

    # -- days
    def note_tally(self, peer: Endpoint, told: ToldDay, now_ms: int) -> None:
        """Keep what the peer told of a day."""
        key = (self._session.note_partner(peer), told.day)
        place = (told.position.epoch, told.position.seq)
        self._session.execute(_HEARD, (*key, told.body, told.envelope_id, *place, now_ms))

    def mark_due(self, peer: Endpoint, days: Iterable[int]) -> None:
        """Have days counted."""
        partner = self._session.note_partner(peer)
        self._session.executemany(_MARK, [(partner, day) for day in days])

    def days_due(
        self, newest: int, told_between: tuple[int, int], limit: int
    ) -> Sequence[Reconciliation]:
        """Return days that are due; those first that were looked at longest ago."""
        return [_day(row) for row in self._session.rows(_DUE, (newest, *told_between, limit))]

    def reconciliation(self, peer: Endpoint, day: int) -> Reconciliation | None:
        """Return a day with a peer."""
        found = self._session.row(_ONE, (self._session.partner(peer), day))
        return _day(found) if found else None

    def reconciliations(self, peer: Endpoint | None, limit: int) -> Sequence[Reconciliation]:
        """Return days with a peer, or with all, newest first."""
        if peer is None:
            return [_day(row) for row in self._session.rows(_ALL, (limit,))]
        named = (self._session.partner(peer), limit)
        return [_day(row) for row in self._session.rows(_SOME, named)]

    def agreed_days(self) -> Mapping[Endpoint, int]:
        """Return the newest day on which we agree with each peer."""
        rows = self._session.rows(_AGREED, ())
        return {Endpoint(peer): day for peer, day in rows}

    def judge_day(self, judged: JudgedDay, now_ms: int) -> None:
        """Keep what came of counting a day."""
        key = (self._session.partner(judged.peer), judged.day)
        kept = (judged.pending, judged.state, judged.waits_for, now_ms, judged.seen_envelope)
        self._session.execute(_JUDGE, (*key, *kept))

    def drop_day(self, peer: Endpoint, day: int) -> None:
        """Forget a day of which there is nothing to tell and nothing was told."""
        self._session.execute(_DROP, (self._session.partner(peer), day))

    def tallies_pending(self, peer: Endpoint, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return (day, body) of what the peer is to be told, oldest day first."""
        rows = self._session.rows(_PENDING, (self._session.partner(peer), limit))
        return [(day, body) for day, body in rows]

    def tallies_told(
        self, peer: Endpoint, told: Iterable[tuple[int, bytes]], envelope_id: bytes, now_ms: int
    ) -> None:
        """Note that an envelope of ours tells the peer this."""
        partner = self._session.partner(peer)
        self._session.executemany(
            _TOLD, [(partner, day, body, envelope_id, now_ms) for day, body in told]
        )

    def forget_days(self, before: int) -> None:
        """Forget days before one, but for those with an open case."""
        self._session.execute(_FORGET, (before,))

    # -- cases
    def open_case(self, peer: Endpoint, day: int, differences: str, now_ms: int) -> bool:
        """Open a case of a day, or tell one that is open what it is now."""
        session, partner = self._session, self._session.note_partner(peer)
        found = session.row(_OPEN_CASE, (partner, day))
        if found is None:
            session.execute(_NEW_CASE, (partner, day, now_ms, differences))
            return True
        session.execute(
            "UPDATE reconciliation_cases SET differences = ? WHERE number = ?",
            (differences, found[0]),
        )
        return False

    def close_cases(self, peer: Endpoint, day: int, now_ms: int) -> int:
        """Close the cases of a day; returns how many were open."""
        key = (now_ms, self._session.partner(peer), day)
        self._session.execute(
            "UPDATE reconciliation_cases SET closed_ms = ?"
            " WHERE partner = ? AND day = ? AND closed_ms IS NULL",
            key,
        )
        return self._session.connection.changes()

    def cases(self, limit: int, *, open_only: bool) -> Sequence[Case]:
        """Return cases, newest first."""
        return _cases(self._session.rows(_CASES, (int(open_only), limit)))

    def cases_of(self, peer: Endpoint, day: int) -> Sequence[Case]:
        """Return every case of a day with a peer, newest first."""
        return _cases(self._session.rows(_CASES_OF, (self._session.partner(peer), day)))


def _cases(rows: Iterable[Sequence[Any]]) -> list[Case]:
    return [Case(row[0], Endpoint(row[1]), *row[2:]) for row in rows]


def _day(row: Sequence[Any]) -> Reconciliation:
    told, place, rest = row[1:7], Position(*row[7:9]), row[9:]
    kept = Reconciliation._make((Endpoint(row[0]), *told, place, *rest))
    return kept._replace(due=bool(kept.due))


def _head(session: Session, table: str, peer: Endpoint, before_ms: int) -> DayHead:
    """Return the newest envelope in a table that was created before a time."""
    partner, epoch = session.partner(peer), 1 << 32
    while last := session.row(_LAST.format(table), (partner, epoch)):
        epoch = last[0]
        if last[3] < before_ms:
            return DayHead(*last[:3])
        first = session.row(_FIRST.format(table), (partner, epoch))
        if first and first[3] < before_ms:
            return _within(session, table, partner, (first, last[1]), before_ms)
    return DayHead()


def _within(
    session: Session,
    table: str,
    partner: int,
    between: tuple[tuple[Any, ...], int],
    before_ms: int,
) -> DayHead:
    """Search an epoch, of which one envelope was created before a time and a later one was not."""
    found, high = between
    low = found[1]
    while high - low > 1:
        middle = (low + high) // 2
        one = session.row(_UP_TO.format(table), (partner, found[0], middle)) or found
        if one[3] < before_ms:
            found, low = one, middle
        else:
            high = one[1]
    return DayHead(*found[:3])
