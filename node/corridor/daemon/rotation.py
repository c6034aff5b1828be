"""Rotation of the node's encryption keys, and what there is to see of its keys.

Rules:

* a new secret is on disk before the bundle that names it is; the bundle is on disk before anybody
  is told: a crash at any point leaves keys that open all that was ever announced;
* a secret is destroyed only when its acceptance has ended.
"""

from collections.abc import Sequence
from typing import Any

from corridor.daemon.config import NodeConfig
from corridor.daemon.keystore import KeyEntry, KeyRole, KeyStore
from corridor.daemon.trust_keeper import open_keys, open_trust, usable_key
from corridor.errors import KeyTrouble
from corridor.seal.keys import DecryptionKey, SigningKey
from corridor.transit.parties import Endpoint
from corridor.trust.bundle import plan_rotation
from corridor.trust.ceremony import make_bundle
from corridor.trust.delegation import KeyUsage
from corridor.trust.view import TrustView


def rotate(config: NodeConfig, suites: tuple[int, ...], now_ms: int) -> dict[str, Any]:
    """Make new encryption keys and the bundle that announces them; returns what was done.

    Raises:
        KeyTrouble: A key that must sign is missing.
        Refused: The bundle would not be believed (LIMITS: too many keys).
    """
    me = config.endpoint
    keys, trust = open_keys(config.keys), open_trust(config)
    view = trust.load(now_ms)
    signers = _signers(view, me, keys.signing_keys(KeyRole.SIGN),
                       keys.signing_keys(KeyRole.KEY_MANAGER), now_ms)  # fmt: skip
    plan = plan_rotation(view.bundle(me), now_ms, suites)
    held = view.state.bundles.get(me)
    fresh = _new_keys(keys, plan.suites, first=held is None)
    previous = held.signed.to_bytes() if held else None
    signed = make_bundle(
        view.network_id, me, plan, fresh, signers, issued_ms=now_ms, previous=previous
    )
    view = trust.add(view, signed, now_ms)
    present = {entry.key_id for entry in keys.entries() if entry.role is KeyRole.DECRYPT}
    gone = [one.key.key_id for one in plan.forget if one.key.key_id in present]
    for key_id in gone:
        keys.destroy(KeyRole.DECRYPT, key_id)
    bundle = view.bundle(me)
    return {
        "endpoint": me,
        "serial": bundle.serial if bundle else 0,
        "until_ms": plan.encrypt_until_ms,
        "new": [key.key_id.hex() for key in fresh],
        "destroyed": [key_id.hex() for key_id in gone],
    }


def _new_keys(keys: KeyStore, suites: Sequence[int], *, first: bool) -> list[DecryptionKey]:
    """Return a key for each suite, kept; the first bundle names those that `init` made."""
    made = {key.suite: key for key in keys.decryption_keys().values()} if first else {}
    fresh = [made.get(suite) or DecryptionKey.generate(suite) for suite in suites]
    for key in fresh:
        if made.get(key.suite) is not key:
            keys.add_decryption(key)
    return fresh


def describe_keys(config: NodeConfig, now_ms: int) -> list[dict[str, Any]]:
    """Return every key file: role, id, protection, until when it counts, and its state."""
    view = open_trust(config).load(now_ms)
    return [
        _describe(entry, view, config.endpoint, now_ms)
        for entry in open_keys(config.keys).entries()
    ]


def fingerprints(config: NodeConfig, now_ms: int) -> dict[str, str]:
    """Return what people compare over another channel, in groups of four digits."""
    view = open_trust(config).load(now_ms)
    delegation = view.delegation(config.endpoint.member)
    found = {"network": grouped(bytes.fromhex(config.trust.genesis_sha256))}
    for key in delegation.keys if delegation else ():
        found[f"{key.usage.name.lower()} key"] = grouped(key.key.key_id)
    return found


def _signers(
    view: TrustView,
    me: Endpoint,
    signing: dict[bytes, SigningKey],
    managers: dict[bytes, SigningKey],
    now_ms: int,
) -> tuple[SigningKey, SigningKey]:
    sign = usable_key(view, me, signing, now_ms)
    delegation = view.delegation(me.member)
    usable = [
        managers[key.key.key_id]
        for key in (delegation.keys if delegation else ())
        if key.usage is KeyUsage.KEY_MANAGER
        and key.key.key_id in managers
        and key.not_before_ms <= now_ms < key.not_after_ms
    ]
    if sign is None or not usable:
        raise KeyTrouble(
            "a bundle needs a delegated signing key and a delegated key manager's key; "
            "at least one of them is not in the key folder or has ended"
        )
    return usable[0], sign


def _describe(entry: KeyEntry, view: TrustView, me: Endpoint, now_ms: int) -> dict[str, Any]:
    until_ms = _until_ms(entry, view, me)
    state = "-"
    if until_ms is not None:
        state = "counts" if now_ms < until_ms else "ended"
    return {
        "role": entry.role.value,
        "key_id": entry.key_id.hex(),
        "protection": entry.protection.name.lower(),
        "until_ms": until_ms,
        "state": state,
    }


def _until_ms(entry: KeyEntry, view: TrustView, me: Endpoint) -> int | None:
    bundle, delegation = view.bundle(me), view.delegation(me.member)
    ends = {key.key.key_id: key.accept_until_ms for key in (bundle.keys if bundle else ())}
    ends |= {key.key.key_id: key.not_after_ms for key in (delegation.keys if delegation else ())}
    return ends.get(entry.key_id)


def grouped(value: bytes) -> str:
    """Return a hash or an id as people read it out: hexadecimal in groups of four."""
    digits = value.hex()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
