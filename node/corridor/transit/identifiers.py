"""The identifiers of transit, parsed once: MRN, GRN, LRN, carnet, container, ship, record id.

Rules:

* the form is a rule, the check digit is a sign: one in nine of the MRNs in published samples and
  nearly all container numbers break theirs, so that it is told (`check_digit_holds`) and never a
  reason to refuse;
* `make` gives a valid check digit: what we generate ourselves is right;
* values are kept as written: no blanks are taken out and no capitals made.

    >>> Mrn.make(year=25, country="TR", free="3401004B7KQ2", procedure="J")
    '25TR3401004B7KQ2J4'
"""

import re
from typing import ClassVar, Final, Self

from corridor.errors import Reason, Refused
from corridor.transit.parties import CountryCode

# ISO 6346: A is 10, B is 12, and every multiple of 11 is left out.
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES: Final = {str(digit): digit for digit in range(10)} | dict(
    zip(_LETTERS, (n for n in range(10, 39) if n % 11), strict=True)
)


def check_digit(text: str) -> str:
    """Return the check digit of ISO 6346 for capitals and digits: weights 1, 2, 4, ...

    MRN and GRN use it over their first 17 and 16 characters, containers over ten.
    """
    total = sum(_VALUES[char] << place for place, char in enumerate(text))
    return str(total % 11 % 10)


class _Form(str):
    """An identifier whose form was checked; a `str` in all other respects."""

    __slots__ = ()
    name: ClassVar[str]
    form: ClassVar[re.Pattern[str]]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return `text` as the identifier.

        Raises:
            ValueError: It has another form; the message does not repeat it.
        """
        if not cls.form.fullmatch(text):
            raise ValueError(f"not the form of {cls.name} ({len(text)} characters)")
        return cls(text)


class Mrn(_Form):
    """Movement reference number: year, country, 12 or 13 free, check digit.

    From 2024 on the seventeenth character names the procedure: J to M for transit. Both forms
    are met in practice whatever the year, so that both are taken.
    """

    __slots__ = ()
    name = "an MRN"
    form = re.compile(r"[0-9]{2}[A-Z]{2}[A-Z0-9]{13}[0-9]", re.ASCII)

    @classmethod
    def make(cls, year: int, country: str, free: str, procedure: str = "J") -> Self:
        """Return an MRN with its check digit.

        Args:
            year: Last two digits of the year of acceptance.
            country: Country of the office of departure.
            free: Twelve capitals or digits.
            procedure: J to M.
        """
        body = f"{year:02}{country}{free}{procedure}"
        return cls.parse(body + check_digit(body))

    @property
    def country(self) -> CountryCode:
        """The country that gave it out."""
        return CountryCode(self[2:4])

    @property
    def names_transit(self) -> bool:
        """Whether it is of the newer form and names a transit procedure."""
        return self[:2] >= "24" and self[16] in "JKLM"

    @property
    def check_digit_holds(self) -> bool:
        """Whether its last character is right."""
        return self[17] == check_digit(self[:17])


class Grn(_Form):
    """Guarantee reference number: 17 characters, or 24 where it names an individual voucher."""

    __slots__ = ()
    name = "a GRN"
    form = re.compile(r"[0-9]{2}[A-Z]{2}[A-Z0-9]{12}[0-9]([A-Z][0-9]{6})?", re.ASCII)

    @classmethod
    def make(cls, year: int, country: str, free: str, voucher: str = "") -> Self:
        """Return a GRN with its check digit.

        Args:
            year: Last two digits of the year it was accepted in.
            country: Country of the office of guarantee.
            free: Twelve capitals or digits.
            voucher: A letter and six digits, or nothing.
        """
        body = f"{year:02}{country}{free}"
        return cls.parse(body + check_digit(body) + voucher)

    @property
    def country(self) -> CountryCode:
        """The country that gave it out."""
        return CountryCode(self[2:4])

    @property
    def check_digit_holds(self) -> bool:
        """Whether its seventeenth character is right."""
        return self[16] == check_digit(self[:16])


class Lrn(_Form):
    """Local reference number, given by the declarant: 1 to 22 characters, no blank at an end."""

    __slots__ = ()
    name = "an LRN"
    form = re.compile(r"[^\s\x00-\x1f](?:[^\x00-\x1f]{0,20}[^\s\x00-\x1f])?")


class TirCarnet(_Form):
    """Number of a TIR carnet: bare up to 25,000,000, with two letters (one an X) above.

    Its check characters follow an algorithm that is not public.
    """

    __slots__ = ()
    name = "a TIR carnet number"
    form = re.compile(
        r"[1-9][0-9]{0,6}|1[0-9]{7}|2[0-4][0-9]{6}|25000000"
        r"|(?:X[A-Z]|[A-Z]X)(?:2[5-9]|[3-9][0-9]|[1-9][0-9]{2})[0-9]{6}",
        re.ASCII,
    )


class ContainerNumber(_Form):
    """Marks of a container by ISO 6346: owner, category U, J or Z, six digits, check digit."""

    __slots__ = ()
    name = "a container number"
    form = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}", re.ASCII)

    @classmethod
    def make(cls, owner: str, serial: int) -> Self:
        """Return a freight container (category U) of a three-letter owner with its check digit."""
        body = f"{owner}U{serial:06}"
        return cls.parse(body + check_digit(body))

    @property
    def check_digit_holds(self) -> bool:
        """Whether its last character is right."""
        return self[10] == check_digit(self[:10])


class ImoNumber(_Form):
    """IMO number of a ship: seven digits, the last of them a check digit.

    Systems write it with and without the letters before it.
    """

    __slots__ = ()
    name = "an IMO number"
    form = re.compile(r"(?:IMO ?)?[0-9]{7}", re.ASCII)

    @property
    def check_digit_holds(self) -> bool:
        """Whether its last digit is right: the first six by weights 7 down to 2, modulo ten."""
        digits = [int(char) for char in self[-7:]]
        total = sum(digit * weight for digit, weight in zip(digits, range(7, 1, -1), strict=False))
        return digits[-1] == total % 10


def uuid7(now_ms: int, random: bytes) -> bytes:
    """Return a UUIDv7 (RFC 9562): a record id that sorts by time.

    Args:
        now_ms: Unix time in milliseconds, below 2**48.
        random: At least ten random bytes; the first ten are used.
    """
    if not 0 <= now_ms < 1 << 48:
        raise ValueError(f"a time of 48 bits in milliseconds is needed, not {now_ms}")
    if len(random) < _RANDOM_BYTES:
        raise ValueError(f"{_RANDOM_BYTES} random bytes are needed, not {len(random)}")
    raw = bytearray(now_ms.to_bytes(6, "big") + random[:_RANDOM_BYTES])
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    return bytes(raw)


_RANDOM_BYTES: Final = 10
_RECORD_ID_BYTES: Final = 16


def parse_record_id(text: str) -> bytes:
    """Return the 16 bytes of a record id, written with or without hyphens.

    Raises:
        Refused: RECORD_MALFORMED: it is not a UUIDv7.
    """
    try:
        raw = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        raw = b""
    if len(raw) != _RECORD_ID_BYTES or raw[6] >> 4 != 7 or raw[8] >> 6 != 2:  # noqa: PLR2004 - RFC 9562
        raise Refused(Reason.RECORD_MALFORMED, "a record id is a UUIDv7")
    return raw
