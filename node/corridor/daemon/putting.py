"""Puts the files of a backup in their places, so that no moment of it looks like a node.

Rules:

* whatever can fail for want of room or rights is done first, beside the places: each new file lies
  in the folder that it is for, and what is here now, logs too, is linked or copied into one folder;
* then the store is marked (`store.unfinished`), and from there on files are only renamed and
  removed: broken off anywhere, a start refuses by name, and the restore is made again;
* a place that has a file is never without one: the new one takes its name, the configuration last;
* the mark goes when all of it is on the disk.
"""

import filecmp
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.daemon.audit_trail import FILE
from corridor.daemon.backup import CONFIGURATION, STORE, TRAIL, files, folders
from corridor.daemon.config import NodeConfig
from corridor.store.database import WriterLock
from corridor.store.syncing import sync
from corridor.store.unfinished import Unfinished, read_mark, set_marks, take_marks

ASIDE: Final = "before-restore"
_OLD: Final = ".before"
_LOGS: Final = ("-wal", "-shm")
"""What was committed to the old store, not to the new one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files come from and go."""

    staging: Path
    """The backup, unpacked and tried; what is here now is gathered in it first."""
    config: NodeConfig
    """Of the backup, with the paths it has in its place."""
    home: Path
    """The configuration."""
    here: NodeConfig | None
    """The configuration that is here now."""

    @property
    def stores(self) -> tuple[Path, ...]:
        """Return the folders whose store must not be opened meanwhile.

        A configuration that names another store stays in force until the new one takes its place.
        """
        found = [self.config.store.path.parent]
        if self.here is not None and self.here.store.path.parent.is_dir():
            found.append(self.here.store.path.parent)
        return tuple(dict.fromkeys(one.resolve() for one in found))


@dataclass(frozen=True, slots=True)
class Put:
    """What became of what was here before."""

    aside: Path | None
    """Where it lies now."""
    earlier: tuple[Path, ...]
    """Where tries that were broken off had put it."""


def put(place: Place, now_ms: int) -> Put:
    """Put every file in its place.

    Raises:
        StoreInUse: A node runs here; nothing was changed.
        OSError: A file cannot be written; whether anything was changed is told by the mark.
    """
    _make_folder(place.config.store.path.parent)
    with ExitStack() as stack:
        for folder in place.stores:
            stack.callback(WriterLock(folder).release)
        marks = [read_mark(folder) for folder in place.stores]
        earlier = tuple(dict.fromkeys(one for mark in marks for one in mark.aside if one.is_dir()))
        new = stack.enter_context(_brought_near(place))
        old = _gather(place, new)
        aside = _free(place.home.parent / f"{ASIDE}-{now_ms}") if old is not None else None
        marked = (*place.stores, *(one for mark in marks for one in mark.folders if one.is_dir()))
        mark = Unfinished(tuple(dict.fromkeys(marked)), (*earlier, *([aside] if aside else ())))
        set_marks(mark)
        if old is not None and aside is not None:
            old.rename(aside)
            sync(aside.parent)
        _swap(place, new)
        take_marks(reversed(mark.folders))  # that of the store which is named from now on, last
    return Put(aside, earlier)


def _targets(place: Place) -> dict[str, Path]:
    """Return where each file of the archive goes, in the order in which they are put there."""
    trail = place.config.store.path.with_name(FILE)
    kept = {} if _goes_on(trail, place.staging / TRAIL) else {TRAIL: trail}
    return {
        **kept,
        STORE: place.config.store.path,
        **{
            f"{role}/{one.name}": folder / one.name
            for role, folder in folders(place.config).items()
            for one in sorted((place.staging / role).glob("*"))
        },
        **files(place.config),
        CONFIGURATION: place.home,
    }


@contextmanager
def _brought_near(place: Place) -> Iterator[dict[str, tuple[Path, Path]]]:
    """Give what differs from what is here, by name: the new file, beside its place, and the place.

    A rename is one step on one file system only, and the parts of a node may lie on several.
    """
    new: dict[str, tuple[Path, Path]] = {}
    try:
        for name, target in _targets(place).items():
            staged = place.staging / name
            if staged.is_file() and not _same(staged, target):
                _make_folder(target.parent)
                near = target.with_name(f".{target.name}.restoring")
                near.unlink(missing_ok=True)  # of a try that was killed
                new[name] = near, target
                _link(staged, near)
        yield new
    finally:
        for near, _ in new.values():
            with suppress(OSError):
                near.unlink(missing_ok=True)


def _goes_on(here: Path, staged: Path) -> bool:
    """Tell whether the audit trail that is here is that of the backup, as it is or grown since."""
    if not (here.is_file() and staged.is_file()):
        return False
    whole, end, _ = staged.read_bytes().rpartition(b"\n")
    return here.read_bytes().startswith(whole + end)


def _same(staged: Path, target: Path) -> bool:
    return target.is_file() and filecmp.cmp(staged, target, shallow=False)


def _gather(place: Place, new: dict[str, tuple[Path, Path]]) -> Path | None:
    """Gather what will be replaced in one folder; returns it, or None where nothing will be."""
    gathered = place.staging / _OLD
    wanted = {name: target for name, (_, target) in new.items()}
    wanted |= {f"{STORE}{suffix}": log for suffix, log in _logs(place.config.store.path).items()}
    found = {name: one for name, one in wanted.items() if os.path.lexists(one)}
    if not found:
        return None
    gathered.mkdir(mode=0o700)
    for name, one in found.items():
        (gathered / name).parent.mkdir(mode=0o700, exist_ok=True)
        _link(one, gathered / name)
    for folder in {(gathered / name).parent for name in found} | {gathered}:
        sync(folder)
    return gathered


def _free(wanted: Path) -> Path:
    """Return a name that nothing has: a clock that was set back gives the same one twice."""
    number, found = 1, wanted
    while os.path.lexists(found):
        number += 1
        found = wanted.with_name(f"{wanted.name}-{number}")
    return found


def _logs(store: Path) -> dict[str, Path]:
    return {suffix: store.with_name(store.name + suffix) for suffix in _LOGS}


def _swap(place: Place, new: dict[str, tuple[Path, Path]]) -> None:
    """Have the new files take their names, the store before its old log."""
    for name, (near, target) in new.items():
        near.replace(target)
        if name == STORE:
            _drop(_logs(target).values())
    _drop(_logs(place.config.store.path).values())  # also where the very same store lay there
    touched = {target.parent for _, target in new.values()} | {place.config.store.path.parent}
    for folder in sorted(touched):
        sync(folder)


def _drop(logs: Iterable[Path]) -> None:
    for log in logs:
        log.unlink(missing_ok=True)


def _link(source: Path, target: Path) -> None:
    """Have `target` hold what `source` does, durably; a copy where no link can be made."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target, follow_symlinks=False)
    if not target.is_symlink():
        sync(target)


def _make_folder(folder: Path) -> None:
    """Make a folder for its owner alone, and those above it that are missing, durably."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync(folder.parent)
