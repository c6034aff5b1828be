"""Idempotency keys: which record a key of a national system stands for.

Rules:

* a key is noted in the transaction that accepts its record: neither is ever there alone;
* a key stands for one record for ever, as a record id does.
"""

from typing import NamedTuple, Protocol

from corridor.store.memory_state import Tables
from corridor.store.sqlite_session import Session
from corridor.transit.parties import Endpoint

_KNOWN = "SELECT partner, record_id, digest FROM submission_keys WHERE key = ?"
_NOTE = (
    "INSERT INTO submission_keys (key, partner, record_id, digest, noted_ms) VALUES (?, ?, ?, ?, ?)"
)


class KeyUse(NamedTuple):
    """What a key stands for."""

    peer: Endpoint
    record_id: bytes
    digest: bytes
    """SHA-256 of the serialised record as it was offered."""


class Keyed(Protocol):
    """The part of a transaction that knows idempotency keys."""

    def known_key(self, key: bytes) -> KeyUse | None:
        """Return what a key (32 bytes) stands for."""

    def note_key(self, key: bytes, use: KeyUse, now_ms: int) -> None:
        """Note what a key that is not known stands for, beside accepting that record."""


class SqliteKeyed:
    """Idempotency keys on SQLite."""

    _session: Session

    def known_key(self, key: bytes) -> KeyUse | None:
        """Return what a key stands for."""
        found = self._session.row(_KNOWN, (key,))
        if found is None:
            return None
        partner, record_id, digest = found
        return KeyUse(self._session.endpoint(partner), record_id, digest)

    def note_key(self, key: bytes, use: KeyUse, now_ms: int) -> None:
        """Note what a key stands for."""
        partner = self._session.note_partner(use.peer)
        self._session.execute(_NOTE, (key, partner, use.record_id, use.digest, now_ms))


class MemoryKeyed:
    """Idempotency keys in memory."""

    _tables: Tables

    def known_key(self, key: bytes) -> KeyUse | None:
        """Return what a key stands for."""
        found: KeyUse | None = self._tables.get("submission_keys", key)
        return found

    def note_key(self, key: bytes, use: KeyUse, now_ms: int) -> None:
        """Note what a key stands for."""
        del now_ms
        self._tables.put("peers", use.peer, use.peer)
        self._tables.put("submission_keys", key, use)
