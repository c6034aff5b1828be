"""Says the rules that a record can break in words, for whoever has to mend it (PROTOCOL §12).

Rules are told by their id everywhere, since programs go by that; people read what stands here.
"""

import re
from typing import Final, NamedTuple

_FAULT: Final = re.compile(r"(required|[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)(?: (\S+))?")

RULE_WORDS: Final = {
    "required": "it must be there",
    "string.min_len": "it is empty",
    "string.max_len": "it is too long",
    "string.pattern": "it is not of the form it should have",
    "bytes.len": "it has another length than it must have",
    "bytes.max_len": "it is too long",
    "repeated.max_items": "there are more of them than a record holds",
    "uint32.gte_lte": "it is a number outside its range",
    "int64.gte_lte": "it is no instant of the years that a calendar has",
    "identifier.mrn": "an MRN is 18 characters: year, country, 12 or 13 free, check digit",
    "identifier.grn": "a GRN is 17 characters, or 24 for a voucher",
    "identifier.lrn": "an LRN has at most 22 characters",
    "role.not_allowed": "a record of this type is not written in the role that it claims",
    "role.not_held": "the sender holds no role in which this record is written for the movement",
    "office.not_own": "the office belongs to another country than the sender's",
    "whole.without_its_file": "leave it out: the node makes it, where a record is long",
    "whole.other": "it is not the whole of the record with which it came",
    "whole.of_a_file": "a manifest of a file is never long",
    "attachment.without_its_file": "give its file with it (`corridor attach send`)",
}
"""By rule; of those that no table of a standard names."""


class RuleFault(NamedTuple):
    """A fault as the core names it, "rule path", taken apart."""

    rule: str
    path: str
    """A field of the record; "" for all of it."""
    words: str
    """What is wrong there; "" for a rule that has no words here."""


def rule_fault(text: str) -> RuleFault | None:
    """Take apart a fault of a record; None where the text is not of the form "rule path"."""
    found = _FAULT.fullmatch(text)
    if found is None:
        return None
    return RuleFault(found[1], found[2] or "", RULE_WORDS.get(found[1], ""))


def in_words(text: str) -> str:
    """Return a fault as a person reads it: "path: words (rule)"; what has no words as it is."""
    found = rule_fault(text)
    if found is None or not found.words:
        return text
    said = f"{found.words} ({found.rule})"
    return f"{found.path}: {said}" if found.path else said
