"""Makes a new node's folder: configuration, keys, certificates, and what the registry must know.

Rules:

* nothing that exists is touched: both folders must be absent or empty;
* the folders are made beside their places and moved there when whole, so that a run that is cut
  short leaves nothing that looks like a node;
* the identity keys, and the key of the CA that lets partners' brokers in, lie apart: a running
  node needs neither;
* the request to join holds public values only, and each identity key signs it.
"""

import base64
import json
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from corridor.daemon.config_text import config_text
from corridor.daemon.keystore import KeyRole, KeyStore
from corridor.daemon.rotation import grouped
from corridor.errors import ConfigurationError, KeyTrouble
from corridor.exchange.addresses import NODE_USER
from corridor.seal.keys import DecryptionKey, SigningKey
from corridor.seal.x509 import Identity, Leaf, Usage, fingerprint, issue, make_ca, to_der, to_pem
from corridor.transit.parties import Endpoint
from corridor.trust.agreement import IdentityKeys
from corridor.trust.ceremony import member, public_key
from corridor.trust.directory import BrokerAddress
from corridor.trust.possession import make_possession

IDENTITY_KEYS: Final = 3
IDENTITY_THRESHOLD: Final = 2
"""Two of three: one identity key may be lost, or stolen, and the administration can go on."""
SUITES: Final = (2, 1)
_CA_DAYS: Final = 3652
_LEAF_DAYS: Final = 731
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answers:
    """What an administration decides about its node."""

    endpoint: Endpoint
    administration: str
    """Its name, for people."""
    at: Path
    identity_at: Path
    broker_host: str
    """DNS name or address under which partners' brokers reach ours."""
    broker_port: int
    environment: str
    genesis: str | None
    """SHA-256 of the network's first root, hexadecimal, if it is known already."""
    passphrase_file: Path | None
    broker_ca: Path | None
    """Certificate of a CA that the administration has already, PEM; otherwise one is made."""
    broker_address: str | None = None
    """Where partners' brokers connect to, if no name server tells them."""


@dataclass(frozen=True, slots=True)
class Founded:
    """What was made."""

    config: Path
    join_request: Path
    identity_at: Path
    own_ca: bool
    """Whether a CA and the broker's and the node's certificates were made."""
    fingerprints: dict[str, str]
    """What the registry reads out for comparison, in groups of four digits."""


@dataclass(frozen=True, slots=True)
class _Keys:
    identity: tuple[SigningKey, ...]
    sign: SigningKey
    key_manager: SigningKey
    opening: tuple[DecryptionKey, ...]


def found_node(answers: Answers, now_ms: int) -> Founded:
    """Make the folders of a node.

    Raises:
        ConfigurationError: An answer cannot be used, or a folder is not empty.
        KeyTrouble: The passphrase or the CA's certificate cannot be used, or a folder cannot be
            written.
    """
    _check(answers)
    keys = _Keys(
        tuple(SigningKey.generate() for _ in range(IDENTITY_KEYS)),
        SigningKey.generate(),
        SigningKey.generate(),
        tuple(DecryptionKey.generate(suite) for suite in SUITES),
    )
    node, identity = _beside(answers.at), _beside(answers.identity_at)
    try:
        node.mkdir(parents=True)
        (node / "state").mkdir(mode=0o700)
        _write_keys(answers, keys, node / "keys", identity)
        ca = _write_pki(answers, node / "pki", identity / "broker-ca", now_ms)
        request = _join_request(answers, keys, ca, now_ms)
        (node / "join-request.json").write_text(json.dumps(request, indent=2) + "\n", "utf-8")
        (node / "node.toml").write_text(config_text(_given(answers)), "utf-8")
        identity.replace(answers.identity_at)
        node.replace(answers.at)
    except OSError as error:
        raise KeyTrouble(f"{error.filename}: {error.strerror}") from None
    finally:
        shutil.rmtree(node, ignore_errors=True)
        shutil.rmtree(identity, ignore_errors=True)
    return Founded(
        config=answers.at / "node.toml",
        join_request=answers.at / "join-request.json",
        identity_at=answers.identity_at,
        own_ca=answers.broker_ca is None,
        fingerprints=_fingerprints(keys, ca),
    )


def _check(answers: Answers) -> None:
    faults = [
        f"{folder}: is there already and is not empty; nothing was changed"
        for folder in (answers.at, answers.identity_at)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    ]
    if answers.at.resolve() == answers.identity_at.resolve():
        faults.append("the identity keys must lie in another folder than the node's")
    if not _HOST.fullmatch(answers.broker_host):
        faults.append(f"broker host: a DNS name or an IPv4 address, not {answers.broker_host!r}")
    if answers.broker_address is not None and not _HOST.fullmatch(answers.broker_address):
        faults.append(f"broker address: an address, not {answers.broker_address!r}")
    if not answers.administration.strip():
        faults.append("administration: its name, for people")
    if answers.genesis is not None and not re.fullmatch(r"[0-9a-f]{64}", answers.genesis):
        faults.append("genesis: 64 hexadecimal digits, as the registry publishes them")
    if faults:
        raise ConfigurationError("\n".join(faults))


def _beside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.new")


def _write_keys(answers: Answers, keys: _Keys, folder: Path, offline: Path) -> None:
    store = KeyStore(folder, passphrase_file=answers.passphrase_file)
    store.add_signing(KeyRole.SIGN, keys.sign)
    store.add_signing(KeyRole.KEY_MANAGER, keys.key_manager)
    for opening in keys.opening:
        store.add_decryption(opening)
    store.add_storage(secrets.token_bytes(32))
    identities = KeyStore(offline, passphrase_file=answers.passphrase_file)
    for identity in keys.identity:
        identities.add_signing(KeyRole.IDENTITY, identity)


def _given_ca(path: Path) -> bytes:
    try:
        return to_pem(to_der(path.read_bytes()))
    except KeyTrouble as trouble:
        raise KeyTrouble(
            f"{path}: {trouble.message}", cure="name the certificate of your CA, in PEM"
        ) from None


def _write_pki(answers: Answers, pki: Path, offline: Path, now_ms: int) -> bytes:
    """Write certificates; returns the CA's, PEM."""
    pki.mkdir()
    if answers.broker_ca is not None:
        certificate = _given_ca(answers.broker_ca)
        _write(pki / "ca.pem", certificate)
        return certificate
    ca = make_ca(f"Corridor {answers.endpoint} CA", _CA_DAYS, now_ms)
    host = answers.broker_host
    server = issue(ca, Leaf(host, Usage.SERVER, _LEAF_DAYS, (host,)), now_ms)
    node = issue(ca, Leaf(NODE_USER, Usage.CLIENT, _LEAF_DAYS), now_ms)
    offline.mkdir(mode=0o700)
    _write(offline / "ca.key", ca.key)
    _write(pki / "ca.pem", ca.certificate)
    _write_identity(pki / "server", server)
    _write_identity(pki / "node", node)
    return ca.certificate


def _write_identity(path: Path, identity: Identity) -> None:
    _write(path.with_suffix(".pem"), identity.certificate)
    _write(path.with_suffix(".key"), identity.key)


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _given(answers: Answers) -> dict[str, dict[str, str | int]]:
    given: dict[str, dict[str, str | int]] = {
        "node": {"endpoint": answers.endpoint, "environment": answers.environment},
        "trust": {},
        "keys": {},
        "broker": {
            "port": answers.broker_port,
            "server_name": answers.broker_host,
            "ca_file": "pki/ca.pem",
            "cert_file": "pki/node.pem",
            "key_file": "pki/node.key",
        },
        "links": {"amqps_port": answers.broker_port},
    }
    if answers.genesis is not None:
        given["trust"]["genesis_sha256"] = answers.genesis
    if answers.passphrase_file is not None:
        given["keys"]["passphrase_file"] = str(answers.passphrase_file.resolve())
    return given


def _join_request(answers: Answers, keys: _Keys, ca: bytes, now_ms: int) -> dict[str, Any]:
    address = BrokerAddress(
        answers.broker_host,
        answers.broker_port,
        answers.broker_address,
        fingerprint(ca),
        to_der(ca),
    )
    name = answers.administration.strip()
    entry = member(answers.endpoint, name, keys.identity, IDENTITY_THRESHOLD, address)
    return {
        "corridor_join_request": 2,
        "endpoint": answers.endpoint,
        "administration": name,
        "environment": answers.environment,
        "identity": {
            "threshold": IDENTITY_THRESHOLD,
            "fingerprint": grouped(entry.identity.fingerprint()),
            "keys": [_public(key) for key in keys.identity],
        },
        "node_keys": {"sign": _public(keys.sign), "key_manager": _public(keys.key_manager)},
        "encryption_keys": [{"suite": key.suite, **_public(key)} for key in keys.opening],
        "broker": {
            "host": answers.broker_host,
            "port": answers.broker_port,
            "connect_to": answers.broker_address,
            "ca_sha256": fingerprint(ca).hex(),
            "ca_der": base64.b64encode(to_der(ca)).decode(),
        },
        # What counts. The rest is for people, and must say the same.
        "possession": base64.b64encode(make_possession(entry, keys.identity, now_ms)).decode(),
    }


def _public(key: SigningKey | DecryptionKey) -> dict[str, str]:
    return {
        "key_id": key.key_id.hex(),
        "fingerprint": grouped(key.key_id),
        "public": base64.b64encode(key.public).decode(),
    }


def _fingerprints(keys: _Keys, ca: bytes) -> dict[str, str]:
    found = {f"identity key {n}": grouped(key.key_id) for n, key in enumerate(keys.identity, 1)}
    identity = IdentityKeys("", tuple(map(public_key, keys.identity)), IDENTITY_THRESHOLD)
    found["identity, all"] = grouped(identity.fingerprint())
    found["sign key"] = grouped(keys.sign.key_id)
    found["key_manager key"] = grouped(keys.key_manager.key_id)
    found["broker CA"] = grouped(fingerprint(ca))
    return found
