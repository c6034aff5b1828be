"""The sections of the configuration that say how a national system and its node meet.

Rules:

* a gateway without a folder or an address is off;
* exactly one gateway acknowledges what partners sent: where none is named, it is the one that hands
  records over by itself; two of those are refused, for each would speak for the other.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, create_model, model_validator

from corridor.daemon.config_base import Section
from corridor.exchange.lanes import DEFAULT_LANES, LanePlan
from corridor.exchange.values import Lane
from corridor.wire.batches import type_label

LaneName: TypeAlias = Literal["urgent", "routine", "bulk"]
GatewayName: TypeAlias = Literal["socket", "http", "spool", "webhook"]
_TYPES: Final = {type_label(number): number for number in DEFAULT_LANES}


class _Lanes(Section):
    """Which lane each type of record takes where its sender claims none."""

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: object) -> object:
        unknown = sorted({*given} - {*_TYPES}) if isinstance(given, Mapping) else []
        if unknown:
            raise ValueError(f"no such type of record: {', '.join(map(str, unknown))};"
                             f" there are: {', '.join(_TYPES)}")  # fmt: skip
        return given

    @property
    def plan(self) -> LanePlan:
        """The lanes as the exchange knows them."""
        named = {number: Lane[getattr(self, name).upper()] for name, number in _TYPES.items()}
        return LanePlan(MappingProxyType(named))


_fields: Final[dict[str, Any]] = {
    name: (LaneName, Field(default=DEFAULT_LANES[number].name.lower(), description="its lane"))
    for name, number in _TYPES.items()
}
if TYPE_CHECKING:
    LanesSection = _Lanes  # its fields are made from the table of types
else:
    LanesSection = create_model("LanesSection", __base__=_Lanes, __doc__=_Lanes.__doc__, **_fields)

AllLanes: Final[tuple[LaneName, ...]] = ("urgent", "routine", "bulk")


def lanes_of(names: tuple[LaneName, ...]) -> frozenset[Lane]:
    """Return the lanes of these names."""
    return frozenset(Lane[name.upper()] for name in names)


class SpoolSection(Section):
    """A folder in which a national system puts files, and finds files."""

    directory: Path | None = Field(
        default=None, description="the folder, which must be there; without it there is no spool"
    )
    lanes: tuple[LaneName, ...] = Field(
        default=AllLanes, description="lanes that a file may claim by its subfolder"
    )
    settle_s: float = Field(
        default=1.0, ge=0, le=3600,
        description="a file that did not change for so long, and that nobody writes, is whole",
    )  # fmt: skip
    poll_s: float = Field(default=0.5, gt=0, le=60, description="pause between two looks")
    max_file_mib: int = Field(
        default=20, ge=1, le=64, description="a larger file is refused and not read"
    )
    inbound: bool = Field(default=True, description="whether what partners sent is written to in/")
    acknowledge: Literal["written", "removed"] = Field(
        default="written",
        description="a record has arrived when its file is written, or when it was taken away",
    )
    max_unread_files: int = Field(
        default=10_000, ge=1, description="more files in in/ are not written until some are taken"
    )
    attach_original: bool = Field(
        default=False, description="let an NCTS message travel with its record, of any length"
    )


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.username is not None or parts.fragment or not host:
        raise ValueError("an address like https://host/path, with no login and no fragment")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)):
        _ = parts.port  # refused here where it is no number
        return text
    raise ValueError("https, or http to an address of this machine such as http://127.0.0.1:8080/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class WebhookSection(Section):
    """An address of the national system to which the node posts what is new."""

    url: Annotated[str, AfterValidator(_web_address)] | None = Field(
        default=None, description="https, or http on this machine; without it there is no webhook"
    )
    secret_file: Path | None = Field(
        default=None, description="mode 0600; a line whsec_BASE64, a second one while it changes"
    )
    events: tuple[Literal["inbox", "outcomes"], ...] = Field(
        default=("inbox", "outcomes"),
        description="records of partners, and what became of our own",
    )
    ca_file: Path | None = Field(
        default=None, description="CA of the address, PEM; without it the system's"
    )
    timeout_s: float = Field(
        default=10.0, gt=0, le=120, description="for one post, from dialling to the whole answer"
    )
    retry_first_s: float = Field(default=1.0, gt=0, description="pause after the first failure")
    retry_max_s: float = Field(default=300.0, gt=0, description="longest pause between two tries")
    batch: int = Field(
        default=64, ge=1, le=1024, description="records read at once; each is a post of its own"
    )

    @model_validator(mode="after")
    def _complete(self) -> "WebhookSection":
        if self.url is not None and self.secret_file is None:
            raise ValueError("secret_file: a webhook is signed; name the file of its secret")
        if len(set(self.events)) != len(self.events) or not self.events:
            raise ValueError("events: inbox, outcomes, or both")
        return self


def acknowledging(
    named: GatewayName | None, spool: SpoolSection, webhook: WebhookSection
) -> GatewayName | None:
    """Return the gateway that acknowledges; None for the socket and HTTP, whichever asks.

    Raises:
        ValueError: Two hand records over by themselves and none is named, or the named one is off.
    """
    pushing: list[GatewayName] = []
    if spool.directory is not None and spool.inbound:
        pushing.append("spool")
    if webhook.url is not None and "inbox" in webhook.events:
        pushing.append("webhook")
    if named in {"spool", "webhook"} and named not in pushing:
        raise ValueError(f"gateway.acknowledged_by: the {named} hands no records over")
    if named is None and len(pushing) > 1:
        raise ValueError(
            "gateway.acknowledged_by: spool and webhook both hand records over;"
            " name the one whose arrival counts, the other then only follows"
        )
    return named or (pushing[0] if pushing else None)
