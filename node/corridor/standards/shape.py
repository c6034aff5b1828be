"""Whether the elements of a document have the format, number and order that their standard gives.

Rules:

* what a table does not know is told and not looked at: it may be of a newer release, and travels in
  the residual;
* an element that may stand once and stands twice is refused: two readers of one document would
  take different ones;
* a placeholder of a template (`{{LRN}}`) is doubtful wherever it stands, and refused where it
  names the movement: nobody meant to send it;
* every text is looked at in a time that grows with its length and no faster.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from corridor.standards.findings import MAX_FINDINGS, MISSING, Finding
from corridor.standards.formats import Format, has_format
from corridor.standards.mapping import Group, Parts
from corridor.standards.tree import Node

FORMAT: Final = "format"
NUMBER: Final = "number"
ORDER: Final = "order"
UNKNOWN: Final = "unknown"
PLACEHOLDER: Final = "placeholder"
_NAMED: Final = ("/LRN", "/MRN", "/GRN")
"""How the path of what names a movement ends."""

FormatOf = Callable[[str], Format | None]
"""Gives the format of the element at a path "CC015C/TransitOperation/LRN", None for any text."""

MostOf = Callable[[str], int]
"""Gives how often the repeated element at a path may stand in the one around it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the elements within one element have to be like.

    Attributes:
        formats: Format of each element with text, and of each attribute (`@name`) that has one.
        groups: Shape of each element with elements in it.
        most: How often each may stand.
        demanded: Which have to stand there.
        order: The place of each among the others.
    """

    formats: Mapping[str, Format | None]
    groups: Mapping[str, "Shape"]
    most: Mapping[str, int]
    demanded: frozenset[str]
    order: Mapping[str, int]


def shape(parts: Parts, path: str, format_of: FormatOf, most_of: MostOf) -> Shape:
    """Return the shape of the element at a path, of which a table has these rows."""
    formats: dict[str, Format | None] = {}
    groups: dict[str, Shape] = {}
    most: dict[str, int] = {}
    for part in parts:
        place = f"{path}/{part.element}"
        if isinstance(part, Group):
            groups[part.element] = shape(part.parts, place, format_of, most_of)
            most[part.element] = most_of(place) if part.many else 1
        else:
            formats[part.element] = format_of(place)
            most[part.element] = 1
    demanded = frozenset(part.element for part in parts if part.mandatory)
    order = {part.element: place for place, part in enumerate(parts)}
    return Shape(formats, groups, most, demanded, order)


def misshapen(root: Node, name: str, wanted: Shape, standard: str) -> Iterator[Finding]:
    """Yield what has another format or number than it should, MAX_FINDINGS of an element at most.

    Args:
        root: The document.
        name: How its root is called in paths.
        wanted: The shape of the root.
        standard: Whose it is, for people.
    """
    told = Counter[tuple[str, str]]()
    for finding in _misshapen(root, name, wanted, standard):
        kind = (finding.rule, finding.path.rpartition("/")[2].partition("[")[0])
        told[kind] += 1
        if told[kind] <= MAX_FINDINGS:
            yield finding


def _misshapen(node: Node, path: str, wanted: Shape, standard: str) -> Iterator[Finding]:
    if not node.children and node.text.strip():
        yield Finding(path, FORMAT, "it has a text where elements stand", refuses=True)
    for name, text in node.attributes.items():
        yield from _wrong_text(text, f"{path}/@{name}", wanted.formats.get(f"@{name}"))
    seen: dict[str, int] = {}
    before = ""
    for child in node.children:
        name = child.name
        if name not in wanted.most:
            words = f"no element of {standard} here, and kept as it is"
            yield Finding(f"{path}/{name}", UNKNOWN, words)
            continue
        most, number = wanted.most[name], seen.get(name, 0) + 1
        seen[name] = number
        place = f"{path}/{name}" if most == 1 == number else f"{path}/{name}[{number}]"
        yield from _misplaced(place, number, most, before, wanted)
        if not before or wanted.order[name] >= wanted.order[before]:
            before = name
        yield from _wrong_child(child, place, wanted, standard)
    for name in sorted(wanted.demanded - seen.keys()):
        yield Finding(f"{path}/{name}", MISSING, f"{standard} demands it", refuses=True)


def _misplaced(place: str, number: int, most: int, before: str, wanted: Shape) -> Iterator[Finding]:
    """Yield whether an element stands too often, or behind one that it belongs before."""
    name = place.rpartition("/")[2].partition("[")[0]
    if number == most + 1:
        yield Finding(place, NUMBER, _too_many(most), refuses=True)
    if before and wanted.order[name] < wanted.order[before]:
        words = f"it stands behind {before}, and belongs before it"
        yield Finding(place, ORDER, words, refuses=True)


def _wrong_child(child: Node, place: str, wanted: Shape, standard: str) -> Iterator[Finding]:
    inner = wanted.groups.get(child.name)
    if inner is not None:
        yield from _misshapen(child, place, inner, standard)
    elif child.children:
        yield Finding(place, FORMAT, "it has elements where a text stands", refuses=True)
    else:
        yield from _wrong_text(child.text, place, wanted.formats[child.name])


def _too_many(most: int) -> str:
    if most == 1:
        return "it stands twice, and may stand once"
    return f"it stands more than {most} times"


def _wrong_text(text: str, path: str, wanted: Format | None) -> Iterator[Finding]:
    named = path.endswith(_NAMED)
    if "{" in text and (named or _has_placeholder(text)):
        words = "a placeholder of a template that nobody filled in"
        yield Finding(path, PLACEHOLDER, words, refuses=named)
    elif named and text != " ".join(text.split()):
        words = "white space around what names a movement, or more of it within"
        yield Finding(path, FORMAT, words, refuses=True)
    elif wanted is not None and not has_format(wanted, text):
        yield Finding(path, FORMAT, wanted.fault(text), refuses=True)


def _has_placeholder(text: str) -> bool:
    opened = text.find("{{")
    return opened >= 0 and text.find("}}", opened) >= 0
