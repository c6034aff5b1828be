"""Which files of the out tray may be taken now: whole ones, oldest first, fair to every folder.

Rules:

* `out/XX/NAME` is for partner XX; `out/XX/LANE/NAME` claims a lane as well;
* hidden names and names that end in .tmp or .part are somebody's unfinished work;
* a name is looked at again until it, and what lies in `NAME.files`, did not change for `settle_s`.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Final

from corridor.exchange.values import Lane

_UNFINISHED: Final = (".tmp", ".part")
ENDING: Final = ".files"
"""Of the folder with the files that belong to a message: NAME and NAME.files."""
LANES: Final = {lane.name.lower(): lane for lane in Lane}


@dataclass(frozen=True, slots=True)
class Found:
    """Something in the out tray, or in the work tray."""

    path: Path
    folder: str
    """Its recipient; "" where it lies in no folder of a partner."""
    lane: Lane | None
    mtime_ns: int

    @property
    def urgency(self) -> tuple[bool, int]:
        """What is claimed urgent first, then the oldest."""
        return self.lane is not Lane.URGENT, self.mtime_ns


_State = tuple[tuple[int, ...], ...]
_Seen = tuple[_State, float]


class Scan:
    """Looks at the out tray again and again, and remembers what changes."""

    def __init__(self, settle_s: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Find files that did not change for `settle_s`."""
        self._settle_s = settle_s
        self._clock_s = clock_s
        self._seen: dict[Path, _Seen] = {}
        self.waiting = 0
        """How many are there, whole or not."""
        self.shut: tuple[str, ...] = ()
        """Folders in it that the node may not look into."""
        self.oldest_ms: int | None = None
        """When the oldest of them was last changed."""
        self.alone: tuple[str, ...] = ()
        """Folders of files that have no message."""

    def ready(self, out: Path, limit: int) -> list[Found]:
        """Return at most `limit` files that rest: the folders take turns.

        Raises:
            OSError: The tray cannot be read.
        """
        now_s, seen = self._clock_s(), {}
        folders: dict[str, list[Found]] = {}
        shut: list[str] = []
        alone: list[str] = []
        oldest_ns: int | None = None
        for found, state in candidates(out, shut, alone):
            before = self._seen.get(found.path)
            since_s = before[1] if before and before[0] == state else now_s
            seen[found.path] = (state, since_s)
            oldest_ns = min(oldest_ns or found.mtime_ns, found.mtime_ns)
            if now_s - since_s >= self._settle_s:
                folders.setdefault(found.folder, []).append(found)
        self._seen = seen
        self.shut, self.alone = tuple(shut), tuple(alone)
        self.waiting = len(seen)
        self.oldest_ms = None if oldest_ns is None else oldest_ns // 1_000_000
        for rested in folders.values():
            rested.sort(key=lambda one: one.urgency)
        turns = chain.from_iterable(zip_longest(*(rested[:limit] for rested in folders.values())))
        return [one for one in turns if one is not None][:limit]

    def forget(self, path: Path) -> None:
        """Look at this file as if it had just come."""
        self._seen.pop(path, None)


def is_unfinished(name: str) -> bool:
    """Whether a name says that somebody is still writing."""
    return name.startswith(".") or name.lower().endswith(_UNFINISHED)


def candidates(
    tray: Path, shut: list[str] | None = None, alone: list[str] | None = None
) -> Iterator[tuple[Found, _State]]:
    """Give everything in a tray that may be a file for a partner, with what it looked like.

    Folders that the node may not look into are added to `shut` and passed over; folders of files
    whose message is not there, to `alone`.
    """
    for entry in _entries(tray):
        if not entry.is_dir(follow_symlinks=False):
            yield from _one(entry, "", None)
            continue
        for inner in _messages(entry, shut, alone):
            lane = LANES.get(inner.name)
            if lane is None or not inner.is_dir(follow_symlinks=False):
                yield from _one(inner, entry.name, None)
                continue
            for innermost in _messages(inner, shut, alone):
                yield from _one(innermost, entry.name, lane)


def _messages(
    folder: os.DirEntry[str], shut: list[str] | None, alone: list[str] | None
) -> list[os.DirEntry[str]]:
    """Return what is in a folder of a partner, but for the folders of files."""
    found: list[os.DirEntry[str]] = []
    try:
        found += _entries(folder.path)
    except PermissionError:
        if shut is not None:
            shut.append(folder.name)
    except FileNotFoundError:
        return []  # it was just removed
    files = {
        one.name for one in found if one.name.endswith(ENDING) and one.is_dir(follow_symlinks=False)
    }
    if files and alone is not None:
        alone += sorted(files - {one.name + ENDING for one in found})
    return [one for one in found if one.name not in files]


def _entries(folder: os.PathLike[str] | str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not is_unfinished(entry.name):
                yield entry


def _one(entry: os.DirEntry[str], folder: str, lane: Lane | None) -> Iterator[tuple[Found, _State]]:
    try:
        at = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    state = (_look(at), *_beside(entry.path + ENDING))
    yield Found(Path(entry.path), folder, lane, at.st_mtime_ns), state


def _beside(folder: str) -> list[tuple[int, ...]]:
    """Return what the files of a message look like."""
    try:
        with os.scandir(folder) as entries:
            return sorted(_look(one.stat(follow_symlinks=False)) for one in entries)
    except OSError:
        return []  # there is none, or it is looked at when it is taken


def _look(at: os.stat_result) -> tuple[int, ...]:
    return at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns
