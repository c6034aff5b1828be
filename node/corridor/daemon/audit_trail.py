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
from typing import Any, Final, NamedTuple

from corridor.errors import AuditTrouble

FILE: Final = "audit.jsonl"
_LABEL: Final = b"corridor/v1/audit\x00"
_START: Final = "0" * 64
_LINE_MOST: Final = 16 * 1024
"""Bytes of a line: the end of the file is read by as much. Options that are longer are left out."""
_TEXT_MOST: Final = 300


class Head(NamedTuple):
    """The last line of a trail."""

    number: int
    hash: str


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


def lines(folder: Path) -> Iterator[dict[str, Any]]:
    """Return the lines of the trail, each checked against the one before it; none without one.

    Raises:
        AuditTrouble: A line was changed, removed or inserted; its number is named.
    """
    if not (folder / FILE).exists():
        return
    before, number = _START, 0
    with _opened(folder, os.O_RDONLY, fcntl.LOCK_SH) as file, os.fdopen(os.dup(file), "rb") as all_:
        for raw in all_:
            number += 1
            line = _parsed(raw)
            if line is None or not raw.endswith(b"\n"):
                raise AuditTrouble(f"{folder / FILE}: line {number} is not one of a trail")
            stated = line.pop("hash", None)
            if line.get("number") != number or line.get("before") != before:
                raise AuditTrouble(
                    f"{folder / FILE}: line {number} does not follow the one before it:"
                    " a line was changed, removed or inserted"
                )
            if stated != _hash(line):
                raise AuditTrouble(f"{folder / FILE}: line {number} was changed")
            before = stated
            yield {**line, "hash": stated}


def acts(folder: Path) -> list[Act]:
    """Return the acts of a trail that is whole, in order.

    Raises:
        AuditTrouble: It is not whole.
    """
    found: dict[int, Act] = {}
    for line in lines(folder):
        if "what" in line:
            found[line["number"]] = Act(
                line["number"], line["at"], line["who"], line["what"], line["about"], "begun", None
            )
        elif (begun := found.get(line.get("act", 0))) is not None:
            found[begun.number] = begun._replace(outcome=line["outcome"], ended=line["at"])
    return list(found.values())


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
            cure="keep the file for whoever examines it, and move it away: a new one begins",
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


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except ValueError:
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
