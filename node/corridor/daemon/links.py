"""What the own broker is told, from the node's configuration and the directory.

Rules:

* partners, their addresses and the CAs of their servers come from the directory and from nowhere
  else; the CA's fingerprint there must be the certificate's;
* a partner whose client certificate for us is not there yet is left out and named.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.daemon.config import NodeConfig
from corridor.daemon.config_sections import LinksSection
from corridor.errors import ConfigurationError
from corridor.seal.x509 import to_pem
from corridor.transit.parties import CountryCode
from corridor.transport.render import (
    DEBIAN_12,
    BrokerSettings,
    PartnerLink,
    render_country,
    render_definitions,
)
from corridor.trust.directory import Member
from corridor.trust.view import TrustView

ENVIRONMENT_FILE: Final = "rabbitmq-env.conf"
"""Tells RabbitMQ where the others are; it belongs to /etc/rabbitmq."""


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """Everything to write for the own broker."""

    files: dict[str, str]
    """Name → text, for the folder the broker reads."""
    certificates: dict[Path, bytes]
    """CAs of partners' servers, PEM."""
    left_out: tuple[str, ...]
    """Partners that cannot be linked yet, each with the reason."""


def broker_files(
    config: NodeConfig, view: TrustView, now_ms: int, version: tuple[int, int, int] = DEBIAN_12
) -> BrokerFiles:
    """Render the own broker's files.

    Raises:
        ConfigurationError: A value of the configuration or the directory cannot be used.
    """
    links, certificates, left_out = _links(config, view, now_ms)
    settings = broker_settings(config.links)
    files = render_country(config.endpoint.country, settings, links, version)
    files[ENVIRONMENT_FILE] = _environment(config.links.files_folder)
    return BrokerFiles(files, certificates, left_out)


def expected_definitions(
    config: NodeConfig, view: TrustView, now_ms: int, version: tuple[int, int, int]
) -> dict[str, list[dict[str, object]]]:
    """Return what the own broker should hold, to be compared with what it does hold."""
    links, _, _ = _links(config, view, now_ms)
    return render_definitions(
        config.endpoint.country, broker_settings(config.links), links, version
    )


def unlinked_partners(config: NodeConfig, view: TrustView, now_ms: int) -> dict[CountryCode, str]:
    """Return the partners that cannot be linked yet, each with the reason."""
    found = (one.country for one in view.partners(config.endpoint, now_ms) if view.member(one))
    return {
        country: f"{cert} is missing"
        for country in found
        if not (cert := partner_certificate(config.links, country)).is_file()
    }


def partner_certificate(links: LinksSection, country: CountryCode) -> Path:
    """Return where our client certificate for a partner's broker lies."""
    return links.partner_folder / f"fed-at-{country.lower()}.pem"


def broker_settings(links: LinksSection) -> BrokerSettings:
    """Return what is particular to this machine."""
    return BrokerSettings(
        ca_file=links.ca_file,
        cert_file=links.server_cert_file,
        key_file=links.server_key_file,
        definitions_file=links.files_folder / "definitions.json",
        listen_host=links.listen_host,
        amqps_port=links.amqps_port,
        management_port=links.management_port,
        prometheus_port=links.prometheus_port,
        watch_password_hash=links.watch_password_hash,
        operator_password_hash=links.operator_password_hash,
        disk_free_limit=links.disk_free_limit,
        memory_watermark=links.memory_watermark,
        wal_max_bytes=links.wal_max_bytes,
        reconnect_delay_s=links.reconnect_delay_s,
    )


def _environment(folder: Path) -> str:
    return (
        f"CONFIG_FILE={folder}/rabbitmq.conf\n"
        f"ADVANCED_CONFIG_FILE={folder}/advanced.config\n"
        f"ENABLED_PLUGINS_FILE={folder}/enabled_plugins\n"
    )


def _links(
    config: NodeConfig, view: TrustView, now_ms: int
) -> tuple[list[PartnerLink], dict[Path, bytes], tuple[str, ...]]:
    links: list[PartnerLink] = []
    certificates: dict[Path, bytes] = {}
    left_out: list[str] = []
    folder = config.links.partner_folder
    for endpoint in view.partners(config.endpoint, now_ms):
        member = view.member(endpoint)
        if member is None:
            continue
        code = endpoint.country.lower()
        cert = partner_certificate(config.links, endpoint.country)
        if not cert.is_file():
            left_out.append(
                f"{endpoint}: {cert} is missing; {endpoint.country} issues it"
                f" to us: `corridor broker request {endpoint.country}`"
            )
            continue
        ca = folder / f"{code}-ca.pem"
        certificates[ca] = _server_ca(member)
        links.append(_link(endpoint.country, member, ca, cert, config.links.heartbeat_s))
    return links, certificates, tuple(left_out)


def _link(
    country: CountryCode, member: Member, ca: Path, cert: Path, heartbeat_s: int
) -> PartnerLink:
    return PartnerLink(
        country=country,
        host=member.broker.connect_to or member.broker.host,
        port=member.broker.port,
        server_name=member.broker.host,
        ca_file=ca,
        cert_file=cert,
        key_file=cert.with_suffix(".key"),
        heartbeat_s=heartbeat_s,
    )


def _server_ca(member: Member) -> bytes:
    if hashlib.sha256(member.broker.server_ca).digest() != member.broker.server_ca_sha256:
        raise ConfigurationError(
            f"the directory's CA of {member.endpoint} does not have the fingerprint it gives"
        )
    return to_pem(member.broker.server_ca)
