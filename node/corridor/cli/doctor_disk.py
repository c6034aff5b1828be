"""Checks of `corridor doctor` on disks and files: room, inodes, and who may read keys."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from corridor.cli.doctor_parts import Patient, Result, fail, ok, skip, warn

if TYPE_CHECKING:
    from corridor.daemon.config import NodeConfig

_MIB: Final = 2**20
_FEW_INODES: Final = 1000
_EVERYBODY: Final = 0o007
_STORE_CURE: Final = (
    "free disk space; below the floor the node refuses records before it accepts them"
)
_OTHER_CURE: Final = "free disk space, or move it to a disk that has room"


def store(patient: Patient) -> list[Result]:
    """The store is there, opens, and has our schema."""
    from corridor.daemon.store_mark import CURE, missing
    from corridor.store.look import look
    from corridor.store.unfinished import refuse_unfinished

    path = patient.config.store.path
    refuse_unfinished(path.parent)  # also where it had not put a store there yet
    if what := missing(patient.config.trust.directory, path):
        return [fail(what, CURE)]
    if not path.exists():
        return [skip(f"{path}: the node makes it at its first start")]
    return [ok(f"{path}: schema {look(path)}")]


def disk(patient: Patient) -> list[Result]:
    """Every disk on which the node writes has room and inodes."""
    config = patient.config
    floor = config.store.free_space_min_mib
    seen: set[int] = set()
    found: list[Result] = []
    for what, folder in _folders(config):
        device = folder.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        of_store = what == "the store"
        found += _room(what, folder, floor if of_store else 1, _STORE_CURE if of_store
                       else _OTHER_CURE)  # fmt: skip
    return found


def private(config: "NodeConfig") -> Iterator[Result]:
    """Tell of keys and passwords that everybody on this machine may read."""
    folder = config.links.partner_folder
    named = [config.broker.key_file, config.links.server_key_file, config.watch.password_file,
             *sorted(folder.glob("fed-at-*.key"))]  # fmt: skip
    for path in named:
        if path is not None and path.is_file() and (mode := path.stat().st_mode) & _EVERYBODY:
            what = f"{path} has mode {mode & 0o777:04o}: everybody on this machine may read it"
            yield fail(what, f"chmod o= {path}; where others had an account, make it anew")


def _folders(config: "NodeConfig") -> Iterator[tuple[str, Path]]:
    """Return what lies where; of what is not there yet, the folder in which it will be made."""
    places = {
        "the store": config.store.path.parent,
        "the folder of statements": config.trust.directory,
        "the backups": config.backup.directory,
        "the spool": config.spool.directory,
    }
    for what, place in places.items():
        if place is None:
            continue
        while not place.exists() and place != place.parent:
            place = place.parent  # noqa: PLW2901 - upwards, until there is one
        yield what, place


def _room(what: str, folder: Path, floor_mib: int, cure: str) -> Iterator[Result]:
    free = shutil.disk_usage(folder).free // _MIB
    where = f"{folder}, the disk of {what.removeprefix('the ')}"
    if free < floor_mib:
        least = "nothing is left" if not free and floor_mib == 1 else f"less than {floor_mib}"
        yield fail(f"{free} MiB free at {where}: {least}", cure)
    elif free < 4 * floor_mib:
        yield warn(f"{free} MiB free at {where}", cure)
    else:
        yield ok(f"{free} MiB free at {where}")
    found = os.statvfs(folder)
    if found.f_files and found.f_favail < _FEW_INODES:
        yield fail(f"{found.f_favail} inodes free at {where}", "remove small files there")
