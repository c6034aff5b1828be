"""The in-memory twin of the store, for the simulator and for tests.

Rules:

* it passes the contract tests of the port that the SQLite engine passes;
* a snapshot shares its rows with the store and costs one copy of each table's index; restoring
  one is what restoring an older backup is in life.

Example:
    >>> store = MemoryStore()
    >>> with store.transaction() as change:
    ...     change.put_setting("colour", b"blue")
    >>> with store.reading() as view:
    ...     view.setting("colour")
    b'blue'
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from corridor.errors import StoreMisused
from corridor.exchange.values import Family, InFlight, Lane, Verdict
from corridor.store.keeping import EraseStep
from corridor.store.keyed import MemoryKeyed
from corridor.store.memory_in import inbox_record
from corridor.store.memory_keeping import MemoryKeeping
from corridor.store.memory_movements import MemoryMovements
from corridor.store.memory_quarantine import MemoryQuarantine
from corridor.store.memory_reconciling import MemoryReconciling
from corridor.store.memory_state import InRow, OutEnvelope, OutRow, Snapshot, Tables
from corridor.store.memory_way import MemoryWay
from corridor.store.parking import MemoryParking
from corridor.store.port import Transaction
from corridor.store.rules import PRUNED_AT_ONCE, SEALED_KEPT_MS
from corridor.store.values import Arrival, Depth, InboxRecord, LedgerLine, SentRecord
from corridor.transit.parties import Endpoint

_COUNTED = ("outbox", "outcomes", "sealed", "received", "inbox", "aside", "held",
            "tombstones", "leaves")  # fmt: skip


class MemoryTransaction(
    MemoryKeeping, MemoryMovements, MemoryKeyed, MemoryQuarantine, MemoryReconciling, MemoryParking
):
    """One transaction, or one view for reading, on the tables."""


class MemoryStore:
    """A store that forgets everything with its process."""

    def __init__(self) -> None:
        """Start empty."""
        self._tables = Tables()
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._closed = False

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Transaction]:
        """Open the one writing transaction."""
        del durable  # nothing here outlives the process
        with self._locked():
            self._tables.begin()
            try:
                yield MemoryTransaction(self._tables)
            except BaseException:
                self._tables.roll_back()
                raise
            self._tables.commit()

    def make_durable(self, patience_s: float = 0.0) -> None:
        """Do nothing: nothing here outlives the process."""

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Open a view of the committed state."""
        with self._locked():
            yield MemoryTransaction(self._tables)

    def snapshot(self) -> Snapshot:
        """Return everything committed; the store goes on unaffected."""
        with self._locked():
            return {name: dict(table) for name, table in self._tables.data.items()}

    def restore(self, snapshot: Snapshot) -> None:
        """Return to a snapshot, which stays as it is."""
        with self._locked():
            self._tables.data = {name: dict(table) for name, table in snapshot.items()}

    def unreceipted(self, peer: Endpoint) -> Sequence[InFlight]:
        """Return our envelopes that still need a receipt, in order of position."""
        with self._locked():
            return [
                self._tables.get("sealed", (peer, position)).in_flight()
                for position in self._tables.get("open", peer, ())
            ]

    def peers(self) -> Sequence[Endpoint]:
        """Return every peer with whom anything was ever exchanged, or for whom records wait."""
        with self._locked():
            return sorted(self._tables.data["peers"])

    def lanes_waiting(self) -> Sequence[tuple[Endpoint, Lane]]:
        """Return for which peers and lanes records wait."""
        with self._locked():
            return sorted(key for key, rows in self._tables.data["waiting"].items() if rows)

    def peers_owed(self) -> Sequence[Endpoint]:
        """Return to which peers a receipt is owed."""
        with self._locked():
            return sorted(peer for peer, rows in self._tables.data["owed"].items() if rows)

    def depths(self) -> Sequence[Depth]:
        """Return what waits for whom."""
        with self._locked():
            peers = {*self._tables.data["open"], *(key[0] for key in self._tables.data["waiting"])}
            depths = [self._depth(peer) for peer in sorted(peers)]
            return [one for one in depths if one.waiting or one.unreceipted_records]

    def ledger(self, record_id: bytes) -> Sequence[LedgerLine]:
        """Return how far a record of ours has come."""
        with self._locked():
            rows: list[OutRow] = [
                row for row in self._tables.data["outbox"].values() if row.record_id == record_id
            ]
            way = MemoryWay(self._tables)
            return [way.ledger_line(row) for row in sorted(rows, key=lambda row: row.peer)]

    def deliveries(self, record_id: bytes) -> Sequence[InboxRecord]:
        """Return the accepted records of partners under this id, ascending by partner."""
        with self._locked():
            found = [
                inbox_record(cursor, row)
                for cursor, row in self._tables.data["inbox"].items()
                if row.record_id == record_id and row.verdict is Verdict.ACCEPTED and row.entry
            ]
            return sorted(found, key=lambda one: one.peer)

    def arrivals(self, record_id: bytes) -> Sequence[Arrival]:
        """Return how far accepted records of partners under this id have come here."""
        with self._locked():
            return MemoryWay(self._tables).arrivals(record_id)

    def peers_to_tell(self) -> Sequence[Endpoint]:
        """Return to which peers `Transaction.handovers` has something to tell."""
        with self._locked():
            way = MemoryWay(self._tables)
            return [peer for peer in sorted(self._tables.data["peers"]) if way.handovers(peer, 1)]

    def submitted(self, record_id: bytes) -> Sequence[SentRecord]:
        """Return the records of ours under this id, one for each recipient, ascending."""
        with self._locked():
            rows: list[OutRow] = [
                row for row in self._tables.data["outbox"].values() if row.record_id == record_id
            ]
            return [
                SentRecord(row.peer, record_id, row.record_type, row.entry, row.accepted_ms)
                for row in sorted(rows, key=lambda row: row.peer)
            ]

    def find(self, kind: str, value: str, limit: int) -> Sequence[bytes]:
        """Return ids of records that carry exactly this term, newest first."""
        with self._locked():
            found: set[bytes] = set()
            for table in ("outbox", "inbox"):
                rows: list[tuple[int, OutRow | InRow]] = sorted(
                    self._tables.data[table].items(),
                    reverse=True,
                )
                ids = [row.record_id for _, row in rows if (kind, value) in row.terms]
                found.update(ids[:limit])
            return sorted(found, reverse=True)[:limit]

    def counts(self) -> dict[str, int]:
        """Return how many rows each table of interest has."""
        with self._locked():
            counts = {name: len(self._tables.data[name]) for name in _COUNTED}
            counts["quarantine"] = MemoryQuarantine(self._tables).count_quarantine()
            counts["waiting"] = sum(map(len, self._tables.data["waiting"].values()))
            counts["unreceipted"] = sum(map(len, self._tables.data["open"].values()))
            counts["owed"] = sum(map(len, self._tables.data["owed"].values()))
            counts["frames"] = sum(not row.erased for row in self._tables.data["sealed"].values())
            return dict(sorted(counts.items()))

    def prune(self, now_ms: int) -> int:
        """Erase envelopes' bytes 30 days after their receipt."""
        with self.transaction():
            old: list[tuple[object, OutEnvelope]] = [
                (key, row)
                for key, row in self._tables.data["sealed"].items()
                if not row.erased
                and row.settled_ms is not None
                and row.settled_ms <= now_ms - SEALED_KEPT_MS
            ]
            MemoryWay(self._tables).forget_told(now_ms)
            for key, row in old[:PRUNED_AT_ONCE]:
                self._tables.put("sealed", key, row._replace(erased=True))
            return len(old[:PRUNED_AT_ONCE])

    def erase_due(self, now_ms: int, keep_ms: Mapping[int, int]) -> EraseStep:
        """Erase what has been kept long enough: all of it in one step."""
        with self._locked():
            self._tables.begin()
            count = MemoryKeeping(self._tables).erase_kept_long_enough(now_ms, keep_ms)
            self._tables.commit()
            return EraseStep(count, more=False)

    def scrub(self) -> bool:
        """Do nothing: there is no log."""
        return True

    def close(self) -> None:
        """Close it; further use is an error."""
        if self._closed:
            return
        with self._locked():
            self._closed = True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self._owner == threading.get_ident():
            raise StoreMisused("inside a transaction, read and write through it")
        with self._lock:
            if self._closed:
                raise StoreMisused("the store is closed")
            self._owner = threading.get_ident()
            try:
                yield
            finally:
                self._owner = None

    def _depth(self, peer: Endpoint) -> Depth:
        lanes = [self._tables.get("waiting", (peer, lane), ()) for lane in Lane]
        flying: list[OutEnvelope] = [
            self._tables.get("sealed", (peer, position))
            for position in self._tables.get("open", peer, ())
        ]
        flying = [one for one in flying if one.envelope.family is Family.DATA]
        rows = [lane[0] for lane in lanes if lane]
        rows += [row for one in flying for row in one.rows]
        oldest = min((self._tables.get("outbox", row).accepted_ms for row in rows), default=None)
        return Depth(peer, sum(map(len, lanes)), sum(len(one.rows) for one in flying), oldest)
