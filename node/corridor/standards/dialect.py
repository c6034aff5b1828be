"""How the system of one country differs from the form of a standard that has no schema.

Rules:

* a dialect is data: what its form does not have, what it adds to the rows that are demanded, how
  it writes a box without a value, and which box holds what the common form has no box for;
* it is named by country and version, and records that it makes carry that name, so that what one
  dialect keeps word for word is never put into a document of another.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from corridor.errors import ConfigurationError

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.]{0,9}")
_PATH: Final = re.compile(r"ASYCUDA(/@?[A-Za-z0-9_.]{1,64}){1,12}")
_MAX_PATHS: Final = 2000  # more than the rows of the whole form
_LISTS: Final = ("absent", "demanded", "excused", "blank", "null")
_KEYS: Final = frozenset({"country", "version", "released", "address", "traders", "holds", *_LISTS})
HELD: Final = frozenset(
    ("mrn", "security", "reduced_dataset", "binding_itinerary", "additional_declaration_type",
     "accepted_on", "released_on", "controlled_on", "control_text", "language", "guarantee_type",
     "guarantee_currency", "happened_at", "means_type", "border_means_type", "border_office")
)  # fmt: skip
"""What a box of a dialect may be said to hold, beyond the common form."""
_TRADERS: Final = ("", "TIN", "EORI")
ADDRESS_LINES: Final = frozenset({"street_and_number", "postcode", "city", "region", "country"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """The form as one country's system writes it; paths are like "ASYCUDA/Transit/Seals/Number".

    Attributes:
        country: Whose it is.
        version: Of its system.
        absent: Elements its form does not have.
        demanded: Elements that must have a value.
        excused: Elements that need none here.
        blank: Boxes it writes as `<X/>` where there is no value.
        null: Boxes it writes as `<X><null/></X>` then.
        released: The box whose filling says that customs released the goods; "" for none.
        address: What each line below a trader's name is, in order; none where nobody says.
        traders: "EORI" where the codes of traders are such; "" or "TIN" where they are not.
        holds: Boxes, and what each holds: one of HELD.
    """

    country: str
    version: str
    absent: frozenset[str] = field(default_factory=frozenset)
    demanded: frozenset[str] = field(default_factory=frozenset)
    excused: frozenset[str] = field(default_factory=frozenset)
    blank: frozenset[str] = field(default_factory=frozenset)
    null: frozenset[str] = field(default_factory=frozenset)
    released: str = ""
    address: tuple[str, ...] = ()
    traders: str = ""
    holds: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Country and version: "JM-4.3"."""
        return f"{self.country}-{self.version}"


def dialect_of(told: Mapping[str, Any]) -> Dialect:
    """Make a dialect of what its file says.

    Raises:
        ConfigurationError: It has unknown keys, or values of another form.
    """
    wrong = sorted(set(told) - _KEYS)
    country, version = told.get("country"), told.get("version")
    if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
        wrong.append("country: two capitals")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        wrong.append("version: up to ten letters, digits and points")
    paths: dict[str, frozenset[str]] = {}
    for key in _LISTS:
        found = told.get(key, [])
        if not isinstance(found, list) or len(found) > _MAX_PATHS or not all(map(_is_path, found)):
            wrong.append(f'{key}: a list of paths like "ASYCUDA/Transit/Seals/Number"')
            continue
        paths[key] = frozenset(found)
    released, address, holds = _more(told, wrong)
    traders = told.get("traders", "")
    if traders not in _TRADERS:
        wrong.append('traders: "EORI" or "TIN"')
    if wrong:
        raise ConfigurationError(
            f"dialect: {'; '.join(wrong)}",
            cure=f"its keys are {', '.join(sorted(_KEYS))}; see the manual on ASYCUDA",
        )
    return Dialect(
        str(country),
        str(version),
        **paths,
        released=released,
        address=address,
        traders=str(traders),
        holds=holds,
    )


def _more(
    told: Mapping[str, Any], wrong: list[str]
) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Read what goes beyond lists of paths; what is wrong is added to `wrong`."""
    released = told.get("released", "")
    if released and not _is_path(released):
        wrong.append("released: one path")
    address = told.get("address", [])
    known = isinstance(address, list) and all(one in ADDRESS_LINES for one in map(str, address))
    if not known or len(set(map(str, address))) != len(address):
        wrong.append(
            f"address: what each line is, each once, of {', '.join(sorted(ADDRESS_LINES))}"
        )
        address = []
    holds = told.get("holds", {})
    sound = isinstance(holds, dict) and len(holds) <= len(HELD)
    if not sound or not all(_is_path(path) and word in HELD for path, word in _pairs(holds)):
        wrong.append(f"holds: paths, and what stands there: {', '.join(sorted(HELD))}")
        holds = {}
    if len({word for _, word in _pairs(holds)}) != len(holds):
        wrong.append("holds: nothing stands in two boxes")
    return str(released), tuple(map(str, address)), tuple(_pairs(holds))


def _pairs(holds: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(path, str(word)) for path, word in holds.items()]


def _is_path(found: object) -> bool:
    return isinstance(found, str) and bool(_PATH.fullmatch(found))
