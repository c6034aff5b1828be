"""The in-memory twin: holds, erasure, and what is given up."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from corridor.errors import Reason
from corridor.exchange.values import Lane, Position, Verdict
from corridor.store.keeping import BY_ID, Erased, Kept, LegalHold, Obstacle, Side
from corridor.store.memory_in import MemoryIncoming
from corridor.store.memory_state import InRow, OutEnvelope, OutRow
from corridor.store.remains import keep_remains_in_memory
from corridor.store.rules import has_outcome, is_final
from corridor.transit.parties import Endpoint

_SIDES = {"outbox": Side.SENT, "inbox": Side.RECEIVED}
_Found = tuple[str, int, OutRow | InRow]


class MemoryKeeping(MemoryIncoming):
    """Keeping and forgetting."""

    def place_hold(  # noqa: PLR0913, PLR0917 - what a hold says
        self, kind: str, value: str, reason: str, by: str, now_ms: int, until_ms: int | None
    ) -> int:
        """Keep a hold; returns its number."""
        number = self._tables.number("holds")
        hold = LegalHold(number, kind, value, reason, by, now_ms, until_ms, None)
        self._tables.put("holds", number, hold)
        return number

    def release_hold(self, number: int, by: str, reason: str, now_ms: int) -> bool:
        """Release a hold; False where there is none of this number that is not released."""
        hold: LegalHold | None = self._tables.get("holds", number)
        if hold is None or hold.released_ms is not None:
            return False
        released = hold._replace(released_ms=now_ms, released_by=by, release_reason=reason)
        self._tables.put("holds", number, released)
        return True

    def holds(self) -> Sequence[LegalHold]:
        """Return every hold there ever was."""
        return [one for _, one in sorted(self._tables.data["holds"].items())]

    def copies(self, record_id: bytes, now_ms: int) -> Sequence[Kept]:
        """Return every copy of a record, and what stands against erasing it."""
        return [
            Kept(_SIDES[table], row.peer, row.record_type, *self._obstacle(found, now_ms))
            for found in self._copies(record_id)
            for table, _, row in [found]
        ]

    def erase(self, record_id: bytes, by: str, reason: str, now_ms: int) -> int:
        """Erase every copy of a record against which nothing stands."""
        due = [one for one in self._copies(record_id) if self._obstacle(one, now_ms)[0] is None]
        for found in due:
            self._erase(found, now_ms, by, reason, by_order=True)
            if found[0] == "outbox":
                self._erase_frames(found[1])
        return len(due)

    def erasures(self, record_id: bytes) -> Sequence[Erased]:
        """Return what is left of the copies of a record that were erased."""
        found = ((table, number) for table, number, _ in self._copies(record_id))
        return [kept for key in found if (kept := self._tables.get("erasures", key))]

    def erase_kept_long_enough(self, now_ms: int, keep_ms: Mapping[int, int]) -> int:
        """Erase what has been kept long enough; returns how many records."""
        due = [
            found
            for found in self._all()
            if self._obstacle(found, now_ms)[0] is None
            and _settled_ms(found[2])
            <= now_ms - keep_ms.get(found[2].record_type, min(keep_ms.values()))
        ]
        for found in due:
            why = "its retention was over"
            self._erase(found, now_ms, "the node", why, by_order=False)
        return len(due)

    # -- what will not be sent any more
    def waiting_types(self, peer: Endpoint) -> Collection[int]:
        """Return the types of the records that wait for a peer."""
        rows = [row for lane in Lane for row in self._tables.get("waiting", (peer, lane), ())]
        return {self._tables.get("outbox", row).record_type for row in rows}

    def give_up_waiting(
        self, peer: Endpoint, types: Collection[int], reason: Reason, now_ms: int, limit: int
    ) -> int:
        """Make waiting records of these types final, REFUSED for `reason`."""
        count = 0
        for lane in Lane:
            rows = self._tables.get("waiting", (peer, lane), ())
            named = [row for row in rows if self._tables.get("outbox", row).record_type in types]
            gone = named[: limit - count]
            self._tables.put("waiting", (peer, lane), tuple(r for r in rows if r not in gone))
            for row in gone:
                self._give_up(row, reason, now_ms)
            count += len(gone)
        return count

    def give_up_unreceipted(self, peer: Endpoint, reason: Reason, now_ms: int, limit: int) -> int:
        """Make what no receipt came for final, REFUSED for `reason`."""
        positions: Sequence[Position] = self._tables.get("open", peer, ())[:limit]
        for position in positions:
            kept: OutEnvelope = self._tables.get("sealed", (peer, position))
            for row in kept.rows:
                self._give_up(row, reason, now_ms)
            self._settle(peer, position, now_ms)
        return len(positions)

    def _give_up(self, row: int, reason: Reason, now_ms: int) -> None:
        kept: OutRow = self._tables.get("outbox", row)
        if is_final(kept.verdict):
            return
        final = kept._replace(verdict=Verdict.REFUSED, reason=reason, receipted_ms=now_ms)
        self._tables.put("outbox", row, final)
        if has_outcome(kept.record_type):
            self._tables.put("outcomes", self._tables.number("outcomes"), row)

    # -- private
    def _all(self) -> Iterator[_Found]:
        for table in _SIDES:
            for number, row in sorted(self._tables.data[table].items()):
                yield table, number, row

    def _copies(self, record_id: bytes) -> list[_Found]:
        found = [one for one in self._all() if one[2].record_id == record_id]
        return sorted(found, key=lambda one: (one[0] == "inbox", one[2].peer))

    def _obstacle(self, found: _Found, now_ms: int) -> tuple[Obstacle | None, LegalHold | None]:
        _, number, row = found
        if not row.entry:
            return Obstacle.ERASED, None
        for hold in self.holds():
            named = (hold.kind, hold.value)
            if hold.in_force(now_ms) and named in {*row.terms, (BY_ID, row.record_id.hex())}:
                return Obstacle.ON_HOLD, hold
        if not is_final(row.verdict):
            return Obstacle.NOT_FINAL, None
        if isinstance(row, InRow):
            owed = self._tables.get("owed", row.peer, ())
            if row.position in {position for _, position in owed}:
                return Obstacle.NOT_RECEIPTED, None
            if number > self.acknowledged():
                return Obstacle.NOT_ACKNOWLEDGED, None
        return None, None

    def _erase(self, found: _Found, now_ms: int, by: str, reason: str, *, by_order: bool) -> None:
        table, number, row = found
        keep_remains_in_memory(self._tables, row, now_ms)
        self._tables.put(table, number, row._replace(entry=b"", terms=()))
        left = Erased(
            _SIDES[table], row.peer, row.record_id, row.record_type, row.digest, now_ms,
            by_order, by, reason,
        )  # fmt: skip
        self._tables.put("erasures", (table, number), left)

    def _erase_frames(self, number: int) -> None:
        for key, row in list(self._tables.data["sealed"].items()):
            if number in row.rows and row.settled_ms is not None:
                self._tables.put("sealed", key, row._replace(erased=True))


def _settled_ms(row: OutRow | InRow) -> int:
    """Return when a record became final, or was received."""
    return row.received_ms if isinstance(row, InRow) else row.receipted_ms or 0
