"""A scenario: which countries a lab has, who agreed with whom, which way goods travel."""

import tomllib
from dataclasses import dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from corridor.errors import ConfigurationError
from corridor.lab.story import NO_SCRIPT, Script, parse_script
from corridor.transit.parties import CountryCode, Endpoint


@dataclass(frozen=True, slots=True)
class Country:
    """One country of a scenario."""

    code: CountryCode
    endpoint: Endpoint
    administration: str
    national_system: str = "http"
    """By which gateway it submits and receives: http, spool, webhook (it submits over HTTP), or
    the socket, which is for people and where it is asked for by name."""
    standard: str = ""
    """Whose messages its system writes and reads: asycuda (spool), ncts (HTTP), or "" for none."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """The countries, the pairs with an agreement in both directions, and the route of goods."""

    name: str
    title: str
    route: tuple[CountryCode, ...]
    countries: tuple[Country, ...]
    agreements: tuple[tuple[CountryCode, CountryCode], ...]
    script: Script = NO_SCRIPT
    """The movements it tells itself; most scenarios leave them to the generator."""
    files: bool = True
    """Whether agreements cover files; a node of 0.1.0 refuses such a directory (PROTOCOL §11)."""

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

    def through(self, national_system: str) -> "Scenario":
        """Return the scenario with national systems that all use one gateway."""
        countries = (
            replace(one, national_system=national_system, standard="") for one in self.countries
        )
        return replace(self, countries=tuple(countries))

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
        return _parse(tomllib.loads(_find(name_or_path)))
    except tomllib.TOMLDecodeError as error:
        fault = f"is not TOML: {error}"
    except UnicodeDecodeError:
        fault = "is not text in UTF-8"
    except OSError as error:
        fault = error.strerror or str(error)
    except ValueError as error:
        fault = str(error)
    raise ConfigurationError(
        f"scenario {name_or_path}: {fault}",
        cure=f"take one of {', '.join(known_scenarios())}, or write the file like theirs",
    )


def known_scenarios() -> tuple[str, ...]:
    """Return the names of the scenarios that come with Corridor, those of folders behind them."""
    return tuple(sorted(_shipped(), key=lambda name: (name.count("/"), name)))


def _shipped() -> dict[str, Traversable]:
    """Return the files of the scenarios by name: "tr-ge-az", "pilots/georgia-turkiye"."""
    found: dict[str, Traversable] = {}
    folders = [("", resources.files("corridor.lab").joinpath("scenarios"))]
    for prefix, folder in folders:
        for entry in folder.iterdir():
            if entry.is_dir():
                folders.append((f"{prefix}{entry.name}/", entry))
            elif entry.name.endswith(".toml"):
                found[prefix + entry.name.removesuffix(".toml")] = entry
    return found


def _find(name_or_path: str) -> str:
    shipped = _shipped().get(name_or_path)
    if shipped is not None:
        return shipped.read_text(encoding="utf-8")
    path = Path(name_or_path)
    if not path.is_file():
        raise ValueError("is a folder" if path.is_dir() else "there is no such file or name")
    return path.read_text(encoding="utf-8")


def _parse(data: dict[str, Any]) -> Scenario:
    countries = tuple(map(_country, _tables(data, "country")))
    codes = {country.code for country in countries}
    if len(codes) != len(countries):
        raise ValueError("a country stands twice in it")
    for country in countries:
        if country.endpoint.country != country.code:
            raise ValueError(f"member {country.endpoint} is not of country {country.code}")
    pairs = tuple(map(_pair, _tables(data, "agreement")))
    route = tuple(map(CountryCode.parse, _texts(data, "route")))
    for code in (*route, *(code for pair in pairs for code in pair)):
        if code not in codes:
            raise ValueError(f"{code} is named but is not one of its countries")
    if len(route) < _SHORTEST_ROUTE:
        raise ValueError("its route names at least two countries")
    script = _script(data, codes)
    return Scenario(_text(data, "name"), _text(data, "title"), route, countries, pairs, script)


def _script(data: dict[str, Any], codes: set[CountryCode]) -> Script:
    script = parse_script(data)
    for story in script.stories:
        if strangers := set(story.countries) - codes:
            raise ValueError(f"story {story.key}: {', '.join(strangers)} is none of its countries")
    return script


def _country(entry: dict[str, Any]) -> Country:
    return Country(
        CountryCode.parse(_text(entry, "code")),
        Endpoint.parse(_text(entry, "member")),
        _text(entry, "administration"),
        _system(entry),
        _standard(entry),
    )


def _standard(entry: dict[str, Any]) -> str:
    found = entry.get("standard", "")
    if found not in {"", *_GATEWAYS}:
        raise ValueError(f"`standard` is one of: {', '.join(_GATEWAYS)}")
    return str(found)


def _system(entry: dict[str, Any]) -> str:
    needed = _GATEWAYS.get(entry.get("standard", ""), "")
    found = entry.get("national_system", needed or "http")
    if found not in _SYSTEMS:
        raise ValueError(f"`national_system` is one of: {', '.join(_SYSTEMS)}")
    if needed and found != needed:
        raise ValueError(f"a system that writes {entry['standard']} uses `{needed}` here")
    return str(found)


def _pair(entry: dict[str, Any]) -> tuple[CountryCode, CountryCode]:
    named = [CountryCode.parse(code) for code in _texts(entry, "between")]
    if len(set(named)) != _PAIR or len(named) != _PAIR:
        raise ValueError("`between` of an agreement names two different countries")
    return named[0], named[1]


_SYSTEMS: Final = ("http", "spool", "webhook", "socket")
_GATEWAYS: Final = {"asycuda": "spool", "ncts": "http"}
"""By which gateway each standard goes in a lab."""
_PAIR: Final = 2
_SHORTEST_ROUTE: Final = 2


def _tables(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = data.get(key)
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"it has no [[{key}]]")
    return found


def _texts(data: dict[str, Any], key: str) -> list[str]:
    found = data.get(key)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError(f"`{key}` must be a list of texts")
    return found


def _text(data: dict[str, Any], key: str) -> str:
    found = data.get(key)
    if not isinstance(found, str) or not found:
        raise ValueError(f"`{key}` must be given, as a text")
    return found
