"""The configuration of a node: one TOML file, read once, a frozen value afterwards.

Rules:

* unknown keys are refused and all faults are reported at once, each with its path;
* units stand in the key's name; relative paths start at the folder of the file;
* `CORRIDOR__SECTION__KEY` in the environment stands over the file; secrets stand in neither.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from corridor.daemon.config_attachments import AttachmentsSection
from corridor.daemon.config_gateways import (
    GatewayName,
    LanesSection,
    SpoolSection,
    WebhookSection,
    acknowledging,
)
from corridor.daemon.config_lab import LabSection
from corridor.daemon.config_sections import (
    BackupSection,
    BrokerSection,
    ExchangeSection,
    GatewaySection,
    HttpSection,
    KeysSection,
    LinksSection,
    LogSection,
    MetricsSection,
    MovementsSection,
    NodeSection,
    RetentionSection,
    StoreSection,
    TrustSection,
)
from corridor.daemon.config_standards import StandardsSection
from corridor.daemon.config_watch import WatchSection
from corridor.errors import ConfigurationError
from corridor.exchange.lanes import LanePlan
from corridor.transit.parties import Endpoint


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
    http: HttpSection = HttpSection()
    metrics: MetricsSection = MetricsSection()
    exchange: ExchangeSection = ExchangeSection()
    retention: RetentionSection = RetentionSection()
    movements: MovementsSection = MovementsSection()
    backup: BackupSection = BackupSection()
    log: LogSection = LogSection()
    lanes: LanesSection = LanesSection()
    spool: SpoolSection = SpoolSection()
    webhook: WebhookSection = WebhookSection()
    standards: StandardsSection = StandardsSection()
    lab: LabSection = LabSection()
    watch: WatchSection = WatchSection()
    attachments: AttachmentsSection = AttachmentsSection()

    @model_validator(mode="after")
    def _one_acknowledges(self) -> "NodeConfig":
        _ = self.acknowledged_by
        return self

    @model_validator(mode="after")
    def _lab_in_a_lab_only(self) -> "NodeConfig":
        if self.lab != LabSection() and self.node.environment != "lab":
            raise ValueError('lab: only a node with node.environment = "lab" may have this section')
        return self

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

    @property
    def lane_plan(self) -> LanePlan:
        """Which lane each type of record takes."""
        return self.lanes.plan

    @property
    def acknowledged_by(self) -> GatewayName | None:
        """The one gateway that acknowledges; None for whichever asks."""
        return acknowledging(self.gateway.acknowledged_by, self.spool, self.webhook)


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


def state_folder(path: Path) -> Path:
    """Return where a node keeps its state, also one that has not joined and lacks its genesis.

    Raises:
        ConfigurationError: The file cannot be read, or does not say where.
    """
    try:
        return load_config(path).store.path.parent
    except ConfigurationError:
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8")).get("store", {})
            store = StoreSection(**said)
        except (OSError, ValueError, TypeError):
            store = None
        if store is None:
            raise
    return (path.resolve().parent / store.path).parent


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
    sections: dict[str, BaseModel] = {}
    for name in type(config).model_fields:
        section: BaseModel = getattr(config, name)
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
