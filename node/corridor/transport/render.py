"""Write one country's broker configuration from the templates in `broker_config/`.

Rules:

* the templates hold every setting; this file holds only what differs by country, partner, machine
  and RabbitMQ version;
* a placeholder is `@NAME@`; in the JSON templates a string that is one placeholder alone takes the
  value's own type, and JSON does the escaping;
* a value that would break a line of `rabbitmq.conf` or the URI of an upstream is refused, never
  repaired.

Example:
    >>> sorted(render_country(CountryCode("GE"), settings, [turkiye]))
    ['advanced.config', 'definitions.json', 'enabled_plugins', 'rabbitmq.conf']
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from corridor.errors import ConfigurationError
from corridor.exchange.addresses import (
    OPERATOR_USER,
    VIRTUAL_HOST,
    WATCH_USER,
    cluster_name,
    federation_user,
)
from corridor.transit.parties import CountryCode
from corridor.transport.broker import HEARTBEAT_S
from corridor.transport.templates import read_template

Definitions = dict[str, list[dict[str, Any]]]

DEBIAN_12: Final = (3, 10, 8)  # the version Debian 12 carries
_SENDS_QUEUE_TYPE: Final = (3, 13, 1)  # earlier ones refuse the key and stop the import silently
_FEDERATION_METRICS: Final = (4, 0, 0)
_SPLIT_FEDERATION: Final = (4, 2, 0)  # rabbitmq_federation became two plugins
_LINK_CHECK_MS: Final = 3_600_000

_PLACEHOLDER: Final = re.compile(r"@([A-Z_]+)@")
_CONF_VALUE: Final = re.compile(r"[A-Za-z0-9._/:=+,~\[\] -]+")
_URI_PATH: Final = re.compile(r"/[A-Za-z0-9._/+,~-]+")
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")
_SECTIONS: Final = (
    "users",
    "vhosts",
    "permissions",
    "exchanges",
    "queues",
    "bindings",
    "policies",
    "parameters",
)


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """What is particular to one machine.

    All paths are absolute and as the broker sees them. Password hashes are those of
    `password_hash`; without one the user does not exist.
    """

    ca_file: Path
    cert_file: Path
    key_file: Path
    definitions_file: Path
    listen_host: str = "0.0.0.0"  # noqa: S104 - partners connect from outside
    amqps_port: int = 5671
    management_port: int = 15672
    prometheus_port: int = 15692
    watch_password_hash: str | None = None
    operator_password_hash: str | None = None
    disk_free_limit: str = "4GB"
    memory_watermark: str = "relative = 0.5"
    wal_max_bytes: int = 134_217_728
    link_queue_bytes: int = 5_368_709_120
    reconnect_delay_s: int = 30


@dataclass(frozen=True, slots=True)
class PartnerLink:
    """How our broker reaches a partner's broker to take what it has for us.

    `ca_file` is the CA of the partner's server; `cert_file` and `key_file` are ours, issued by the
    partner's own CA, which alone may name its users.
    """

    country: CountryCode
    host: str
    port: int
    server_name: str
    ca_file: Path
    cert_file: Path
    key_file: Path
    heartbeat_s: int = HEARTBEAT_S


def render_country(
    me: CountryCode,
    settings: BrokerSettings,
    partners: Sequence[PartnerLink],
    version: tuple[int, int, int] = DEBIAN_12,
) -> dict[str, str]:
    """Return file name → text of everything the broker of `me` is told.

    Raises:
        ConfigurationError: A code, path, host or port cannot be used; all faults at once.
    """
    _refuse_faults(me, settings, partners)
    values = _conf_values(me, settings)
    definitions = render_definitions(me, settings, partners, version)
    return {
        "rabbitmq.conf": _fill_text(read_template("rabbitmq.conf.template"), values),
        "advanced.config": _fill_text(
            read_template("advanced.config.template"), {"ADVANCED": _advanced(version)}
        ),
        "enabled_plugins": _fill_text(
            read_template("enabled_plugins.template"), {"PLUGINS": ",".join(plugins(version))}
        ),
        "definitions.json": json.dumps(definitions, indent=1, sort_keys=False) + "\n",
    }


def render_definitions(
    me: CountryCode,
    settings: BrokerSettings,
    partners: Sequence[PartnerLink],
    version: tuple[int, int, int] = DEBIAN_12,
) -> Definitions:
    """Return the definitions document: users, exchanges, queues, policies, upstreams and so on."""
    values: dict[str, object] = {
        "WATCH_PASSWORD_HASH": settings.watch_password_hash,
        "OPERATOR_PASSWORD_HASH": settings.operator_password_hash,
        "LINK_QUEUE_BYTES": settings.link_queue_bytes,
        "RECONNECT_DELAY_S": settings.reconnect_delay_s,
        "ME": str(me),
    }
    result = _fill_json(json.loads(read_template("country.template.json")), values)
    _leave_out_users(result, settings)
    template = json.loads(read_template("partner.template.json"))
    for partner in sorted(partners, key=lambda link: link.country):
        own: dict[str, object] = {
            "PARTNER": str(partner.country),
            "PARTNER_USER": federation_user(partner.country),
            "UPSTREAM_URI": upstream_uri(partner),
        }
        part = _fill_json(template, values | own)
        if version >= _SENDS_QUEUE_TYPE:
            part["parameters"][0]["value"]["queue-type"] = "quorum"
        for section in _SECTIONS:
            result[section].extend(part.get(section, ()))
    return {section: result[section] for section in _SECTIONS}


def plugins(version: tuple[int, int, int]) -> tuple[str, ...]:
    """Name the plugins a broker of `version` needs."""
    split = version >= _SPLIT_FEDERATION
    names = [
        "rabbitmq_exchange_federation" if split else "rabbitmq_federation",
        "rabbitmq_federation_management",
        "rabbitmq_management",
        "rabbitmq_prometheus",
        "rabbitmq_auth_mechanism_ssl",
    ]
    if version >= _FEDERATION_METRICS:
        names.append("rabbitmq_federation_prometheus")
    return tuple(names)


def upstream_uri(partner: PartnerLink) -> str:
    """Return the upstream's URI; it names files and holds no secret."""
    query = {
        "cacertfile": partner.ca_file,
        "certfile": partner.cert_file,
        "keyfile": partner.key_file,
        # without it RabbitMQ on Erlang 25 accepts any server (broker-verified 1e)
        "verify": "verify_peer",
        "server_name_indication": partner.server_name,
        "depth": 1,
        "auth_mechanism": "external",
        "heartbeat": partner.heartbeat_s,
        "connection_timeout": 15_000,
    }
    tail = "&".join(f"{key}={value}" for key, value in query.items())
    return f"amqps://{partner.host}:{partner.port}/{VIRTUAL_HOST}?{tail}"


def password_hash(password: str, salt: bytes) -> str:
    """Return RabbitMQ's salted SHA-256 of `password`; `salt` is four random bytes."""
    if len(salt) != 4:  # noqa: PLR2004 - RabbitMQ cuts the salt off by this length
        raise ValueError("RabbitMQ salts with four bytes")
    digest = hashlib.sha256(salt + password.encode()).digest()
    return base64.b64encode(salt + digest).decode()


def _refuse_faults(
    me: CountryCode, settings: BrokerSettings, partners: Sequence[PartnerLink]
) -> None:
    faults = [*_settings_faults(settings)]
    seen: set[str] = {me}
    for country in (me, *(partner.country for partner in partners)):
        try:
            CountryCode.parse(country)
        except ValueError as error:
            faults.append(str(error))
    for partner in partners:
        if partner.country in seen:
            faults.append(f"{partner.country} is named twice")
        seen.add(partner.country)
        faults.extend(_partner_faults(partner))
    if faults:
        raise ConfigurationError("broker: " + "; ".join(faults))


def _settings_faults(settings: BrokerSettings) -> list[str]:
    faults = [
        f"{name} is not usable in rabbitmq.conf: {value!r}"
        for name, value in _conf_values(CountryCode("ZZ"), settings).items()
        if not _CONF_VALUE.fullmatch(value)
    ]
    ports = (settings.amqps_port, settings.management_port, settings.prometheus_port)
    faults += [f"port {port} is not in 1..65535" for port in ports if not 0 < port < 1 << 16]
    return faults


def _partner_faults(partner: PartnerLink) -> list[str]:
    name = partner.country
    faults = [
        f"{name}: a certificate path is absolute and plain, not {str(path)!r}"
        for path in (partner.ca_file, partner.cert_file, partner.key_file)
        if not _URI_PATH.fullmatch(str(path))
    ]
    faults += [
        f"{name}: not a host name: {host!r}"
        for host in (partner.host, partner.server_name)
        if not _HOST.fullmatch(host)
    ]
    if not 0 < partner.port < 1 << 16:
        faults.append(f"{name}: port {partner.port} is not in 1..65535")
    return faults


def _conf_values(me: CountryCode, settings: BrokerSettings) -> dict[str, str]:
    return {
        "ME": str(me),
        "CLUSTER_NAME": cluster_name(me),
        "LISTEN_HOST": settings.listen_host,
        "AMQPS_PORT": str(settings.amqps_port),
        "CA_FILE": str(settings.ca_file),
        "CERT_FILE": str(settings.cert_file),
        "KEY_FILE": str(settings.key_file),
        "DEFINITIONS_FILE": str(settings.definitions_file),
        "DISK_FREE_LIMIT": settings.disk_free_limit,
        "MEMORY_WATERMARK": settings.memory_watermark,
        "WAL_MAX_BYTES": str(settings.wal_max_bytes),
        "MANAGEMENT_PORT": str(settings.management_port),
        "PROMETHEUS_PORT": str(settings.prometheus_port),
    }


def _advanced(version: tuple[int, int, int]) -> str:
    applications = ["rabbitmq_federation"]
    if version >= _SPLIT_FEDERATION:
        applications.append("rabbitmq_exchange_federation")
    return ",\n ".join(
        f"{{{name}, [{{internal_exchange_check_interval, {_LINK_CHECK_MS}}}]}}"
        for name in applications
    )


def _leave_out_users(definitions: Definitions, settings: BrokerSettings) -> None:
    absent = {
        user
        for user, known in (
            (WATCH_USER, settings.watch_password_hash),
            (OPERATOR_USER, settings.operator_password_hash),
        )
        if known is None
    }
    for section, key in (("users", "name"), ("permissions", "user")):
        definitions[section] = [row for row in definitions[section] if row[key] not in absent]


def _fill_text(template: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)


def _fill_json(node: Any, values: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON is any tree
    if isinstance(node, dict):
        return {key: _fill_json(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill_json(value, values) for value in node]
    if not isinstance(node, str):
        return node
    alone = _PLACEHOLDER.fullmatch(node)
    if alone:
        return values[alone[1]]
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), node)
