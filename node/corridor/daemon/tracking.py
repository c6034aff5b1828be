"""Keeps the list of movements under way up to date with the records that came and went.

Rules:

* it follows cursors over the outbox and the inbox, which stand in the store beside the list: a kill
  loses nothing, and a store that was filled before there was a list is caught up with;
* it runs between other things, some hundredths of the time while there are many and a quarter
  of it otherwise: the transactions in which records are kept know nothing of it, and while much
  arrives the list is late rather than the records;
* the list is derived: where a movement stands is folded anew whenever somebody asks.
"""

import time
from collections.abc import Iterable
from itertools import zip_longest
from typing import Final

from corridor.daemon.logs import event_logger
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.movements import NAMES, MovementReader
from corridor.daemon.refusing import RefuseBy, Refusing
from corridor.errors import Refused, StoreTrouble
from corridor.store.movement_port import Name, TrackedMovement
from corridor.store.port import Store, Transaction
from corridor.transit.facts import Fact
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
                while self.step(ends) and time.monotonic() < ends:
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
            name = _name(record_type, entry)
            if name is not None and name not in rows:
                rows[name] = self._row(name)
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

    def count(self) -> None:
        """Tell the metrics how many are under way and overdue."""
        with self._store.reading() as view:
            counts = view.count_movements(self._reader.now_ms())
        self._metrics.movements_open.set(counts.open)
        for what in Overdue:
            self._metrics.movements_overdue.labels(what.value).set(counts.overdue.get(what, 0))

    def _row(self, name: Name) -> tuple[TrackedMovement, list[Name]] | None:
        facts = self._reader.gather(*name)
        if not facts:
            return None
        movement = self._reader.fold(facts)
        self._refusing.see(movement)
        best = movement.ids[0]
        changed_ms = max(one.occurred_ms for one in facts)
        marks = tuple((one.what.value, one.since_ms) for one in movement.deadlines)
        tracked = TrackedMovement(best, movement.state.value, movement.ended, changed_ms, marks)
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
