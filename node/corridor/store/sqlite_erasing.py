"""A pass of retention over the store, in bounded steps.

Rules:

* a pass goes through outbox, inbox and what stands aside in the order of their rows, and stops at
  the first row that is too young for any retention: rows ascend in time;
* where it has come stands in the store, so that a node that is killed goes on there;
* hashes in sorted runs are taken out last, a run at a time, and until then a search passes over
  erased rows.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from corridor.errors import StoreMisused
from corridor.exchange.values import Verdict
from corridor.store.audit import Audit
from corridor.store.capacity import Measured, measure
from corridor.store.erasing import disclose_without, erase_rows, forget_terms
from corridor.store.keeping import BY_ID, EraseStep
from corridor.store.rules import ERASED_AT_ONCE, SCANNED_AT_ONCE
from corridor.store.search import INBOX, OUTBOX, last_run
from corridor.store.sqlite_keeping import acknowledged, all_holds, rows_on_hold
from corridor.store.sqlite_session import Session
from corridor.store.trouble import translating

_ASIDE: Final = 2
_PLACE: Final = "store.erase_place"
_RUN: Final = "store.erase_run"
_BY: Final = "the node"
_REASON: Final = "its retention was over"
_SENT: Final = (
    "SELECT row, record_type, accepted_ms, receipted_ms, verdict, size FROM outbox"
    " WHERE row > ? ORDER BY row LIMIT ?"
)
_RECEIVED: Final = (
    "SELECT i.cursor, i.record_type, r.received_ms, r.received_ms, i.verdict, i.size, r.owed"
    " FROM inbox i CROSS JOIN received r ON r.row = i.envelope"
    " WHERE i.cursor > ? AND i.cursor <= ? ORDER BY i.cursor LIMIT ?"
)
_BESIDE: Final = (
    "SELECT r.row, a.place, a.record_type, r.received_ms, a.record_id, a.entry IS NULL FROM"
    " (SELECT row, received_ms FROM received WHERE row > ? ORDER BY row LIMIT ?) r"
    " LEFT JOIN aside a ON a.envelope = r.row ORDER BY r.row, a.place"
)
_DROP_ASIDE: Final = "UPDATE aside SET entry = NULL WHERE envelope = ? AND place = ?"
_PENDING: Final = "SELECT 1 FROM erasures WHERE indexed > 0 LIMIT 1"
_BEGIN: Final = "UPDATE erasures SET indexed = 2 WHERE indexed = 1"
"""What is erased from now on waits for the next time: runs already seen may hold it."""
_DONE: Final = "UPDATE erasures SET indexed = 0 WHERE indexed = 2"
_FINAL: Final = (int(Verdict.ACCEPTED), int(Verdict.REFUSED))


def erase_step(session: Session, now_ms: int, keep_ms: Mapping[int, int]) -> EraseStep:
    """Erase what is due among the next rows of the pass."""
    side, after = json.loads(session.setting(_PLACE) or b"[0, 0]")
    scan = (_scan_sent, _scan_received, _scan_aside)[side]
    erased, last = scan(session, after, now_ms, keep_ms)
    if last is None:  # this table is through
        side, last = side + 1, 0
    more = side <= _ASIDE
    session.put_setting(_PLACE, json.dumps([side, last] if more else [0, 0]).encode())
    return EraseStep(erased, more)


def forget_run(session: Session) -> bool:
    """Take erased rows out of one sorted run of hashes; returns whether there may be more."""
    if session.row(_PENDING, ()) is None:
        return False
    run = int.from_bytes(session.setting(_RUN) or b"") + 1
    if run == 1:
        session.execute(_BEGIN)
    if run > last_run(session):
        session.execute(_DONE)
        session.put_setting(_RUN, b"\0")
        return False
    forget_terms(session, run)
    session.put_setting(_RUN, run.to_bytes(8))
    return True


def _scan_sent(
    session: Session, after: int, now_ms: int, keep_ms: Mapping[int, int]
) -> tuple[int, int | None]:
    youngest = now_ms - min(keep_ms.values())
    rows = session.rows(_SENT, (after, SCANNED_AT_ONCE))
    due = [
        row
        for row, kind, _, receipted_ms, verdict, size in rows
        if size and verdict in _FINAL and receipted_ms <= now_ms - _kept(keep_ms, kind)
    ]
    through = len(rows) < SCANNED_AT_ONCE or rows[-1][2] > youngest
    return _erase(session, OUTBOX, due, now_ms, None if through else rows[-1][0])


def _scan_received(
    session: Session, after: int, now_ms: int, keep_ms: Mapping[int, int]
) -> tuple[int, int | None]:
    youngest = now_ms - min(keep_ms.values())
    rows = session.rows(_RECEIVED, (after, acknowledged(session), SCANNED_AT_ONCE))
    due = [
        row
        for row, kind, _, received_ms, verdict, size, owed in rows
        if size and not owed and verdict in _FINAL
        and received_ms <= now_ms - _kept(keep_ms, kind)
    ]  # fmt: skip
    through = len(rows) < SCANNED_AT_ONCE or rows[-1][2] > youngest
    return _erase(session, INBOX, due, now_ms, None if through else rows[-1][0])


def _scan_aside(
    session: Session, after: int, now_ms: int, keep_ms: Mapping[int, int]
) -> tuple[int, int | None]:
    """Erase refused and repeated records; control records stay: they are the evidence."""
    youngest = now_ms - min(keep_ms.values())
    rows = session.rows(_BESIDE, (after, SCANNED_AT_ONCE))
    holds = [one for one in all_holds(session) if one.in_force(now_ms)]
    ids = {bytes.fromhex(one.value) for one in holds if one.kind == BY_ID}
    # what stands aside has no index: as long as any term is held, all of it stays
    free = all(one.kind == BY_ID for one in holds)
    due = [
        (row, place)
        for row, place, kind, received_ms, record_id, gone in rows
        if place is not None and not gone and kind in keep_ms and free
        and record_id not in ids and received_ms <= now_ms - keep_ms[kind]
    ]  # fmt: skip
    for envelope in dict.fromkeys(row for row, _ in due):
        disclose_without(session, envelope, [place for row, place in due if row == envelope])
    session.executemany(_DROP_ASIDE, due)
    envelopes = {row[0] for row in rows}
    through = len(envelopes) < SCANNED_AT_ONCE or rows[-1][3] > youngest
    return len(due), None if through else rows[-1][0]


def _erase(
    session: Session, side: int, due: list[int], now_ms: int, last: int | None
) -> tuple[int, int | None]:
    """Erase the first of what is due; returns how many, and the row at which the pass goes on."""
    if not due:
        return 0, last
    if len(due) > ERASED_AT_ONCE:
        due = due[:ERASED_AT_ONCE]
        last = due[-1]
    held = rows_on_hold(session, side, due, now_ms)
    free = [row for row in due if row not in held]
    return erase_rows(session, side, free, now_ms, _BY, _REASON, by_order=False), last


def _kept(keep_ms: Mapping[int, int], record_type: int) -> int:
    """Return how long a type is kept; canaries as short as anything."""
    return keep_ms.get(record_type) or min(keep_ms.values())


class ErasingStore:
    """The part of a store that erases in steps, and lets its evidence be read."""

    _writer: Session | None
    _turn: threading.Lock

    def erase_due(self, now_ms: int, keep_ms: Mapping[int, int]) -> EraseStep:
        """Erase what has been kept long enough; a bounded step of a pass over the store."""
        with self._writing() as session:
            step = erase_step(session, now_ms, keep_ms)
        more = not step.more
        while more:
            with self._writing() as session:
                more = forget_run(session)
        self.make_durable()
        return step

    def scrub(self) -> bool:
        """Take what was erased out of the log as well; False where a reader is in the way."""
        session = self._writer
        if session is None:
            raise StoreMisused("the store is closed or open for reading only")
        self._refuse_nested()
        with self._turn, translating():
            busy, *_ = session.rows("PRAGMA wal_checkpoint(TRUNCATE)", ())[0]
        return not busy

    @contextmanager
    def auditing(self) -> Iterator[Audit]:
        """Open a consistent view of the evidence."""
        with self._view() as session:
            yield Audit(session)

    def measure(self, now_ms: int) -> Measured:
        """Return what the store takes on disk, and how fast it grows."""
        with self._view() as session:
            return measure(session, now_ms)

    # -- of the store
    def make_durable(self, patience_s: float = 0.0) -> None:
        """Return when everything committed so far outlives the loss of power."""
        raise NotImplementedError

    def _writing(self) -> AbstractContextManager[Session]:
        raise NotImplementedError

    def _view(self) -> AbstractContextManager[Session]:
        raise NotImplementedError

    def _refuse_nested(self) -> None:
        raise NotImplementedError
