"""Files of captured records: blocks that are only ever appended, each with a checksum.

Format (version 1; docs/manual/replay.md): a file is blocks, one after the other.

    marker 8 | kind 1 | zero 1 | length 4, big-endian | body | check 8

`check` is the first eight bytes of SHA-256 over everything between marker and check. A session
block (kind 1, JSON) opens every recording; a record block (kind 2) holds one record.

Rules:

* a reader holds one block in memory, whatever the size of the file;
* what does not check is passed over to the next marker and told with its place; a tail that was
  being written when its writer died is told as that;
* one writer at a time; what is there is never written again; a file is for its owner's eyes only.
"""

import fcntl
import hashlib
import json
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, NamedTuple, Self

from corridor.errors import InputTrouble
from corridor.wire.limits import MAX_LONG_RECORD_BYTES

MARKER: Final = b"\x89TCAP\r\n\x1a"
FORMAT: Final = 1
SESSION: Final = 1
RECORD: Final = 2
MAX_BODY_BYTES: Final = MAX_LONG_RECORD_BYTES + 4096
"""The longest record, and what stands around it."""

_HEAD: Final = struct.Struct(">BBI")
_RECORD: Final = struct.Struct(">QQ16sH")
_CHECK_BYTES: Final = 8
_CHUNK_BYTES: Final = 65_536
_BEFORE_BODY: Final = len(MARKER) + _HEAD.size


class Captured(NamedTuple):
    """One record as it was handed to its recipient's national system."""

    cursor: int
    received_ms: int
    record_id: bytes
    record_type: int
    sender: str
    recipient: str
    record: bytes


class Session(NamedTuple):
    """What a recording says of itself when it begins."""

    network: str
    environment: str
    schema: str
    started_ms: int
    endpoints: tuple[str, ...]
    redacted: bool


class Damage(NamedTuple):
    """Bytes that are no sound block."""

    offset: int
    length: int
    what: str
    """"truncated" where the file ends within a block, "corrupt" otherwise."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a writer needs to know of a file to go on with it."""

    networks: frozenset[str]
    cursors: dict[str, int]
    """By recipient: the last cursor captured."""


# --- writing ----------------------------------------------------------------------------------


def session_block(session: Session) -> bytes:
    """Return the block that opens a recording."""
    body = {"format": FORMAT, **session._asdict()}
    return _block(SESSION, json.dumps(body, ensure_ascii=False).encode())


def record_block(one: Captured) -> bytes:
    """Return the block of one record."""
    ends = b"".join(
        bytes([len(name)]) + name for name in (one.sender.encode(), one.recipient.encode())
    )
    head = _RECORD.pack(one.cursor, one.received_ms, one.record_id, one.record_type)
    return _block(RECORD, head + ends + one.record)


def _block(kind: int, body: bytes) -> bytes:
    checked = _HEAD.pack(kind, 0, len(body)) + body
    return MARKER + checked + _check(checked)


def _check(checked: bytes) -> bytes:
    return hashlib.sha256(checked).digest()[:_CHECK_BYTES]


class CaptureWriter:
    """Appends to a capture; a context manager. The file is made where it is not there."""

    def __init__(self, path: Path) -> None:
        """Open and lock `path`, and read how far what is there has come.

        Raises:
            InputTrouble: Another recorder writes to it, or it is no capture.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._lock()
            os.fchmod(self._file, 0o600)
            self.before = summarise(path)
            self._refuse_other_files()
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Self:
        """Return the writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file and give the lock back."""
        os.close(self._file)

    def begin(self, session: Session) -> None:
        """Open a recording.

        Raises:
            InputTrouble: The file holds records of another network, or the disk is full.
        """
        if others := self.before.networks - {session.network}:
            raise InputTrouble(
                f"{self.path}: holds records of another network ({min(others)[:16]}…)",
                cure="record this network into a file of its own",
            )
        self._append(session_block(session))

    def write(self, records: list[Captured]) -> None:
        """Append records, and return when the disk has them.

        Raises:
            InputTrouble: The disk does not take them; the file ends with the last whole block.
        """
        for one in records:
            self._append(record_block(one))
        os.fdatasync(self._file)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputTrouble(
                f"{self.path}: another recorder is writing to it",
                cure="end that one, or record into another file",
            ) from None

    def _refuse_other_files(self) -> None:
        if not self.before.networks and os.fstat(self._file).st_size:
            raise InputTrouble(
                f"{self.path}: is not a capture, and nothing was written to it",
                cure="record into a new file, or one that `corridor replay record` made",
            )

    def _append(self, block: bytes) -> None:
        size = os.fstat(self._file).st_size
        left = memoryview(block)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as error:
            os.ftruncate(self._file, size)
            raise InputTrouble(
                f"{self.path}: {error.strerror}; it ends with the last whole block",
                cure="make room and record again with the same file: it goes on where it ended",
            ) from None


def summarise(path: Path) -> Summary:
    """Return the networks of a file and the last cursor of each recipient in it."""
    networks: set[str] = set()
    cursors: dict[str, int] = {}
    for one in read_capture(path):
        if isinstance(one, Session):
            networks.add(one.network)
        elif isinstance(one, Captured):
            cursors[one.recipient] = max(one.cursor, cursors.get(one.recipient, 0))
    return Summary(frozenset(networks), cursors)


# --- reading ----------------------------------------------------------------------------------


def is_capture(path: Path) -> bool:
    """Tell whether a file begins as a capture does, or is named like one."""
    with path.open("rb") as file:
        return file.read(len(MARKER)) == MARKER or path.suffix == ".tcap"


def read_capture(path: Path) -> Iterator[Session | Captured | Damage]:
    """Read a capture from its beginning to its end, block by block.

    Raises:
        InputTrouble: It was made by a newer Corridor, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            yield from _read(file, path)
    except OSError as error:
        raise InputTrouble(f"{path}: {error.strerror}", cure="name a file of captures") from None


def _read(file: BinaryIO, path: Path) -> Iterator[Session | Captured | Damage]:
    size = file.seek(0, os.SEEK_END)
    at, damaged_at, torn = 0, -1, False
    while at < size:
        found = _block_at(file, at, size)
        one = _parse(found, path) if isinstance(found, tuple) else None
        if one is None or not isinstance(found, tuple):
            if damaged_at < 0:
                damaged_at, torn = at, found == "truncated"
            at = _next_marker(file, at + 1, size)
            continue
        if damaged_at >= 0:
            yield Damage(damaged_at, at - damaged_at, "corrupt")
            damaged_at = -1
        yield one
        at += _BEFORE_BODY + len(found[1]) + _CHECK_BYTES
    if damaged_at >= 0:
        yield Damage(damaged_at, size - damaged_at, "truncated" if torn else "corrupt")


def _block_at(file: BinaryIO, at: int, size: int) -> tuple[int, bytes] | str:
    """Return kind and body of the block at a place, or why there is none."""
    file.seek(at)
    head = file.read(_BEFORE_BODY)
    if head[: len(MARKER)] != MARKER[: len(head)]:
        return "corrupt"
    if len(head) < _BEFORE_BODY:
        return "truncated"
    kind, zero, length = _HEAD.unpack(head[len(MARKER) :])
    if kind not in {SESSION, RECORD} or zero or length > MAX_BODY_BYTES:
        return "corrupt"
    if at + _BEFORE_BODY + length + _CHECK_BYTES > size:
        return "truncated"
    body = file.read(length)
    if file.read(_CHECK_BYTES) != _check(head[len(MARKER) :] + body):
        return "corrupt"
    return kind, body


def _next_marker(file: BinaryIO, at: int, size: int) -> int:
    """Return where the next marker stands, or the end of the file."""
    while at < size:
        file.seek(at)
        chunk = file.read(_CHUNK_BYTES)
        found = chunk.find(MARKER)
        if found >= 0:
            return at + found
        at += max(1, len(chunk) - len(MARKER) + 1)
        if at + len(MARKER) > size:
            break
    return size


def _parse(found: tuple[int, bytes], path: Path) -> Session | Captured | None:
    kind, body = found
    return _session(body, path) if kind == SESSION else _record(body)


def _session(body: bytes, path: Path) -> Session | None:
    try:
        said: dict[str, Any] = json.loads(body)
        if said["format"] != FORMAT:
            raise InputTrouble(
                f"{path}: has format {said['format']}, this Corridor reads {FORMAT}",
                cure="read it with the Corridor that recorded it, or a newer one",
            )
        return Session(
            str(said["network"]),
            str(said["environment"]),
            str(said["schema"]),
            int(said["started_ms"]),
            tuple(map(str, said["endpoints"])),
            bool(said["redacted"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _record(body: bytes) -> Captured | None:
    try:
        cursor, received_ms, record_id, record_type = _RECORD.unpack_from(body)
        at = _RECORD.size
        names = []
        for _ in range(2):
            end = at + 1 + body[at]
            names.append(body[at + 1 : end].decode("ascii"))
            at = end
    except (struct.error, IndexError, UnicodeDecodeError):
        return None
    if at > len(body):
        return None
    sender, recipient = names
    return Captured(cursor, received_ms, record_id, record_type, sender, recipient, body[at:])
