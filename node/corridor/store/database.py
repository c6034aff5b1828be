"""The store file: opened safely, by one writer, with the durability the rhythm rests on.

Rules:

* WAL: while the store is opened with `synchronous=FULL`, then with flushes of our own (`durable`);
* SQLite older than 3.51.3 is refused: in WAL mode it can lose committed rows (the "WAL reset"
  race), which is why the store uses apsw's own SQLite and not the one of the system;
* one writing process per store, held by a lock beside the file; reading is free;
* the file is for its owner alone (0600), is not a symbolic link, and carries our application id;
* nothing is opened while the mark of a restore that was broken off stands beside it.
"""

import fcntl
import os
import stat
from pathlib import Path
from typing import Final

import apsw

from corridor.errors import StoreInUse, StoreUnusable
from corridor.store.trouble import translating
from corridor.store.unfinished import refuse_unfinished

OLDEST_SQLITE: Final = (3, 51, 3)
APPLICATION_ID: Final = 0x43524431  # "CRD1"
LOCK_NAME: Final = "node.lock"
_BUSY_MS: Final = 5_000  # a reader never waits on a writer in WAL; a checkpoint may
_STATEMENTS: Final = 200  # prepared statements kept: more than we have
_WRITER: Final = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "trusted_schema": "OFF",
    "secure_delete": "ON",  # what is erased is overwritten; costs only where something is deleted
    "temp_store": "MEMORY",
    "cache_size": -8_192,  # KiB; two thirds of an idle node's budget of memory stay free
    "wal_autocheckpoint": 4_000,  # pages, 16 MiB of log: fewer and larger checkpoints
    "journal_size_limit": 64 * 2**20,  # the log is written over, not made anew each time
}
_READER: Final = {"trusted_schema": "OFF", "temp_store": "MEMORY", "cache_size": -2_048}


def check_sqlite(version: str) -> None:
    """Refuse a SQLite that can lose what it committed.

    Raises:
        StoreUnusable: It is older than 3.51.3.
    """
    if tuple(map(int, version.split("."))) < OLDEST_SQLITE:
        raise StoreUnusable(f"SQLite {version} can lose committed rows; 3.51.3 or newer is needed")


def make_private(path: Path) -> None:
    """Create the store file with mode 0600, or check that the one there is safe to open.

    Raises:
        StoreUnusable: It is a link, not a file, or others may read it.
        RestoreUnfinished: A restore of it was broken off.
    """
    refuse_unfinished(path.parent)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreUnusable(f"{path}: cannot be opened as a store: {error.strerror}") from error
    check_private(path)


def check_private(path: Path) -> None:
    """Refuse a store file that is not a plain file for its owner alone.

    Raises:
        StoreUnusable: It is a link, not a file, missing, or others may read it.
        RestoreUnfinished: A restore of it was broken off.
    """
    refuse_unfinished(path.parent)
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise StoreUnusable(f"{path}: no store there: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise StoreUnusable(f"{path}: a store is a plain file, not a link or device")
    if stat.S_IMODE(mode) & 0o077:
        raise StoreUnusable(f"{path}: others may read or write it; run: chmod 600 {path.name}")


class WriterLock:
    """The lock that one node holds while it writes; the kernel frees it when the process ends."""

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            StoreInUse: Another process, or another store of this one, holds it.
        """
        flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(folder / LOCK_NAME, flags, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise StoreInUse(
                f"process {holder} writes to the store in {folder}; an endpoint has one active node"
            ) from error
        os.truncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give it up."""
        os.close(self._file)


def open_writer(path: Path) -> apsw.Connection:
    """Open the connection that writes.

    Raises:
        StoreTrouble: See `trouble`.
    """
    check_sqlite(apsw.sqlite_lib_version())
    with translating():
        flags = apsw.SQLITE_OPEN_READWRITE
        connection = apsw.Connection(os.fspath(path), flags=flags, statementcachesize=_STATEMENTS)
        connection.set_busy_timeout(_BUSY_MS)
        _check_ours(connection, path)
        for name, value in _WRITER.items():
            connection.pragma(name, value)
        return connection


def open_reader(path: Path) -> apsw.Connection:
    """Open a connection that only reads.

    Raises:
        StoreTrouble: See `trouble`.
    """
    check_sqlite(apsw.sqlite_lib_version())
    with translating():
        flags = apsw.SQLITE_OPEN_READONLY
        connection = apsw.Connection(os.fspath(path), flags=flags, statementcachesize=_STATEMENTS)
        connection.set_busy_timeout(_BUSY_MS)
        _check_ours(connection, path)
        for name, value in _READER.items():
            connection.pragma(name, value)
        return connection


def _check_ours(connection: apsw.Connection, path: Path) -> None:
    """Refuse a file of another program; one without any table is a store killed at its birth."""
    found = connection.pragma("application_id")
    tables = connection.execute("SELECT count(*) FROM sqlite_master").get
    if found != APPLICATION_ID and (found or tables):
        connection.close()
        raise StoreUnusable(f"{path}: not a store of Corridor")
