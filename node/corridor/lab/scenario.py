"""A scenario: which countries a lab has, who agreed with whom, which way goods travel."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from corridor.errors import ConfigurationError
from corridor.transit.parties import CountryCode, Endpoint


@dataclass(frozen=True, slots=True)
class Country:
    """One country of a scenario."""

    code: CountryCode
    endpoint: Endpoint
    administration: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """The countries, the pairs with an agreement in both directions, and the route of goods."""

    name: str
    title: str
    route: tuple[CountryCode, ...]
    countries: tuple[Country, ...]
    agreements: tuple[tuple[CountryCode, CountryCode], ...]

    def country(self, code: str) -> Country:
        """Return a country by its code.

        Raises:
            ConfigurationError: It is not in the scenario.
        """
        for country in self.countries:
            if country.code == code:
                return country
        known = ", ".join(country.code for country in self.countries)
        raise ConfigurationError(f"{code} is not in scenario {self.name}; its countries: {known}")

    def partners(self, code: CountryCode) -> tuple[Country, ...]:
        """Return the countries with which `code` has an agreement."""
        others = {
            other for pair in self.agreements if code in pair for other in pair if other != code
        }
        return tuple(country for country in self.countries if country.code in others)


def load_scenario(name_or_path: str) -> Scenario:
    """Read a scenario that comes with Corridor by its name, or any by its file.

    Raises:
        ConfigurationError: There is none, or it cannot be used.
    """
    try:
        text = _find(name_or_path)
        return _parse(tomllib.loads(text))
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"scenario {name_or_path}: {error!r}") from None


def known_scenarios() -> tuple[str, ...]:
    """Return the names of the scenarios that come with Corridor."""
    folder = resources.files("corridor.lab").joinpath("scenarios")
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def _find(name_or_path: str) -> str:
    if name_or_path in known_scenarios():
        folder = resources.files("corridor.lab").joinpath("scenarios")
        return folder.joinpath(f"{name_or_path}.toml").read_text(encoding="utf-8")
    path = Path(name_or_path)
    if not path.is_file():
        raise FileNotFoundError(f"no such file, and not one of: {', '.join(known_scenarios())}")
    return path.read_text(encoding="utf-8")


def _parse(data: dict[str, Any]) -> Scenario:
    countries = tuple(
        Country(
            CountryCode.parse(entry["code"]),
            Endpoint.parse(entry["member"]),
            entry["administration"],
        )
        for entry in data["country"]
    )
    codes = {country.code for country in countries}
    if len(codes) != len(countries):
        raise ValueError("a country stands twice in it")
    for country in countries:
        if country.endpoint.country != country.code:
            raise ValueError(f"member {country.endpoint} is not of country {country.code}")
    pairs = tuple(
        (CountryCode.parse(first), CountryCode.parse(second))
        for first, second in (entry["between"] for entry in data["agreement"])
    )
    route = tuple(CountryCode.parse(code) for code in data["route"])
    for code in (*route, *(code for pair in pairs for code in pair)):
        if code not in codes:
            raise ValueError(f"{code} is named but is not one of its countries")
    return Scenario(data["name"], data["title"], route, countries, pairs)
