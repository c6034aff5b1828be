"""The sections of a node's configuration: every key with its unit and limits."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, field_validator

from corridor.daemon.config_base import Section
from corridor.daemon.config_gateways import AllLanes, GatewayName, LaneName
from corridor.transit.parties import Endpoint
from corridor.transit.timers import HOUR_MS, Timers
from corridor.wire.batches import ATTACHMENT, FIRST_BUSINESS, LAST_BUSINESS, type_label

_EndpointText = Annotated[str, AfterValidator(Endpoint.parse)]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Port = Annotated[int, Field(ge=1, le=65535)]
_Days = Annotated[int, Field(ge=30, le=11_000)]
"""As long as the sealed bytes at least, for a partner may have to ask again; 30 years at most."""
_Hours = Annotated[float, Field(gt=0, le=87_600)]
_BUSINESS_TYPES: Final = (*range(FIRST_BUSINESS, LAST_BUSINESS + 1), ATTACHMENT)
_DAY_MS: Final = 86_400_000


class NodeSection(Section):
    """Who this node is."""

    endpoint: _EndpointText = Field(description="its endpoint in the directory, e.g. GE.RS")
    environment: Literal["production", "test", "lab"] = Field(
        default="production", description="a laboratory's registry is believed only in a lab"
    )


class StoreSection(Section):
    """Where records, streams and evidence are kept."""

    path: Path = Field(default=Path("state/store.db"), description="the SQLite file")
    free_space_min_mib: int = Field(
        default=256, ge=16, description="below it, records are refused before they are accepted"
    )
    inbox_most_records: int = Field(
        default=1_000_000,
        ge=1,
        description="so many that the national system has not acknowledged: no more is taken from"
        " partners",
    )


class KeysSection(Section):
    """Where private keys are kept, and what unlocks them."""

    directory: Path = Field(default=Path("keys"), description="key files, mode 0600")
    passphrase_file: Path | None = Field(
        default=None, description="a file whose first line unlocks the keys"
    )
    credential: str | None = Field(
        default=None, description="name of a systemd credential with a 32-byte key"
    )


class TrustSection(Section):
    """Which network this node belongs to."""

    directory: Path = Field(default=Path("trust"), description="signed statements, verbatim")
    genesis_sha256: _Sha256 = Field(description="SHA-256 of the first root's payload, hexadecimal")


class BrokerSection(Section):
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
    heartbeat_s: int = Field(
        default=30, ge=1, le=300, description="after twice that in silence the connection is dead"
    )


class LinksSection(Section):
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
    heartbeat_s: int = Field(
        default=30, ge=1, le=300, description="after twice that in silence a link is dead"
    )
    disk_free_limit: str = Field(default="4GB", description="below it the broker takes nothing")
    memory_watermark: str = Field(
        default="relative = 0.5", description="above it the broker takes nothing"
    )
    wal_max_bytes: int = Field(
        default=134_217_728, ge=1_000_000, description="size of the quorum queues' log file"
    )


class GatewaySection(Section):
    """How the national system reaches the node."""

    socket: Path = Field(default=Path("state/node.sock"), description="Unix socket, mode 0600")
    lanes: tuple[LaneName, ...] = Field(
        default=AllLanes, description="lanes that programs on the socket may claim"
    )
    acknowledged_by: GatewayName | None = Field(
        default=None,
        description="the one gateway whose arrivals count; without it the spool or the webhook,"
        " where one is on, otherwise whoever asks",
    )


class HttpSection(Section):
    """How national systems reach the node over HTTP; off unless switched on."""

    enabled: bool = Field(default=False, description="whether the node answers over HTTP")
    address: str = Field(
        default="127.0.0.1", description="address to listen on; beyond loopback only with TLS"
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8464, description="TCP port; 0 takes a free one and writes it to the log"
    )
    cert_file: Path | None = Field(default=None, description="the server's certificate, PEM")
    key_file: Path | None = Field(default=None, description="its key, PEM")
    client_ca_file: Path | None = Field(
        default=None, description="CA whose client certificates are asked for (mutual TLS), PEM"
    )
    tokens_file: Path = Field(
        default=Path("http/clients.json"),
        description="who may use it: `corridor http token add` writes it, mode 0600",
    )
    requests_per_s: float = Field(
        default=200.0, gt=0, description="how many requests, or records in bulk, a client may make"
    )
    longest_poll_s: float = Field(
        default=30.0, ge=0, le=30, description="how long a request may wait for a first record"
    )
    burst: int = Field(default=2000, ge=1, description="how many at once after a rest")


class MetricsSection(Section):
    """Where Prometheus and health checks find the node."""

    address: str = Field(default="127.0.0.1", description="address to listen on")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=9464, description="TCP port; 0 takes a free one and writes it to the log"
    )


class ExchangeSection(Section):
    """How patient the node is with its partners."""

    urgent_repeat_after_s: float = Field(
        default=10.0, gt=0, description="an urgent envelope without receipt is sent again"
    )
    repeat_after_s: float = Field(
        default=120.0, gt=0, description="any other envelope without receipt is sent again"
    )
    tell_handover: bool = Field(
        default=True,
        description="partners are told when the national system takes their records",
    )


class RetentionSection(Section):
    """How long the content of records is kept; their evidence stays for ever."""

    default_days: _Days = Field(
        default=1095,
        description="from receipt; three years is what customs law asks for in most places",
    )
    days: dict[str, _Days] = Field(
        default={}, description="for single record types, by name: `{ incident = 3650 }`"
    )

    @field_validator("days")
    @classmethod
    def _known(cls, days: dict[str, int]) -> dict[str, int]:
        names = {type_label(kind) for kind in _BUSINESS_TYPES}
        if unknown := sorted(days.keys() - names):
            raise ValueError(
                f"no such record type: {', '.join(unknown)}; there are: {', '.join(sorted(names))}"
            )
        return days

    def keep_ms(self) -> dict[int, int]:
        """Return how long each business type is kept, in milliseconds."""
        return {
            kind: self.days.get(type_label(kind), self.default_days) * _DAY_MS
            for kind in _BUSINESS_TYPES
        }


class MovementsSection(Section):
    """How long a movement may rest in a state; what a record states itself stands before it."""

    presentation_h: _Hours = Field(default=720, description="goods of a pre-lodged declaration")
    arrival_grace_h: _Hours = Field(default=24, description="after the transit time limit")
    result_h: _Hours = Field(default=144, description="from arrival to the result at destination")
    enquiry_answer_h: _Hours = Field(default=672, description="for an enquiry without a limit")
    recovery_h: _Hours = Field(default=5040, description="from the time limit to recovery")
    transit_h: _Hours = Field(default=720, description="for a release without a time limit")
    parked_h: _Hours = Field(
        default=2, description="a record waits for its predecessor before its sender is told"
    )
    stranger_h: _Hours = Field(
        default=0.25, description="before a record is refused whose sender does not hold the role"
    )
    refuse_strangers: bool = Field(
        default=True, description="whether such a record is refused by the node itself, by name"
    )

    def timers(self) -> Timers:
        """Return the limits as the fold takes them."""
        given = self.model_dump(exclude={"refuse_strangers"})
        return Timers(
            **{
                f"{name.removesuffix('_h')}_ms": round(hours * HOUR_MS)
                for name, hours in given.items()
            }
        )


class BackupSection(Section):
    """Where `corridor backup create` puts its copies, and who alone can read them."""

    directory: Path = Field(default=Path("backup"), description="one file for each backup")
    public_key_file: Path | None = Field(
        default=None, description="public half of the backup key: `corridor backup key` makes it"
    )
    keep: int = Field(default=14, ge=1, description="older backups in the folder are removed")
    alarm_after_h: float = Field(
        default=26.0, gt=0, description="`corridor status` asks for a backup when the last is older"
    )


class LogSection(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="lowest level that is written"
    )
    format: Literal["json", "text"] = Field(default="json", description="JSON lines, or text")
