"""Keeps the list of movements under way up to date with the records that came and went.

Rules:

* it follows cursors over the outbox and the inbox, which stand in the store beside the list: a kill
  loses nothing, and a store that was filled before there was a list is caught up with;
* it runs between other things, a hundredth of the time at most: the transactions in which records
  are kept know nothing of it, and while much arrives the list is late rather than the records;
* the list is derived: where a movement stands is folded anew whenever somebody asks.
"""

import time
from collections.abc import Iterable
from typing import Final

from corridor.daemon.logs import event_logger
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.movements import NAMES, MovementReader
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
_AT_ONCE: Final = 32
_BUDGET_S: Final = 0.01
"""Of each second."""
_COUNT_EVERY_S: Final = 60.0
_CURSOR_BYTES: Final = 8


class MovementTracker:
    """Follows the records of the store; one thread at a time."""

    def __init__(
        self,
        store: Store,
        reader: MovementReader,
        metrics: NodeMetrics,
    ) -> None:
        """Work on `store`, by the reader's clock; nothing is read yet."""
        self._store = store
        self._reader = reader
        self._metrics = metrics
        self._count_at = 0.0

    def turn(self, budget_s: float = _BUDGET_S) -> None:
        """Catch up for a while; a store that fails is tried again at the next turn."""
        ends = time.monotonic() + budget_s
        try:
            while self.step() and time.monotonic() < ends:
                pass
            if time.monotonic() >= self._count_at:
                self._count_at = time.monotonic() + _COUNT_EVERY_S
                self.count()
        except StoreTrouble as error:
            event_logger().warning("movements.late", cause=str(error))

    def step(self) -> bool:
        """Take a few records into account; returns whether there were any."""
        with self._store.reading() as view:
            sent_to, received_to = _cursor(view, _SENT), _cursor(view, _RECEIVED)
            sent = view.sent_after(sent_to, _AT_ONCE)
            received = view.inbox(received_to, _AT_ONCE)
        if not sent and not received:
            return False
        names = _names(
            [(one.record_type, one.entry) for one in sent]
            + [(one.record_type, one.entry) for one in received]
        )
        rows = [row for row in map(self._row, names) if row is not None]
        with self._store.transaction(durable=False) as change:
            for tracked, others in rows:
                change.put_movement(tracked, others)
            _put_cursor(change, _SENT, max((one.row for one in sent), default=sent_to))
            received_to = max((one.cursor for one in received), default=received_to)
            _put_cursor(change, _RECEIVED, received_to)
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
        best = movement.ids[0]
        changed_ms = max(one.occurred_ms for one in facts)
        marks = tuple((one.what.value, one.since_ms) for one in movement.deadlines)
        tracked = TrackedMovement(best, movement.state.value, movement.ended, changed_ms, marks)
        return tracked, _former_names(facts, best)


def _former_names(facts: Iterable[Fact], best: Name) -> list[Name]:
    """Return under what else it may be listed: what it was known by before it had its best name."""
    return sorted({one for fact in facts for one in fact.ids if one[0] != "mrn"} - {best})


def _names(records: Iterable[tuple[int, bytes]]) -> list[Name]:
    """Return the best name of each movement that records are about, each once."""
    names: dict[Name, None] = {}
    for record_type, entry in records:
        if not is_business(record_type):
            continue
        try:
            ids = movement_ids(decode_record(decode_entry(entry).body))
        except Refused:  # kept by an older release under rules that have changed
            continue
        best = min(ids, key=lambda one: NAMES.index(one[0]), default=None)
        if best is not None:
            names[best] = None
    return list(names)


def _cursor(view: Transaction, name: str) -> int:
    return int.from_bytes(view.setting(name) or b"")


def _put_cursor(change: Transaction, name: str, cursor: int) -> None:
    change.put_setting(name, cursor.to_bytes(_CURSOR_BYTES))
