"""Counts days with partners, compares them and opens and closes cases (PROTOCOL §6.9).

Rules:

* what is to be counted stands in the store: a kill loses a count that is made again, nothing else;
* it runs between other things, some thousands of records of each second, so that counting a day of
  a million records delays nobody;
* a case opens by itself and closes by itself; people only read it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Final

from corridor.daemon.logs import event_logger
from corridor.errors import StoreTrouble
from corridor.exchange.cues import Cue, TallyDue
from corridor.exchange.reconciling import (
    STALE_MS,
    TELL_GAP_MS,
    Comparison,
    DayState,
    HeadHeld,
    Held,
    compare,
    days_to_count,
    is_empty,
    is_of_reach,
    is_recounted,
    newest_counted,
    newest_over,
    to_tell,
)
from corridor.exchange.tallies import DayRow, DayTally, ids_of
from corridor.exchange.values import Position
from corridor.store.port import Store, Transaction
from corridor.store.reconciling_port import JudgedDay, Reconciliation
from corridor.transit.parties import Endpoint
from corridor.wire import limits
from corridor.wire.control import TALLY, decode_control, encode_control
from corridor.wire.tally import DayHead, Tally

_ROWS_AT_ONCE: Final = 2_000
_ROWS_A_TURN: Final = 20_000
"""About 50 ms of each second: a day of a million records takes a minute."""
_ROWS_A_DAY: Final = 500
"""What judging a day costs, as if it were so many records."""
_DIFFERENCES: Final = 64
"""What a case says at most of how its day differs."""


class _Counting:
    """A day with a partner that is being counted, a page of records at a time."""

    def __init__(self, peer: Endpoint, day: int) -> None:
        self.peer, self.day = peer, day
        self.sent, self.received = DayTally(), DayTally()
        self._after, self._until = ids_of(day)
        self._is_received = False
        self.done = False

    def step(self, view: Transaction) -> int:
        """Count a page; returns how many records."""
        read = view.day_received if self._is_received else view.day_sent
        tally = self.received if self._is_received else self.sent
        rows: Sequence[DayRow] = read(self.peer, self._after, self._until, _ROWS_AT_ONCE)
        tally.add(rows)
        if rows:
            self._after = rows[-1].record_id
        else:
            self.done = self._is_received
            self._is_received = True
            self._after, _ = ids_of(self.day)
        return len(rows)

    def tally(self, view: Transaction) -> Tally:
        """Return what was counted, with the heads of the day's end."""
        end_ms = (self.day + 1) * limits.DAY_MS
        return Tally(
            self.day,
            self.sent.count(view.sent_head(self.peer, end_ms)),
            self.received.count(view.received_head(self.peer, end_ms)),
        )


class Reconciler:
    """Reconciles days with partners; one thread at a time."""

    def __init__(
        self,
        store: Store,
        hear: Callable[[Sequence[Cue]], None],
        sure: Callable[[int], bool] = lambda _now_ms: True,
    ) -> None:
        """Work on `store`.

        Args:
            store: What is counted.
            hear: Tells the sending side that something is to be told.
            sure: Whether a time has certainly come; days are forgotten only then.
        """
        self._store = store
        self._sure = sure
        self._hear = hear
        self._counting: _Counting | None = None

    def turn(self, now_ms: int) -> None:
        """Count for a while; a store that fails is tried again at the next turn."""
        left = _ROWS_A_TURN
        try:
            self._mark(now_ms)
            while left > 0 and (counting := self._counting or self._next(now_ms)):
                self._counting = counting
                left -= self._count(counting, now_ms)
        except StoreTrouble as error:
            self._counting = None
            event_logger().warning("reconcile.late", cause=str(error))

    def _mark(self, now_ms: int) -> None:
        """Have days counted whose time has come, and again those that are not settled."""
        with self._store.reading() as view:
            known = view.counted_days()
            due = [
                (peer, days)
                for peer, noted in known
                if (days := days_to_count(now_ms, newest_counted(now_ms, noted)))
            ]
            most = limits.MAX_TALLY_DAYS * len(known)  # one of each day with each
            again = [
                (one.peer, one.day) for one in (view.cases(most, open_only=True) if due else ())
            ] + [
                (peer, one.day)
                for peer, _ in due
                for one in view.reconciliations(peer, limits.MAX_TALLY_DAYS)
                if is_recounted(one.state, one.waits_for)
            ]
        if not due:
            return
        with self._store.transaction(durable=False) as change:
            for peer, days in due:
                # the partner takes no telling of others
                old = [day for who, day in again if who == peer and is_of_reach(day, now_ms)]
                change.mark_due(peer, {*days, *old})
                change.keep_counted(peer, days[-1])
            if self._sure(now_ms):
                change.forget_days(now_ms // limits.DAY_MS - limits.MAX_TALLY_DAYS)

    def _next(self, now_ms: int) -> _Counting | None:
        just_told = (now_ms - TELL_GAP_MS, now_ms)
        with self._store.reading() as view:
            due = view.days_due(newest_over(now_ms), just_told, 1)
        return _Counting(due[0].peer, due[0].day) if due else None

    def _count(self, counting: _Counting, now_ms: int) -> int:
        with self._store.reading() as view:
            rows = counting.step(view)
        if not counting.done:
            return rows
        self._counting = None
        with self._store.transaction(durable=False) as change:
            tells = _judge(change, counting, now_ms)
        if tells:
            self._hear((TallyDue(counting.peer),))
        return rows + _ROWS_A_DAY


def _judge(change: Transaction, counting: _Counting, now_ms: int) -> bool:
    """Compare a day that was counted; returns whether something is to be told of it."""
    peer, day = counting.peer, counting.day
    kept = change.reconciliation(peer, day)
    if kept is None:
        return False
    fresh = counting.tally(change)
    told, theirs = tally_in(kept.told), tally_in(kept.theirs)
    if is_empty(fresh) and not (told or theirs) and days_to_count(now_ms, day):
        change.drop_day(peer, day)  # a quiet day of the past: nobody need be told
        return False
    stale = now_ms - kept.told_ms >= STALE_MS
    knows = change.knows_tally(peer)
    due = to_tell(fresh, told, theirs, stale=stale) if knows else None
    found = compare(fresh, told, theirs, _held(change, peer, theirs))
    pending = encode_control(due) if due else b""
    change.judge_day(
        JudgedDay(peer, day, kept.their_envelope, pending, found.state, found.waits_for), now_ms
    )
    _mind_cases(change, kept, found, now_ms)
    return bool(pending)


def _mind_cases(change: Transaction, kept: Reconciliation, found: Comparison, now_ms: int) -> None:
    peer, day, named = kept.peer, kept.day, date_of(kept.day)
    if found.state is DayState.DIFFERENT:
        differences = json.dumps([asdict(one) for one in found.differences[:_DIFFERENCES]])
        if change.open_case(peer, day, differences, now_ms):
            event_logger().error(
                "reconcile.difference", peer=peer, day=named, count=len(found.differences),
                cure=f"corridor reconcile show --peer {peer} --day {named}",
            )  # fmt: skip
    elif found.state is DayState.AGREED:
        if change.close_cases(peer, day, now_ms):
            event_logger().info("reconcile.case_closed", peer=peer, day=named)
        elif kept.state != DayState.AGREED:
            event_logger().info("reconcile.agreed", peer=peer, day=named)


def _held(view: Transaction, peer: Endpoint, theirs: Tally | None) -> Held:
    """Return what the store says of the envelopes that a partner names as newest of a day."""
    if theirs is None or theirs.sent is None or theirs.received is None:
        return Held()
    return Held(_ours(view, peer, theirs.received.head), _theirs(view, peer, theirs.sent.head))


def _ours(view: Transaction, peer: Endpoint, head: DayHead) -> HeadHeld:
    if head.sequence == 0:
        return HeadHeld.HELD
    sent = view.find_sealed(peer, head.envelope_id)
    known = sent is not None and sent.position == Position(head.epoch, head.sequence)
    return HeadHeld.HELD if known else HeadHeld.ANOTHER


def _theirs(view: Transaction, peer: Endpoint, head: DayHead) -> HeadHeld:
    if head.sequence == 0:
        return HeadHeld.HELD
    here = view.at_position(peer, Position(head.epoch, head.sequence))
    if here is None:
        return HeadHeld.NOT_YET
    if here == head.envelope_id or view.known_envelope(here) is None:  # closed by a Tombstone
        return HeadHeld.HELD
    return HeadHeld.ANOTHER


def tally_in(body: bytes) -> Tally | None:
    """Return the Tally in a body that is kept; None where none is."""
    found = decode_control(TALLY, body) if body else None
    return found if isinstance(found, Tally) else None


def date_of(day: int) -> str:
    """Return a day as people write it: 2026-11-25."""
    return (date(1970, 1, 1) + timedelta(day)).isoformat()
