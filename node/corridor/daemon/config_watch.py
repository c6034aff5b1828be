"""The section of the configuration on the watch over links."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from corridor.daemon.config_base import Section
from corridor.transit.parties import CountryCode

_Country = Annotated[str, AfterValidator(CountryCode.parse)]


class WatchSection(Section):
    """How the node watches over its broker's links to partners."""

    password_file: Path | None = Field(
        default=None,
        description="the password of corridor-watch, whose hash is links.watch_password_hash;"
        " without it links are watched by canaries alone and nothing is mended",
    )
    look_every_s: float = Field(default=10.0, ge=0.2, le=300, description="between two looks")
    repair: bool = Field(
        default=True, description="whether what is found is mended; otherwise only told"
    )
    left_alone: tuple[_Country, ...] = Field(
        default=(),
        description="partners whose links an operator keeps to himself: no canary, no repair",
    )
    canary_every_s: float = Field(
        default=60.0,
        ge=0,
        le=86_400,
        description="between two canaries to a partner; 0 sends none"
        ". At 60 they and their receipts take 20 MB a day of a partner while sealed bytes are kept",
    )
    canary_late_s: float = Field(
        default=180.0, ge=0.2, description="a canary without receipt for so long is late"
    )
