"""Numbers that look and check like real ones: MRN, GRN, containers, plates, seals, references.

Rules:

* check digits are right (ISO 6346 weights, as customs use them for MRN and GRN too);
* every number comes from `Random.random` alone, the one method whose stream Python keeps the
  same from release to release: the same seed, the same numbers, everywhere.
"""

from collections.abc import Sequence
from random import Random
from typing import Final, TypeVar

from corridor.transit.identifiers import ContainerNumber, Grn, Mrn

T = TypeVar("T")

LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
ALPHANUMERIC: Final = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CONTAINER_OWNERS: Final = ("MSC", "MAE", "TGH", "TCL", "CAI", "HLX", "OOL", "ARK")


def below(draw: Random, limit: int) -> int:
    """Draw a whole number from 0 up to but not including `limit`."""
    return int(draw.random() * limit)


def between(draw: Random, least: int, most: int) -> int:
    """Draw a whole number from `least` to `most`, both included."""
    return least + int(draw.random() * (most - least + 1))


def one_of(draw: Random, choices: Sequence[T]) -> T:
    """Draw one of the choices."""
    return choices[int(draw.random() * len(choices))]


def entropy(draw: Random) -> bytes:
    """Draw the ten bytes of a record id."""
    return below(draw, 1 << 40).to_bytes(5, "big") + below(draw, 1 << 40).to_bytes(5, "big")


def pick(draw: Random, letters: str, length: int) -> str:
    """Draw `length` characters of `letters`."""
    size = len(letters)
    return "".join([letters[int(draw.random() * size)] for _ in range(length)])


def digits(draw: Random, length: int) -> str:
    """Draw a number of `length` digits, leading zeros kept."""
    return f"{below(draw, 10**length):0{length}d}"


def mrn(draw: Random, year: int, country: str) -> str:
    """Make a movement reference number: year, country, 12 free, procedure J to M, check digit."""
    return Mrn.make(year % 100, country, pick(draw, ALPHANUMERIC, 12), one_of(draw, "JKLM"))


def grn(draw: Random, year: int, country: str) -> str:
    """Make a guarantee reference number: year, country, 12 free, check digit."""
    return Grn.make(year % 100, country, pick(draw, ALPHANUMERIC, 12))


def container(draw: Random) -> str:
    """Make the number of a freight container."""
    return ContainerNumber.make(one_of(draw, _CONTAINER_OWNERS), below(draw, 1_000_000))


def plate(draw: Random, pattern: str) -> str:
    """Make a vehicle's registration: "0" of the pattern becomes a digit, "A" a letter."""
    return "".join(
        one_of(draw, "0123456789")
        if mark == "0"
        else one_of(draw, LETTERS)
        if mark == "A"
        else mark
        for mark in pattern
    )


def carnet(draw: Random) -> str:
    """Make the number of a TIR carnet above 25 million: X, a letter, eight digits."""
    return f"X{one_of(draw, LETTERS)}{between(draw, 25_000_001, 99_999_999)}"
