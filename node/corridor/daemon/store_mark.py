"""The mark that a node had a store: one that is gone is missed, and not made anew in silence.

Rules:

* it lies among the statements of the network, without which no node starts, and not beside the
  store: a disk that is not mounted would take both away;
* it is written when there is a store, at each start that finds none; it names where that lies, so
  that a mistyped path is told;
* a loss that was declared stands in the mark until the new store knows of it: a start that was
  killed half-way goes on from there.
"""

import json
import time
from pathlib import Path
from typing import Final, NamedTuple

from corridor.daemon.private_files import PrivateFolder
from corridor.errors import KeyTrouble, StoreMissing
from corridor.store.look import holds_store

FILE: Final = "store.mark"
_MOST_BYTES: Final = 64 * 1024
CURE: Final = (
    "mount the disk, mend store.path, or restore a backup (`corridor backup restore`); where the "
    "store is lost for good, declare that once: `corridor run --store-lost`"
)


class _Said(NamedTuple):
    """What the mark says."""

    path: str
    since_ms: int
    lost: bool


class StoreMark:
    """Knows whether this node had a store, and where."""

    def __init__(self, statements: Path, store: Path) -> None:
        """Name the folder of statements, and where the store lies by the configuration."""
        self._folder, self._store = PrivateFolder(statements), store

    def gone(self) -> str:
        """Return what is wrong where this node had a store and has none; "" where all is well.

        Raises:
            KeyTrouble: The mark cannot be read.
        """
        said = self._said()
        if said is None or said.lost or holds_store(self._store):
            return ""
        what = f"{self._store}: {'is empty' if self._store.exists() else 'is not there'}"
        where = "" if said.path == str(self._store) else f", at {said.path}"
        since = time.strftime("%Y-%m-%d", time.gmtime(said.since_ms / 1000))
        told = f" since {since}" if said.since_ms else ""
        return f"{what}, and this node had a store{where}{told}: what it had accepted is gone"

    def require(self, now_ms: int, *, lost: bool) -> bool:
        """Hold a start to the mark; returns whether the store is to know that it forgot something.

        `lost`: the operator declares that the store is lost.

        Raises:
            StoreMissing: There was a store and is none; or a loss is declared and nothing is lost.
            KeyTrouble: The mark cannot be read or written.
        """
        said = self._said()
        if lost and (said is None or not said.lost):
            if holds_store(self._store):
                raise StoreMissing(
                    f"{self._store} holds a store: nothing is lost",
                    cure="leave --store-lost out; it is for one start without a store",
                )
            self._write(_Said(str(self._store), now_ms, lost=True))
            return True
        if what := self.gone():
            raise StoreMissing(what, cure=CURE)
        return said is not None and said.lost

    def note(self, now_ms: int) -> None:
        """Note that there is a store now.

        Raises:
            KeyTrouble: It cannot be written.
        """
        said = self._said()
        if said is None or said.lost or said.path != str(self._store):
            self._write(_Said(str(self._store), now_ms, lost=False))

    def _said(self) -> _Said | None:
        if FILE not in self._folder.names(FILE):
            return None
        raw = self._folder.read(FILE, _MOST_BYTES)
        try:
            told = json.loads(raw)
            return _Said(str(told["path"]), int(told["since_ms"]), bool(told["lost"]))
        except (ValueError, TypeError, KeyError):
            # whatever became of it, it was written: a node that had a store is the safe belief
            return _Said(str(self._store), 0, lost=False)

    def _write(self, said: _Said) -> None:
        self._folder.write(FILE, json.dumps(said._asdict()).encode() + b"\n")


def missing(statements: Path, store: Path) -> str:
    """Return what is wrong where a node had a store and has none, for who only looks; else ""."""
    try:
        return StoreMark(statements, store).gone()
    except KeyTrouble:
        return ""  # told where the statements are looked at
