"""Short ways to write the values that records are made of."""

from datetime import UTC, datetime
from functools import cache, lru_cache
from random import Random
from typing import Final

from corridor.standards.generate import numbers
from corridor.standards.generate.places import Country, Office
from corridor.wire.v1 import types_pb2 as types

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS


@cache
def code(value: str, code_list: str | None = None) -> types.Code:
    """Write a code, with its list where the place in the record does not say it.

    Kept and shared: putting a message into another copies it, and nobody changes these.
    """
    return types.Code(value=value, list=code_list)


def moment(at_ms: int) -> types.DateTimeValue:
    """Write a time the way NCTS does (an19), with its instant."""
    text = datetime.fromtimestamp(at_ms // 1000, UTC).isoformat()[:19]
    return types.DateTimeValue(
        lexical=text, format=types.DATE_FORMAT_LOCAL_DATE_TIME, unix_ms=at_ms // 1000 * 1000
    )


def day(at_ms: int) -> types.DateTimeValue:
    """Write a date the way NCTS does (an10)."""
    return _day(at_ms // DAY_MS)


@lru_cache(maxsize=1024)
def _day(days: int) -> types.DateTimeValue:
    text = datetime.fromtimestamp(days * (DAY_MS // 1000), UTC).isoformat()[:10]
    return types.DateTimeValue(lexical=text, format=types.DATE_FORMAT_DATE)


def decimal(thousandths: int) -> types.Decimal:
    """Write a mass or amount with three decimals, trailing zeros kept."""
    return types.Decimal(lexical=f"{thousandths // 1000}.{thousandths % 1000:03d}")


def office(
    place: Office, role: "types.OfficeRole.ValueType", sequence: int | None = None
) -> types.CustomsOffice:
    """Write a customs office in one of its roles; kept and shared like `code`."""
    return types.CustomsOffice(
        reference=place.reference, name=place.name, role=role, sequence=sequence
    )


def party(
    draw: Random,
    country: Country,
    role: "types.PartyRole.ValueType",
    scheme: "types.IdScheme.ValueType",
) -> types.Party:
    """Invent a firm of a country with number, address and somebody to ask."""
    town, postcode = numbers.one_of(draw, country.towns)
    number = numbers.between(draw, 10**9, 10**10 - 1)
    street, house = numbers.one_of(draw, country.streets), numbers.between(draw, 1, 240)
    return types.Party(
        role=role,
        ids=[types.Identifier(scheme=scheme, value=f"{country.code}{number}")],
        name=numbers.one_of(draw, country.firms),
        address=types.Address(
            street_and_number=f"{street} {house}",
            postcode=postcode,
            city=town,
            country=country.code,
        ),
        contact=types.Contact(
            name=numbers.one_of(draw, country.people),
            phone=f"{country.phone}{numbers.digits(draw, 4)}",
            email=f"transit{numbers.digits(draw, 3)}@{country.code.lower()}.example",
        ),
    )


def plate(draw: Random, country: Country) -> str:
    """Invent a registration plate of a country."""
    return numbers.plate(draw, country.plate)
