"""What every section of the configuration has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section: keys that it does not name are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
