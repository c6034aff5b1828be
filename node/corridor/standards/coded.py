"""Codes of a message against the lists that they are from.

Rules:

* which list an element takes its value from is a table of the standard; a list that is not at hand
  says nothing;
* what an unknown code means is for the list to say; one that was valid once, or will be, is treated
  alike, and told in other words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from corridor.errors import Reason
from corridor.standards.codelist import CodeList, Standing, Unknown
from corridor.standards.findings import Finding
from corridor.standards.mapping import Leaf, Parts
from corridor.standards.places import Place
from corridor.standards.ways import Scene


@dataclass(frozen=True, slots=True)
class Coded:
    """The coded elements of a group: its own, and those of the groups in it."""

    lists: dict[str, str] = field(default_factory=dict)
    groups: "dict[str, Coded]" = field(default_factory=dict)


def coded(parts: Parts, path: str, list_of: Callable[[str], str | None]) -> Coded:
    """Return the coded elements of a table.

    Args:
        parts: The rows.
        path: Path of their group.
        list_of: Gives the number of the list by the path of an element.
    """
    found = Coded()
    for part in parts:
        place = f"{path}/{part.element}"
        if isinstance(part, Leaf):
            number = list_of(place)
            if number is not None:
                found.lists[part.element] = number
            continue
        inner = coded(part.parts, place, list_of)
        if inner.lists or inner.groups:
            found.groups[part.element] = inner
    return found


def unknown_codes(at: Place, among: Coded, scene: Scene) -> Iterator[Finding]:
    """Yield what the lists do not know."""
    for name, number in among.lists.items():
        for one in at.kids.get(name, ()):
            codes = scene.lists.named(number, scene.day)
            if codes is not None:
                standing = codes.standing(one.text, scene.day)
                if standing is not Standing.VALID:
                    yield _finding(one, codes, standing)
    for name, inner in among.groups.items():
        for one in at.kids.get(name, ()):
            yield from unknown_codes(one, inner, scene)


_WORDS = {
    Standing.UNKNOWN: "is not on",
    Standing.NOT_YET: "was not yet valid on that day by",
    Standing.NO_MORE: "was valid no more on that day by",
}


def _finding(at: Place, codes: CodeList, standing: Standing) -> Finding:
    words = f"the code {_WORDS[standing]} the list {codes.name} of {codes.version}"
    refuses = codes.unknown is Unknown.REFUSE
    return Finding(at.path, codes.number, words, refuses, Reason.CODE_UNKNOWN)
