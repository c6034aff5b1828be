"""A published list of codes: which are valid, when, and what an unknown one means.

Rules:

* a code has a period in which it is valid, or several; a list without a single entry is none;
* what an unknown code means is part of the list (`Unknown`): a code of a country's own may be no
  mistake in one list and a wrong declaration in another;
* a list has a version, which is the date of its publication: two of one version are the same list.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from corridor.wire import codelists

NUMBER: Final = codelists.NUMBER
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
DAY: Final = codelists.DAY
MAX_CODE_CHARS: Final = 35
"""As many as a Code of a record holds."""
MAX_WORDS_CHARS: Final = 512
MAX_ENTRIES: Final = 400_000
"""Four times UN/LOCODE, the longest list there is."""


class Unknown(StrEnum):
    """What a code that is not on the list means."""

    WARN = "warn"
    REFUSE = "refuse"


class Period(NamedTuple):
    """When a code is valid: first and last day, "" where there is none."""

    first: str = ""
    last: str = ""


class Entry(NamedTuple):
    """One code with the times in which it is valid (none: always) and its meaning in words."""

    periods: tuple[Period, ...] = ()
    words: str = ""


class Standing(StrEnum):
    """What a list says of a code on a day."""

    VALID = "valid"
    NOT_YET = "not_yet"
    NO_MORE = "no_more"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list.

    Attributes:
        number: "CL017".
        name: "KindOfPackages".
        version: The day of its publication.
        source: Who published it, in words; "" where nobody said.
        unknown: What an unknown code means.
        entries: Its codes.
    """

    number: str
    name: str
    version: str
    source: str = ""
    unknown: Unknown = Unknown.WARN
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def standing(self, code: str, day: str) -> Standing:
        """Say what the list says of a code on a day; "" is a day of which nothing is known.

        A published list says since when an entry stands as it does, not since when there is the
        code: of days before its publication it is silent about codes that begin later.
        """
        entry = self.entries.get(code)
        if entry is None:
            return Standing.UNKNOWN
        if not day or not entry.periods or any(_covers(one, day) for one in entry.periods):
            return Standing.VALID
        if day < min(one.first for one in entry.periods):
            return Standing.VALID if day < self.version else Standing.NOT_YET
        return Standing.NO_MORE


def _covers(period: Period, day: str) -> bool:
    return period.first <= day and (not period.last or day <= period.last)
