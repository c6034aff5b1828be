"""What countries on the way will do with a record, as values that gateways tell.

Rules (PROTOCOL §6.10):

* a country accepts, refuses, or is not known; the last is no mistake of anybody;
* what is told names elements, rules and words, never a value of a party.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple


class Foreseen(StrEnum):
    """What a country will do."""

    ACCEPTS = "accepts"
    REFUSES = "refuses"
    UNKNOWN = "unknown"


class CountrySays(NamedTuple):
    """What a country on the way will do with a record, as far as it has said."""

    country: str
    answer: Foreseen
    why: tuple[str, ...] = ()
    """Of a refusal: element, rule and words, one line each. Of an unknown one: why."""
    said_ms: int | None = None
    """When the country last said what it accepts."""
    not_looked_at: tuple[str, ...] = ()
    """Its code lists and rules that are not here: of these nothing is known."""

    @property
    def plain(self) -> dict[str, Any]:
        """The answer as JSON has it."""
        return {
            "country": self.country,
            "answer": self.answer.value,
            "why": list(self.why),
            "said_ms": self.said_ms,
            "not_looked_at": list(self.not_looked_at),
        }


def refusals(told: Iterable[CountrySays]) -> tuple[str, ...]:
    """Return why countries will refuse, one line a reason, each with its country before it."""
    return tuple(
        f"{one.country}: {why}" for one in told if one.answer is Foreseen.REFUSES for why in one.why
    )
