"""Lay out the brokers of a lab: certificates, passwords, configuration; ready to be started.

Rules:

* each country has a CA of its own; it issues its server's certificate, its node's and those of
  the partners' brokers that log in there, and nothing else is trusted by its listener;
* `watch.password` and `operator.password` lie beside the broker's data, mode 0600, and so does
  `authority.key`: a lab renews certificates as a country does.

Example:
    >>> with PortLease() as lease:
    ...     brokers = lay_out(folder, {GE: [TR], TR: [GE]}, lease, now_ms)
    ...     for broker in brokers.values():
    ...         broker.start()
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.exchange.addresses import NODE_USER, OPERATOR_USER, WATCH_USER, federation_user
from corridor.lab.brokers import BrokerPlan, PrivateBroker, plan_broker
from corridor.lab.ports import PortLease
from corridor.seal.x509 import Identity, Leaf, Usage, issue, make_ca
from corridor.transit.parties import CountryCode
from corridor.transport.broker import HEARTBEAT_S, BrokerAddress
from corridor.transport.render import BrokerSettings, PartnerLink, password_hash, render_country

LOOPBACK: Final = "127.0.0.1"
_CERTIFICATE_DAYS: Final = 365  # as a country's: nothing may warn of their end in a lab
_PASSWORD_BYTES: Final = 18
_SALT_BYTES: Final = 4


Relay = Callable[[BrokerPlan], BrokerPlan]


@dataclass(frozen=True, slots=True)
class LabTuning:
    """What a lab sets otherwise than a country: small, quick, on one machine."""

    reconnect_delay_s: int = 2
    disk_free_limit: str = "200MB"
    memory_watermark: str = "absolute = 1GB"
    wal_max_bytes: int = 16_000_000
    version: tuple[int, int, int] = (3, 10, 8)
    heartbeat_s: int = HEARTBEAT_S
    node_reconnect_max_s: float = 2
    time_scale: float = 1
    """Factor for the times of the exchange between nodes."""
    relay: Relay = lambda plan: plan
    """Puts something between a broker and those that connect to it."""
    age_days: float = 0
    """How long ago the network was founded: no clock may be put back to before that."""


AS_EVER: Final = LabTuning()


def lay_out(
    directory: Path,
    partners: Mapping[CountryCode, Collection[CountryCode]],
    lease: PortLease,
    now_ms: int,
    tuning: LabTuning = AS_EVER,
) -> dict[CountryCode, PrivateBroker]:
    """Write everything the brokers of the countries in `partners` need, one folder each.

    Args:
        directory: Where the folders are made, named by country in lower case.
        partners: Country → those from whose brokers it takes envelopes.
        lease: Where the ports come from.
        now_ms: The time certificates begin.
        tuning: Settings that differ from a country's.
    """
    plans = {
        country: tuning.relay(plan_broker(country, directory / country.lower(), lease))
        for country in partners
    }
    authorities = {
        country: make_ca(f"corridor {country} CA", _CERTIFICATE_DAYS, now_ms)
        for country in partners
    }
    brokers = {}
    for country, plan in plans.items():
        broker = PrivateBroker(plan)
        broker.write({})
        _write_own(plan, authorities[country], now_ms)
        links = [
            _write_link(plan, plans[partner], authorities[partner], now_ms, tuning)
            for partner in partners[country]
        ]
        files = render_country(country, _settings(plan, tuning), links, tuning.version)
        broker.write(files)
        brokers[country] = broker
    return brokers


def node_address(plan: BrokerPlan) -> BrokerAddress:
    """Return how the node of a lab reaches its broker."""
    pki = plan.pki
    return BrokerAddress(
        LOOPBACK,
        plan.node_port or plan.ports.amqps,
        plan.server_name,
        pki / "ca.pem",
        pki / "node.pem",
        pki / "node.key",
    )


def authority(plan: BrokerPlan) -> Identity:
    """Return the CA of a lab's broker, which issues whatever its listener trusts."""
    certificate = (plan.pki / "ca.pem").read_bytes()
    return Identity(certificate, (plan.directory / "authority.key").read_bytes())


def password(plan: BrokerPlan, user: str) -> str:
    """Return the password of `corridor-watch` or `corridor-operator` at a lab's broker."""
    return password_path(plan, user).read_text(encoding="ascii").strip()


def _settings(plan: BrokerPlan, tuning: LabTuning) -> BrokerSettings:
    pki = plan.pki
    return BrokerSettings(
        ca_file=pki / "ca.pem",
        cert_file=pki / "server.pem",
        key_file=pki / "server.key",
        definitions_file=plan.etc / "definitions.json",
        listen_host=LOOPBACK,
        amqps_port=plan.ports.amqps,
        management_port=plan.ports.management,
        prometheus_port=plan.ports.prometheus,
        watch_password_hash=_make_password(plan, WATCH_USER),
        operator_password_hash=_make_password(plan, OPERATOR_USER),
        disk_free_limit=tuning.disk_free_limit,
        memory_watermark=tuning.memory_watermark,
        wal_max_bytes=tuning.wal_max_bytes,
        reconnect_delay_s=tuning.reconnect_delay_s,
    )


def _write_own(plan: BrokerPlan, ca: Identity, now_ms: int) -> None:
    server = Leaf(plan.server_name, Usage.SERVER, _CERTIFICATE_DAYS, (plan.server_name,))
    _write(plan.pki / "ca.pem", ca.certificate)
    _write(plan.directory / "authority.key", ca.key)
    _write_identity(plan.pki / "server", issue(ca, server, now_ms))
    node = Leaf(NODE_USER, Usage.CLIENT, _CERTIFICATE_DAYS)
    _write_identity(plan.pki / "node", issue(ca, node, now_ms))


def _write_link(
    plan: BrokerPlan, partner: BrokerPlan, ca: Identity, now_ms: int, tuning: LabTuning
) -> PartnerLink:
    name = partner.country.lower()
    user = Leaf(federation_user(plan.country), Usage.CLIENT, _CERTIFICATE_DAYS)
    at_partner = plan.pki / f"fed-at-{name}"
    _write_identity(at_partner, issue(ca, user, now_ms))
    ca_file = plan.pki / f"{name}-ca.pem"
    _write(ca_file, ca.certificate)
    return PartnerLink(
        partner.country,
        LOOPBACK,
        partner.entry,
        partner.server_name,
        ca_file,
        at_partner.with_suffix(".pem"),
        at_partner.with_suffix(".key"),
        tuning.heartbeat_s,
    )


def _write_identity(path: Path, identity: Identity) -> None:
    _write(path.with_suffix(".pem"), identity.certificate)
    _write(path.with_suffix(".key"), identity.key)


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def password_path(plan: BrokerPlan, user: str) -> Path:
    """Return the file that holds the password of `corridor-watch` or `corridor-operator`."""
    return plan.directory / f"{user.removeprefix('corridor-')}.password"


def _make_password(plan: BrokerPlan, user: str) -> str:
    text = secrets.token_urlsafe(_PASSWORD_BYTES)
    _write(password_path(plan, user), text.encode("ascii") + b"\n")
    return password_hash(text, secrets.token_bytes(_SALT_BYTES))
