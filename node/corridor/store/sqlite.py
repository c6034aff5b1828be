"""The store on SQLite: one writer, any number of readers, everything in one file.

Rules:

* one connection writes and one thread at a time has it; each reader has a connection of its own
  and sees the last committed state;
* a transaction leaves no trace, or is durable when its block ends; where its caller waits later,
  it is when `make_durable` has returned (see `durable`);
* what the sender asks at every step (which lanes wait, who is owed a receipt) is answered from
  memory, which is brought up to date by each commit.

Example:
    >>> with SqliteStore.open(path, key) as store, store.transaction() as change:
    ...     change.accept(submission, now_ms)
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Self

import apsw

from corridor.errors import KeyTrouble, StoreMisused, StoreUnusable
from corridor.exchange.values import InFlight, Lane
from corridor.seal.storage import StorageKey
from corridor.store import inbox, outbox, sealed, search, way
from corridor.store.bundles import RecentBundles
from corridor.store.database import (
    WriterLock,
    check_private,
    make_private,
    open_reader,
    open_writer,
)
from corridor.store.durable import Durability
from corridor.store.keyed import SqliteKeyed
from corridor.store.movement_rows import Movements
from corridor.store.port import Transaction
from corridor.store.quarantine import SqliteQuarantine
from corridor.store.reconciling import SqliteReconciling
from corridor.store.sqlite_erasing import ErasingStore
from corridor.store.sqlite_keeping import SqliteKeeping
from corridor.store.sqlite_session import Session
from corridor.store.trouble import translating
from corridor.store.upgrade import check_schema, released_migrations, upgrade
from corridor.store.values import Depth, InboxRecord, LedgerLine, SentRecord
from corridor.store.way_reads import WayReads
from corridor.transit.parties import Endpoint

_KEY_CHECK: Final = "store.key_check"
_KEY_PLAIN: Final = b"corridor store"

_LANE_WAITS: Final = (
    "SELECT 1 FROM outbox WHERE partner = ? AND lane = ? AND sealed IS NULL LIMIT 1"
)
_IS_OWED: Final = "SELECT 1 FROM received WHERE partner = ? AND owed = 1 LIMIT 1"
_PEERS: Final = "SELECT endpoint FROM partners ORDER BY endpoint"
_WAITING: Final = "SELECT count(*) FROM outbox WHERE partner = ? AND sealed IS NULL"
_FLYING: Final = (
    "SELECT coalesce(sum(length(records) / 8), 0), min(oldest_ms) FROM sealed"
    " WHERE partner = ? AND settled_ms IS NULL AND family = 'data'"
)
_OLDEST: Final = (
    "SELECT accepted_ms FROM outbox"
    " WHERE partner = ? AND lane = ? AND sealed IS NULL ORDER BY row LIMIT 1"
)
_COUNTS: Final = (
    ("aside", "aside"),
    ("frames", "frames"),
    ("held", "held"),
    ("inbox", "inbox"),
    ("leaves", "leaves"),
    ("outbox", "outbox"),
    ("outcomes", "outcomes WHERE row > 0"),
    ("owed", "received WHERE owed = 1"),
    ("quarantine", "quarantine WHERE state < 2"),
    ("received", "received"),
    ("sealed", "sealed"),
    ("tombstones", "tombstones"),
    ("unreceipted", "sealed WHERE settled_ms IS NULL"),
    ("waiting", "outbox WHERE sealed IS NULL"),
)


class SqliteTransaction(SqliteKeeping, Movements, SqliteKeyed, SqliteReconciling, SqliteQuarantine):
    """One transaction, or one view for reading."""


class SqliteStore(ErasingStore, WayReads):
    """A store in one file; safe to use from several threads."""

    def __init__(self, path: Path, key: StorageKey, *, read_only: bool = False) -> None:
        """Open, and for a writer create or upgrade, the store at `path`; see `open`."""
        self._path, self._key = path, key
        self._turn = threading.Lock()
        self._owner: int | None = None
        self._idle: list[Session] = []
        self._recent = RecentBundles()
        self._closed = False
        self._lanes: frozenset[tuple[Endpoint, Lane]] = frozenset()
        self._owed: frozenset[Endpoint] = frozenset()
        self._writer: Session | None = None
        self._lock: WriterLock | None = None
        self._durability: Durability | None = None
        if read_only:
            self._open_reading()
        else:
            self._open_writing()

    @classmethod
    def open(cls, path: Path, key: StorageKey, *, read_only: bool = False) -> Self:
        """Open the store at `path`.

        Args:
            path: The file; created with mode 0600 where there is none.
            key: The storage key; always the same one for a store.
            read_only: Only look, for example while the node runs.

        Raises:
            StoreInUse: Another process writes to it.
            StoreUnusable: It is too new, not ours, unsafe, or sealed under another key.
            StoreTrouble: See `trouble`.
        """
        return cls(path, key, read_only=read_only)

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Transaction]:
        """Open the one writing transaction; see `Store.transaction`."""
        with self._writing() as session:
            yield SqliteTransaction(session)
        if durable:
            self.make_durable()

    def make_durable(self, patience_s: float = 0.0) -> None:
        """Return when everything committed so far outlives the loss of power."""
        self._refuse_nested()
        durability = self._durability
        if durability is None:
            raise StoreMisused("the store is closed or open for reading only")
        durability.wait(patience_s)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Open a consistent view of the last committed state; writing in it is an error."""
        with self._view() as session:
            yield SqliteTransaction(session)

    def unreceipted(self, peer: Endpoint) -> Sequence[InFlight]:
        """Return our envelopes that still need a receipt, in order of position."""
        with self._view() as session:
            return sealed.unreceipted(session, peer)

    def peers(self) -> Sequence[Endpoint]:
        """Return every peer with whom anything was ever exchanged, or for whom records wait."""
        with self._view() as session:
            return _peers(session)

    def lanes_waiting(self) -> Sequence[tuple[Endpoint, Lane]]:
        """Return for which peers and lanes records wait."""
        self._refuse_nested()
        if self._writer is not None:
            return sorted(self._lanes)
        with self._view() as session:
            return sorted(_lanes(session))

    def peers_owed(self) -> Sequence[Endpoint]:
        """Return to which peers a receipt is owed."""
        self._refuse_nested()
        if self._writer is not None:
            return sorted(self._owed)
        with self._view() as session:
            return sorted(_owed(session))

    def depths(self) -> Sequence[Depth]:
        """Return what waits for whom."""
        with self._view() as session:
            depths = [_depth(session, peer) for peer in _peers(session)]
            return [one for one in depths if one.waiting or one.unreceipted_records]

    def ledger(self, record_id: bytes) -> Sequence[LedgerLine]:
        """Return how far a record of ours has come, one line for each recipient."""
        with self._view() as session:
            return outbox.ledger(session, record_id)

    def deliveries(self, record_id: bytes) -> Sequence[InboxRecord]:
        """Return the accepted records of partners under this id, ascending by partner."""
        with self._view() as session:
            return inbox.deliveries(session, record_id)

    def submitted(self, record_id: bytes) -> Sequence[SentRecord]:
        """Return the records of ours under this id, one for each recipient, ascending."""
        with self._view() as session:
            return outbox.submitted(session, record_id)

    def find(self, kind: str, value: str, limit: int) -> Sequence[bytes]:
        """Return ids of records, sent or received, that carry exactly this term, newest first."""
        with self._view() as session:
            return search.find(session, kind, value, limit)

    def counts(self) -> dict[str, int]:
        """Return how many rows each table of interest has."""
        with self._view() as session:
            return {
                name: session.execute(f"SELECT count(*) FROM {table}").get  # noqa: S608 - _COUNTS
                for name, table in _COUNTS
            }

    def prune(self, now_ms: int) -> int:
        """Erase envelopes' bytes 30 days after their receipt."""
        with self._writing() as session:
            erased = sealed.prune(session, now_ms)
            way.forget_told(session, now_ms)
        more = True
        while more:
            with self._writing() as session:
                more = search.gather(session)
        self.make_durable()
        return erased

    def close(self) -> None:
        """Close it; further use is an error."""
        self._refuse_nested()
        with self._turn:
            self._closed = True
            writer, self._writer = self._writer, None
            while self._idle:
                self._idle.pop().connection.close()
            if writer:
                writer.connection.close()  # makes everything durable and removes the log
            durability, self._durability = self._durability, None
            if durability:
                durability.close()
            if self._lock:
                self._lock.release()
                self._lock = None

    # -- private
    @contextmanager
    def _writing(self) -> Iterator[Session]:
        session, durability = self._writer, self._durability
        if session is None or durability is None:
            raise StoreMisused("the store is closed or open for reading only")
        self._refuse_nested()
        with self._turn, translating():
            durability.refuse_after_failure()
            session.execute("BEGIN IMMEDIATE")
            self._owner = threading.get_ident()
            try:
                yield session
                session.flush()
                self._recent.forget(session.gone_bundles)  # before a reader sees the new places
                session.execute("COMMIT")
                durability.committed()
            except BaseException:
                _roll_back(session)
                raise
            finally:
                self._owner = None
            self._note_commit(session)

    def _open_writing(self) -> None:
        with ExitStack() as undo:
            if not self._path.parent.is_dir():
                raise StoreUnusable(f"{self._path.parent}: no such folder")
            self._lock = WriterLock(self._path.parent)
            undo.callback(self._lock.release)
            make_private(self._path)
            connection = open_writer(self._path)
            undo.callback(connection.close)
            upgrade(connection, self._path, released_migrations())
            self._writer = Session(connection, self._key, self._recent.get)
            self._check_key(self._writer)
            with translating():
                connection.pragma("synchronous", "NORMAL")  # from here on `durable` flushes
                self._durability = Durability(self._path.with_name(f"{self._path.name}-wal"))
                self._lanes = frozenset(_lanes(self._writer))
                self._owed = frozenset(_owed(self._writer))
            undo.pop_all()

    def _open_reading(self) -> None:
        check_private(self._path)
        with self._view() as session:
            check_schema(session.connection, released_migrations())
            self._check_key(session)

    def _check_key(self, session: Session) -> None:
        """Refuse a storage key that does not open what the store holds."""
        with translating():
            kept = session.setting(_KEY_CHECK)
            if kept is None:
                session.put_setting(
                    _KEY_CHECK, self._key.seal_value(_KEY_PLAIN, _KEY_CHECK.encode())
                )
                return
            try:
                self._key.open_value(kept, _KEY_CHECK.encode())
            except KeyTrouble as error:
                raise StoreUnusable(
                    f"{self._path}: sealed under another storage key; give the node the old one"
                ) from error

    def _refuse_nested(self) -> None:
        if self._owner == threading.get_ident():
            raise StoreMisused("inside a transaction, read and write through it")

    @contextmanager
    def _view(self) -> Iterator[Session]:
        """Lend a reader's connection, inside a transaction that only reads."""
        self._refuse_nested()
        if self._closed:
            raise StoreMisused("the store is closed")
        with translating():
            try:
                session = self._idle.pop()
            except IndexError:
                session = Session(open_reader(self._path), self._key, self._recent.get)
            session.execute("BEGIN")
            try:
                yield session
            finally:
                _roll_back(session)
                self._give_back(session)

    def _give_back(self, session: Session) -> None:
        if self._closed:
            session.connection.close()
        else:
            self._idle.append(session)

    def _note_commit(self, session: Session) -> None:
        """Bring what is answered from memory up to date with what was committed."""
        self._recent.add(session.new_bundles)
        session.new_bundles = {}
        session.gone_bundles = set()
        if session.lanes_touched:
            waits = {
                (peer, lane)
                for peer, lane in session.lanes_touched
                if session.row(_LANE_WAITS, (session.partner(peer), int(lane)))
            }
            self._lanes = (self._lanes - session.lanes_touched) | waits
            session.lanes_touched.clear()
        if session.owed_touched:
            owed = {
                peer
                for peer in session.owed_touched
                if session.row(_IS_OWED, (session.partner(peer),))
            }
            self._owed = (self._owed - session.owed_touched) | owed
            session.owed_touched.clear()


def _roll_back(session: Session) -> None:
    """End a transaction without a trace; SQLite may have ended it already."""
    session.forget()
    if session.connection.in_transaction:
        session.execute("ROLLBACK")


def _peers(session: Session) -> list[Endpoint]:
    return [Endpoint(row[0]) for row in session.rows(_PEERS, ())]


def _lanes(session: Session) -> list[tuple[Endpoint, Lane]]:
    return [
        (peer, lane)
        for peer in _peers(session)
        for lane in Lane
        if session.row(_LANE_WAITS, (session.partner(peer), int(lane)))
    ]


def _owed(session: Session) -> list[Endpoint]:
    return [peer for peer in _peers(session) if session.row(_IS_OWED, (session.partner(peer),))]


def _depth(session: Session, peer: Endpoint) -> Depth:
    partner = session.partner(peer)
    waiting: int = session.execute(_WAITING, (partner,)).get
    found = session.row(_FLYING, (partner,)) or (0, None)
    times = [session.execute(_OLDEST, (partner, int(lane))).get for lane in Lane]
    oldest = min((one for one in (*times, found[1]) if one is not None), default=None)
    return Depth(peer, waiting, found[0], oldest)


def connection_of(store: SqliteStore) -> apsw.Connection:
    """Return the writing connection, for tests and for backups taken by the node itself."""
    if store._writer is None:  # noqa: SLF001 - the same module
        raise StoreMisused("the store is closed or open for reading only")
    return store._writer.connection  # noqa: SLF001 - the same module
