"""The evidence log and the settings.

Rules:

* leaves are numbered from 1 without gaps; their tree is RFC 6962's, kept as its full subtrees, so
  that appending and the root cost O(log n) however long the log (PROTOCOL §8).
"""

from typing import Final

from corridor.exchange.values import LeafEntry
from corridor.seal.merkle import log_leaf
from corridor.store.rules import leaf_bytes
from corridor.store.sqlite_session import Session

_APPEND: Final = "INSERT INTO leaves (number, kind, at_ms, id, aux) VALUES (?, ?, ?, ?, ?)"


class Evidence:
    """The part of a transaction that keeps evidence and settings."""

    def __init__(self, session: Session) -> None:
        """Work in `session`."""
        self._session = session

    def append_leaf(self, leaf: LeafEntry) -> int:
        """Append to the evidence log; returns its new size."""
        session = self._session
        tree = session.log.appended(log_leaf(leaf_bytes(leaf)))
        session.execute(_APPEND, (tree.size, int(leaf.kind), leaf.at_ms, leaf.id, leaf.aux))
        session.log = tree
        return tree.size

    def log_head(self) -> tuple[int, bytes]:
        """Return size and root of the evidence log."""
        return self._session.log.size, self._session.log.root()

    def setting(self, name: str) -> bytes | None:
        """Return a small value kept under a name."""
        return self._session.setting(f"node.{name}")

    def put_setting(self, name: str, value: bytes) -> None:
        """Keep a small value under a name."""
        self._session.put_setting(f"node.{name}", value)
