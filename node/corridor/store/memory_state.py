"""What the in-memory twin holds: tables of unchangeable rows, with an undo journal.

Rules:

* every change goes through `Tables.put` or `Tables.drop`, which note what was there before, so
  that a failed transaction leaves no trace and a snapshot may share all rows;
* rows are named tuples and tuples: nobody can change them behind the journal's back.
"""

from collections.abc import Hashable, Iterator
from typing import Any, Final, NamedTuple

from corridor.errors import Reason, StoreMisused
from corridor.exchange.values import (
    InFlight,
    Lane,
    Position,
    ReceivedEnvelope,
    SealedEnvelope,
    Verdict,
)
from corridor.transit.parties import Endpoint

TABLES: Final = (
    "outbox", "outbox_ids", "waiting", "sealed", "sealed_ids", "open", "out_streams", "outcomes",
    "received", "received_ids", "received_seqs", "owed", "tombstones", "in_streams",
    "inbox", "inbox_ids", "aside", "holds", "erasures", "quarantine", "quarantined", "held",
    "quarantine_groups", "quarantine_acts",
    "peers", "settings", "movements", "leaves", "log", "numbers", "skipped",
    "submission_keys",
    "handovers", "marks", "tellings", "acts", "gates",
    "reconcilers", "reconciliations", "cases", "recoveries", "accepting", "acceptances",
    "remains", "refolds",
)  # fmt: skip

Snapshot = dict[str, dict[Any, Any]]


class OutRow(NamedTuple):
    """A record of ours."""

    peer: Endpoint
    record_id: bytes
    record_type: int
    lane: Lane
    entry: bytes
    digest: bytes
    accepted_ms: int
    terms: tuple[tuple[str, str], ...]
    sealed_ms: int | None = None
    receipted_ms: int | None = None
    verdict: Verdict | None = None
    reason: Reason | None = None
    faults: tuple[str, ...] = ()
    position: Position | None = None
    """Of the envelope that holds it."""


class OutEnvelope(NamedTuple):
    """An envelope of ours."""

    envelope: SealedEnvelope
    rows: tuple[int, ...]
    size_bytes: int
    attempts: int = 0
    settled_ms: int | None = None
    erased: bool = False
    oldest_ms: int | None = None
    confirmed_ms: int | None = None
    published_ms: int | None = None
    handed_ms: int | None = None
    acknowledged_ms: int | None = None

    def in_flight(self) -> InFlight:
        """Return it as the sender needs it."""
        kept = self.envelope
        return InFlight(
            kept.position,
            kept.envelope_id,
            kept.payload_root,
            self.size_bytes,
            kept.lane,
            kept.family,
            kept.created_ms,
            self.attempts,
            closed=self.settled_ms is not None,
            oldest_ms=self.oldest_ms,
            published_ms=self.published_ms,
        )


class InEnvelope(NamedTuple):
    """An envelope of a peer; `row` is its place in the order of arrival."""

    row: int
    envelope: ReceivedEnvelope


class InRow(NamedTuple):
    """A record of a peer."""

    peer: Endpoint
    record_id: bytes
    record_type: int
    entry: bytes
    digest: bytes
    verdict: Verdict
    received_ms: int
    possible_repeat: bool
    terms: tuple[tuple[str, str], ...]
    position: Position
    reason: Reason | None = None
    """Why it is parked, if it is."""


class Tables:
    """All tables, and the journal of the transaction that changes them."""

    def __init__(self) -> None:
        """Start empty."""
        self.data: Snapshot = {name: {} for name in TABLES}
        self._journal: list[tuple[str, Hashable, Any]] | None = None

    def get(self, table: str, key: Hashable, default: Any = None) -> Any:  # noqa: ANN401 - one row of any table
        """Return the row of a table under a key."""
        return self.data[table].get(key, default)

    def put(self, table: str, key: Hashable, row: Any) -> None:  # noqa: ANN401 - one row of any table
        """Keep a row."""
        self._note(table, key)
        self.data[table][key] = row

    def drop(self, table: str, key: Hashable) -> None:
        """Remove a row that exists."""
        self._note(table, key)
        del self.data[table][key]

    def number(self, name: str) -> int:
        """Return the next number of a row of numbers that starts at 1."""
        number: int = self.get("numbers", name, 0) + 1
        self.put("numbers", name, number)
        return number

    def skip(self, name: str, least: int) -> None:
        """Let the next number of a row of numbers be above `least`."""
        last: int = self.get("numbers", name, 0)
        if least > last:
            self.put("skipped", name, (*self.get("skipped", name, ()), (last, least)))
            self.put("numbers", name, least)

    def last(self, name: str) -> int:
        """Return the last number that was given out."""
        last: int = self.get("numbers", name, 0)
        low, high = self.get("skipped", name, ((0, 0),))[-1]
        return int(low) if last == high else last

    def numbers(self, name: str, after: int) -> Iterator[int]:
        """Return the numbers given out after one, ascending."""
        last: int = self.get("numbers", name, 0)
        skipped = iter(self.get("skipped", name, ()))
        low, high = next(skipped, (last, last))
        number = after + 1
        while number <= last:
            if number > high:
                low, high = next(skipped, (last, last))
            elif number > low:
                number = high + 1
            else:
                yield number
                number += 1

    def begin(self) -> None:
        """Start to note what changes."""
        self._journal = []

    def commit(self) -> None:
        """Keep what changed."""
        self._journal = None

    def roll_back(self) -> None:
        """Undo everything since `begin`, newest first."""
        journal, self._journal = self._journal or [], None
        for table, key, before in reversed(journal):
            if before is None:
                self.data[table].pop(key, None)
            else:
                self.data[table][key] = before

    def _note(self, table: str, key: Hashable) -> None:
        if self._journal is None:
            raise StoreMisused("writing needs a transaction: this is a view for reading")
        self._journal.append((table, key, self.data[table].get(key)))
