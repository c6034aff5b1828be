"""Movements under way, in SQLite.

Rules:

* a name is found by its keyed hash, read under the storage key: the file alone tells nobody which
  movements there are;
* what is listed is bounded; counting goes over the open ones only.
"""

import json
from collections.abc import Sequence
from typing import Final

from corridor.store import bundles
from corridor.store.incoming_streams import IncomingStreams
from corridor.store.movement_port import (
    MovementCounts,
    Name,
    SentEntry,
    ToRefold,
    TrackedMovement,
)
from corridor.store.remains import drop_remains, refolded, remains, to_refold
from corridor.transit.facts import Fact

_CONTEXT: Final = b"movement.name"
_PUT: Final = (
    "INSERT INTO movements (key, name, state, ended, changed_ms, deadlines, refused)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET state = excluded.state,"
    " ended = excluded.ended, changed_ms = excluded.changed_ms, deadlines = excluded.deadlines,"
    " refused = excluded.refused"
)
_DROP: Final = "DELETE FROM movements WHERE key = ?"
_LIST: Final = (
    "SELECT key, name, state, ended, changed_ms, deadlines, refused FROM movements"
    " WHERE ended = 0 AND (?1 IS NULL OR deadlines ->> '$[0][1]' <= ?1)"
    " ORDER BY changed_ms DESC, key LIMIT ?2"
)
_OPEN: Final = "SELECT state, count(*) FROM movements WHERE ended = 0 GROUP BY state"
_OVERDUE: Final = (
    "SELECT d.value ->> '$[0]', count(*) FROM movements, json_each(deadlines) d"
    " WHERE ended = 0 AND d.value ->> '$[1]' <= ? GROUP BY 1"
)
_SENT: Final = (
    "SELECT row, record_type, bundle, start, size FROM outbox WHERE row > ? ORDER BY row LIMIT ?"
)


class Movements(IncomingStreams):
    """The part of a transaction that keeps movements under way."""

    def put_movement(self, movement: TrackedMovement, other_names: Sequence[Name] = ()) -> None:
        """Keep a movement under its name; rows under its other names go."""
        session = self._session
        for name in other_names:
            session.execute(_DROP, (session.key.term_hash(*name),))
        key = session.key.term_hash(*movement.name)
        text = json.dumps(movement.name).encode()
        row = (
            key,
            session.key.seal_value(text, _CONTEXT + key),
            movement.state,
            int(movement.ended),
            movement.changed_ms,
            json.dumps(movement.deadlines),
            movement.refused,
        )
        session.execute(_PUT, row)

    def movements(self, limit: int, overdue_at: int | None = None) -> Sequence[TrackedMovement]:
        """Return movements that have not ended, those changed last first."""
        session = self._session
        found = []
        for key, name, *row, deadlines, refused in session.rows(_LIST, (overdue_at, limit)):
            state, ended, changed_ms = row
            kind, value = json.loads(session.key.open_value(name, _CONTEXT + key))
            marks = tuple((what, at_ms) for what, at_ms in json.loads(deadlines))
            found.append(
                TrackedMovement((kind, value), state, bool(ended), changed_ms, marks, refused)
            )
        return found

    def count_movements(self, now_ms: int) -> MovementCounts:
        """Count movements that have not ended, and their deadlines that have passed."""
        overdue = dict(self._session.rows(_OVERDUE, (now_ms,)))
        states = dict(self._session.rows(_OPEN, ()))
        return MovementCounts(sum(states.values()), overdue, states)

    def sent_after(self, row: int, limit: int) -> Sequence[SentEntry]:
        """Return records of ours after a row of the outbox, one for each recipient."""
        rows = self._session.rows(_SENT, (row, limit))
        entries = bundles.get(self._session, ((one[2], one[3], one[4]) for one in rows))
        return [SentEntry(one[0], one[1], entry) for one, entry in zip(rows, entries, strict=True)]

    # -- what stays of erased records
    def remains(self, name: Name, limit: int) -> Sequence[Fact]:
        """Return what stays of erased records that carried a name."""
        return remains(self._session, name, limit)

    def to_refold(self, limit: int) -> Sequence[ToRefold]:
        """Return movements of which a record was erased since they were folded."""
        return to_refold(self._session, limit)

    def refolded(self, rows: Sequence[int]) -> None:
        """Take rows of `to_refold` off."""
        refolded(self._session, rows)

    def forget_movement(self, names: Sequence[Name], remains: Sequence[Fact]) -> None:
        """Forget a movement of which no record is kept."""
        session = self._session
        session.executemany(_DROP, [(session.key.term_hash(*name),) for name in names])
        drop_remains(session, remains)
