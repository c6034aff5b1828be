"""The section of the configuration about how the national system writes, and is told."""

import re
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from corridor.daemon.config_base import Section

_KEY_ID: Final = re.compile(r"[0-9a-f]{32}")


class StandardsSection(Section):
    """How the national system writes, how strictly that is read, and in what it is told."""

    dialect: Path | None = Field(
        default=None,
        description="a TOML file with the dialect of its ASYCUDA; without it the common form",
    )
    codelists: Path | None = Field(
        default=None,
        description="folder of signed code lists (`corridor codelists import`); codes are"
        " compared with them",
    )
    codelist_signers: tuple[str, ...] = Field(
        default=(),
        max_length=64,
        description="ids of the keys whose lists are believed, as `corridor codelists list` shows",
    )
    rules: Literal["off", "warn", "refuse"] = Field(
        default="warn",
        description="what becomes of a message that breaks a published rule of its standard",
    )
    accepts: tuple[str, ...] = Field(
        default=(),
        max_length=64,
        description="the standards that it reads, told to partners with `rules` and `codelists`:"
        ' `["NCTS-P5"]`; without it the one in `deliver`; without both partners are told nothing',
    )
    preflight: Literal["warn", "refuse", "off"] = Field(
        default="warn",
        description="what becomes of a declaration or release that a country on its way has said"
        " it will refuse",
    )

    @field_validator("codelist_signers")
    @classmethod
    def _plain(cls, told: tuple[str, ...]) -> tuple[str, ...]:
        plain = tuple(re.sub(r"[\s:-]", "", one).lower() for one in told)
        if not all(_KEY_ID.fullmatch(one) for one in plain):
            raise ValueError("a key id is 32 hexadecimal digits")
        return plain

    @model_validator(mode="after")
    def _believed(self) -> Self:
        if self.codelists is not None and not self.codelist_signers:
            raise ValueError("codelist_signers: say whose lists in `codelists` are believed")
        return self

    deliver: str | None = Field(
        default=None,
        max_length=40,
        description="the standard in which it is told what partners sent: `NCTS-P5`, `NCTS-P6`, "
        "`WCO-DM` or `ASYCUDA-SAD` (in its dialect); without it a message is given as it came",
    )
