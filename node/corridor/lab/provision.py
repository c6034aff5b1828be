"""Writes a node's folder for a lab: configuration, keys, trust. What `init` and `join` do apart."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from corridor.daemon.keystore import KeyRole, KeyStore
from corridor.daemon.truststore import TrustStore
from corridor.exchange.addresses import WATCH_USER
from corridor.gateway.http.clients import (
    Client,
    Clients,
    new_token,
    save_clients,
    token_client,
    with_client,
)
from corridor.lab.broker_layout import AS_EVER, LabTuning, node_address, password, password_path
from corridor.lab.brokers import BrokerPlan
from corridor.lab.nodes import NodePlan
from corridor.lab.world import MemberKeys, World
from corridor.seal.x509 import fingerprint, to_der
from corridor.transit.parties import CountryCode
from corridor.transport.render import password_hash
from corridor.trust.directory import BrokerAddress

_MAX_SOCKET_PATH = 100


def directory_address(plan: BrokerPlan) -> BrokerAddress:
    """Return a lab's broker as the directory names it."""
    ca = (plan.pki / "ca.pem").read_bytes()
    return BrokerAddress(plan.server_name, plan.entry, "127.0.0.1", fingerprint(ca), to_der(ca))


def socket_path(runtime: Path, code: CountryCode) -> Path:
    """Return where a node of the lab listens; a socket's path must be short."""
    path = runtime / f"{code.lower()}.sock"
    if len(os.fsencode(path)) > _MAX_SOCKET_PATH:
        raise ValueError(f"{path} is too long for a socket")
    return path


def write_node(
    plan: NodePlan,
    broker: BrokerPlan,
    world: World,
    now_ms: int,
    tuning: LabTuning = AS_EVER,
) -> None:
    """Write everything `corridor run` needs for one country."""
    member = world.members[plan.country.code]
    (plan.directory / "state").mkdir(parents=True, mode=0o700, exist_ok=True)
    _write_keys(plan.directory / "keys", member)
    # An administration keeps its identity keys offline, in another place than its node's keys.
    offline = KeyStore(plan.directory / "offline")
    for key in member.identity:
        offline.add_signing(KeyRole.IDENTITY, key)
    trust = TrustStore(plan.directory / "trust", world.genesis, "lab")
    trust.found(world.statements, now_ms)
    settings = {**_settings(plan, broker, world.genesis, tuning), **_national(plan)}
    if plan.country.standard:
        settings["standards"] = _standards(plan)
    if tuning.time_scale != 1:
        settings["lab"] = {"time_scale": tuning.time_scale}
    plan.config.write_text(_toml(settings), encoding="utf-8")


def _national(plan: NodePlan) -> dict[str, Mapping[str, str | float]]:
    """Return the sections of the gateway that the national system uses, and make what they need."""
    match plan.country.national_system:
        case "spool":
            plan.spool.mkdir(mode=0o700, exist_ok=True)
            return {
                "spool": {"directory": str(plan.spool), "settle_s": 0, "acknowledge": "removed"}
            }
        case "http":
            return _http(plan)
        case "webhook":
            secret = base64.b64encode(secrets.token_bytes(32)).decode()
            plan.hook_secret.touch(0o600)
            plan.hook_secret.write_text(f"whsec_{secret}\n", encoding="ascii")
            hook: dict[str, str | float] = {
                "url": f"http://127.0.0.1:{plan.hook_port}/",
                "secret_file": "hook.secret",
                "retry_max_s": 2,
            }
            return {"webhook": hook, **_http(plan)}
        case _:
            return {}


def _standards(plan: NodePlan) -> dict[str, str | float]:
    """Have partners' records delivered in the standard of the national system."""
    if plan.country.standard == "ncts":
        return {"deliver": "NCTS-P5"}
    known = resources.files("corridor.lab").joinpath("dialects")
    dialect = known.joinpath(f"{plan.country.code.lower()}.toml").read_text(encoding="utf-8")
    plan.dialect.write_text(dialect, encoding="utf-8")
    return {"deliver": "ASYCUDA-SAD", "dialect": plan.dialect.name}


def _http(plan: NodePlan) -> dict[str, Mapping[str, str | float]]:
    """Let the national system in over HTTP; as fast as a driver of test traffic asks."""
    token = new_token()
    plan.token.touch(0o600)
    plan.token.write_text(f"{token}\n", encoding="ascii")
    client = token_client(Client("national-system", "", roles=("submitter", "reader")), token)
    save_clients(plan.directory / "http" / "clients.json", with_client(Clients(), client))
    return {
        "http": {
            "enabled": True,
            "port": plan.http_port,
            "requests_per_s": 100_000,
            "burst": 100_000,
        }
    }


def _write_keys(folder: Path, member: MemberKeys) -> None:
    keys = KeyStore(folder)
    keys.add_signing(KeyRole.SIGN, member.signing)
    keys.add_signing(KeyRole.KEY_MANAGER, member.key_manager)
    for key in member.opening:
        keys.add_decryption(key)
    keys.add_storage(secrets.token_bytes(32))


def _settings(
    plan: NodePlan, broker: BrokerPlan, genesis: bytes, tuning: LabTuning
) -> dict[str, Mapping[str, str | float]]:
    address = node_address(broker)
    return {
        "node": {"endpoint": plan.country.endpoint, "environment": "lab"},
        "trust": {"genesis_sha256": genesis.hex()},
        "store": {"free_space_min_mib": 64},
        "broker": {
            "host": address.host,
            "port": address.port,
            "server_name": address.server_name,
            "ca_file": str(address.ca_file),
            "cert_file": str(address.cert_file),
            "key_file": str(address.key_file),
            "reconnect_max_s": tuning.node_reconnect_max_s,
            "heartbeat_s": tuning.heartbeat_s,
        },
        "links": {
            "listen_host": "127.0.0.1",
            "amqps_port": broker.ports.amqps,
            "management_port": broker.ports.management,
            "prometheus_port": broker.ports.prometheus,
            "ca_file": str(broker.pki / "ca.pem"),
            "server_cert_file": str(broker.pki / "server.pem"),
            "server_key_file": str(broker.pki / "server.key"),
            "partner_folder": str(broker.pki),
            "files_folder": str(broker.etc),
            "watch_password_hash": _hash_of(broker, "corridor-watch"),
            "operator_password_hash": _hash_of(broker, "corridor-operator"),
            "reconnect_delay_s": tuning.reconnect_delay_s,
            "heartbeat_s": tuning.heartbeat_s,
            "disk_free_limit": tuning.disk_free_limit,
            "memory_watermark": tuning.memory_watermark,
            "wal_max_bytes": tuning.wal_max_bytes,
        },
        "watch": {"password_file": str(password_path(broker, WATCH_USER))},
        "gateway": {"socket": str(plan.socket)},
        "metrics": {"port": plan.metrics_port},
    }


def _hash_of(broker: BrokerPlan, user: str) -> str:
    """Return the hash that the broker's definitions already hold for a user."""
    definitions = json.loads((broker.etc / "definitions.json").read_text(encoding="utf-8"))
    for entry in definitions["users"]:
        if entry["name"] == user:
            found: str = entry["password_hash"]
            return found
    return password_hash(password(broker, user), secrets.token_bytes(4))


def _toml(sections: Mapping[str, Mapping[str, str | float]]) -> str:
    lines = ["# Written by `corridor lab`."]
    for name, values in sections.items():
        lines += ["", f"[{name}]"]
        # A JSON string of these values is a TOML basic string, a JSON number a TOML number.
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
