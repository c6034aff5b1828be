"""Makes what was written outlive the loss of power, where no transaction does."""

import os
from pathlib import Path


def sync(place: Path) -> None:
    """Return when a file's content, or a folder's names, outlive the loss of power.

    Raises:
        OSError: The disk does not take it.
    """
    handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
