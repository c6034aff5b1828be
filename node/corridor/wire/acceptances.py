"""What countries accept, as bytes (PROTOCOL §6.10, §12.9): shapes are checked here."""

import re
from itertools import pairwise
from typing import Final

from corridor.errors import Reason, Refused
from corridor.wire import limits
from corridor.wire.batches import FIRST_BUSINESS, LAST_RESERVED
from corridor.wire.canonical import parse_strict
from corridor.wire.codelists import DAY, NUMBER, REFUSE, WARN
from corridor.wire.v1.acceptance_pb2 import (
    RULE_POLICY_OFF,
    RULE_POLICY_REFUSE,
    RULE_POLICY_WARN,
    Acceptance,
    AcceptedList,
    AcceptedStandard,
)

__all__ = [
    "RULE_POLICY_OFF",
    "RULE_POLICY_REFUSE",
    "RULE_POLICY_WARN",
    "Acceptance",
    "AcceptedList",
    "AcceptedStandard",
    "check_acceptance",
    "parse_acceptance",
]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_POLICIES: Final = frozenset({RULE_POLICY_OFF, RULE_POLICY_WARN, RULE_POLICY_REFUSE})
_MEANINGS: Final = frozenset({WARN, REFUSE})
_MAX_STANDARDS: Final = 64
_MAX_LISTS: Final = 1_024
_HASH_BYTES: Final = 32


def parse_acceptance(payload: bytes) -> Acceptance:
    """Return what a country accepts from its payload (Refused: STATEMENT_MALFORMED)."""
    message = parse_strict(
        Acceptance, payload, limits.ACCEPTANCE_MAX_BYTES, Reason.STATEMENT_MALFORMED
    )
    check_acceptance(message)
    return message


def check_acceptance(message: Acceptance) -> None:
    """Check the shape of one, also before it is signed.

    Raises:
        Refused: STATEMENT_MALFORMED.
    """
    if fault := _fault(message):
        raise Refused(Reason.STATEMENT_MALFORMED, fault)


def _fault(message: Acceptance) -> str:
    standards, lists = message.standards, message.lists
    names = [one.name for one in standards]
    words = [*names, *(word for one in standards for word in one.messages)]
    types = message.record_types
    sound = {
        "when it was signed": 1 <= message.issued_ms <= limits.MAX_TIME_MS,
        f"{len(names)} standards": 1 <= len(names) <= _MAX_STANDARDS,
        "names of standards": all(_NAME.fullmatch(word) for word in words),
        "a standard stands twice": len(set(names)) == len(names),
        "what a broken rule means": message.rules in _POLICIES,
        "the rule set": not message.rule_set or bool(_NAME.fullmatch(message.rule_set)),
        f"{len(lists)} code lists": len(lists) <= _MAX_LISTS,
        "a code list": all(_sound(one) for one in lists),
        "a list stands twice": len({one.number for one in lists}) == len(lists),
        "record types": all(FIRST_BUSINESS <= one <= LAST_RESERVED for one in types)
        and all(one < other for one, other in pairwise(types)),
    }
    return next((what for what, holds in sound.items() if not holds), "")


def _sound(one: AcceptedList) -> bool:
    form = NUMBER.fullmatch(one.number) and DAY.fullmatch(one.version)
    return bool(form) and len(one.content_sha256) == _HASH_BYTES and one.unknown in _MEANINGS
