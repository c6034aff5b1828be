"""What the generator needs to know of a country."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Office:
    """A customs office: its reference in the office list and its name."""

    reference: str
    name: str


@dataclass(frozen=True, slots=True)
class Country:
    """What the generator needs to know of a country."""

    code: str
    inland: tuple[Office, ...]
    frontier: tuple[Office, ...]
    guarantee: Office
    towns: tuple[tuple[str, str], ...]  # name and postcode
    streets: tuple[str, ...]
    firms: tuple[str, ...]
    people: tuple[str, ...]
    plate: str  # "0" stands for a digit, "A" for a letter
    phone: str
    currency: str = "EUR"
    language: str = ""  # ISO 639-1, where goods can be described in it (see `goods_words`)
