"""Checks of `corridor doctor` on this machine: configuration, keys, clock, directory, node."""

import ctypes
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from corridor.cli.doctor_disk import private
from corridor.cli.doctor_parts import (
    Patient,
    Result,
    ends,
    fail,
    ok,
    skip,
    warn,
)
from corridor.cli.watch_screen import watched_clock
from corridor.errors import CorridorError, Refused
from corridor.wire.limits import DAY_MS

if TYPE_CHECKING:
    from corridor.daemon.config import NodeConfig

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
    found += private(patient.config)
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
    signed_ms = _signed_ms(patient.config)
    if signed_ms > patient.now_ms:
        behind = (signed_ms - patient.now_ms) // 1000
        found.append(
            fail(
                f"the clock is {behind} s behind what the registry signed",
                "set the clock; have chrony or systemd-timesyncd keep it",
            )
        )
    return [*found, *watched_clock(patient)]


def directory(patient: Patient) -> list[Result]:
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


def node(patient: Patient) -> list[Result]:
    """The node runs, and is connected to its broker."""
    status = patient.status
    if status is None:
        return [_silent(patient)]
    found = [ok(f"runs, corridor {status['version']}")]
    ends_ = status["broker"]
    if not (ends_["sender"] and ends_["receiver"]):
        cure = "see the check `broker`; the node dials again by itself, records are kept"
        found.append(fail("the own broker is not connected", cure))
    return found


def _silent(patient: Patient) -> Result:
    """Tell a node that hangs from one that is down, and that from one that was never started."""
    from corridor.store.look import writer

    path = patient.config.store.path
    process = writer(path)
    if patient.hangs:
        return fail(patient.unanswered, "restart its service; what it accepted is kept")
    if process is not None:
        what = f"process {process} has the store, and no node answers: {patient.unanswered}"
        return fail(what, f"`ps {process}`: a node that has just started needs a moment; restart "
                    "its service where it goes on; another program has to end")  # fmt: skip
    cure = "`corridor run --config ...`, or start its service; its log says why it ended"
    what = f"the node does not run: {patient.unanswered}"
    if patient.before_start or not path.exists():
        return warn(what, cure)
    return fail(what, cure)


def attention(patient: Patient) -> list[Result]:
    """The node asks for nobody."""
    if patient.status is None:
        return [skip(patient.no_status)]
    found = [fail(line, "RUNBOOK has a heading for it") for line in patient.status["attention"]]
    found += [
        warn(f"{one['endpoint']} is paused: {one['waiting']} records wait", one["cure"])
        for one in patient.status["peers"]
        if one["state"] == "paused"
    ]
    return found or [ok("the node asks for nobody")]


def _signed_ms(config: "NodeConfig") -> int:
    """Return when the newest directory in the folder was issued; 0 where none can be read.

    It is not verified here: with a clock that is far behind, nothing is believed.
    """
    from corridor.daemon.network_folder import read_statement
    from corridor.trust.directory import read_directory
    from corridor.trust.statements import Signed

    issued = [0]
    network_id = bytes.fromhex(config.trust.genesis_sha256)[:16]
    for path in config.trust.directory.glob("directory-*"):
        with suppress(OSError, CorridorError):
            payload = Signed.parse(read_statement(path)).payload
            issued.append(read_directory(payload, network_id, {}).issued_ms)
    return max(issued)


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
