"""The door through which errors of SQLite leave: each becomes a `StoreTrouble` with a cure.

Rules:

* nobody above this floor sees an `apsw` exception;
* a message says what a person does next; it holds no value of any row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import apsw

from corridor.errors import (
    StoreDamaged,
    StoreFull,
    StoreInUse,
    StoreMisused,
    StoreTrouble,
    StoreUnusable,
)

_DAMAGED: Final = (
    "the store file is damaged; stop the node, keep a copy of the file, restore the newest backup "
    "and declare the restore, so that partners tell what is missing"
)
_FULL: Final = "the disk of the store is full; free space, nothing accepted is lost"
_IO: Final = "the disk of the store does not take or give data; look at the disk and its log"
_BUSY: Final = "another process holds the store; only one node writes to it"
_OPEN: Final = "the store file cannot be opened; look at its folder, owner and mode"
_READ_ONLY: Final = "writing needs a transaction: this is a view for reading"

_KNOWN: Final[tuple[tuple[type[apsw.Error], type[StoreTrouble], str], ...]] = (
    (apsw.FullError, StoreFull, _FULL),
    (apsw.IOError, StoreFull, _IO),
    (apsw.CorruptError, StoreDamaged, _DAMAGED),
    (apsw.NotADBError, StoreDamaged, _DAMAGED),
    (apsw.BusyError, StoreInUse, _BUSY),
    (apsw.LockedError, StoreInUse, _BUSY),
    (apsw.CantOpenError, StoreUnusable, _OPEN),
    (apsw.PermissionsError, StoreUnusable, _OPEN),
    (apsw.ReadOnlyError, StoreMisused, _READ_ONLY),
    (apsw.ConnectionClosedError, StoreMisused, "the store is closed"),
    (apsw.ConstraintError, StoreMisused, "a row would break the store's rules"),
)


def translated(error: apsw.Error) -> StoreTrouble:
    """Return what an error of SQLite means for the node."""
    for kind, ours, cure in _KNOWN:
        if isinstance(error, kind):
            return ours(f"{cure} ({type(error).__name__})")
    return StoreTrouble(f"the store failed ({type(error).__name__})")


@contextmanager
def translating() -> Iterator[None]:
    """Raise a `StoreTrouble` for every error of SQLite in the block."""
    try:
        yield
    except apsw.Error as error:
        raise translated(error) from error
