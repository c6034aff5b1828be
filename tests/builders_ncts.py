"""The made-up messages of NCTS, one of each, and what became of their leaves."""

from pathlib import Path

from corridor.standards.accounting import Fate
from corridor.standards.ncts.mapper import Mapped
from corridor.standards.ncts.messages import messages
from corridor.standards.xml import XmlLimits

FIXTURES = Path(__file__).parent / "fixtures/ncts"
NAMES = tuple(message.name for message in messages())
LIMITS = XmlLimits()


def document(name: str) -> bytes:
    return (FIXTURES / f"{name.lower()}.xml").read_bytes()


def fates(mapped: Mapped) -> dict[Fate, list[str]]:
    found: dict[Fate, list[str]] = {}
    for leaf in mapped.account.leaves:
        found.setdefault(leaf.fate, []).append(leaf.path)
    return found
