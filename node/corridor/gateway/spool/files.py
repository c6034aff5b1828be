"""What the spool does with files: look whether one is whole, take it, write one at once.

Rules:

* nothing is followed, on no step of the way: what is not a plain file with one name is refused and
  never opened;
* a file is whole when nobody writes it: no lock is held on it and no program has it open for
  writing, as far as the system can say;
* a file is written whole or not at all: under a hidden name, synced, renamed, folder synced;
* what the node makes has the access of the spool folder itself.
"""

import errno
import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from corridor.errors import Reason, Refused
from corridor.store.syncing import sync

_OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LONGEST_NAME: Final = 200
"""Bytes; with an ending of ours a name stays below the 255 of every file system."""
_DIGEST_CHARS: Final = 12
_BUSY: Final = {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK}


class NotWhole(Exception):
    """The file is being written; it is looked at again later."""


def shown(name: str) -> str:
    """Return a file's name as text that every system can show: one line of valid Unicode."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)


def short_name(name: str) -> str:
    """Return `name`, or a shorter one that stands for it where an ending would not fit."""
    raw = os.fsencode(name)
    if len(raw) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(raw).hexdigest()[:_DIGEST_CHARS]
    return f"{os.fsdecode(raw[: _LONGEST_NAME - 20])}~{digest}"


def look_at(path: Path, max_bytes: int) -> None:
    """Return where the file can be taken.

    Raises:
        NotWhole: Somebody writes it, or holds it locked; or it has gone.
        Refused: NOT_A_FILE, UNREADABLE or RECORD_TOO_LARGE.
    """
    with suppress(FileNotFoundError):
        _refuse_by(os.lstat(path), max_bytes)
        handle = _opened(path)
        try:
            _refuse_by(os.fstat(handle), max_bytes)
            _check_quiet(handle)
        finally:
            os.close(handle)
        return
    raise NotWhole


def open_quiet(path: Path, max_bytes: int) -> int:
    """Open a file that was taken, for reading; returns its descriptor.

    Raises:
        NotWhole: Somebody has it open for writing.
        Refused: See `look_at`.
    """
    handle = _opened(path)
    try:
        _refuse_by(os.fstat(handle), max_bytes)
        _check_quiet(handle)
    except BaseException:
        os.close(handle)
        raise
    return handle


def read_whole(path: Path, max_bytes: int) -> bytes:
    """Return the content of a file that was taken.

    Raises:
        NotWhole: It changed while it was read, or somebody has it open for writing.
        Refused: See `look_at`.
    """
    handle = _opened(path)
    try:
        before = os.fstat(handle)
        _refuse_by(before, max_bytes)
        _check_quiet(handle)
        parts = bytearray()
        while part := os.read(handle, before.st_size + 1 - len(parts)):
            parts += part
            if len(parts) > before.st_size:
                raise NotWhole
        after = os.fstat(handle)
        if (after.st_size, after.st_mtime_ns) != (len(parts), before.st_mtime_ns):
            raise NotWhole
        return bytes(parts)
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    try:
        return os.open(path, _OPEN)
    except PermissionError:
        raise Refused(Reason.UNREADABLE, "the node may not read it") from None
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            raise Refused(Reason.NOT_A_FILE, "a link, or no plain file") from None
        raise


def _refuse_by(found: os.stat_result, max_bytes: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Refused(Reason.NOT_A_FILE, f"{_KINDS.get(stat.S_IFMT(found.st_mode), 'something')}")
    if found.st_nlink > 1:
        raise Refused(Reason.NOT_A_FILE, f"a file with {found.st_nlink} names")
    if found.st_size > max_bytes:
        raise Refused(
            Reason.RECORD_TOO_LARGE, f"{found.st_size} bytes; at most {max_bytes} are read"
        )


_KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def _check_quiet(handle: int) -> None:
    """Raise NotWhole where a lock is held, or a program has the file open for writing."""
    for lock in (fcntl.flock, fcntl.lockf):
        try:
            lock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            lock(handle, fcntl.LOCK_UN)
        except OSError as error:
            if error.errno in _BUSY:
                raise NotWhole from None
    try:
        # Linux grants a lease for reading only where nobody has the file open for writing; it
        # can tell the owner alone, and not on every file system: then the time of rest decides.
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            raise NotWhole from None


def move(base: Path, source: Path, target: Path) -> None:
    """Rename a file below `base`; no folder on either way is a link.

    Whoever may write into the spool could else have us take files from where only we may.

    Raises:
        OSError: It was not moved; ENOTDIR or ELOOP where a folder is a link.
    """
    here = _folder(base, source.parent)
    try:
        there = _folder(base, target.parent)
        try:
            os.rename(source.name, target.name, src_dir_fd=here, dst_dir_fd=there)
        finally:
            os.close(there)
    finally:
        os.close(here)


def _folder(base: Path, folder: Path) -> int:
    """Open a folder at or below `base`, step by step."""
    handle = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for name in folder.relative_to(base).parts:
        try:
            inner = os.open(name, _OPEN | os.O_DIRECTORY, dir_fd=handle)
        finally:
            os.close(handle)
        handle = inner
    return handle


def write_beside(place: Path, content: bytes, mode: int) -> None:
    """Write a file whole, durably; one of that name is replaced.

    Raises:
        OSError: It was not written; what stood there stands there still.
    """
    partial = place.with_name(f".{short_name(place.name)}.part")
    with suppress(FileNotFoundError):
        partial.unlink()  # of a process that was killed
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(partial, flags, mode)
    try:
        with os.fdopen(handle, "wb") as out:
            os.fchmod(handle, mode)
            out.write(content)
            out.flush()
            os.fsync(handle)
        partial.replace(place)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise
    sync(place.parent)


def as_json(value: Mapping[str, Any]) -> bytes:
    """Return what a file of ours holds: JSON in UTF-8."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def make_folder(folder: Path, mode: int) -> None:
    """Make a folder and those above it, with this access, where they are missing."""
    if folder.is_dir() and not folder.is_symlink():
        return
    if not folder.parent.is_dir():
        make_folder(folder.parent, mode)
    with suppress(FileExistsError):
        folder.mkdir(mode)
        folder.chmod(mode)
    sync(folder.parent)
