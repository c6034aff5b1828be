"""How far partners have come in returning what a restored store had forgotten; both engines.

Rules (PROTOCOL §6.4):

* a partner has answered when its StreamStatus names an envelope that we sent after the restore:
  an older answer may have lain at a broker;
* which epochs are of before the restore is noted with the restore, for each partner.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from corridor.store.memory_state import Tables
from corridor.store.sqlite_session import Session
from corridor.transit.parties import Endpoint

_BEGIN: Final = (
    "INSERT INTO recoveries (partner, since_ms, before_epoch)"
    " SELECT p.id, ?1, coalesce(o.epoch, 0) FROM partners p"
    " LEFT JOIN out_streams o ON o.partner = p.id WHERE true"
    " ON CONFLICT (partner) DO UPDATE SET since_ms = excluded.since_ms,"
    " before_epoch = excluded.before_epoch, answered_epoch = 0, answered_ms = NULL,"
    " complete_ms = NULL"
)
_LEARNT: Final = (
    "INSERT INTO recoveries (partner, since_ms, before_epoch)"
    " SELECT p.id, ?1, coalesce(o.epoch, 1) - 1 FROM partners p"
    " LEFT JOIN out_streams o ON o.partner = p.id WHERE p.id = ?2"
    " ON CONFLICT (partner) DO UPDATE SET since_ms = excluded.since_ms,"
    " before_epoch = excluded.before_epoch, complete_ms = NULL"
    " WHERE since_ms IS NULL OR complete_ms IS NOT NULL"
)
_ANSWERED: Final = (
    "INSERT INTO recoveries (partner, answered_epoch, answered_ms) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (partner) DO UPDATE SET answered_epoch = ?2, answered_ms = ?3"
    " WHERE answered_epoch < ?2"
)
_COMPLETE: Final = "UPDATE recoveries SET complete_ms = ? WHERE partner = ? AND complete_ms IS NULL"
_ALL: Final = (
    "SELECT p.endpoint, r.since_ms, r.before_epoch, r.answered_epoch, r.answered_ms,"
    " r.complete_ms FROM recoveries r CROSS JOIN partners p ON p.id = r.partner"
    " WHERE r.since_ms IS NOT NULL ORDER BY p.endpoint"
)


class Recovery(NamedTuple):
    """What a partner is to return since a restore."""

    peer: Endpoint
    since_ms: int
    """When the restore was declared or learnt."""
    before_epoch: int
    """The newest epoch of our stream that is of before."""
    answered_epoch: int = 0
    """The newest epoch of our stream that the partner answered."""
    answered_ms: int | None = None
    complete_ms: int | None = None
    """When all that the partner named was here."""

    @property
    def answered(self) -> bool:
        """Whether the partner has answered since the restore: it has named what we forgot."""
        return self.answered_epoch > self.before_epoch


class Recovering(Protocol):
    """The part of a transaction that knows of recoveries."""

    def begin_recovery(self, now_ms: int) -> None:
        """Wait for every partner to return what was forgotten; `now_ms`: declared then."""

    def learn_recovery(self, peer: Endpoint, now_ms: int) -> None:
        """Wait for a peer that says, while the node runs, that we forgot something of it.

        If it answered in the present epoch it need not answer again, and what is waited for
        already is waited for on.
        """

    def note_answer(self, peer: Endpoint, epoch: int, now_ms: int) -> None:
        """Note that the peer answered an epoch of ours."""

    def recoveries(self) -> Sequence[Recovery]:
        """Return what partners are to return or have returned, by partner."""

    def complete_recovery(self, peer: Endpoint, now_ms: int) -> None:
        """Note that the peer has returned all it holds."""


class SqliteRecovering:
    """Recoveries on SQLite."""

    _session: Session

    def begin_recovery(self, now_ms: int) -> None:
        """Wait for every partner to return what was forgotten."""
        self._session.execute(_BEGIN, (now_ms,))

    def learn_recovery(self, peer: Endpoint, now_ms: int) -> None:
        """Wait for a peer that says that we forgot something of it."""
        self._session.execute(_LEARNT, (now_ms, self._session.note_partner(peer)))

    def note_answer(self, peer: Endpoint, epoch: int, now_ms: int) -> None:
        """Note that the peer answered an epoch of ours."""
        self._session.execute(_ANSWERED, (self._session.note_partner(peer), epoch, now_ms))

    def recoveries(self) -> Sequence[Recovery]:
        """Return what partners are to return or have returned, by partner."""
        return [Recovery(Endpoint(row[0]), *row[1:]) for row in self._session.rows(_ALL, ())]

    def complete_recovery(self, peer: Endpoint, now_ms: int) -> None:
        """Note that the peer has returned all it holds."""
        self._session.execute(_COMPLETE, (now_ms, self._session.partner(peer)))


class MemoryRecovering:
    """Recoveries in memory: (since, before epoch, answered epoch, answered, complete) by peer."""

    _tables: Tables

    def begin_recovery(self, now_ms: int) -> None:
        """Wait for every partner to return what was forgotten."""
        peers: Iterable[Endpoint] = list(self._tables.data["peers"])
        for peer in peers:
            row = (now_ms, self._epoch(peer) or 0, 0, None, None)
            self._tables.put("recoveries", peer, row)

    def learn_recovery(self, peer: Endpoint, now_ms: int) -> None:
        """Wait for a peer that says that we forgot something of it."""
        since, _, answered, answered_ms, complete = self._row(peer)
        if since is None or complete is not None:
            epoch = self._epoch(peer)
            before = (1 if epoch is None else epoch) - 1
            self._tables.put("peers", peer, peer)
            self._tables.put("recoveries", peer, (now_ms, before, answered, answered_ms, None))

    def note_answer(self, peer: Endpoint, epoch: int, now_ms: int) -> None:
        """Note that the peer answered an epoch of ours."""
        since, before, answered, _, complete = self._row(peer)
        if answered < epoch:
            self._tables.put("peers", peer, peer)
            self._tables.put("recoveries", peer, (since, before, epoch, now_ms, complete))

    def recoveries(self) -> Sequence[Recovery]:
        """Return what partners are to return or have returned, by partner."""
        rows = sorted(self._tables.data["recoveries"].items())
        return [Recovery(peer, *row) for peer, row in rows if row[0] is not None]

    def complete_recovery(self, peer: Endpoint, now_ms: int) -> None:
        """Note that the peer has returned all it holds."""
        since, before, answered, answered_ms, complete = self._row(peer)
        if since is not None and complete is None:
            row = (since, before, answered, answered_ms, now_ms)
            self._tables.put("recoveries", peer, row)

    def _epoch(self, peer: Endpoint) -> int | None:
        stream: Any = self._tables.get("out_streams", peer)
        return int(stream.last.epoch) if stream else None

    def _row(self, peer: Endpoint) -> Any:  # noqa: ANN401 - one row of a table
        return self._tables.get("recoveries", peer, (None, 0, 0, None, None))
