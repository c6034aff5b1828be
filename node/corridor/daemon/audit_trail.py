"""What operators did to a node: an append-only file whose lines are chained by hashes.

Rules:

* a line is written before the act begins and another when it has ended, so that an act that was
  killed half-way is seen as begun;
* each line holds the hash of the one before it: who changes, removes or inserts a line has to
  change every later one, and the head that the node logs every hour says that somebody did;
* two commands at the same time write one after the other; a line that a crash left half is cut
  off, and the next one says so;
* `hash` is SHA-256 over `corridor/v1/audit`, a zero byte and the line as JSON with sorted keys and
  no spaces, without `hash` itself: anybody can check it with standard tools.

Example:
    >>> number = begin(Path("ge"), "keys rotate", "root", {})     # doctest: +SKIP
    >>> end(Path("ge"), number, "ok")                             # doctest: +SKIP
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from corridor.errors import AuditTrouble

FILE: Final = "audit.jsonl"
_LABEL: Final = b"corridor/v1/audit\x00"
_START: Final = "0" * 64
_LINE_MOST: Final = 16 * 1024
"""Bytes of a line: the end of the file is read by as much. Options that are longer are left out."""
_TEXT_MOST: Final = 300
_TOLD: Final = ("at", "who", "what", "outcome")


CURE_BROKEN: Final = (
    "compare it with the heads in the log (audit.stands) and with a backup; keep the file for "
    "whoever examines it; `corridor audit renew` then puts it aside and begins a new one"
)


class Head(NamedTuple):
    """The last line of a trail."""

    number: int
    hash: str

    def __str__(self) -> str:
        """Return NUMBER:HASH."""
        return f"{self.number}:{self.hash}"


class Act(NamedTuple):
    """One act as the trail tells it."""

    number: int
    at: str
    who: str
    what: str
    about: dict[str, Any]
    outcome: str
    """"ok", a status, or "begun" where no end was written."""
    ended: str | None
    doubt: str = ""
    """What is wrong with a line of it; "" where its lines are as they were written."""


def begin(folder: Path, what: str, who: str, about: Mapping[str, Any]) -> int:
    """Note that an act begins; returns its number.

    Raises:
        AuditTrouble: The trail cannot be written, or its end is not a line of a trail.
    """
    told = {name: _short(value) for name, value in about.items()}
    return _append(folder, {"what": what, "who": who, "about": told})


def end(folder: Path, number: int, outcome: str) -> None:
    """Note how the act of this number ended.

    Raises:
        AuditTrouble: The trail cannot be written.
    """
    _append(folder, {"act": number, "outcome": outcome})


def head(folder: Path) -> Head | None:
    """Return the last line's number and hash; None where there is no trail yet.

    Raises:
        AuditTrouble: The trail cannot be read.
    """
    if not (folder / FILE).exists():
        return None
    with _opened(folder, os.O_RDONLY, fcntl.LOCK_SH) as file:
        return _last(file)[0]


def scanned(folder: Path) -> Iterator[tuple[dict[str, Any] | None, str]]:
    """Return each line of the trail, None where it is none, with what is wrong with it, or "".

    After a line that is wrong the rest is held against what that line says of itself, so that each
    place is told once.

    Raises:
        AuditTrouble: The trail cannot be read.
    """
    if not (folder / FILE).exists():
        return
    before, number = _START, 0
    with _opened(folder, os.O_RDONLY, fcntl.LOCK_SH) as file, os.fdopen(os.dup(file), "rb") as all_:
        while raw := _next_line(folder, all_):
            number += 1
            line = _parsed(raw)
            if line is None or not raw.endswith(b"\n"):
                yield None, f"line {number} is not one of a trail"
                continue
            stated = line.pop("hash", None)
            wrong = ""
            if line.get("number") != number or line.get("before") != before:
                wrong = (
                    f"line {number} does not follow the one before it:"
                    " a line was changed, removed or inserted"
                )
            elif stated != _hash(line):
                wrong = f"line {number} was changed"
            before = str(stated)
            number = line["number"] if isinstance(line.get("number"), int) else number
            yield {**line, "hash": stated}, wrong


def lines(folder: Path) -> Iterator[dict[str, Any]]:
    """Return the lines of the trail, each checked against the one before it; none without one.

    Raises:
        AuditTrouble: A line was changed, removed or inserted; its number is named.
    """
    for line, wrong in scanned(folder):
        if wrong or line is None:
            raise broken(folder, wrong)
        yield line


def broken(folder: Path, wrong: str) -> AuditTrouble:
    """Return the error that a trail is not whole."""
    return AuditTrouble(f"{folder / FILE}: {wrong}", cure=CURE_BROKEN)


def acts(folder: Path) -> list[Act]:
    """Return the acts of a trail, in order, as far as they can be read; see `Act.doubt`.

    Raises:
        AuditTrouble: It cannot be read at all.
    """
    found: dict[int, Act] = {}
    for place, (line, wrong) in enumerate(scanned(folder), 1):
        told = line or {}
        number = told["number"] if isinstance(told.get("number"), int) else 0
        about = told.get("about")
        at, who, what, outcome = (str(told.get(one, "")) for one in _TOLD)
        begun = found.get(told["act"]) if isinstance(told.get("act"), int) else None
        if begun is not None:
            found[begun.number] = begun._replace(
                outcome=outcome, ended=at, doubt=begun.doubt or wrong
            )
        if "what" in told or (wrong and begun is None):
            told_of = about if isinstance(about, dict) else {}
            one = Act(number, at, who, what, told_of, "begun", None, wrong)
            # what is in doubt takes no other's place
            found[-place if wrong and (not number or number in found) else number] = one
    return list(found.values())


def begin_anew(
    folder: Path, aside: Path, what: str, who: str, about: Mapping[str, Any]
) -> Path | None:
    """Put the trail aside and begin another with one act; returns where the old one lies.

    Raises:
        AuditTrouble: One of the two could not be done; begin again.
    """
    path, moved = folder / FILE, None
    try:
        if os.path.lexists(aside):
            raise AuditTrouble(f"{aside} is there already", cure="wait a second, and try again")
        if os.path.lexists(path):
            path.rename(aside)
            moved = aside
        # no option is too long here, and each stands as it is: what is replaced is compared
        number = _append(folder, {"what": what, "who": who, "about": dict(about)})
        end(folder, number, "ok")
        owner = folder.stat()
        if os.geteuid() == 0:  # the node has to go on with it
            os.chown(path, owner.st_uid, owner.st_gid)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return moved


def _append(folder: Path, told: dict[str, Any]) -> int:
    with _opened(folder, os.O_RDWR | os.O_CREAT, fcntl.LOCK_EX) as file:
        last, cut = _last(file)
        if cut:
            told["cut_off_bytes"] = cut
            os.ftruncate(file, os.fstat(file).st_size - cut)
        line = {
            **told,
            "number": last.number + 1 if last else 1,
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "before": last.hash if last else _START,
        }
        if len(_json(line)) > _LINE_MOST:
            line["about"] = {"left_out": f"options of {len(_json(line))} bytes"}
        line["hash"] = _hash(line)
        try:
            os.lseek(file, 0, os.SEEK_END)
            os.write(file, _json(line) + b"\n")
            os.fsync(file)
        except OSError as error:
            raise _unwritable(folder, error) from None
    number: int = line["number"]
    return number


def _last(file: int) -> tuple[Head | None, int]:
    """Return the last whole line, and the bytes of a half one after it.

    Raises:
        AuditTrouble: The last whole line is not one of a trail.
    """
    size = os.fstat(file).st_size
    start = max(0, size - 2 * _LINE_MOST)
    content = os.pread(file, size - start, start)
    whole, _, half = content.rpartition(b"\n")
    if not whole:
        return None, len(half)
    line = _parsed(whole.rpartition(b"\n")[2])
    if line is None or not isinstance(line.get("number"), int) or "hash" not in line:
        raise AuditTrouble(
            "the last line of the audit trail is not one of a trail",
            cure=CURE_BROKEN,
        )
    return Head(line["number"], str(line["hash"])), len(half)


@contextmanager
def _opened(folder: Path, flags: int, lock: int) -> Iterator[int]:
    path = folder / FILE
    try:
        file = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritable(folder, error) from None
    try:
        fcntl.flock(file, lock)
        yield file
    finally:
        with suppress(OSError):
            os.close(file)


def _unwritable(folder: Path, error: OSError) -> AuditTrouble:
    return AuditTrouble(
        f"{folder / FILE}: {error.strerror}",
        cure="free disk space, or let this user write there; nothing is done that is not noted",
    )


def _next_line(folder: Path, file: IO[bytes]) -> bytes:
    """Return the next line, of what is too long for one a piece; empty at the end."""
    try:
        return file.readline(2 * _LINE_MOST)
    except OSError as error:
        raise _unwritable(folder, error) from None


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def _hash(line: Mapping[str, Any]) -> str:
    return hashlib.sha256(_LABEL + _json(line)).hexdigest()


def _json(line: Mapping[str, Any]) -> bytes:
    text = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")  # a file's name need not be text


def _short(value: Any) -> Any:  # noqa: ANN401 - any option of a command
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_short(one) for one in value[:20]]
    text = str(value)
    return text if len(text) <= _TEXT_MOST else f"{text[:_TEXT_MOST]}… ({len(text)} characters)"
