"""Files that only the node's own user may touch: private keys, and what it believes.

Rules:

* a folder is of mode 0700 and ours, a private file of mode 0600 and ours, no more;
* nothing is followed: a symlink, a device or a pipe in the place of a file is refused;
* a file is written whole or not at all: written beside, synced, renamed, folder synced.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from corridor.errors import KeyTrouble

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
_OTHERS: Final = 0o077
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class PrivateFolder:
    """A folder of private files."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        """Name the folder; it is looked at when it is used."""
        self.path = path

    def make(self) -> None:
        """Make the folder, with mode 0700, unless it is there.

        Raises:
            KeyTrouble: It is there and is not private, or cannot be made.
        """
        with _translated(self.path):
            self.path.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        with self._opened():
            pass

    def names(self, suffix: str) -> tuple[str, ...]:
        """Return the names of the files that end in `suffix`, in order; none without a folder.

        Raises:
            KeyTrouble: The folder is not private.
        """
        if not self.path.is_symlink() and not self.path.exists():
            return ()
        with self._opened() as folder:
            found = os.listdir(folder)  # noqa: PTH208 - of the folder that was checked, not of its name
            return tuple(sorted(name for name in found if name.endswith(suffix)))

    def read(self, name: str, max_bytes: int) -> bytes:
        """Return the content of a file.

        Raises:
            KeyTrouble: It is missing, not private, not a plain file, or too large.
        """
        place = self.path / name
        with self._opened() as folder, _translated(place):
            return _content(os.open(name, _READ, dir_fd=folder), place, max_bytes)

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole, with mode 0600; one of that name is replaced.

        Raises:
            KeyTrouble: The folder is not private, or cannot be written.
        """
        beside = f".{name}.new"
        with self._opened() as folder, _translated(self.path / name):
            # What a crash left behind is no obstacle.
            with contextlib.suppress(FileNotFoundError):
                os.unlink(beside, dir_fd=folder)
            handle = os.open(beside, _CREATE, PRIVATE_FILE, dir_fd=folder)
            with os.fdopen(handle, "wb") as file:
                os.fchmod(handle, PRIVATE_FILE)
                file.write(content)
                file.flush()
                os.fsync(handle)
            os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)

    def destroy(self, name: str) -> None:
        """Overwrite a file and take it away; on copy-on-write media the old bytes may survive.

        Raises:
            KeyTrouble: It is missing, not private, or cannot be written.
        """
        place = self.path / name
        size = len(self.read(name, max_bytes=1 << 20))
        with self._opened() as folder, _translated(place):
            handle = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            with os.fdopen(handle, "wb") as file:
                file.write(bytes(size))
                file.flush()
                os.fsync(handle)
            os.unlink(name, dir_fd=folder)
            os.fsync(folder)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        with _translated(self.path):
            folder = os.open(self.path, _READ | os.O_DIRECTORY)
        try:
            _check(os.fstat(folder), self.path)
            yield folder
        finally:
            os.close(folder)


def read_private(place: Path, max_bytes: int) -> bytes:
    """Return the content of a private file, whatever folder it lies in.

    Raises:
        KeyTrouble: It is missing, not private, not a plain file, or too large.
    """
    with _translated(place):
        return _content(os.open(place, _READ), place, max_bytes)


def _content(handle: int, place: Path, max_bytes: int) -> bytes:
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise KeyTrouble(f"{place} is not a plain file", cure="name the file itself")
        _check(found, place)
        if found.st_size > max_bytes:
            raise KeyTrouble(
                f"{place} is larger than {max_bytes} bytes", cure="is it the right file?"
            )
        return os.read(handle, max_bytes)
    finally:
        os.close(handle)


def _check(found: os.stat_result, place: Path) -> None:
    if found.st_uid != os.geteuid():
        raise KeyTrouble(
            f"{place} belongs to user {found.st_uid}, not to us ({os.geteuid()})",
            cure="run the command as that user, or give the file to this one",
        )
    if found.st_mode & _OTHERS:
        wanted = PRIVATE_FOLDER if stat.S_ISDIR(found.st_mode) else PRIVATE_FILE
        mode = stat.S_IMODE(found.st_mode)
        raise KeyTrouble(f"{place} has mode {mode:04o}", cure=f"chmod {wanted:04o} {place}")


@contextlib.contextmanager
def _translated(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # ELOOP and ENOTDIR are what the system says of a symlink that we do not follow.
        raise KeyTrouble(
            f"{place}: {(error.strerror or 'unusable').lower()}",
            cure="it must be there, be no link, and be ours",
        ) from error
