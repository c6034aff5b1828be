"""A look at a store from outside: whether there is one, whether it opens, and which schema it has.

Rule: nothing is changed.
"""

import os
from pathlib import Path
from typing import Final

from corridor.errors import StoreTrouble
from corridor.store.database import LOCK_NAME, check_private, open_reader
from corridor.store.upgrade import check_schema, released_migrations

_LOCKS: Final = Path("/proc/locks")
"""What the kernel tells of locks: to try one would refuse a node that starts just then."""


def writer(path: Path) -> int | None:
    """Return the process that writes to the store in `path`; None where there is none."""
    try:
        found = (path.parent / LOCK_NAME).stat()
        lines = _LOCKS.read_text("ascii").splitlines()
    except OSError:
        return None
    major, minor = os.major(found.st_dev), os.minor(found.st_dev)
    place = f"{major:02x}:{minor:02x}:{found.st_ino}"
    for line in lines:
        words = line.split()  # 1: FLOCK ADVISORY WRITE 4711 08:01:131 0 EOF
        if words[1:2] == ["FLOCK"] and words[5:6] == [place]:
            return int(words[4])
    return None


def look(path: Path) -> int:
    """Return the schema of the store in `path`; the node may be running.

    Raises:
        StoreUnusable: It is not private, not ours, newer than this release, or not upgraded yet.
        StoreTrouble: It cannot be read.
    """
    check_private(path)
    connection = open_reader(path)
    try:
        check_schema(connection, released_migrations())
        return int(connection.pragma("user_version"))
    finally:
        connection.close()


def holds_store(path: Path) -> bool:
    """Return whether there is something in `path`: no file, or one without a table, is no store.

    What is there and does not open counts as something: whoever opens it says what is wrong.
    """
    try:
        if path.stat().st_size == 0:
            return False
        connection = open_reader(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, StoreTrouble):
        return True
    try:
        return bool(connection.execute("SELECT count(*) FROM sqlite_master").get)
    finally:
        connection.close()
