"""Stories: movements written down as data in a scenario's file, step by step.

Rules:

* a story names offices, parties, goods, seals and texts as a country writes them, in its own
  language and script; numbers with check digits and times are made when it is played;
* a step is told by the country of its office to every other country of the story;
* `expect` says how each side must see the movement at the end: a story that ends otherwise fails;
* a fault of the file is told with the place of it, before anything is brought up.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

_SPAN: Final = re.compile(r"([0-9]+)(m|h|d)", re.ASCII)
_UNITS_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_OFFICE: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3,6}", re.ASCII)

STEPS: Final = frozenset(
    {"declared", "accepted", "controlled", "released", "left", "entered", "passed", "incident",
     "arrived", "permitted", "unloaded", "result", "ended", "discharged", "refused", "rejected",
     "enquired", "answered"}
)  # fmt: skip
ENDS: Final = frozenset({"discharged", "refused", "rejected", "overdue"})
"""How a movement may stand at the end of its story."""


@dataclass(frozen=True, slots=True)
class Firm:
    """A trader with an address in its own script; `number` is what customs know it by."""

    name: str
    number: str
    street: str
    postcode: str
    city: str
    country: str
    contact: str


@dataclass(frozen=True, slots=True)
class Lot:
    """Goods of one kind: net mass in kilograms, `package` a code of Rec 21."""

    hs6: str
    description: str
    language: str
    package: str
    packages: int
    kg: int
    marks: str


@dataclass(frozen=True, slots=True)
class Step:
    """One record of a story."""

    what: str
    office: str
    after_ms: int
    code: str = ""
    text: str = ""
    seals: tuple[str, ...] = ()
    plate: str = ""

    @property
    def country(self) -> str:
        """Who tells it."""
        return self.office[:2]


@dataclass(frozen=True, slots=True)
class Expected:
    """How the movement must stand at the end: `ends` is one of ENDS, `code` names a refusal."""

    ends: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """One movement, from its declaration to its end."""

    key: str
    title: str
    procedure: str
    """T1, T2, TIR, DUCA-T or EAEU."""
    way: tuple[str, ...]
    """References of the offices: departure, offices on the way, destination."""
    way_text: str
    days_ago: int
    limit_days: int
    firms: Mapping[str, Firm]
    """holder, consignor, consignee, carrier."""
    guarantee_office: str
    currency: str
    amount: int
    loading: str
    unloading: str
    mode: str
    plates: tuple[str, ...]
    container: str
    seals: tuple[str, ...]
    document: str
    lots: tuple[Lot, ...]
    steps: tuple[Step, ...]
    expected: Expected

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries from departure to destination, each once."""
        return tuple(dict.fromkeys(office[:2] for office in self.way))


@dataclass(frozen=True, slots=True)
class Script:
    """All stories of a scenario, and the names of the offices in them."""

    offices: Mapping[str, str]
    stories: tuple[Story, ...]


NO_SCRIPT: Final = Script(MappingProxyType({}), ())


def parse_script(data: Mapping[str, Any]) -> Script:
    """Return the stories of a scenario's file; none where it has no [[story]].

    Raises:
        ValueError: A story cannot be told; the message says which and why.
    """
    offices = {key: _clean(value) for key, value in data.get("offices", {}).items()}
    firms = {key: _firm(key, value) for key, value in data.get("firms", {}).items()}
    stories = []
    for number, entry in enumerate(data.get("story", ()), 1):
        try:
            stories.append(_story(entry, offices, firms))
        except KeyError as error:
            raise ValueError(f"story {number}: {error.args[0]!r} is not given") from None
        except (TypeError, AttributeError) as error:
            raise ValueError(f"story {number}: is not of the form of a story: {error}") from None
        except ValueError as error:
            raise ValueError(f"story {number}: {error}") from None
    return Script(offices, tuple(stories))


def _story(entry: Any, offices: Mapping[str, str], firms: Mapping[str, Firm]) -> Story:  # noqa: ANN401 - TOML
    steps = tuple(map(_step, entry["steps"]))
    way = tuple(entry["way"])
    for office in (*way, entry["guarantee"]["office"], *(step.office for step in steps)):
        if office not in offices or not _OFFICE.fullmatch(office):
            raise ValueError(f"{office!r} is none of its [offices]")
    countries = {office[:2] for office in way}
    if strangers := {step.country for step in steps} - countries:
        raise ValueError(f"{', '.join(sorted(strangers))} tells a step and is not on the way")
    guarantee = entry["guarantee"]
    return Story(
        key=_clean(entry["key"]),
        title=_clean(entry["title"]),
        procedure=entry["procedure"],
        way=way,
        way_text=_clean(entry.get("way_text", "")),
        days_ago=int(entry["days_ago"]),
        limit_days=int(entry["limit_days"]),
        firms={role: firms[entry[role]] for role in ("holder", "consignor", "consignee")},
        guarantee_office=guarantee["office"],
        currency=guarantee["currency"],
        amount=int(guarantee["amount"]),
        loading=_clean(entry["loading"]),
        unloading=_clean(entry["unloading"]),
        mode=entry.get("mode", "3"),
        plates=tuple(map(_clean, entry["plates"])),
        container=entry.get("container", ""),
        seals=tuple(map(_clean, entry["seals"])),
        document=_clean(entry["document"]),
        lots=tuple(map(_lot, entry["goods"])),
        steps=steps,
        expected=_expected(entry["expect"]),
    )


def _expected(entry: Mapping[str, Any]) -> Expected:
    if entry["ends"] not in ENDS:
        raise ValueError(f"expect.ends is one of {', '.join(sorted(ENDS))}")
    return Expected(entry["ends"], entry.get("code", ""))


def _step(entry: Mapping[str, Any]) -> Step:
    if entry["what"] not in STEPS:
        raise ValueError(f"{entry['what']!r} is no step; they are {', '.join(sorted(STEPS))}")
    return Step(
        entry["what"],
        entry["at"],
        _span(entry.get("after", "30m")),
        entry.get("code", ""),
        _clean(entry.get("text", "")),
        tuple(map(_clean, entry.get("seals", ()))),
        _clean(entry.get("plate", "")),
    )


def _span(text: str) -> int:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time like 30m, 6h or 2d")
    return int(match[1]) * _UNITS_MS[match[2]]


def _lot(entry: Mapping[str, Any]) -> Lot:
    return Lot(
        entry["hs6"],
        _clean(entry["description"]),
        entry["language"],
        entry["package"],
        int(entry["packages"]),
        int(entry["kg"]),
        _clean(entry.get("marks", "")),
    )


def _firm(key: str, entry: Mapping[str, str]) -> Firm:
    wanted = ("name", "number", "street", "postcode", "city", "country", "contact")
    if missing := [name for name in wanted if not entry.get(name)]:
        raise ValueError(f"firm {key}: {', '.join(missing)} not given")
    return Firm(*(_clean(entry[name]) for name in wanted))


def _clean(text: str) -> str:
    """Return a text as it is; it must be in the one form that survives any comparison (NFC)."""
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError(f"{text!r} is not in Unicode's composed form (NFC)")
    return text
