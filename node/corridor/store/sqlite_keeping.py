"""Holds, erasure on order and what is given up, on SQLite; see `keeping`."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from corridor.errors import Reason
from corridor.exchange.values import Lane, Verdict
from corridor.store.erasing import erase_frames, erase_rows, words_of
from corridor.store.evidence import Evidence
from corridor.store.keeping import BY_ID, Erased, Kept, LegalHold, Obstacle, Side
from corridor.store.search import INBOX, OUTBOX, rows_with
from corridor.store.sqlite_session import Session
from corridor.transit.parties import Endpoint

SIDES: Final = (Side.SENT, Side.RECEIVED)
_CONTEXT: Final = b"holds.words"
_HOLDS: Final = "SELECT number, words, placed_ms, until_ms, released_ms FROM holds ORDER BY number"
_PLACE: Final = "INSERT INTO holds (number, words, placed_ms, until_ms) VALUES (?, ?, ?, ?)"
_NEXT: Final = "SELECT coalesce(max(number), 0) + 1 FROM holds"
_RELEASE: Final = (
    "UPDATE holds SET released_ms = ?, words = ? WHERE number = ? AND released_ms IS NULL"
)
_COPIES_SENT: Final = (
    "SELECT o.row, p.endpoint, o.record_type, o.size, o.verdict, 0, 1 FROM outbox o"
    " CROSS JOIN partners p ON p.id = o.partner WHERE o.record_id = ?1 ORDER BY p.endpoint"
)
_COPIES_RECEIVED: Final = (
    "SELECT i.cursor, p.endpoint, i.record_type, i.size, i.verdict, r.owed, i.cursor <= ?2"
    " FROM inbox i CROSS JOIN received r ON r.row = i.envelope"
    " CROSS JOIN partners p ON p.id = i.partner WHERE i.record_id = ?1 ORDER BY p.endpoint"
)
_COPIES: Final = (_COPIES_SENT, _COPIES_RECEIVED)
_ERASED_SENT: Final = (
    "SELECT e.row, p.endpoint, o.record_type, o.digest, e.at_ms, e.by_order, e.words FROM outbox o"
    " CROSS JOIN erasures e ON e.side = 0 AND e.row = o.row"
    " CROSS JOIN partners p ON p.id = o.partner WHERE o.record_id = ? ORDER BY p.endpoint"
)
_ERASED_RECEIVED: Final = (
    "SELECT e.row, p.endpoint, i.record_type, i.digest, e.at_ms, e.by_order, e.words FROM inbox i"
    " CROSS JOIN erasures e ON e.side = 1 AND e.row = i.cursor"
    " CROSS JOIN partners p ON p.id = i.partner WHERE i.record_id = ? ORDER BY p.endpoint"
)
_ERASED: Final = (_ERASED_SENT, _ERASED_RECEIVED)
_ID: Final = (
    "SELECT row FROM outbox WHERE record_id = ?",
    "SELECT cursor FROM inbox WHERE record_id = ?",
)
_WAITING_TYPES: Final = (
    "SELECT DISTINCT record_type FROM outbox WHERE partner = ? AND lane = ? AND sealed IS NULL"
)
_WAITING: Final = (
    "SELECT row, record_type FROM outbox WHERE partner = ? AND lane = ? AND sealed IS NULL"
    " ORDER BY row"
)
_GIVE_UP: Final = (
    "UPDATE outbox SET sealed = coalesce(sealed, 0), verdict = 2, reason = ?2, receipted_ms = ?3"
    " WHERE row IN carray(?1) AND (verdict IS NULL OR verdict > 2)"
)
_OUTCOME: Final = (
    "INSERT INTO outcomes (row) SELECT row FROM outbox WHERE row IN carray(?)"
    " AND (verdict IS NULL OR verdict > 2) AND record_type < 64 ORDER BY row"
)
_OPEN: Final = (
    "SELECT row, records FROM sealed WHERE partner = ? AND settled_ms IS NULL ORDER BY row LIMIT ?"
)
_SETTLE: Final = "UPDATE sealed SET settled_ms = ? WHERE row = ?"


class SqliteKeeping(Evidence):
    """The part of a transaction that is about keeping and forgetting."""

    def place_hold(  # noqa: PLR0913, PLR0917 - what a hold says
        self, kind: str, value: str, reason: str, by: str, now_ms: int, until_ms: int | None
    ) -> int:
        """Keep a hold; returns its number."""
        number: int = self._session.execute(_NEXT).get
        words = {"kind": kind, "value": value, "reason": reason, "by": by}
        sealed = _sealed(self._session, number, words)
        self._session.execute(_PLACE, (number, sealed, now_ms, until_ms))
        return number

    def release_hold(self, number: int, by: str, reason: str, now_ms: int) -> bool:
        """Release a hold; False where there is none of this number that is not released."""
        found = {one.number: one for one in all_holds(self._session)}.get(number)
        if found is None or found.released_ms is not None:
            return False
        words = {
            "kind": found.kind, "value": found.value, "reason": found.reason,
            "by": found.placed_by, "released_by": by, "release_reason": reason,
        }  # fmt: skip
        sealed = _sealed(self._session, number, words)
        self._session.execute(_RELEASE, (now_ms, sealed, number))
        return True

    def holds(self) -> Sequence[LegalHold]:
        """Return every hold there ever was."""
        return all_holds(self._session)

    def copies(self, record_id: bytes, now_ms: int) -> Sequence[Kept]:
        """Return every copy of a record, and what stands against erasing it."""
        return [
            kept
            for side in (OUTBOX, INBOX)
            for _, kept in _copies(self._session, side, record_id, now_ms)
        ]

    def erase(self, record_id: bytes, by: str, reason: str, now_ms: int) -> int:
        """Erase every copy of a record against which nothing stands."""
        session, count = self._session, 0
        for side in (OUTBOX, INBOX):
            found = _copies(session, side, record_id, now_ms)
            rows = [row for row, kept in found if kept.obstacle is None]
            count += erase_rows(session, side, rows, now_ms, by, reason, by_order=True)
            if side == OUTBOX and rows:
                erase_frames(session, rows)
        return count

    def erasures(self, record_id: bytes) -> Sequence[Erased]:
        """Return what is left of the copies of a record that were erased."""
        found = []
        for side, statement in enumerate(_ERASED):
            for row, peer, kind, digest, at_ms, by_order, sealed in self._session.rows(
                statement, (record_id,)
            ):
                words = words_of(self._session, side, row, sealed)
                what = (record_id, kind, digest, at_ms, bool(by_order))
                who = (words["by"], words["reason"])
                found.append(Erased(SIDES[side], Endpoint(peer), *what, *who))
        return found

    # -- what will not be sent any more
    def waiting_types(self, peer: Endpoint) -> Collection[int]:
        """Return the types of the records that wait for a peer."""
        partner = self._session.partner(peer)
        return {
            row[0]
            for lane in Lane
            for row in self._session.rows(_WAITING_TYPES, (partner, int(lane)))
        }

    def give_up_waiting(
        self, peer: Endpoint, types: Collection[int], reason: Reason, now_ms: int, limit: int
    ) -> int:
        """Make waiting records of these types final, REFUSED for `reason`."""
        partner = self._session.partner(peer)
        rows: list[int] = []
        for lane in Lane:
            for row, kind in self._session.execute(_WAITING, (partner, int(lane))):
                if len(rows) == limit:
                    break
                if kind in types:
                    rows.append(row)
            self._session.lanes_touched.add((peer, lane))
        self._give_up(rows, reason, now_ms)
        return len(rows)

    def give_up_unreceipted(self, peer: Endpoint, reason: Reason, now_ms: int, limit: int) -> int:
        """Make what no receipt came for final, REFUSED for `reason`."""
        found = self._session.rows(_OPEN, (self._session.partner(peer), limit))
        for row, records in found:
            count = len(records) // 8
            rows = [int.from_bytes(records[at * 8 : at * 8 + 8]) for at in range(count)]
            self._give_up(rows, reason, now_ms, envelope=row)
            self._session.execute(_SETTLE, (now_ms, row))
        return len(found)

    def _give_up(
        self, rows: Sequence[int], reason: Reason, now_ms: int, envelope: int | None = None
    ) -> None:
        session = self._session
        if envelope is not None:  # records that another envelope holds by now are its own
            held = session.rows_of_numbers(
                "SELECT row FROM outbox WHERE row IN carray(?) AND sealed = ?", rows, envelope
            )
            rows = [row[0] for row in held]
        session.rows_of_numbers(_OUTCOME, rows)
        session.rows_of_numbers(_GIVE_UP, rows, int(reason), now_ms)


def acknowledged(session: Session) -> int:
    """Return the cursor up to which the national system has all records."""
    return int.from_bytes(session.setting("store.acknowledged") or b"")


def all_holds(session: Session) -> list[LegalHold]:
    """Return every hold there ever was, ascending by number."""
    return [_hold(session, row) for row in session.rows(_HOLDS, ())]


def rows_on_hold(
    session: Session, side: int, rows: Collection[int], now_ms: int
) -> Mapping[int, LegalHold]:
    """Return those of some rows of one side that a hold in force names, with the hold."""
    asked, found = set(rows), {}
    for hold in all_holds(session):
        if not hold.in_force(now_ms):
            continue
        if hold.kind == BY_ID:
            named = {row[0] for row in session.rows(_ID[side], (bytes.fromhex(hold.value),))}
        else:
            named = rows_with(session, hold.kind, hold.value)[side]
        found.update(dict.fromkeys(named & asked, hold))
    return found


def _copies(session: Session, side: int, record_id: bytes, now_ms: int) -> list[tuple[int, Kept]]:
    bindings = (record_id,) if side == OUTBOX else (record_id, acknowledged(session))
    rows = session.rows(_COPIES[side], bindings)
    held = rows_on_hold(session, side, [row[0] for row in rows], now_ms)
    return [
        (row[0], Kept(SIDES[side], Endpoint(row[1]), row[2], *_obstacle(row, held.get(row[0]))))
        for row in rows
    ]


def _obstacle(
    row: Sequence[Any], hold: LegalHold | None
) -> tuple[Obstacle | None, LegalHold | None]:
    _, _, _, size, verdict, owed, taken = row
    if not size:
        return Obstacle.ERASED, None
    if hold:
        return Obstacle.ON_HOLD, hold
    if verdict not in (int(Verdict.ACCEPTED), int(Verdict.REFUSED)):
        return Obstacle.NOT_FINAL, None
    if owed:
        return Obstacle.NOT_RECEIPTED, None
    return (None if taken else Obstacle.NOT_ACKNOWLEDGED), None


def _sealed(session: Session, number: int, words: Mapping[str, str]) -> bytes:
    return session.key.seal_value(json.dumps(words).encode(), _CONTEXT + number.to_bytes(8))


def _hold(session: Session, row: Sequence[Any]) -> LegalHold:
    number, sealed, placed_ms, until_ms, released_ms = row
    words = json.loads(session.key.open_value(sealed, _CONTEXT + number.to_bytes(8)))
    return LegalHold(
        number, words["kind"], words["value"], words["reason"], words["by"], placed_ms, until_ms,
        released_ms, words.get("released_by", ""), words.get("release_reason", ""),
    )  # fmt: skip
