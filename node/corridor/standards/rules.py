"""Published rules of a standard as rows of a table, and what a message breaks of them.

Rules:

* a row has the public id of its rule, what that means in one short sentence of ours, and cases:
  the first case whose condition holds says what must be; no case, no demand;
* a rule is about the document, or about each of some elements of it (`each`);
* a case that hangs on a code list which is not at hand ends the row in silence: what cannot be
  judged is neither kept nor broken;
* a rule is asked only of the messages to which its standard attaches it.

Example:
    Rule("C0411", "a carnet number belongs to a TIR movement and to no other",
         ("declarationType is TIR", "TIRCarnetNumber"), ("", "no TIRCarnetNumber"),
         each="/TransitOperation")
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

from corridor.errors import Reason
from corridor.standards.findings import MAX_FINDINGS, Finding
from corridor.standards.places import Place
from corridor.standards.predicate_parser import first_path, parse
from corridor.standards.ways import Scene, Test, Way, way

EVERYWHERE: Final = "**"
"""As `each`: every element of the document that has children."""


class Rule:
    """A row.

    Attributes:
        id: Public id, "C0411".
        words: What it means.
        cases: Condition and demand, as predicates; "" is no condition, no demand.
        each: The elements that it is about, several parted by blanks; "" for the document.
        partly: What of the published rule is not looked at; "" where all of it is.
        advice: Whether it is a guideline: to break it never refuses.
    """

    __slots__ = ("advice", "cases", "each", "id", "partly", "words")

    def __init__(
        self,
        id_: str,
        words: str,
        *cases: tuple[str, str],
        each: str = "",
        partly: str = "",
        advice: bool = False,
    ) -> None:
        """Make a row."""
        self.id = id_
        self.words = words
        self.cases = cases
        self.each = each
        self.partly = partly
        self.advice = advice

    @property
    def lists(self) -> tuple[str, ...]:
        """The code lists that it needs."""
        words = " ".join(f"{when} {must}" for when, must in self.cases).split()
        named = {part[1:] for word in words for part in word.split("|") if part.startswith("@")}
        return tuple(sorted(named))


@dataclass(frozen=True, slots=True)
class _Case:
    when: Test | None
    must: Test | None
    at: Way | None
    """What a finding points at."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    each: tuple[Way, ...]
    cases: tuple[_Case, ...]


@lru_cache(maxsize=1024)
def _compiled(rule: Rule) -> _Compiled:
    cases = tuple(
        _Case(
            parse(when) if when else None,
            parse(must) if must else None,
            way(first_path(must)) if must else None,
        )
        for when, must in rule.cases
    )
    return _Compiled(rule, tuple(way(one) for one in rule.each.split()), cases)


def broken(rules: Iterable[Rule], scene: Scene, *, refuses: bool) -> Iterator[Finding]:
    """Yield what a document breaks of some rules, MAX_FINDINGS of each at most."""
    for rule in rules:
        row = _compiled(rule)
        at = (_broken_at(row, scene, here) for here in _about(row, scene))
        for place in islice(filter(None, at), MAX_FINDINGS):
            refused = refuses and not rule.advice
            yield Finding(place, rule.id, rule.words, refused, Reason.RULE_BROKEN)


def _about(row: _Compiled, scene: Scene) -> Iterator[Place]:
    """Yield the elements that a rule is about."""
    if not row.each:
        yield scene.root
    elif row.rule.each == EVERYWHERE:
        yield from _groups(scene.root)
    else:
        for one in row.each:
            yield from one.find(scene, scene.root)


def _groups(at: Place) -> Iterator[Place]:
    yield at
    for kids in at.kids.values():
        for kid in kids:
            if kid.kids:
                yield from _groups(kid)


def _broken_at(row: _Compiled, scene: Scene, here: Place) -> str | None:
    """Return where an element breaks a rule, None where it does not, or nobody can say."""
    for case in row.cases:
        if case.when is not None:
            holds = case.when(scene, here)
            if holds is None:
                return None
            if not holds:
                continue
        if case.must is None or case.at is None or case.must(scene, here) is not False:
            return None
        found = case.at.find(scene, here)
        return found[0].path if found else _would_be(case.at, scene, here)
    return None


def _would_be(at: Way, scene: Scene, here: Place) -> str:
    """Return the path of an element that is missing."""
    start: Place | None = scene.root if at.absolute else here
    for _ in range(at.ups):
        start = start.up if start is not None and start.up is not None else start
    return "/".join([start.path if start is not None else "", *at.steps])
