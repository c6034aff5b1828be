"""Chunks of files beside the store: sealed as they travel, one folder for each file.

Rules:

* nothing here can be read without its manifest, whose record the store keeps sealed under the
  storage key: where that is erased, what lies here is noise, and is swept away;
* the marks of what is here are written after the bytes are on the disk, and never before;
* a folder that the node has not finished writing has no `record` and counts for nothing;
* `record` names every record whose file it is, 16 bytes each: what one of them gives up stays as
  long as another has it; one record at a time is added or given up;
* what files of a partner take is counted once and kept up: to ask costs the same for a million.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from corridor.errors import Reason, Refused, StoreFull
from corridor.seal.chunks import MOST_SEALED_BYTES, chunk_count, chunk_leaf, sealed_bytes
from corridor.seal.primitives import HASH_BYTES, sha256

_CHUNKS: Final = "chunks"
_LEAVES: Final = "leaves"
_MARKS: Final = "marks"
_RECORD: Final = "record"
_OUT: Final = "out"
_IN: Final = "in"
_NAME_BYTES: Final = 16
_ID_BYTES: Final = 16
_NAMING: Final = threading.RLock()
"""Held where it is read and written whose file a folder is: who fetches and who sweeps differ."""


class Kept(NamedTuple):
    """A folder that is whole: whose it is, and for which records."""

    peer: str
    """Country that sent it; "" for one of ours."""
    name: bytes
    """Of the folder: the attachment id of one of ours."""
    record_ids: tuple[bytes, ...]


class OwnFile:
    """A file of ours: written once, then read for whoever asks."""

    def __init__(self, folder: Path, size: int) -> None:
        """Describe it; `size` is that of the file, in bytes."""
        self._folder = folder
        self.size = size

    def create(self) -> None:
        """Begin it, and take its room on the disk.

        Raises:
            Refused: ATTACHMENT_NO_ROOM.
        """
        shutil.rmtree(self._folder, ignore_errors=True)
        _make(self._folder)
        _take_room(self._folder / _CHUNKS, self.size)
        (self._folder / _LEAVES).write_bytes(b"")

    def append(self, index: int, sealed: bytes) -> None:
        """Write the next chunk.

        Raises:
            StoreFull: The disk does not take it.
        """
        _write(self._folder / _CHUNKS, sealed, at=index * MOST_SEALED_BYTES)
        _write(self._folder / _LEAVES, chunk_leaf(index, sealed), at=None)

    def leaves(self) -> list[bytes]:
        """Return the leaves of the chunks that are written, in order."""
        data = (self._folder / _LEAVES).read_bytes()
        return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]

    def finish(self, record_id: bytes) -> None:
        """Have all of it on the disk, for this record."""
        for name in (_CHUNKS, _LEAVES):
            _sync(self._folder / name)
        _put(self._folder / _RECORD, record_id)

    def add(self, record_id: bytes) -> None:
        """Note one more record whose file it is, where it is here."""
        _add_record(self._folder, record_id)

    def read(self, index: int) -> bytes | None:
        """Return a sealed chunk; None where it is not here."""
        return _read(self._folder / _CHUNKS, index, self.size)

    def drop(self) -> None:
        """Remove it."""
        shutil.rmtree(self._folder, ignore_errors=True)


class PartnerFile:
    """A file of a partner on its way: which chunks are here is known across crashes."""

    def __init__(
        self, folder: Path, size: int, grown: Callable[[int], None] = lambda _: None
    ) -> None:
        """Describe it; `size` is that of the file, in bytes; `grown` hears what it takes more."""
        self._folder = folder
        self._grown = grown
        self.size = size
        self.count = chunk_count(size)
        self._marks = bytearray(self.count)
        self._unsynced = False

    def open(self, record_id: bytes) -> None:
        """Take its room on the disk, or go on with what is here.

        Raises:
            Refused: ATTACHMENT_NO_ROOM.
        """
        chunks, marks = self._folder / _CHUNKS, self._folder / _MARKS
        with _NAMING:
            if not (chunks.exists() and self.begun):
                self._grown(-_remove(self._folder))
                _make(self._folder)
                _take_room(chunks, self.size)
                self._grown(_taken(self._folder))
            with suppress(FileNotFoundError):
                known = marks.read_bytes()
                if len(known) == self.count:
                    self._marks[:] = known
            if not _add_record(self._folder, record_id):
                _put(self._folder / _RECORD, record_id)

    @property
    def begun(self) -> bool:
        """Whether it has its room on the disk."""
        return (self._folder / _RECORD).exists()

    def write(self, index: int, sealed: bytes) -> bool:
        """Keep a chunk; False where it was here already.

        Raises:
            StoreFull: The disk does not take it.
        """
        if self._marks[index]:
            return False
        _write(self._folder / _CHUNKS, sealed, at=index * MOST_SEALED_BYTES)
        self._marks[index] = 1
        self._unsynced = True
        return True

    def sync(self) -> None:
        """Have what is here, and that it is here, on the disk."""
        if self._unsynced:
            _sync(self._folder / _CHUNKS)
            _put(self._folder / _MARKS, bytes(self._marks))
            self._unsynced = False

    def forget(self, index: int) -> None:
        """Have a chunk that turned out damaged asked for again."""
        self._marks[index] = 0
        self._unsynced = True

    def missing(self, most: int) -> list[int]:
        """Return the first chunks that are not here."""
        found: list[int] = []
        at = self._marks.find(0)
        while at >= 0 and len(found) < most:
            found.append(at)
            at = self._marks.find(0, at + 1)
        return found

    @property
    def here(self) -> int:
        """How many chunks are here."""
        return self._marks.count(1)

    def read(self, index: int) -> bytes | None:
        """Return a sealed chunk; None where it is not here."""
        return _read(self._folder / _CHUNKS, index, self.size)

    def release(self, record_id: bytes) -> None:
        """Remove it, unless it is the file of another record too."""
        with _NAMING:
            self._grown(-(_release(self._folder, (record_id,)) or 0))


class ChunkFiles:
    """The folder of all of them."""

    def __init__(self, folder: Path) -> None:
        """Keep them under `folder`; it is made when there is something to keep."""
        self._folder = folder
        self._used: dict[str, int] = {}
        self._lock = threading.Lock()

    def own(self, attachment_id: bytes, size: int) -> OwnFile:
        """Return a file of ours."""
        return OwnFile(self._folder / _OUT / attachment_id.hex(), size)

    def partners(self, country: str, held_to: bytes, size: int) -> PartnerFile:
        """Return a file of a partner.

        Its place follows from all that it is held to (`Manifest.held_to`): a second manifest under
        the same id, with another root, key or digest, never touches a file that is here.
        """
        name = sha256(held_to)[:_NAME_BYTES].hex()
        folder = self._folder / _IN / country / name
        return PartnerFile(folder, size, lambda more: self._grow(country, more))

    def used(self, country: str) -> int:
        """Return the bytes that files of a partner take, those on their way with all their room."""
        with self._lock:
            known = self._used.get(country)
        if known is not None:
            return known
        with _NAMING:  # nothing comes or goes meanwhile
            total = sum(_taken(one) for one in (self._folder / _IN / country).glob("*"))
            with self._lock:
                self._used[country] = total
        return total

    def count_anew(self) -> None:
        """Look again what lies here: somebody may have put files back, or taken them away."""
        with self._lock:
            self._used.clear()

    def _grow(self, country: str, more: int) -> None:
        with self._lock:
            if country in self._used:
                self._used[country] += more

    def kept(self) -> Iterator[Kept]:
        """Return every folder that is whole."""
        for folder in _folders(self._folder):
            with suppress(OSError, ValueError):
                peer = "" if folder.parent.name == _OUT else folder.parent.name
                yield Kept(peer, bytes.fromhex(folder.name), _records_of(folder))

    def release(self, kept: Kept, unwanted: Sequence[bytes]) -> bool:
        """Give up a folder for these records; returns whether it went."""
        place = self._folder / _IN / kept.peer if kept.peer else self._folder / _OUT
        with _NAMING:
            freed = _release(place / kept.name.hex(), unwanted)
            self._grow(kept.peer, -(freed or 0))
        return freed is not None

    def drop_unfinished(self) -> None:
        """Remove what a node that died was writing; before anything else is done."""
        for folder in _folders(self._folder):
            if not (folder / _RECORD).exists():
                shutil.rmtree(folder, ignore_errors=True)


def _folders(root: Path) -> list[Path]:
    return [*root.glob(f"{_OUT}/*"), *root.glob(f"{_IN}/*/*")]


def _records_of(folder: Path) -> tuple[bytes, ...]:
    data = (folder / _RECORD).read_bytes()
    return tuple(data[at : at + _ID_BYTES] for at in range(0, len(data), _ID_BYTES))


def _add_record(folder: Path, record_id: bytes) -> bool:
    """Note one more record of a folder; False where it is not whole."""
    with _NAMING:
        try:
            known = _records_of(folder)
        except FileNotFoundError:
            return False
        if record_id not in known:
            _put(folder / _RECORD, b"".join((*known, record_id)))
        return True


def _release(folder: Path, unwanted: Sequence[bytes]) -> int | None:
    """Give up a folder for these records; returns the bytes that it took, None where it stays."""
    with _NAMING:
        try:
            left = [one for one in _records_of(folder) if one not in unwanted]
        except FileNotFoundError:
            left = []
        if left:
            _put(folder / _RECORD, b"".join(left))
            return None
        return _remove(folder)


def _remove(folder: Path) -> int:
    """Remove a folder; returns the bytes that its chunks took."""
    taken = _taken(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return taken


def _taken(folder: Path) -> int:
    """Return the bytes that the chunks of a folder take; none where it is gone."""
    try:
        return (folder / _CHUNKS).stat().st_size
    except OSError:
        return 0


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, mode=0o700)
        _sync_names(folder.parent)
    except OSError as error:
        raise Refused(Reason.ATTACHMENT_NO_ROOM, error.strerror or "") from None


def _take_room(path: Path, size: int) -> None:
    last = chunk_count(size) - 1
    total = last * MOST_SEALED_BYTES + sealed_bytes(size, last)
    try:
        with path.open("xb") as out:
            os.posix_fallocate(out.fileno(), 0, total)
    except OSError as error:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise Refused(Reason.ATTACHMENT_NO_ROOM, error.strerror or "") from None


def _write(path: Path, data: bytes, *, at: int | None) -> None:
    """Write at a place, or behind all that is there."""
    try:
        with path.open("ab" if at is None else "r+b", buffering=0) as out:
            if at is not None:
                out.seek(at)
            if out.write(data) != len(data):
                raise StoreFull("the disk took half of a chunk")
    except OSError as error:
        raise StoreFull(f"a chunk was not kept: {error.strerror}") from None


def _read(path: Path, index: int, size: int) -> bytes | None:
    wanted = sealed_bytes(size, index)
    try:
        with path.open("rb", buffering=0) as source:
            found = os.pread(source.fileno(), wanted, index * MOST_SEALED_BYTES)
    except OSError:
        return None
    return found if len(found) == wanted else None


def _sync(path: Path) -> None:
    with path.open("rb") as source:
        os.fsync(source.fileno())


def _put(path: Path, content: bytes) -> None:
    """Write a small file whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(path)
    _sync_names(path.parent)


def _sync_names(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
