"""What is doubtful or wrong in a message of NCTS Phase 5: identifiers, codes, published rules.

Rules:

* the day of a message is that on which it was prepared;
* an answer that refuses a request is asked nothing but what such an answer has to be (rules S1002
  to S1022 put C0466 first);
* rules and lists are those of Phase 5: of another release identifiers, formats and what is refused
  always (`always`) are looked at, and nothing else.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from corridor.standards.coded import Coded, coded, unknown_codes
from corridor.standards.codelist import DAY
from corridor.standards.findings import Finding
from corridor.standards.identifiers import CHECK_DIGIT
from corridor.standards.iso import COUNTRIES, CURRENCIES
from corridor.standards.judging import NoLists, Rules
from corridor.standards.mapper import Judged, doubtful
from corridor.standards.mapping import Group, Parts
from corridor.standards.ncts.always import always
from corridor.standards.ncts.conditions import CONDITIONS
from corridor.standards.ncts.conditions_goods import CONDITIONS_OF_GOODS
from corridor.standards.ncts.guidelines import GUIDELINES
from corridor.standards.ncts.later_rules import LATER_RULES
from corridor.standards.ncts.lists import LIST_IN, LIST_OF
from corridor.standards.ncts.office_rules import OFFICE_RULES
from corridor.standards.ncts.releases import P5, Release, release_of
from corridor.standards.ncts.rule_uses import RULES_OF
from corridor.standards.ncts.value_rules import VALUE_RULES
from corridor.standards.places import Place, below, place
from corridor.standards.rules import Rule, broken
from corridor.standards.ways import Scene

RULES: Final[tuple[Rule, ...]] = (
    *CONDITIONS,
    *CONDITIONS_OF_GOODS,
    *VALUE_RULES,
    *OFFICE_RULES,
    *LATER_RULES,
    *GUIDELINES,
)
PUBLISHED: Final = 455
"""Rules and conditions of DDNTA Appendix Q2, 5.15.2, that have a text."""
RULE_SET: Final = f"5.15.2-{len(RULES)}"
"""Which publication is evaluated here, and how much of it: what partners are told."""
_OF_REFUSALS: Final = frozenset({"C0365", "C0366", "C0466", "C0511", "C0811", "R0028"})
_REFUSAL: Final = ("TransitOperation", "requestRejectionReasonCode")
_CHECKED_BY_RULE: Final = ("MRN", "GRN")


def judge_release(release: Release) -> Callable[[Judged], Iterator[Finding]]:
    """Return what finds the doubtful and the wrong in messages of a release."""

    def found(judged: Judged) -> Iterator[Finding]:
        # by what a message says it is: leaving an element out lifts no rule
        said = release_of(judged.tree.attributes.get("PhaseID", ""))
        by_rules = judge if said is P5 else doubtful
        told = set()
        for one in always(judged.tree, judged.message.name, release):
            told.add((one.path, one.rule))
            yield one
        yield from (one for one in by_rules(judged) if (one.path, one.rule) not in told)

    return found


def judge(judged: Judged) -> Iterator[Finding]:
    """Yield what is doubtful or wrong, what a rule or a list says first."""
    judging, name = judged.options.judging, judged.message.name
    asks, has_lists = judging.rules is not Rules.OFF, not isinstance(judging.lists, NoLists)
    if asks or has_lists:
        root = place(judged.tree, judged.message.element, _many(name))
        scene = Scene(root, judging.lists, _day(below(root, ("preparationDateAndTime",))))
        if has_lists:
            yield from unknown_codes(root, _coded(name), scene)
        if asks:
            refused = bool(below(root, _REFUSAL))
            refuses = judging.rules is Rules.REFUSE
            yield from broken(_rules_of(name, refused), scene, refuses=refuses)
    by_rule = asks and "R0028" in RULES_OF.get(name, ())
    for doubt in doubtful(judged):
        if by_rule and doubt.rule == CHECK_DIGIT and doubt.path.endswith(_CHECKED_BY_RULE):
            continue
        if has_lists and doubt.rule in {COUNTRIES, CURRENCIES}:
            continue  # the standard's own lists are stricter, and newer
        yield doubt


def _day(prepared: list[Place]) -> str:
    day = prepared[0].text[:10] if prepared else ""
    return day if DAY.fullmatch(day) else ""


@cache
def _rules_of(message: str, refused: bool) -> tuple[Rule, ...]:  # noqa: FBT001 - a key of the cache
    ids = RULES_OF.get(message, frozenset())
    if refused:
        ids &= _OF_REFUSALS
    return tuple(rule for rule in RULES if rule.id in ids)


@cache
def _coded(message: str) -> Coded:
    def list_of(path: str) -> str | None:
        steps = path.split("/")
        for last in (3, 2):
            tail = "/".join(steps[-last:])
            number = LIST_IN.get((message, tail)) or LIST_OF.get(tail)
            if number is not None:
                return number
        return None

    return coded(P5.messages[message].parts, message, list_of)


@cache
def _many(message: str) -> frozenset[str]:
    return frozenset(_repeated(P5.messages[message].parts))


def _repeated(parts: Parts) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Group):
            if part.many:
                yield part.element
            yield from _repeated(part.parts)
