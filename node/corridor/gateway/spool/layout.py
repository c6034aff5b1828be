"""The folders of a spool, and the guard against one that is not mounted.

Rules:

* the spool folder itself is made by the operator; the folders in it are made once;
* where they are missing later, the folder is not the one that was used: nothing is made in it,
  nothing is written, and it is tried again.
"""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from corridor.errors import SpoolTrouble
from corridor.gateway.spool.files import make_folder

_TRAYS: Final = ("out", "in", "done", "refused", "work")
_MOUNT_CURE: Final = "mount it, or give the path in spool.directory; nothing is lost meanwhile"


class Layout:
    """Where the trays of a spool are."""

    def __init__(self, base: Path) -> None:
        """Name the folder; it is looked at by `check`."""
        self.base = base
        self.out = base / "out"
        self.inbound = base / "in"
        self.done = base / "done"
        self.refused = base / "refused"
        self.work = base / "work"
        self.sent = base / "work" / ".sent"
        self.folder_mode = 0o700
        self.file_mode = 0o600

    def check(self, known: Callable[[], bool], note: Callable[[], None]) -> None:
        """Make the trays where the folder was never used before.

        Args:
            known: Whether the folder was used before.
            note: Notes that it was; called when its trays are there.

        Raises:
            SpoolTrouble: It is not there, or is not the folder that was used before.
        """
        if not self.base.is_dir():
            raise SpoolTrouble(f"the spool folder {self.base} is not there", cure=_MOUNT_CURE)
        mode = stat.S_IMODE(self.base.stat().st_mode)
        self.folder_mode, self.file_mode = mode, mode & 0o666 | 0o600
        missing = [name for name in _TRAYS if not (self.base / name).is_dir()]
        if missing and known():
            raise SpoolTrouble(
                f"the spool folder {self.base} has no {', '.join(missing)}: is it mounted?",
                cure=_MOUNT_CURE,
            )
        for name in missing:
            make_folder(self.base / name, mode)
        make_folder(self.sent, mode)
        if not known():
            note()
