"""The configuration of a node: one TOML file, read once, a frozen value afterwards.

Rules:

* unknown keys are refused and all faults are reported at once, each with its path;
* units stand in the key's name; relative paths start at the folder of the file;
* `CORRIDOR__SECTION__KEY` in the environment stands over the file; secrets stand in neither.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from corridor.errors import ConfigurationError
from corridor.transit.parties import Endpoint

_EndpointText = Annotated[str, AfterValidator(Endpoint.parse)]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Port = Annotated[int, Field(ge=1, le=65535)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NodeSection(_Section):
    """Who this node is."""

    endpoint: _EndpointText = Field(description="its endpoint in the directory, e.g. GE.RS")
    environment: Literal["production", "test", "lab"] = Field(
        default="production", description="a laboratory's registry is believed only in a lab"
    )


class StoreSection(_Section):
    """Where records, streams and evidence are kept."""

    path: Path = Field(default=Path("state/store.db"), description="the SQLite file")
    free_space_min_mib: int = Field(
        default=256, ge=16, description="below it, records are refused before they are accepted"
    )


class KeysSection(_Section):
    """Where private keys are kept, and what unlocks them."""

    directory: Path = Field(default=Path("keys"), description="key files, mode 0600")
    passphrase_file: Path | None = Field(
        default=None, description="a file whose first line unlocks the keys"
    )
    credential: str | None = Field(
        default=None, description="name of a systemd credential with a 32-byte key"
    )


class TrustSection(_Section):
    """Which network this node belongs to."""

    directory: Path = Field(default=Path("trust"), description="signed statements, verbatim")
    genesis_sha256: _Sha256 = Field(description="SHA-256 of the first root's payload, hexadecimal")


class BrokerSection(_Section):
    """How the node reaches its own broker."""

    host: str = Field(default="127.0.0.1", description="address of the broker")
    port: _Port = Field(default=5671, description="its TLS port")
    server_name: str = Field(description="DNS name in the broker's certificate")
    ca_file: Path = Field(description="CA that issued the broker's certificate, PEM")
    cert_file: Path = Field(description="client certificate of corridor-node, PEM")
    key_file: Path = Field(description="its key, PEM")
    confirm_timeout_s: float = Field(
        default=60.0, gt=0, description="without a confirm for so long the connection is dropped"
    )
    reconnect_max_s: float = Field(default=30.0, gt=0, description="longest pause between dials")


class LinksSection(_Section):
    """What `corridor broker render` writes for the own broker and its links to partners."""

    listen_host: str = Field(default="0.0.0.0", description="where partners' brokers connect to")  # noqa: S104 - partners come from outside
    amqps_port: _Port = Field(default=5671, description="its TLS port")
    management_port: _Port = Field(default=15672, description="management, on loopback")
    prometheus_port: _Port = Field(default=15692, description="the broker's metrics, on loopback")
    ca_file: Path = Field(
        default=Path("pki/ca.pem"), description="the own CA: issues for partners and the node"
    )
    server_cert_file: Path = Field(
        default=Path("pki/server.pem"), description="the broker's certificate"
    )
    server_key_file: Path = Field(default=Path("pki/server.key"), description="its key")
    partner_folder: Path = Field(
        default=Path("pki"),
        description="fed-at-xx.pem and .key, issued to us by partner XX, and its xx-ca.pem",
    )
    files_folder: Path = Field(
        default=Path("broker/etc"), description="where the broker reads what is rendered"
    )
    watch_password_hash: str | None = Field(
        default=None, description="RabbitMQ hash for corridor-watch; without it no such user"
    )
    operator_password_hash: str | None = Field(
        default=None, description="RabbitMQ hash for the operator's login"
    )
    reconnect_delay_s: int = Field(default=30, ge=1, description="pause of a link between dials")
    disk_free_limit: str = Field(default="4GB", description="below it the broker takes nothing")
    memory_watermark: str = Field(
        default="relative = 0.5", description="above it the broker takes nothing"
    )
    wal_max_bytes: int = Field(
        default=134_217_728, ge=1_000_000, description="size of the quorum queues' log file"
    )


class GatewaySection(_Section):
    """How the national system reaches the node."""

    socket: Path = Field(default=Path("state/node.sock"), description="Unix socket, mode 0600")


class MetricsSection(_Section):
    """Where Prometheus and health checks find the node."""

    address: str = Field(default="127.0.0.1", description="address to listen on")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=9464, description="TCP port; 0 takes a free one and writes it to the log"
    )


class ExchangeSection(_Section):
    """How patient the node is with its partners."""

    urgent_repeat_after_s: float = Field(
        default=10.0, gt=0, description="an urgent envelope without receipt is sent again"
    )
    repeat_after_s: float = Field(
        default=120.0, gt=0, description="any other envelope without receipt is sent again"
    )


class LogSection(_Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="lowest level that is written"
    )
    format: Literal["json", "text"] = Field(default="json", description="JSON lines, or text")


class NodeConfig(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="CORRIDOR__", env_nested_delimiter="__"
    )

    node: NodeSection
    trust: TrustSection
    broker: BrokerSection
    store: StoreSection = StoreSection()
    keys: KeysSection = KeysSection()
    links: LinksSection = LinksSection()
    gateway: GatewaySection = GatewaySection()
    metrics: MetricsSection = MetricsSection()
    exchange: ExchangeSection = ExchangeSection()
    log: LogSection = LogSection()

    @classmethod
    def settings_customise_sources(  # noqa: D102 - pydantic-settings' own hook
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @property
    def endpoint(self) -> Endpoint:
        """This node's endpoint."""
        return Endpoint(self.node.endpoint)


def load_config(path: Path) -> NodeConfig:
    """Read the configuration.

    Raises:
        ConfigurationError: The file cannot be read or used; lists every fault with its path.
    """
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "there is no such file"
        raise ConfigurationError(
            f"{path}: {what}",
            cure="name the node's configuration with --config; `corridor init` writes one",
        )
    try:
        config = NodeConfig(**TomlConfigSettingsSource(NodeConfig, path)())
    except ValidationError as error:
        raise ConfigurationError(
            f"{path}: {error.error_count()} fault(s)",
            faults=_faults(error),
            cure="mend the file; `corridor config schema` and the manual name every key",
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{path}: {error.strerror or error}", cure="let this user read the file"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"{path}: is not text in UTF-8", cure="`corridor init` writes such a file"
        ) from None
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"{path}: is not TOML: {error}", cure="mend the file at that place"
        ) from None
    return _anchored(config, path.resolve().parent)


def _faults(error: ValidationError) -> tuple[str, ...]:
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in fault["loc"]) or "(file)"
        what = "no such key" if fault["type"] == "extra_forbidden" else fault["msg"]
        lines.append(f"{where}: {what}{_hint(where)}")
    return tuple(lines)


def _hint(where: str) -> str:
    section, _, key = where.partition(".")
    model = NodeConfig.model_fields.get(section)
    kind = model.annotation if model else None
    if isinstance(kind, type) and issubclass(kind, BaseModel) and key in kind.model_fields:
        return f" ({kind.model_fields[key].description})"
    return ""


def _anchored(config: NodeConfig, base: Path) -> NodeConfig:
    """Return `config` with every relative path anchored at `base`."""
    sections: dict[str, _Section] = {}
    for name in type(config).model_fields:
        section: _Section = getattr(config, name)
        paths = {
            key: base / value
            for key, value in section
            if isinstance(value, Path) and not value.is_absolute()
        }
        sections[name] = section.model_copy(update=paths)
    return config.model_copy(update=sections)


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors and the manual."""
    return NodeConfig.model_json_schema()


def changed_keys(before: NodeConfig, after: NodeConfig) -> tuple[str, ...]:
    """Return the keys, "section.key", whose values differ."""
    old, new = effective(before), effective(after)
    return tuple(
        f"{section}.{key}"
        for section, keys in new.items()
        for key, value in keys.items()
        if old[section].get(key) != value
    )


def effective(config: NodeConfig) -> dict[str, Any]:
    """Return every value in force, as plain JSON values."""
    shown: dict[str, Any] = json.loads(config.model_dump_json())
    return shown
