"""Small disks of memory for a node's store, that can be made full and given room again.

A tmpfs is made no larger than what it holds, so that the next write fails as on a full disk, and
nothing has to be written to get there. It needs the right to mount; where that is missing the
faults of disks are left out, and the summary says so.
"""

import os
import subprocess
from pathlib import Path
from typing import Final

WIDE: Final = 512 << 20
"""Bytes of a small disk that has room."""
_TRIES: Final = 20


def can_mount(folder: Path) -> bool:
    """Whether this user may mount here."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        mount(folder)
    except OSError:
        return False
    unmount(folder)
    return True


def mount(folder: Path) -> None:
    """Mount a small disk over an empty folder.

    Raises:
        OSError: It may not be mounted.
    """
    _run("mount", "-t", "tmpfs", "-o", f"size={WIDE},mode=0700", "tmpfs", str(folder))


def unmount(folder: Path) -> None:
    """Take it away; what is still open keeps it until then."""
    _run("umount", "--lazy", str(folder))


def shrink(folder: Path, spare_bytes: int) -> None:
    """Leave so many bytes free and no more."""
    for left in reversed(range(_TRIES)):
        found = os.statvfs(folder)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        try:
            _run("mount", "-o", f"remount,size={used + spare_bytes}", str(folder))
        except OSError:  # it grew meanwhile, and cannot be smaller than what it holds
            if not left:
                raise
            continue
        return


def widen(folder: Path) -> None:
    """Give it room again."""
    _run("mount", "-o", f"remount,size={WIDE}", str(folder))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
