"""What the national system of a country accepts, and which countries a record concerns.

Rules:

* these are values: what a country has published, as its partners read it (PROTOCOL §12.9); nothing
  here needs a parser, so that a node which speaks no standard can hold them;
* the countries on the way are those of the offices that a record names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from corridor.standards.codelist import Unknown
from corridor.standards.judging import Rules
from corridor.wire.messages import Message
from corridor.wire.v1 import types_pb2 as types
from corridor.wire.walking import walk

_OFFICE: Final = frozenset({types.CustomsOffice.DESCRIPTOR.full_name})
_COUNTRY_CHARS: Final = 2


@dataclass(frozen=True, slots=True)
class AcceptedList:
    """A code list of a country: which publication, which codes, what an unknown one means."""

    version: str
    content_sha256: bytes
    unknown: Unknown


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the national system of a country accepts.

    Attributes:
        endpoint: Who says it.
        issued_ms: When, Unix time in milliseconds.
        standards: Names of the standards it reads, each with its messages; none stands for all.
        rules: What becomes of a message that breaks a rule.
        lists: Its code lists by number.
        rule_set: Which publication of the rules it evaluates, and how many; "" where none.
        record_types: Record types that its node hands on; none where it does not say.
    """

    endpoint: str
    issued_ms: int
    standards: Mapping[str, frozenset[str]]
    rules: Rules
    lists: Mapping[str, AcceptedList] = field(default_factory=dict)
    rule_set: str = ""
    record_types: frozenset[int] = frozenset()

    def reads(self, standard: str, message: str) -> bool:
        """Whether it reads a message of a standard."""
        messages = self.standards.get(standard)
        return messages is not None and (not messages or message in messages)

    @property
    def is_strict(self) -> bool:
        """Whether a message that can be read may be refused all the same: by a rule or a code."""
        codes = any(one.unknown is Unknown.REFUSE for one in self.lists.values())
        return codes or self.rules is Rules.REFUSE


def countries_of(record: Message) -> tuple[str, ...]:
    """Return the countries whose offices a record names, in its order, each once."""
    found: dict[str, None] = {}
    for _, office in walk(record, _OFFICE):
        country = office.country or office.reference[:_COUNTRY_CHARS]
        if len(country) == _COUNTRY_CHARS and country.isalpha() and country.isupper():
            found[country] = None
    return tuple(found)
