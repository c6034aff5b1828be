"""Checks of `corridor doctor` on this machine: configuration, keys, clock, trust, store, node."""

import ctypes
import shutil
from typing import Final

from corridor.cli.doctor_parts import (
    DAY_MS,
    Patient,
    Result,
    ends,
    fail,
    ok,
    skip,
    warn,
)
from corridor.errors import Refused

_MIB: Final = 2**20
_UNSYNCHRONISED: Final = 5  # TIME_ERROR of adjtimex(2)
_TIMEX_BYTES: Final = 512  # more than any struct timex
_RENEW: Final = "the registry signs a newer directory; take it with `corridor join`"
_ROTATE: Final = "`corridor keys rotate`, then send SIGHUP to the node"


def configuration(patient: Patient) -> list[Result]:
    """The file reads, and the files it names are there."""
    config = patient.config
    named = {
        "broker.ca_file": config.broker.ca_file,
        "broker.cert_file": config.broker.cert_file,
        "broker.key_file": config.broker.key_file,
        "links.server_cert_file": config.links.server_cert_file,
        "links.server_key_file": config.links.server_key_file,
    }
    found = [ok(f"{patient.config_path}: {config.endpoint}, {config.node.environment}")]
    found += [
        fail(f"{key}: {path} is not there", "have your CA issue it, or restore it from the backup")
        for key, path in named.items()
        if not path.is_file()
    ]
    if config.links.operator_password_hash is None:
        found.append(
            warn(
                "nobody can look at the broker: links.operator_password_hash is not set",
                "`corridor broker password operator.password --config ...`, then render again",
            )
        )
    return found


def keys(patient: Patient) -> list[Result]:
    """The key files are private and open, and the ones in force count for some time."""
    from corridor.daemon.keystore import KeyRole
    from corridor.daemon.trust_keeper import open_keys

    store = open_keys(patient.config.keys)
    store.storage_key()
    held = (
        len(store.signing_keys(KeyRole.SIGN)),
        len(store.signing_keys(KeyRole.KEY_MANAGER)),
        len(store.decryption_keys()),
    )
    found = [ok("{} signing, {} key manager's and {} decryption keys open".format(*held))]
    if store.signing_keys(KeyRole.IDENTITY):
        found.append(
            warn("identity keys lie in the node's key folder", "move them to offline media")
        )
    return found


def clock(patient: Patient) -> list[Result]:
    """The clock is kept right, and is not behind what the registry signed."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes 0: only asks
    state = ctypes.CDLL(None, use_errno=True).adjtimex(timex)
    found = [ok("the kernel says that the clock is kept right")]
    if state in (_UNSYNCHRONISED, -1):
        found = [
            warn(
                "the kernel does not know that anything keeps the clock right",
                "run chrony or systemd-timesyncd; envelopes from the future are refused after "
                "ten minutes",
            )
        ]
    directory = patient.view.directory
    if directory is not None and directory.issued_ms > patient.now_ms:
        behind = (directory.issued_ms - patient.now_ms) // 1000
        found.append(fail(f"the clock is {behind} s behind the directory", "set the clock"))
    return found


def trust(patient: Patient) -> list[Result]:
    """The directory is in force and lists us; the node's keys are lent to it and announced."""
    view, me, now_ms = patient.view, patient.config.endpoint, patient.now_ms
    name = f"directory {view.dir_version} of {view.root.network_name!r}"
    found = [ends(name, view.expires_ms, now_ms, _RENEW)]
    if view.member(me) is None:
        return [*found, fail(f"{me} is not listed", "give join-request.json to the registry")]
    return [*found, _delegation(patient), _bundle(patient)]


def agreements(patient: Patient) -> list[Result]:
    """Agreements are in force."""
    from corridor.daemon.agreeing import listed_agreements

    found = []
    listed = listed_agreements(patient.view, patient.config.endpoint.member, patient.now_ms)
    for one in listed:
        name = f"{one['id']} ({one['sender']} to {one['recipient']}, {one['state']})"
        if one["state"] == "in force":
            cure = "agree again before it ends: `corridor agreement propose`"
            found.append(ends(name, one["to_ms"], patient.now_ms, cure))
        else:
            found.append(skip(name))
    if not any(one["state"] == "in force" for one in listed):
        found.append(
            fail(
                "no agreement is in force: nothing is exchanged with anybody",
                "`corridor agreement propose CC`; both sign, the registry lists it",
            )
        )
    return found


def store(patient: Patient) -> list[Result]:
    """The store opens, has our schema, and the disk has room."""
    from corridor.store.look import look

    section = patient.config.store
    folder = section.path.parent
    found = []
    if section.path.exists():
        found.append(ok(f"{section.path}: schema {look(section.path)}"))
    else:
        found.append(skip(f"{section.path}: the node makes it at its first start"))
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free // _MIB
    cure = "free disk space; below the floor the node refuses records before it accepts them"
    if free < section.free_space_min_mib:
        found.append(fail(f"{free} MiB free, less than {section.free_space_min_mib}", cure))
    elif free < 4 * section.free_space_min_mib:
        found.append(warn(f"{free} MiB free", cure))
    else:
        found.append(ok(f"{free} MiB free"))
    return found


def node(patient: Patient) -> list[Result]:
    """The node runs, is connected to its broker, and asks for nobody."""
    status = patient.status
    if status is None:
        return [warn("the node does not run", "`corridor run --config ...`, or start its service")]
    found = [ok(f"runs, corridor {status['version']}")]
    found += [fail(line, "RUNBOOK has a heading for it") for line in status["attention"]]
    return found


def _delegation(patient: Patient) -> Result:
    from corridor.daemon.keystore import KeyRole
    from corridor.daemon.trust_keeper import open_keys, usable_key

    view, me, now_ms = patient.view, patient.config.endpoint, patient.now_ms
    cure = "`corridor join --network FOLDER --identity FOLDER` with the identity keys at hand"
    signing = open_keys(patient.config.keys).signing_keys(KeyRole.SIGN)
    key = usable_key(view, me, signing, now_ms)
    delegation = view.delegation(me.member)
    if key is None or delegation is None:
        return fail("no key of the node may sign: none is delegated, or it has ended", cure)
    until_ms = max(entry.not_after_ms for entry in delegation.keys if entry.key.key_id in signing)
    return ends("the delegation of the node's keys", until_ms, now_ms, cure)


def _bundle(patient: Patient) -> Result:
    from corridor.trust.bundle import seals_until_ms

    view, me, now_ms = patient.view, patient.config.endpoint, patient.now_ms
    bundle = view.bundle(me)
    if bundle is None:
        return fail("partners have no key to seal to us", _ROTATE)
    try:
        view.sealing_key(me, now_ms)
    except Refused as refused:
        return fail(f"partners cannot seal to us: {refused.message}", _ROTATE)
    left = seals_until_ms(bundle, now_ms)
    days = (left - now_ms) // DAY_MS
    if days < 21:  # noqa: PLR2004 - as in doctor_parts
        return warn(f"partners can seal to us for {days} more days", _ROTATE)
    return ok(f"bundle {bundle.serial}: partners can seal to us, {days} days left")
