"""The in-memory twin: how far records have come, and what officers decide."""

from collections.abc import Iterable, Sequence

from corridor.errors import Reason
from corridor.exchange.values import (
    LeafEntry,
    LeafKind,
    Position,
    ReceivedEnvelope,
    Verdict,
    Waiting,
)
from corridor.store.lookback import MemoryLookback
from corridor.store.memory_out import MemoryOutgoing
from corridor.store.memory_state import InRow, OutEnvelope, OutRow
from corridor.store.rules import has_outcome, is_final
from corridor.store.values import Act, Arrival, HandedOver, LedgerLine, Published
from corridor.store.way import ACKNOWLEDGED, HANDED, REMEMBERED_MS
from corridor.transit.parties import Endpoint
from corridor.wire.batches import is_control
from corridor.wire.handover import HandoverRange

_Key = tuple[Endpoint, Position]


class MemoryWay(MemoryLookback, MemoryOutgoing):
    """How far records have come."""

    # -- of ours
    def note_published(self, published: Iterable[Published]) -> None:
        """Note that our broker confirmed envelopes of ours."""
        for envelope_id, at_ms, times in published:
            key = self._tables.get("sealed_ids", envelope_id)
            if key is not None:
                row: OutEnvelope = self._tables.get("sealed", key)
                first = at_ms if row.confirmed_ms is None else row.confirmed_ms
                attempts = max(row.attempts, times)
                noted = row._replace(confirmed_ms=first, published_ms=at_ms, attempts=attempts)
                self._tables.put("sealed", key, noted)

    def note_handovers(self, peer: Endpoint, ranges: Iterable[HandoverRange], now_ms: int) -> None:
        """Note what the peer tells of envelopes of ours with records."""
        for one in ranges:
            for seq in range(one.first, one.last + 1):
                key = (peer, Position(one.epoch, seq))
                row: OutEnvelope | None = self._tables.get("sealed", key)
                if row is not None and row.envelope.family.value == "data":
                    self._tables.put("sealed", key, _earlier(row, one, now_ms))

    def keep_telling(self, peer: Endpoint, telling: int) -> None:
        """Note whether the peer tells what its national system takes."""
        self.note_peer(peer)
        self._tables.put("tellings", peer, telling)

    def telling(self, peer: Endpoint) -> int:
        """Return what the peer last said of that."""
        said: int = self._tables.get("tellings", peer, 0)
        return said

    def outgoing(self, peer: Endpoint, record_id: bytes) -> Waiting | None:
        """Return a record of ours with its entry, wherever it is."""
        row = self._tables.get("outbox_ids", (peer, record_id))
        if row is None:
            return None
        kept: OutRow = self._tables.get("outbox", row)
        return Waiting(row, record_id, kept.lane, kept.entry, kept.accepted_ms)

    def position_of(self, peer: Endpoint, record_id: bytes) -> Position | None:
        """Return where the envelope stands that holds a record of ours now."""
        row = self._tables.get("outbox_ids", (peer, record_id))
        position: Position | None = (
            None if row is None else self._tables.get("outbox", row).position
        )
        return position

    def withdraw(self, peer: Endpoint, record_id: bytes, now_ms: int) -> bool:
        """Make a record that no envelope holds final."""
        row = self._tables.get("outbox_ids", (peer, record_id))
        kept: OutRow | None = None if row is None else self._tables.get("outbox", row)
        if kept is None or row not in self._tables.get("waiting", (peer, kept.lane), ()):
            return False
        lane = (peer, kept.lane)
        left = tuple(one for one in self._tables.get("waiting", lane) if one != row)
        self._tables.put("waiting", lane, left)
        gone = kept._replace(verdict=Verdict.REFUSED, reason=Reason.WITHDRAWN, receipted_ms=now_ms)
        self._tables.put("outbox", row, gone)
        if has_outcome(kept.record_type):
            self._tables.put("outcomes", self._tables.number("outcomes"), row)
        padded = record_id.ljust(32, b"\0")
        self.append_leaf(LeafEntry(LeafKind.WITHDRAWN, now_ms, kept.digest, padded))
        return True

    def keep_act(self, peer: Endpoint, record_id: bytes, act: Act) -> None:
        """Keep what an officer decided of a record of ours."""
        key = (peer, record_id)
        self._tables.put("acts", key, (*self._tables.get("acts", key, ()), act))

    def acts(self, peer: Endpoint, record_id: bytes) -> Sequence[Act]:
        """Return what officers decided of a record of ours, oldest first."""
        return list(self._tables.get("acts", (peer, record_id), ()))

    def ledger_line(self, row: OutRow) -> LedgerLine:
        """Return how far a record of ours has come."""
        key = (row.peer, row.position)
        held: OutEnvelope | None = self._tables.get("sealed", key) if row.position else None
        accepted = held if row.verdict is Verdict.ACCEPTED else None
        again = [act.again for act in self.acts(row.peer, row.record_id) if act.again]
        return LedgerLine(
            row.peer,
            row.record_id,
            row.record_type,
            row.lane,
            row.accepted_ms,
            row.sealed_ms,
            row.receipted_ms if is_final(row.verdict) else None,
            row.verdict,
            row.reason,
            row.faults,
            held.confirmed_ms if held else None,
            held.published_ms if held else None,
            accepted.handed_ms if accepted else None,
            accepted.acknowledged_ms if accepted else None,
            self.telling(row.peer),
            next(iter(again), None),
        )

    # -- of partners
    def mark_handed(self, up_to: int, now_ms: int) -> bool:
        """Note that records up to a cursor were given out."""
        return self.mark(HANDED, up_to, now_ms)

    def handed(self) -> int:
        """Return the cursor up to which records were given out."""
        marks = self._tables.get("marks", HANDED, ())
        return max(marks[-1][0] if marks else 0, self.acknowledged())

    def acknowledged(self) -> int:
        """Return the cursor up to which the national system has all records."""
        cursor: int = self._tables.get("numbers", "acknowledged", 0)
        return cursor

    def handovers(self, peer: Endpoint, limit: int) -> Sequence[HandedOver]:
        """Return what the peer has not been told of its envelopes, in order of position."""
        handed, acknowledged = self.handed(), self.acknowledged()
        due = [
            (position, last, told)
            for (one, position), (last, told, _) in self._tables.data["handovers"].items()
            if one == peer
            and (last <= handed, last <= acknowledged)[told > 0]
            and told < ACKNOWLEDGED
        ]
        due.sort(key=lambda row: (row[2], row[1]))
        found = [
            HandedOver(position, self._at(HANDED, last) or 0, self._at(ACKNOWLEDGED, last) or 0)
            for position, last, _ in due[:limit]
        ]
        return sorted(found)

    def tell_handovers(self, peer: Endpoint, told: Iterable[HandedOver], now_ms: int) -> None:
        """Note that an envelope of ours tells the peer this."""
        for one in told:
            last, _, _ = self._tables.get("handovers", (peer, one.position))
            stage = ACKNOWLEDGED if one.acknowledged_ms else HANDED
            self._tables.put("handovers", (peer, one.position), (last, stage, now_ms))

    def tell_handovers_again(self, peer: Endpoint) -> None:
        """Have the peer told again of whatever is still remembered."""
        for key, (last, told, at_ms) in list(self._tables.data["handovers"].items()):
            if key[0] == peer and told:
                self._tables.put("handovers", key, (last, 0, at_ms))

    def forget_told(self, now_ms: int) -> None:
        """Forget what was told 30 days ago."""
        for key, (_, told, at_ms) in list(self._tables.data["handovers"].items()):
            if told == ACKNOWLEDGED and at_ms <= now_ms - REMEMBERED_MS:
                self._tables.drop("handovers", key)

    def note_arrival(self, envelope: ReceivedEnvelope) -> None:
        """Remember an envelope of a peer that has records for the national system."""
        cursors = [
            self._tables.get("inbox_ids", (envelope.peer, record.record_id), 0)
            for record in envelope.records
            if record.verdict is Verdict.ACCEPTED and not is_control(record.record_type)
        ]
        last = max(cursors, default=0)
        if last:
            self._tables.put("handovers", (envelope.peer, envelope.position), (last, 0, 0))

    def mark(self, kind: int, up_to: int, now_ms: int) -> bool:
        """Put a mark, unless one stands there or beyond; returns whether it is news."""
        marks = self._tables.get("marks", kind, ())
        if marks and marks[-1][0] >= up_to:
            return False
        if marks and marks[-1][1] // 1000 == now_ms // 1000:
            now_ms = max(now_ms, marks[-1][1])
            marks = marks[:-1]
        self._tables.put("marks", kind, (*marks, (up_to, now_ms)))
        return True

    def arrivals(self, record_id: bytes) -> list[Arrival]:
        """Return how far accepted records of partners under this id have come here."""
        rows: list[tuple[int, InRow]] = [
            (cursor, row)
            for cursor, row in self._tables.data["inbox"].items()
            if row.record_id == record_id and row.verdict is Verdict.ACCEPTED
        ]
        return [self._arrival(*one) for one in sorted(rows, key=lambda one: one[1].peer)]

    def _arrival(self, cursor: int, row: InRow) -> Arrival:
        owed = {position for _, position in self._tables.get("owed", row.peer, ())}
        handed, acknowledged = cursor <= self.handed(), cursor <= self.acknowledged()
        return Arrival(
            cursor,
            row.peer,
            row.record_id,
            row.record_type,
            row.received_ms,
            row.position not in owed,
            handed,
            self._at(HANDED, cursor) if handed else None,
            acknowledged,
            self._at(ACKNOWLEDGED, cursor) if acknowledged else None,
        )

    def _at(self, kind: int, cursor: int) -> int | None:
        marks = self._tables.get("marks", kind, ())
        return next((at_ms for up_to, at_ms in marks if up_to >= cursor), None)


def _earlier(row: OutEnvelope, told: HandoverRange, now_ms: int) -> OutEnvelope:
    handed_ms = min(told.handed_ms, now_ms)
    if row.handed_ms is not None:
        handed_ms = min(handed_ms, row.handed_ms)
    done_ms = row.acknowledged_ms
    if told.acknowledged_ms:
        done_ms = min(told.acknowledged_ms, now_ms, done_ms or told.acknowledged_ms)
    return row._replace(handed_ms=handed_ms, acknowledged_ms=done_ms)
