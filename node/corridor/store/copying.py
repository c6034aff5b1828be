"""Copies of a store, taken while a node writes to it, and the check of such a copy."""

from pathlib import Path

from corridor.errors import StoreDamaged
from corridor.seal.storage import StorageKey
from corridor.store.database import check_private, open_reader
from corridor.store.sqlite import SqliteStore
from corridor.store.trouble import translating
from corridor.store.upgrade import back_up


def copy_store(path: Path, target: Path) -> None:
    """Write a durable copy of the store as it is at one instant; its node may run.

    Raises:
        StoreTrouble: See `trouble`; or there is no store, or the copy cannot be written.
    """
    check_private(path)
    connection = open_reader(path)
    try:
        back_up(connection, target)
    finally:
        connection.close()


def check_copy(path: Path, key: StorageKey) -> dict[str, int]:
    """Read a whole copy and return its counts of rows.

    Raises:
        StoreDamaged: A page or an index is not as it should be.
        StoreTrouble: It is too new, or sealed under another key; see `trouble`.
    """
    with translating():
        connection = open_reader(path)
        try:
            found = connection.pragma("quick_check")
        finally:
            connection.close()
    if found != "ok":
        raise StoreDamaged(f"{path}: {str(found)[:200]}")
    with SqliteStore.open(path, key, read_only=True) as store:
        return store.counts()
