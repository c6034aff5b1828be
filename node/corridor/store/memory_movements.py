"""The in-memory twin: movements under way."""

from collections import Counter
from collections.abc import Sequence

from corridor.store.memory_in import MemoryIncoming
from corridor.store.movement_port import (
    MovementCounts,
    Name,
    SentEntry,
    ToRefold,
    TrackedMovement,
)
from corridor.transit.facts import Fact


class MemoryMovements(MemoryIncoming):
    """The part of a transaction that keeps movements under way."""

    def put_movement(self, movement: TrackedMovement, other_names: Sequence[Name] = ()) -> None:
        """Keep a movement under its name; rows under its other names go."""
        for name in other_names:
            if self._tables.get("movements", name) is not None:
                self._tables.drop("movements", name)
        self._tables.put("movements", movement.name, movement)

    def movements(self, limit: int, overdue_at: int | None = None) -> Sequence[TrackedMovement]:
        """Return movements that have not ended, those changed last first."""
        found = [
            one
            for one in self._open()
            if overdue_at is None or (one.deadlines and one.deadlines[0][1] <= overdue_at)
        ]
        return sorted(found, key=lambda one: -one.changed_ms)[:limit]

    def count_movements(self, now_ms: int) -> MovementCounts:
        """Count movements that have not ended, and their deadlines that have passed."""
        open_now = self._open()
        overdue = Counter(
            what for one in open_now for what, at_ms in one.deadlines if at_ms <= now_ms
        )
        states = Counter(one.state for one in open_now)
        return MovementCounts(len(open_now), dict(overdue), dict(states))

    def sent_after(self, row: int, limit: int) -> Sequence[SentEntry]:
        """Return records of ours after a row of the outbox, one for each recipient."""
        rows = sorted(number for number in self._tables.data["outbox"] if number > row)[:limit]
        kept = [self._tables.get("outbox", number) for number in rows]
        return [
            SentEntry(number, one.record_type, one.entry)
            for number, one in zip(rows, kept, strict=True)
        ]

    # -- what stays of erased records
    def remains(self, name: Name, limit: int) -> Sequence[Fact]:
        """Return what stays of erased records that carried a name."""
        found = [row for key, row in sorted(self._tables.data["remains"].items()) if key[0] == name]
        return found[:limit]

    def to_refold(self, limit: int) -> Sequence[ToRefold]:
        """Return movements of which a record was erased since they were folded."""
        return [ToRefold(*one) for one in sorted(self._tables.data["refolds"].items())][:limit]

    def refolded(self, rows: Sequence[int]) -> None:
        """Take rows of `to_refold` off."""
        for row in rows:
            self._tables.drop("refolds", row)

    def forget_movement(self, names: Sequence[Name], remains: Sequence[Fact]) -> None:
        """Forget a movement of which no record is kept."""
        for name in names:
            if self._tables.get("movements", name) is not None:
                self._tables.drop("movements", name)
        for one in remains:
            for name in one.ids:
                if self._tables.get("remains", (name, one.record_id, one.sender)) is not None:
                    self._tables.drop("remains", (name, one.record_id, one.sender))

    def _open(self) -> list[TrackedMovement]:
        rows: list[TrackedMovement] = list(self._tables.data["movements"].values())
        return [one for one in rows if not one.ended]
