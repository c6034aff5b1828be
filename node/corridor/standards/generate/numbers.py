"""Numbers that look and check like real ones: MRN, GRN, containers, plates, seals, references.

Rules:

* check digits are right (ISO 6346 weights, as customs use them for MRN and GRN too);
* every number is drawn from the generator's own stream: the same seed, the same numbers.
"""

from random import Random
from typing import Final

LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
ALPHANUMERIC: Final = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CONTAINER_OWNERS: Final = ("MSCU", "MAEU", "TGHU", "TCLU", "CAIU", "HLXU", "OOLU", "ARKU")
_VALUES: Final = {str(digit): digit for digit in range(10)} | {
    letter: 10 + index + (index + 9) // 10
    for index, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}


def check_digit(text: str) -> str:
    """Return the ISO 6346 check digit of `text` (digits and capital letters)."""
    total = sum(_VALUES[character] << place for place, character in enumerate(text))
    return str(total % 11 % 10)


def pick(draw: Random, letters: str, length: int) -> str:
    """Draw `length` characters of `letters`."""
    return "".join(draw.choices(letters, k=length))


def mrn(draw: Random, year: int, country: str) -> str:
    """Make a movement reference number: year, country, 12 free, procedure J to M, check digit."""
    body = f"{year % 100:02d}{country}{pick(draw, ALPHANUMERIC, 12)}{draw.choice('JKLM')}"
    return body + check_digit(body)


def grn(draw: Random, year: int, country: str) -> str:
    """Make a guarantee reference number: year, country, 12 free, check digit."""
    body = f"{year % 100:02d}{country}{pick(draw, ALPHANUMERIC, 12)}"
    return body + check_digit(body)


def container(draw: Random) -> str:
    """Make a container number: owner and category, six digits, check digit."""
    body = f"{draw.choice(_CONTAINER_OWNERS)}{draw.randrange(1_000_000):06d}"
    return body + check_digit(body)


def plate(draw: Random, pattern: str) -> str:
    """Make a vehicle's registration: "0" of the pattern becomes a digit, "A" a letter."""
    return "".join(
        draw.choice("0123456789") if mark == "0" else draw.choice(LETTERS) if mark == "A" else mark
        for mark in pattern
    )


def carnet(draw: Random) -> str:
    """Make the number of a TIR carnet above 25 million: X, a letter, eight digits."""
    return f"X{draw.choice(LETTERS)}{draw.randrange(25_000_000, 99_999_999)}"
