"""Checks of `corridor doctor` from the manual's page on hardening, as far as a program sees them.

Rules:

* each of them is a warning: the node works without, and only a person knows whether it may;
* nothing is told that another check tells already.
"""

import os
import stat
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from corridor.cli.doctor_parts import Patient, Result, ok, warn

if TYPE_CHECKING:
    from corridor.daemon.config import NodeConfig

SWAPS: Final = Path("/proc/swaps")
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def hardening(patient: Patient) -> list[Result]:
    """Keys are locked, folders and addresses closed, the user its own, and nothing is swapped."""
    found = [*_locks(patient.config), *_user(patient), *_addresses(patient.config), *_swap(),
             *_password(patient.password_file)]  # fmt: skip
    return found or [ok("keys are locked; user, folders, metrics and swap are as they should be")]


def _locks(config: "NodeConfig") -> Iterator[Result]:
    from corridor.daemon.trust_keeper import open_keys
    from corridor.seal.keyfile import Protection

    entries = open_keys(config.keys).entries()
    bare = [one for one in entries if one.protection is Protection.NONE]
    if bare:
        yield warn(
            f"{len(bare)} of {len(entries)} keys are not locked: whoever copies the disk has them",
            "`corridor init --passphrase-file` locks those of a new node; else encrypt the disk",
        )
    unlocks = config.keys.passphrase_file
    if unlocks is not None and config.keys.directory.parent in unlocks.parents:
        yield warn(
            f"{unlocks} lies beside the keys that it unlocks: a copy of the folder has both",
            "move it to a folder of its own, and name it in keys.passphrase_file",
        )


def _user(patient: Patient) -> Iterator[Result]:
    folder = patient.config_path.resolve().parent
    places = [patient.config_path, folder, patient.config.store.path.parent]
    for place in places:
        if place.exists() and place.stat().st_mode & _OTHERS_WRITE:
            yield warn(f"others may write {place}", f"chmod go-w {place}")
    if os.geteuid() == 0 and patient.config.node.environment == "production":
        yield warn(
            "this command runs as root, and the node may too",
            "run both as a user of their own, as the Debian package does",
        )


def _addresses(config: "NodeConfig") -> Iterator[Result]:
    address = config.metrics.address
    try:
        inside = ip_address(address).is_loopback
    except ValueError:
        inside = address == "localhost"
    if not inside:
        yield warn(
            f"metrics listen on {address}: they name partners, and how much passes",
            "metrics.address = 127.0.0.1, with Prometheus, or a proxy with TLS, on this machine",
        )


def _password(path: Path | None) -> Iterator[Result]:
    if path is not None and path.is_file() and (mode := path.stat().st_mode) & _OTHERS:
        yield warn(
            f"{path} has mode {mode & 0o777:04o}: others may read the operator's password",
            f"chmod 0600 {path}; where others had an account, `corridor broker password` anew",
        )


def _swap() -> Iterator[Result]:
    try:
        devices = [line.split()[0] for line in SWAPS.read_text("ascii").splitlines()[1:]]
    except OSError:
        return  # a container may not tell
    if devices:
        yield warn(
            f"memory is swapped to {', '.join(devices)}: keys may be written there",
            "switch it off, or encrypt it",
        )
