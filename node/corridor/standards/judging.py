"""How a node judges what its national system writes, beyond the form: lists, rules, dialect.

Rules:

* these are values that a configuration makes and a mapper reads; nothing here needs a parser, so
  that a node which speaks no standard can hold them;
* a code is judged by the lists that were valid on the day of the message, never by today's clock:
  the same message is judged alike tomorrow.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from corridor.standards.codelist import CodeList
from corridor.standards.dialect import Dialect


class Rules(StrEnum):
    """What becomes of a message that breaks a published rule of its standard."""

    OFF = "off"
    """Rules are not looked at."""
    WARN = "warn"
    REFUSE = "refuse"


class Lists(Protocol):
    """Code lists at hand, each read when it is first asked for."""

    def named(self, number: str, day: str, /) -> CodeList | None:
        """Return the list of a number ("CL017") as it stood on a day, None where there is none.

        On a day before the oldest at hand, or on one that is not known (""), the nearest stands.
        """


class NoLists:
    """Where no lists are at hand: codes are not judged, and rules that need a list neither."""

    def named(self, number: str, day: str, /) -> CodeList | None:  # noqa: ARG002 - the interface
        """Return None."""
        return None


class Iso(Protocol):
    """The tables of ISO."""

    def knows_country(self, code: str, /) -> bool:
        """Whether two capitals are a country."""

    def knows_currency(self, code: str, /) -> bool:
        """Whether three capitals are a currency."""


@dataclass(frozen=True, slots=True)
class Judging:
    """By what a message is judged; without tables of ISO countries are not looked at."""

    lists: Lists = field(default_factory=NoLists)
    rules: Rules = Rules.WARN
    iso: Iso | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """How the national system of a node writes, and how strictly it is read."""

    dialect: Dialect | None = None
    judging: Judging = field(default_factory=Judging)
