"""What one transaction on SQLite works with: a connection, the storage key, and what it remembers.

Rules:

* a session belongs to one connection and lives as long; between transactions it remembers only
  what no other writer can change (there is none) or what never changes (partners' numbers);
* after a failed transaction it forgets everything and asks the file again;
* row numbers are given out here: a statement that need not return one can be run for many rows
  at once.
"""

from array import array as array_of
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import apsw

from corridor.seal.merkle import LogTree
from corridor.seal.storage import StorageKey
from corridor.transit.parties import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable

    from corridor.exchange.values import Lane

_LOG: Final = "store.log"
_AFTER: Final = "store.after."
_COUNTED: Final = {
    "bundles": "SELECT coalesce(max(row), 0) FROM bundles",
    "outbox": "SELECT coalesce(max(row), 0) FROM outbox",
    "sealed": "SELECT coalesce(max(row), 0) FROM sealed",
    "received": "SELECT coalesce(max(row), 0) FROM received",
    "inbox": "SELECT coalesce(max(cursor), 0) FROM inbox",
    "held": "SELECT coalesce(max(row), 0) FROM held",
}
_SETTING: Final = "SELECT value FROM settings WHERE name = ?"
_PUT_SETTING: Final = (
    "INSERT INTO settings (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class Session:
    """One connection with what its transactions share."""

    def __init__(
        self,
        connection: apsw.Connection,
        key: StorageKey,
        recent_bundle: "Callable[[int], bytes | None]" = lambda _: None,
    ) -> None:
        """Work on `connection`; payloads are sealed under `key`, some are at hand in plain."""
        self.recent_bundle = recent_bundle
        self.connection = connection
        self.key = key
        self.execute = connection.execute
        self.executemany = connection.executemany
        self.forget()

    def forget(self) -> None:
        """Forget what a transaction that failed may have left behind."""
        self._partners: dict[Endpoint, int] = {}
        self._endpoints: dict[int, Endpoint] = {}
        self._last: dict[str, int] = {}
        self._log: LogTree | None = None
        self._log_changed = False
        self.lanes_touched: set[tuple[Endpoint, Lane]] = set()
        self.owed_touched: set[Endpoint] = set()
        self.new_bundles: dict[int, bytes] = {}
        self.gone_bundles: set[int] = set()

    def row(self, statement: str, bindings: Sequence[Any]) -> tuple[Any, ...] | None:
        """Return the first row of a query."""
        return self.execute(statement, bindings).fetchone()

    def rows(self, statement: str, bindings: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self.execute(statement, bindings).fetchall()

    def rows_for(
        self, statement: str, ids: Sequence[bytes], *bindings: int
    ) -> list[tuple[Any, ...]]:
        """Return all rows of a query whose first binding is an array of ids.

        A seventh of the cost of asking for each; the order is that of the ids.
        """
        if not ids:
            return []
        return self.execute(statement, (apsw.carray(tuple(ids)), *bindings)).fetchall()

    def rows_of_numbers(
        self, statement: str, numbers: Sequence[int], *bindings: int | str | bytes | None
    ) -> list[tuple[Any, ...]]:
        """Return all rows of a query or change whose first binding is an array of row numbers."""
        if not numbers:
            return []
        array = apsw.carray(array_of("q", numbers))
        return self.execute(statement, (array, *bindings)).fetchall()

    def partner(self, peer: Endpoint) -> int:
        """Return the number of a partner; 0, which no row has, for one never seen."""
        number = self._partners.get(peer)
        if number is None:
            found = self.row("SELECT id FROM partners WHERE endpoint = ?", (peer,))
            if found is None:
                return 0
            number = self._partners[peer] = int(found[0])
        return number

    def endpoint(self, number: int) -> Endpoint:
        """Return the partner that has a number."""
        found = self._endpoints.get(number)
        if found is None:
            row = self.row("SELECT endpoint FROM partners WHERE id = ?", (number,))
            if row is None:
                raise LookupError(number)
            found = self._endpoints[number] = Endpoint(row[0])
        return found

    def note_partner(self, peer: Endpoint) -> int:
        """Return the number of a partner, given out now for one never seen."""
        number = self.partner(peer)
        if not number:
            self.execute("INSERT INTO partners (endpoint) VALUES (?)", (peer,))
            number = self._partners[peer] = self.connection.last_insert_rowid()
        return number

    def take_numbers(self, table: str, count: int) -> int:
        """Return the first of `count` fresh row numbers of a table."""
        last = self._last.get(table)
        if last is None:
            found = self.row(_COUNTED[table], ())
            floor = self.setting(_AFTER + table)
            last = max(int(found[0]) if found else 0, int.from_bytes(floor or b""))
        self._last[table] = last + count
        return last + 1

    def start_after(self, table: str, least: int) -> None:
        """Give out row numbers of a table above `least` from now on."""
        last = self.take_numbers(table, 0) - 1
        if least > last:
            self.put_setting(_AFTER + table, least.to_bytes(8))
            self._last[table] = least

    @property
    def log(self) -> LogTree:
        """The evidence log as this transaction sees it."""
        if self._log is None:
            kept = self.row(_SETTING, (_LOG,))
            self._log = LogTree.from_bytes(kept[0]) if kept else LogTree()
        return self._log

    @log.setter
    def log(self, tree: LogTree) -> None:
        self._log = tree
        self._log_changed = True

    def flush(self) -> None:
        """Write what is written once a transaction."""
        if self._log_changed:
            self.put_setting(_LOG, self.log.to_bytes())
            self._log_changed = False

    def setting(self, name: str) -> bytes | None:
        """Return a small value."""
        found = self.row(_SETTING, (name,))
        return found[0] if found else None

    def put_setting(self, name: str, value: bytes) -> None:
        """Keep a small value."""
        self.execute(_PUT_SETTING, (name, value))
