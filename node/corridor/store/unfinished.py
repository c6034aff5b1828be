"""The mark of a restore that has begun: while it stands, nobody opens the store beside it.

Rules:

* it is on the disk before the first file of the store is changed, and goes after the last one is;
* a restore that was broken off leaves it: old and new files, or a store without its log, look like
  a store that is whole;
* it names every folder that has such a mark, and where what was here before lies, so that the
  restore that is made again can tell, and takes all of them away.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.errors import RestoreUnfinished
from corridor.store.syncing import sync

MARK: Final = "restore.unfinished"
_CURE: Final = (
    "run `corridor backup restore ...` again, with the same file or a newer one; until that has "
    "ended nothing here is used"
)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What a mark says."""

    folders: tuple[Path, ...] = ()
    """Every folder that has one."""
    aside: tuple[Path, ...] = ()
    """Where what was here before this try, and tries before it, lies."""


def refuse_unfinished(folder: Path) -> None:
    """Refuse the folder of a store that a restore has begun to change.

    Raises:
        RestoreUnfinished: The mark stands.
    """
    if not os.path.lexists(folder / MARK):
        return
    aside = [one for one in read_mark(folder).aside if one.is_dir()]
    raise RestoreUnfinished(
        f"{folder}: a restore was broken off; what is here is neither the old node nor the new",
        cure=_CURE,
        faults=tuple(f"what was here before lies in {one}" for one in aside),
    )


def read_mark(folder: Path) -> Unfinished:
    """Return what the mark in `folder` says; nothing where there is none, or it is damaged."""
    try:
        said = json.loads((folder / MARK).read_text("utf-8"))
        return Unfinished(*(tuple(map(Path, said[key])) for key in ("folders", "aside")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Unfinished()


def set_marks(mark: Unfinished) -> None:
    """Put a durable mark into each of its folders; one that is there is replaced.

    Raises:
        OSError: It cannot be written.
    """
    said = {"folders": _texts(mark.folders), "aside": _texts(mark.aside)}
    for folder in mark.folders:
        beside = folder / f".{MARK}.new"
        beside.write_text(json.dumps(said) + "\n", "utf-8")
        beside.chmod(0o600)
        sync(beside)
        beside.replace(folder / MARK)
        sync(folder)


def take_marks(folders: Iterable[Path]) -> None:
    """Take the marks away, durably; a folder that is gone has none.

    Raises:
        OSError: One cannot be taken away.
    """
    for folder in folders:
        if folder.is_dir():
            (folder / MARK).unlink(missing_ok=True)
            sync(folder)


def _texts(places: tuple[Path, ...]) -> list[str]:
    return [os.fspath(one) for one in places]
