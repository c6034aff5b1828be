"""Keeps the list of movements under way up to date with the records that came and went.

Rules:

* it follows cursors over the outbox and the inbox, which stand in the store beside the list: a kill
  loses nothing, and a store that was filled before there was a list is caught up with;
* it runs between other things, some hundredths of the time while there are many and a quarter
  of it otherwise: the transactions in which records are kept know nothing of it, and while much
  arrives the list is late rather than the records;
* a movement of which a record was erased is folded anew, or taken off with its last record;
* the list is derived: where a movement stands is folded anew whenever somebody asks;
* a movement at which the node itself fails is left out and told; the others are listed.
"""

import time
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import zip_longest
from typing import Final, NamedTuple

from corridor.daemon.isolating import kind_of, tried
from corridor.daemon.logs import event_logger, place_of
from corridor.daemon.metric_words import state_word
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.movements import NAMES, MovementReader
from corridor.daemon.refusing import RefuseBy, Refusing
from corridor.errors import Refused, StoreTrouble
from corridor.store.movement_port import Name, TrackedMovement
from corridor.store.port import Store, Transaction
from corridor.transit.facts import Fact
from corridor.transit.movement import State
from corridor.transit.timers import Overdue
from corridor.wire.batches import decode_entry, is_business
from corridor.wire.facts import movement_ids
from corridor.wire.records import decode_record

_SENT: Final = "movements.sent"
_RECEIVED: Final = "movements.received"
_AT_ONCE: Final = 128
_BUDGET_S: Final = 0.02
"""Of each second, while the node has much to do."""
_IDLE_BUDGET_S: Final = 0.25
"""Of each second otherwise: whoever lists movements then sees what came a moment ago."""
_BUSY: Final = 0.3
"""Share of a processor that the rest of the node takes when it has much to do."""
_SECOND_S: Final = 1.0
_COUNT_EVERY_S: Final = 60.0
_CURSOR_BYTES: Final = 8


class _Left(NamedTuple):
    """What is left of a movement of which something was erased: its row, or what goes with it."""

    tracked: tuple[TrackedMovement, list[Name]] | None
    remains: Sequence[Fact]
    gone: Sequence[Name]


class MovementTracker:
    """Follows the records of the store; one thread at a time."""

    def __init__(
        self,
        store: Store,
        reader: MovementReader,
        metrics: NodeMetrics,
        refuse_by: RefuseBy | None = None,
    ) -> None:
        """Work on `store`, by the reader's clock; nothing is read yet.

        `refuse_by` is how refusals of who holds no role leave; without it none do.
        """
        self._store = store
        self._reader = reader
        self._metrics = metrics
        self._refusing = Refusing(store, reader, refuse_by)
        self._count_at = 0.0
        self._rest_until = 0.0
        self._turned_at = (time.monotonic(), time.process_time())

    def turn(self, budget_s: float | None = None) -> None:
        """Catch up for a while; a store that fails is tried again at the next turn.

        A movement of very many records takes longer than the budget; what it took too long is made
        good by resting.
        """
        began = time.monotonic()
        budget_s = self._budget_s(began) if budget_s is None else budget_s
        ends = began + budget_s
        try:
            if began >= self._rest_until:
                while self._both(ends) and time.monotonic() < ends:
                    pass
                self._refusing.turn()
                overdrawn = max(0.0, time.monotonic() - ends)
                self._rest_until = began + overdrawn / budget_s * _SECOND_S
            if time.monotonic() >= self._count_at:
                self._count_at = time.monotonic() + _COUNT_EVERY_S
                self.count()
        except StoreTrouble as error:
            event_logger().warning("movements.late", cause=str(error))
        self._turned_at = (time.monotonic(), time.process_time())

    def _both(self, ends: float) -> bool:
        """Fold anew for half of the time: a pass of retention must not hold up what arrives."""
        anew = self.look_anew((time.monotonic() + ends) / 2)
        return self.step(ends) or anew

    def _budget_s(self, now: float) -> float:
        """Return how long this turn may take, by what the others took since the last one."""
        turned_at, used_s = self._turned_at
        busy = time.process_time() - used_s > _BUSY * (now - turned_at)
        return _BUDGET_S if busy else _IDLE_BUDGET_S

    def step(self, ends: float) -> bool:
        """Take some records into account, one at least; returns whether there were any.

        Args:
            ends: When to stop, by the monotonic clock: folding a movement takes milliseconds.
        """
        with self._store.reading() as view:
            cursors = {name: _cursor(view, name) for name in (_SENT, _RECEIVED)}
            sent = [
                (_SENT, one.row, one.record_type, one.entry)
                for one in view.sent_after(cursors[_SENT], _AT_ONCE)
            ]
            received = [
                (_RECEIVED, one.cursor, one.record_type, one.entry)
                for one in view.inbox(cursors[_RECEIVED], _AT_ONCE)
            ]
        # By turns, so that neither side waits for the other to fall silent.
        waiting = [one for pair in zip_longest(sent, received) for one in pair if one is not None]
        if not waiting:
            return False
        rows: dict[Name, tuple[TrackedMovement, list[Name]] | None] = {}
        for side, cursor, record_type, entry in waiting:
            name = tried(partial(_name, record_type, entry), self._left_out)
            if name is not None and name not in rows:
                rows[name] = tried(partial(self._row, name), self._left_out)
            cursors[side] = cursor
            if time.monotonic() >= ends:
                break
        with self._store.transaction(durable=False) as change:
            for row in filter(None, rows.values()):
                change.put_movement(*row)
            for name_of, cursor in cursors.items():
                _put_cursor(change, name_of, cursor)
            self._refusing.keep(change)
        return True

    def _left_out(self, error: Exception) -> None:
        """Say that a movement is not listed; which one, the place in the log tells who mends it."""
        self._metrics.mistakes.labels("movement").inc()
        event_logger().error(
            "movement.left_out", cause=kind_of(error), stage=place_of(error.__traceback__),
            cure="`corridor movement show` still tells what it can; report it",
        )  # fmt: skip

    def look_anew(self, ends: float) -> bool:
        """Fold movements anew of which something was erased, one at least; returns whether any was.

        Args:
            ends: When to stop, by the monotonic clock.
        """
        with self._store.reading() as view:
            waiting = view.to_refold(_AT_ONCE)
        names: dict[Name, list[int]] = {}
        for row, name in waiting:
            names.setdefault(name, []).append(row)
        done = []
        for name, rows in names.items():
            done.append((rows, tried(partial(self._left, name), self._left_out)))
            if time.monotonic() >= ends:
                break
        if done:
            with self._store.transaction(durable=False) as change:
                for rows, left in done:
                    self._put_left(change, rows, left)
                self._refusing.keep(change)
        return bool(done)

    def _left(self, name: Name) -> _Left:
        """Return what is left of a movement of which something was erased."""
        facts, remains, gone = self._reader.left_of(name)
        return _Left(self._tracked(facts) if facts else None, remains, gone)

    def _put_left(self, change: Transaction, rows: Sequence[int], left: _Left | None) -> None:
        if left is not None and left.tracked is not None:
            change.put_movement(*left.tracked)
        elif left is not None:
            change.forget_movement(left.gone, left.remains)
        if left is None or not left.remains:  # else it is looked at again: more may be there
            change.refolded(rows)

    def count(self) -> None:
        """Tell the metrics how many are under way and overdue."""
        with self._store.reading() as view:
            counts = view.count_movements(self._reader.now_ms())
        self._metrics.movements_open.set(counts.open)
        for state in State:
            standing = counts.states.get(state.value, 0)
            self._metrics.movements.labels(state_word(state)).set(standing)
        for what in Overdue:
            self._metrics.movements_overdue.labels(what.value).set(counts.overdue.get(what, 0))

    def _row(self, name: Name) -> tuple[TrackedMovement, list[Name]] | None:
        facts = self._reader.gather(*name)
        return self._tracked(facts) if facts else None

    def _tracked(self, facts: Sequence[Fact]) -> tuple[TrackedMovement, list[Name]]:
        movement = self._reader.fold(facts)
        self._refusing.see(movement)
        best = movement.ids[0]
        changed_ms = max(one.occurred_ms for one in facts)
        marks = tuple((one.what.value, one.since_ms) for one in movement.deadlines)
        refused = movement.refused.country if movement.refused else ""
        tracked = TrackedMovement(
            best, movement.state.value, movement.ended, changed_ms, marks, refused
        )
        return tracked, _former_names(facts, best)


def _former_names(facts: Iterable[Fact], best: Name) -> list[Name]:
    """Return under what else it may be listed: what it was known by before it had its best name."""
    return sorted({one for fact in facts for one in fact.ids if one[0] != "mrn"} - {best})


def _name(record_type: int, entry: bytes) -> Name | None:
    """Return the best name of the movement that a record is about, if it names one."""
    if not is_business(record_type):
        return None
    try:
        ids = movement_ids(decode_record(decode_entry(entry).body))
    except Refused:  # kept by an older release under rules that have changed
        return None
    return min(ids, key=lambda one: NAMES.index(one[0]), default=None)


def _cursor(view: Transaction, name: str) -> int:
    return int.from_bytes(view.setting(name) or b"")


def _put_cursor(change: Transaction, name: str, cursor: int) -> None:
    change.put_setting(name, cursor.to_bytes(_CURSOR_BYTES))
