"""What the store tells of the way of records outside a transaction."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager

from corridor.store import way
from corridor.store.sqlite_session import Session
from corridor.store.values import Arrival
from corridor.transit.parties import Endpoint


class WayReads(ABC):
    """The part of the SQLite store that looks up how far records have come."""

    @abstractmethod
    def _view(self) -> AbstractContextManager[Session]:
        """Lend a connection that only reads."""

    @abstractmethod
    def peers(self) -> Sequence[Endpoint]:
        """Return every peer with whom anything was ever exchanged."""

    def arrivals(self, record_id: bytes) -> Sequence[Arrival]:
        """Return how far accepted records of partners under this id have come here."""
        with self._view() as session:
            return way.arrivals(session, record_id)

    def peers_to_tell(self) -> Sequence[Endpoint]:
        """Return to which peers `Transaction.handovers` has something to tell."""
        peers = self.peers()
        with self._view() as session:
            return [peer for peer in peers if way.is_due(session, peer)]
