"""What the national systems of partners accept, as they said it last; both engines.

Rules (PROTOCOL §6.10):

* one statement is kept of each partner, as the bytes that came: whoever reads it verifies it again;
* which of two stands is decided above; here the one that is given takes the place of the other.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from corridor.store.memory_state import Tables
from corridor.store.sqlite_session import Session
from corridor.transit.parties import Endpoint

OWN_ACCEPTANCE: Final = "acceptance.own"
"""The setting that holds what our own national system accepts: the Signed; empty for nothing."""

_KNOWS: Final = "SELECT knows FROM acceptances WHERE partner = ?"
_KEEP_KNOWS: Final = (
    "INSERT INTO acceptances (partner, knows) VALUES (?1, ?2)"
    " ON CONFLICT (partner) DO UPDATE SET knows = ?2"
)
_COLUMNS: Final = "p.endpoint, a.statement, a.digest, a.issued_ms, a.taken_ms, a.said_ms"
_FROM: Final = f"SELECT {_COLUMNS} FROM acceptances a CROSS JOIN partners p ON p.id = a.partner"  # noqa: S608 - constants
_ONE: Final = f"{_FROM} WHERE a.partner = ? AND a.statement <> x''"
_ALL: Final = f"{_FROM} WHERE a.statement <> x'' ORDER BY p.endpoint"
_KEEP: Final = (
    "INSERT INTO acceptances (partner, knows, statement, digest, issued_ms, taken_ms, said_ms)"
    " VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (partner) DO UPDATE"
    " SET statement = ?2, digest = ?3, issued_ms = ?4, taken_ms = ?5, said_ms = ?6"
)
_SAID: Final = "UPDATE acceptances SET said_ms = max(said_ms, ?2) WHERE partner = ?1"


class HeldAcceptance(NamedTuple):
    """What a partner said last."""

    peer: Endpoint
    statement: bytes
    """The Signed, as it came."""
    digest: bytes
    """SHA-256 of its payload."""
    issued_ms: int
    taken_ms: int
    """When it came first."""
    said_ms: int
    """When it was said last."""


class AcceptanceRows(Protocol):
    """The part of a transaction that keeps what partners accept."""

    def knows_accepts(self, peer: Endpoint) -> bool:
        """Return whether the peer knows the record with which it is told what we accept."""

    def keep_knows_accepts(self, peer: Endpoint, *, knows: bool) -> None:
        """Note whether the peer knows it."""

    def acceptance(self, peer: Endpoint) -> HeldAcceptance | None:
        """Return what the peer said last; None where it never said anything."""

    def acceptances(self) -> Sequence[HeldAcceptance]:
        """Return what every peer said last, by peer."""

    def keep_acceptance(self, held: HeldAcceptance) -> None:
        """Keep what a peer said, in the place of what it said before."""

    def acceptance_said(self, peer: Endpoint, now_ms: int) -> None:
        """Note that the peer said the same again."""


class SqliteAcceptances:
    """What partners accept, on SQLite."""

    _session: Session

    def knows_accepts(self, peer: Endpoint) -> bool:
        """Return whether the peer knows the record with which it is told what we accept."""
        found = self._session.row(_KNOWS, (self._session.partner(peer),))
        return found is not None and bool(found[0])

    def keep_knows_accepts(self, peer: Endpoint, *, knows: bool) -> None:
        """Note whether the peer knows it."""
        self._session.execute(_KEEP_KNOWS, (self._session.note_partner(peer), int(knows)))

    def acceptance(self, peer: Endpoint) -> HeldAcceptance | None:
        """Return what the peer said last."""
        found = self._session.row(_ONE, (self._session.partner(peer),))
        return None if found is None else HeldAcceptance(Endpoint(found[0]), *found[1:])

    def acceptances(self) -> Sequence[HeldAcceptance]:
        """Return what every peer said last, by peer."""
        return [HeldAcceptance(Endpoint(row[0]), *row[1:]) for row in self._session.rows(_ALL, ())]

    def keep_acceptance(self, held: HeldAcceptance) -> None:
        """Keep what a peer said."""
        self._session.execute(_KEEP, (self._session.note_partner(held.peer), *held[1:]))

    def acceptance_said(self, peer: Endpoint, now_ms: int) -> None:
        """Note that the peer said the same again."""
        self._session.execute(_SAID, (self._session.partner(peer), now_ms))


class MemoryAcceptances:
    """What partners accept, in memory: who knows the record, and what was said."""

    _tables: Tables

    def knows_accepts(self, peer: Endpoint) -> bool:
        """Return whether the peer knows the record with which it is told what we accept."""
        knows: bool = self._tables.get("accepting", peer, False)
        return knows

    def keep_knows_accepts(self, peer: Endpoint, *, knows: bool) -> None:
        """Note whether the peer knows it."""
        self._tables.put("peers", peer, peer)
        self._tables.put("accepting", peer, knows)

    def acceptance(self, peer: Endpoint) -> HeldAcceptance | None:
        """Return what the peer said last."""
        found: HeldAcceptance | None = self._tables.get("acceptances", peer)
        return found

    def acceptances(self) -> Sequence[HeldAcceptance]:
        """Return what every peer said last, by peer."""
        return sorted(self._tables.data["acceptances"].values())

    def keep_acceptance(self, held: HeldAcceptance) -> None:
        """Keep what a peer said."""
        self._tables.put("peers", held.peer, held.peer)
        if held.peer not in self._tables.data["accepting"]:
            self._tables.put("accepting", held.peer, True)
        self._tables.put("acceptances", held.peer, held)

    def acceptance_said(self, peer: Endpoint, now_ms: int) -> None:
        """Note that the peer said the same again."""
        held = self.acceptance(peer)
        if held is not None:
            said_ms = max(held.said_ms, now_ms)
            self._tables.put("acceptances", peer, held._replace(said_ms=said_ms))
