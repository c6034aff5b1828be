"""The section of the configuration on files that belong to records."""

from pydantic import Field

from corridor.daemon.config_base import Section


class AttachmentsSection(Section):
    """Files that travel with records: scans, invoices, large originals."""

    largest_mib: int = Field(
        default=2048,
        ge=1,
        le=2048,
        description="a larger file is refused, from the national system and from partners",
    )
    per_partner_mib: int = Field(
        default=65_536,
        ge=1,
        le=1_048_576,
        description="what files of one partner may take on the disk: none takes it from the others",
    )
    per_partner_open: int = Field(
        default=4_096,
        ge=1,
        le=100_000,
        description="files of one partner on their way at a time; each has its room reserved",
    )
