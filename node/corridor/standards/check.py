"""Trying a document: what it is, whether it would be accepted, what the record keeps of it.

Rules:

* a document is accepted where no rule of ours, and no schema that is at hand, refuses it;
* what is shown is what a node would do: the same reading, the same writing;
* the round trip is judged on the document with its residual, never on an attached original.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from corridor.errors import Refused
from corridor.standards.accounting import Account, Fate
from corridor.standards.convert import Difference, convert
from corridor.standards.findings import MISSING, Finding
from corridor.standards.mapper import Encoded, Mapped, Options
from corridor.standards.schema import Schemas
from corridor.standards.standard import Recognised, Standard, recognise
from corridor.standards.tree import Node, first_difference
from corridor.wire.rule_words import RULE_WORDS

EQUAL: Final = "equal"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a document is refused: where (empty for the whole of it), by which rule, in words."""

    path: str
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """The record as a message of another standard.

    `missing` is what that demands and the record lacks; what it cannot say is `lost`, what it says
    with other characters `narrowed`.
    """

    standard: str
    message: str | None = None
    missing: tuple[str, ...] = ()
    lost: tuple[Difference, ...] = ()
    narrowed: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """What trying a document found.

    Attributes:
        standard: Recognised standard, None where it is none.
        message: Recognised message.
        refusals: Why it is refused; empty for one that is accepted.
        account: The fate of every leaf, None where no record was made.
        round_trip: "equal", or the path of the first difference; None where no record was made.
        validated: Whether a schema was at hand.
        conversion: For another standard that was asked for.
        warnings: What is doubtful about it and no reason to refuse it.
    """

    standard: str | None = None
    message: str | None = None
    refusals: tuple[Refusal, ...] = ()
    account: Account | None = None
    round_trip: str | None = None
    validated: bool = False
    conversion: Conversion | None = None
    warnings: tuple[Finding, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether a node takes it, loses nothing of it, and can write it as was asked."""
        return not self.refusals and self.round_trip == EQUAL and not self.count(Fate.DROPPED)

    def count(self, fate: Fate) -> int:
        """Count the leaves of a fate."""
        if self.account is None:
            return 0
        return Counter(leaf.fate for leaf in self.account.leaves)[fate]


def check(
    document: bytes, options: Options, schemas: Schemas | None = None, to: Standard | None = None
) -> Checked:
    """Try a document; refuses nothing itself, it tells.

    Args:
        document: The document.
        options: How it is read.
        schemas: Official schemas that are at hand.
        to: Another standard it is to be written in.

    Raises:
        InputTrouble: A schema that is at hand cannot be used.
    """
    try:
        known = recognise(document, options)
    except Refused as refused:
        return Checked(refusals=_refusals(refused))
    found = Checked(known.standard.name, known.message)
    found = _validated(found, document, schemas)
    try:
        mapped = known.standard.decode(document, options, known.root)
        back = known.standard.encode(mapped.record, True)
    except Refused as refused:
        return replace(found, refusals=(*_refusals(refused), *found.refusals))
    found = replace(
        found,
        refusals=(*found.refusals, *_broken(mapped)),
        warnings=tuple(one for one in mapped.findings if not one.refuses),
        account=mapped.account,
        round_trip=_round_trip(known, back, options),
    )
    return found if to is None else _converted(found, mapped, to)


def _refusals(refused: Refused) -> tuple[Refusal, ...]:
    """Take the faults of a refusal apart: each is "path (rule)"."""
    label = refused.reason.label
    found = []
    for fault in refused.detail.split("; "):
        path, opened, rule = fault.partition(" (")
        if opened and rule.endswith(")") and " " not in path:
            rule = rule.removesuffix(")")
            words = f"{RULE_WORDS[rule]} ({rule})" if rule in RULE_WORDS else rule
            found.append(Refusal(path, label, words))
        else:
            found.append(Refusal("", label, fault))
    return tuple(found)


def _broken(mapped: Mapped) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(one.path, MISSING, one.words)
        if one.rule == MISSING
        else Refusal(one.path, one.reason.label, f"{one.rule}: {one.words}")
        for one in mapped.findings
        if one.refuses
    )


def _validated(found: Checked, document: bytes, schemas: Schemas | None) -> Checked:
    if schemas is None:
        return found
    faults = schemas.faults(f"{(found.message or '').lower()}.xsd", document)
    if faults is None:
        return found
    refusals = tuple(Refusal(fault.path, "schema", fault.words) for fault in faults)
    return replace(found, refusals=refusals, validated=True)


def _round_trip(known: Recognised, back: Encoded, options: Options) -> str:
    limits = options.limits  # what is written with line breaks is longer than what came
    size = max(limits.max_bytes, len(back.document))
    root = known.standard.read(back.document, replace(limits, max_bytes=size))
    if known.root.name == known.root.local:  # senders differ about the namespace of the root
        root = Node(root.local, root.text, root.attributes, root.children)
    return first_difference(known.root, root) or EQUAL


def _converted(found: Checked, mapped: Mapped, to: Standard) -> Checked:
    try:
        made = convert(mapped, to)
    except Refused as refused:
        refusals = (*found.refusals, *(replace(one, path="") for one in _refusals(refused)))
        return replace(found, refusals=refusals, conversion=Conversion(to.name))
    missing = tuple(
        Refusal(path, MISSING, f"{to.name} demands it, and nothing is made up for it")
        for path in dict.fromkeys(made.written.missing)
    )
    conversion = Conversion(
        to.name, made.written.message, made.written.missing, made.lost, made.narrowed
    )
    misfits = tuple(
        Refusal(one.path, one.rule, f"{to.name} does not take it: {one.words}")
        for one in made.misfits
    )
    refusals = (*found.refusals, *missing, *misfits)
    return replace(found, refusals=refusals, conversion=conversion)
