"""Joins a network: pins its first root, believes what the registry signed, lends the node its keys.

Rules:

* nothing is written before the fingerprint, compared over another channel, is the first root's;
* the pin in `node.toml` is written once and never changed: another network is another folder;
* each step is done when it is not done yet, so that the command can be repeated, and a run that
  was cut short goes on where it ended; what is older than what is held is refused (`rollback`);
* identity keys are read for the one signature and go back offline.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.daemon.config import NodeConfig
from corridor.daemon.config_edit import read_value, write_value
from corridor.daemon.keystore import KeyRole, KeyStore
from corridor.daemon.network_folder import Network
from corridor.daemon.rotation import rotate
from corridor.daemon.trust_keeper import open_keys, open_trust
from corridor.errors import ConfigurationError, KeyTrouble, Reason, Refused
from corridor.seal.keys import SigningKey
from corridor.transit.parties import Endpoint
from corridor.trust import ceremony
from corridor.trust.agreement import IdentityKeys
from corridor.trust.delegation import DelegatedKey, KeyUsage
from corridor.trust.view import TrustView
from corridor.wire import limits

_SUITES: Final = (2, 1)
_USES: Final = ((KeyRole.SIGN, KeyUsage.SIGN), (KeyRole.KEY_MANAGER, KeyUsage.KEY_MANAGER))
_RENEW_BEFORE_MS: Final = 30 * limits.DAY_MS
"""Longer than the three weeks before which an alarm is raised."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of joining: what it was, and whether it was done now or before."""

    what: str
    new: bool


def pin_network(path: Path, genesis: bytes) -> Step:
    """Write the first root's hash into a node's configuration, unless it is there.

    Raises:
        ConfigurationError: Another network is pinned there, or the file would not be usable.
    """
    held = read_value(path, "trust", "genesis_sha256")
    if held is not None:
        if held.lower() != genesis.hex():
            raise ConfigurationError(
                f"{path} names another network already (trust.genesis_sha256 {held}); nothing was "
                "changed",
                cure="make another folder with `corridor init` for another network",
            )
        return Step("the network is pinned in the configuration", new=False)
    write_value(path, "trust", "genesis_sha256", genesis.hex())
    return Step("pinned the network in the configuration", new=True)


def is_pinned(path: Path, genesis: bytes) -> bool:
    """Whether a node's configuration names this first root already."""
    return read_value(path, "trust", "genesis_sha256") == genesis.hex()


def require_current(config_path: Path, network: Network, now_ms: int) -> None:
    """Refuse statements that cannot be believed, or count no more, before anything is written.

    Raises:
        Refused: STATEMENT_EXPIRED, QUORUM, STATEMENT_SIGNATURE, LAB_ROOT and others.
        ConfigurationError: The configuration cannot be read.
    """
    offered = network.view(now_ms)
    offered.require_environment(read_value(config_path, "node", "environment") or "production")
    if not offered.is_current(now_ms):
        raise Refused(
            Reason.STATEMENT_EXPIRED, "the directory, or its root, has ended, or there is none yet"
        )


def believe(config: NodeConfig, network: Network, now_ms: int) -> tuple[TrustView, Step]:
    """Take the registry's statements into what the node believes.

    Raises:
        Refused: One is not to be believed: ROLLBACK, STATEMENT_EXPIRED, QUORUM and others.
        KeyTrouble: The folder of statements cannot be used.
    """
    trust = open_trust(config)
    try:
        view = trust.load(now_ms)
    except ConfigurationError:
        # Nothing is held yet. A folder that a crash left without its list is begun again.
        view = trust.found(network.statements(), now_ms)
        return view, Step(f"believes directory {view.dir_version}", new=True)
    before = view.dir_version
    for signed in network.statements():
        view = trust.add(view, signed, now_ms)
    return view, Step(f"believes directory {view.dir_version}", new=view.dir_version != before)


def require_listed(config: NodeConfig, view: TrustView) -> IdentityKeys:
    """Return our identity keys as the directory lists them.

    Raises:
        ConfigurationError: The directory does not list us.
    """
    member = view.member(config.endpoint)
    if member is None:
        raise ConfigurationError(
            f"directory {view.dir_version} does not list {config.endpoint}",
            cure="give join-request.json to the registry, and take the directory that lists you",
        )
    return member.identity


def identity_signers(
    folder: Path, passphrase_file: Path | None, identity: IdentityKeys
) -> tuple[SigningKey, ...]:
    """Return as many identity keys as must sign.

    Raises:
        KeyTrouble: Too few of the keys that the directory lists are in the folder.
    """
    store = KeyStore(folder, passphrase_file=passphrase_file)
    listed = {key.key_id for key in identity.keys}
    found = [
        key for key_id, key in store.signing_keys(KeyRole.IDENTITY).items() if key_id in listed
    ]
    if len(found) < identity.threshold:
        raise KeyTrouble(
            f"{folder} holds {len(found)} identity keys of {identity.member_id} that the directory "
            f"lists; {identity.threshold} must sign",
            cure="name the folder of identity keys that `corridor init` made, with --identity",
        )
    return tuple(found[: identity.threshold])


def delegate(
    config: NodeConfig,
    view: TrustView,
    signers: tuple[SigningKey, ...],
    now_ms: int,
) -> tuple[TrustView, Step]:
    """Lend the node's keys to it, unless that is done; new ones where the old ones end soon.

    Raises:
        Refused: The delegation would not be believed.
        KeyTrouble: The node's keys cannot be read.
    """
    me = config.endpoint
    keys = open_keys(config.keys)
    _renew(keys, view, me, now_ms)
    missing = _not_lent(keys, view, me, now_ms)
    if not missing:
        return view, Step("the node's keys are delegated", new=False)
    held = view.state.delegations.get(me.member)
    signed = ceremony.make_delegation(
        view.network_id,
        me.member,
        missing,
        signers,
        issued_ms=now_ms,
        previous=None if held is None else held.signed.to_bytes(),
    )
    view = open_trust(config).add(view, signed, now_ms)
    return view, Step(f"delegated {len(missing)} keys to the node, for 90 days", new=True)


def is_delegated(config: NodeConfig, view: TrustView) -> bool:
    """Whether the node's keys are lent to it already."""
    return not _not_lent(open_keys(config.keys), view, config.endpoint, 0)


def announce(config: NodeConfig, view: TrustView, now_ms: int) -> Step:
    """Make the first bundle of encryption keys, unless there is one.

    Raises:
        Refused: It would not be believed.
    """
    if view.bundle(config.endpoint) is not None:
        return Step("a bundle of encryption keys is there", new=False)
    rotate(config, _SUITES, now_ms)
    return Step("made the bundle that tells partners the encryption keys", new=True)


def _renew(keys: KeyStore, view: TrustView, me: Endpoint, now_ms: int) -> None:
    """Make a new key of each use whose keys all end soon; a key is lent once, for one window."""
    held = view.delegation(me.member)
    ends = {entry.key.key_id: entry.not_after_ms for entry in (held.keys if held else ())}
    for role, _ in _USES:
        left = [ends.get(key_id) for key_id in keys.signing_keys(role)]
        if all(end is not None and end - now_ms < _RENEW_BEFORE_MS for end in left):
            keys.add_signing(role, SigningKey.generate())


def _not_lent(
    keys: KeyStore, view: TrustView, me: Endpoint, now_ms: int
) -> tuple[DelegatedKey, ...]:
    held = view.delegation(me.member)
    lent = {entry.key.key_id for entry in (held.keys if held else ())}
    return tuple(
        ceremony.lend(key, usage, me, now_ms)
        for role, usage in _USES
        for key_id, key in keys.signing_keys(role).items()
        if key_id not in lent
    )
