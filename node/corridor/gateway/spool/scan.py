"""Which files of the out tray may be taken now: whole ones, oldest first, fair to every folder.

Rules:

* `out/XX/NAME` is for partner XX; `out/XX/LANE/NAME` claims a lane as well;
* hidden names and names that end in .tmp or .part are somebody's unfinished work;
* a name is looked at again until it did not change for `settle_s`.
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


_Seen = tuple[tuple[int, int, int, int], float]


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

    def ready(self, out: Path, limit: int) -> list[Found]:
        """Return at most `limit` files that rest: the folders take turns.

        Raises:
            OSError: The tray cannot be read.
        """
        now_s, seen = self._clock_s(), {}
        folders: dict[str, list[Found]] = {}
        shut: list[str] = []
        oldest_ns: int | None = None
        for found, state in candidates(out, shut):
            before = self._seen.get(found.path)
            since_s = before[1] if before and before[0] == state else now_s
            seen[found.path] = (state, since_s)
            oldest_ns = min(oldest_ns or found.mtime_ns, found.mtime_ns)
            if now_s - since_s >= self._settle_s:
                folders.setdefault(found.folder, []).append(found)
        self._seen = seen
        self.shut = tuple(shut)
        self.waiting = len(seen)
        self.oldest_ms = None if oldest_ns is None else oldest_ns // 1_000_000
        for rested in folders.values():
            rested.sort(key=lambda one: one.urgency)
        turns = chain.from_iterable(zip_longest(*(rested[:limit] for rested in folders.values())))
        return [one for one in turns if one is not None][:limit]

    def forget(self, path: Path) -> None:
        """Look at this file as if it had just come."""
        self._seen.pop(path, None)


def candidates(
    tray: Path, shut: list[str] | None = None
) -> Iterator[tuple[Found, tuple[int, int, int, int]]]:
    """Give everything in a tray that may be a file for a partner, with what it looked like.

    Folders that the node may not look into are added to `shut` and passed over.
    """
    for entry in _entries(tray):
        if not entry.is_dir(follow_symlinks=False):
            yield from _one(entry, "", None)
            continue
        for inner in _inside(entry, shut):
            lane = LANES.get(inner.name)
            if lane is None or not inner.is_dir(follow_symlinks=False):
                yield from _one(inner, entry.name, None)
                continue
            for innermost in _inside(inner, shut):
                yield from _one(innermost, entry.name, lane)


def _inside(folder: os.DirEntry[str], shut: list[str] | None) -> Iterator[os.DirEntry[str]]:
    try:
        yield from _entries(folder.path)
    except PermissionError:
        if shut is not None:
            shut.append(folder.name)
    except FileNotFoundError:
        return  # it was just removed


def _entries(folder: os.PathLike[str] | str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and not entry.name.lower().endswith(_UNFINISHED):
                yield entry


def _one(
    entry: os.DirEntry[str], folder: str, lane: Lane | None
) -> Iterator[tuple[Found, tuple[int, int, int, int]]]:
    try:
        at = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    state = (at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns)
    yield Found(Path(entry.path), folder, lane, at.st_mtime_ns), state
