"""Brings a store file to the schema of this release: forward only, after a backup.

Rules:

* `PRAGMA user_version` is the number of the last file of `migrations/` that was applied; each
  file is applied in one transaction together with its number;
* before an existing store is changed, a copy of it is written beside it and is durable; a later try
  replaces the copy of an earlier one, which holds no more: a node that is started again and again
  must not fill the disk with copies;
* a store with a newer schema is refused by name: an older release does not know what it means.
"""

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import apsw

from corridor.errors import StoreUnusable
from corridor.store.database import APPLICATION_ID
from corridor.store.trouble import translating


def released_migrations() -> Mapping[int, str]:
    """Return the schema files of this release by number."""
    folder = resources.files("corridor.store.migrations")
    files = [one for one in folder.iterdir() if one.name.endswith(".sql")]
    return {int(one.name.removesuffix(".sql")): one.read_text("utf-8") for one in files}


def check_schema(connection: apsw.Connection, migrations: Mapping[int, str]) -> None:
    """Refuse a store that is opened for reading and has another schema than ours.

    Raises:
        StoreUnusable: It is newer, or not upgraded yet.
    """
    found, newest = connection.pragma("user_version"), max(migrations)
    _refuse_newer(found, newest)
    if found < newest:
        raise StoreUnusable(f"the store has schema {found}, not {newest}: start the node once")


def upgrade(connection: apsw.Connection, path: Path, migrations: Mapping[int, str]) -> None:
    """Bring the store to the newest of `migrations`.

    Raises:
        StoreUnusable: It has a newer schema than any of them.
        StoreTrouble: See `trouble`; the store is as it was.
    """
    with translating():
        found = connection.pragma("user_version")
        _refuse_newer(found, max(migrations))
        missing = sorted(number for number in migrations if number > found)
        if missing and found:
            back_up(connection, path.with_name(f"{path.name}.schema-{found}.backup"))
        for number in missing:
            with connection:
                connection.execute(migrations[number]).fetchall()
                connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version={number}")


def back_up(connection: apsw.Connection, target: Path) -> None:
    """Write a durable copy of the store, for its owner alone, while it may be in use.

    A copy that is there is replaced when the new one is whole.

    Raises:
        StoreTrouble: See `trouble`; or the copy cannot be created.
    """
    partial = target.with_name(f"{target.name}.partial")
    try:
        partial.unlink(missing_ok=True)  # of a try that was killed
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        _copy(connection, partial)
        _sync(partial)
        partial.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise StoreUnusable(f"{target}: no copy can be written: {error.strerror}") from error


def _copy(connection: apsw.Connection, target: Path) -> None:
    with translating():
        copy = apsw.Connection(os.fspath(target))
        try:
            with copy.backup("main", connection, "main") as backup:
                backup.step()
            # The copy is one plain file: it must not need a log beside it.
            copy.pragma("journal_mode", "DELETE")
        finally:
            copy.close()


def _sync(name: Path) -> None:
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_newer(found: int, newest: int) -> None:
    if found > newest:
        raise StoreUnusable(
            f"the store has schema {found}, written by a newer Corridor; this one knows {newest}"
        )
