"""Segments as a tree: a message's table says which segment belongs below which.

Rules:

* a segment belongs to the first row, from the place already reached on, that takes it: first below
  the segment before it, then beside it, then further up;
* a segment that no row from there on takes stands where it stood, under its tag with "!": it goes
  to the residual and loses nothing;
* a component is a leaf called "element.component", "2.1".
"""

from collections.abc import Iterator
from typing import Final

from corridor.errors import Reason, Refused
from corridor.standards.edifact.syntax import Components, Interchange, Place, Segment
from corridor.standards.mapping import Group, Parts
from corridor.standards.tree import Node

OUT_OF_PLACE: Final = "!"
ADVICE: Final = "advice"
_SECTIONS: Final = {"UNS:detail": "D", "UNS:summary": "S"}
_MAX_PART: Final = 99


def tag_of(element: str) -> str:
    """Return the tag of a row: that of "CST:item" is "CST"."""
    return element.partition(":")[0]


def takes(element: str, segment: Segment) -> bool:
    """Say whether a row takes a segment."""
    section = _SECTIONS.get(element)
    return tag_of(element) == segment.tag and section in {None, segment.text(1)}


class _Level:
    """The rows of one group, and how far they are used."""

    def __init__(self, node: Node, parts: Parts) -> None:
        self.node = node
        self._rows = [part for part in parts if isinstance(part, Group)]
        self._next = 0

    def place(self, segment: Segment) -> "_Level | None":
        """Put a segment below this one; None where no row takes it."""
        for number in range(self._next, len(self._rows)):
            row = self._rows[number]
            if takes(row.element, segment):
                self._next = number if row.many else number + 1
                node = _node(row.element, segment)
                self.node.children.append(node)
                return _Level(node, row.parts)
        return None


def grouped(interchange: Interchange, name: str, parts: Parts) -> Node:
    """Return the tree of a message whose table is `parts`."""
    root = Node(name)
    if interchange.advice:
        root.attributes[ADVICE] = interchange.advice
    levels = [_Level(root, parts)]
    for segment in interchange.segments:
        for depth in range(len(levels) - 1, -1, -1):
            below = levels[depth].place(segment)
            if below is not None:
                levels[depth + 1 :] = [below]
                break
        else:
            levels[-1].node.children.append(_node(segment.tag + OUT_OF_PLACE, segment))
    return root


def _node(name: str, segment: Segment) -> Node:
    leaves = [
        Node(f"{place.element}.{place.component}", text)
        for place, text in segment.components.items()
    ]
    return Node(name, children=leaves)


def flat(interchange: Interchange) -> Node:
    """Return the segments of an interchange as they stand, to see which message it is."""
    root = Node("EDIFACT")
    if interchange.advice:
        root.attributes[ADVICE] = interchange.advice
    root.children = [_node(segment.tag, segment) for segment in interchange.segments]
    return root


def interchange_of(root: Node) -> Interchange:
    """Return the segments of a tree, in its order.

    Raises:
        Refused: RECORD_INVALID for a name that is no tag or no place of a component.
    """
    segments = tuple(segment for child in root.children for segment in _segments(child))
    return Interchange(root.attributes.get(ADVICE, ""), segments)


def _segments(node: Node) -> Iterator[Segment]:
    components: Components = {}
    below: list[Node] = []
    for child in node.children:
        place = _place(child.name)
        if place is None:
            below.append(child)
        elif child.text:
            components[place] = child.text
    tag = tag_of(node.name).removesuffix(OUT_OF_PLACE)
    if len(tag) != 3 or not tag.isascii() or not tag.isupper() or node.attributes:  # noqa: PLR2004
        raise Refused(Reason.RECORD_INVALID, "residual: a name that no segment has")
    yield Segment(tag, dict(sorted(components.items())))
    for child in below:
        yield from _segments(child)


def _place(name: str) -> Place | None:
    element, point, component = name.partition(".")
    if not point or not (element + component).isascii():
        return None
    if not element.isdigit() or not component.isdigit():
        return None
    place = Place(int(element[:3]), int(component[:3]))
    return place if 0 < min(place) <= max(place) <= _MAX_PART else None
