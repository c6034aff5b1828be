"""A look at a store from outside: whether it opens, and which schema it has; nothing is changed."""

from pathlib import Path

from corridor.store.database import check_private, open_reader
from corridor.store.upgrade import check_schema, released_migrations


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
