"""Gates to partners: why one is shut, since when, and when something is tried again.

Rules:

* a row is there only while a gate is not open: an open one has nothing to remember;
* what is kept is what a new start needs to go on with the same wait (`repair.resumed`).
"""

from typing import Final, Protocol

from corridor.exchange.cues import Way
from corridor.exchange.repair import Breaker, Gate
from corridor.store.memory_state import Tables
from corridor.store.sqlite_session import Session
from corridor.transit.parties import Endpoint

_GATE: Final = "SELECT way, attempts, due_ms, since_ms FROM gates WHERE partner = ?"
_PUT: Final = (
    "INSERT INTO gates (partner, way, attempts, due_ms, since_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT (partner) DO UPDATE SET way = ?2, attempts = ?3, due_ms = ?4, since_ms = ?5"
)
_DROP: Final = "DELETE FROM gates WHERE partner = ?"


class GateRows(Protocol):
    """The part of a transaction that keeps the gates to partners."""

    def put_gate(self, peer: Endpoint, breaker: Breaker) -> None:
        """Keep how the gate to a peer stands; one without attempts is forgotten."""

    def gate(self, peer: Endpoint) -> Breaker:
        """Return how the gate to a peer was left; open where nothing is kept."""


class SqliteGates:
    """Gates on SQLite."""

    _session: Session

    def put_gate(self, peer: Endpoint, breaker: Breaker) -> None:
        """Keep how the gate to a peer stands."""
        partner = self._session.note_partner(peer)
        if not breaker.attempts:
            self._session.execute(_DROP, (partner,))
            return
        row = (partner, breaker.way.value, breaker.attempts, breaker.due_ms, breaker.since_ms)
        self._session.execute(_PUT, row)

    def gate(self, peer: Endpoint) -> Breaker:
        """Return how the gate to a peer was left."""
        found = self._session.row(_GATE, (self._session.partner(peer),))
        if found is None:
            return Breaker()
        way, *rest = found
        return Breaker(Gate.SHUT, Way(way), *rest)


class MemoryGates:
    """Gates in memory."""

    _tables: Tables

    def put_gate(self, peer: Endpoint, breaker: Breaker) -> None:
        """Keep how the gate to a peer stands."""
        self._tables.put("peers", peer, peer)
        kept = Breaker(
            Gate.SHUT, breaker.way, breaker.attempts, breaker.due_ms, breaker.since_ms
        ) if breaker.attempts else Breaker()  # fmt: skip
        self._tables.put("gates", peer, kept)

    def gate(self, peer: Endpoint) -> Breaker:
        """Return how the gate to a peer was left."""
        found: Breaker = self._tables.get("gates", peer, Breaker())
        return found
