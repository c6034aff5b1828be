"""A document as rules look at it: each element with the way back, and its children by name.

Rules:

* made once for each message that is judged, and only then; a mapper does not need it;
* a path is put together only for a finding.
"""

from collections.abc import Collection
from typing import Final

from corridor.standards.tree import Node

_NO_KIDS: Final[dict[str, list["Place"]]] = {}


class Place:
    """An element or an attribute (`@name`) in its document.

    Attributes:
        text: Its text.
        up: The element around it; None for the root.
        name: How it is called.
        number: Which of its name it is, from 1; 0 where there can be one only.
        kids: Its child elements by name.
    """

    __slots__ = ("kids", "name", "number", "text", "up")

    def __init__(self, name: str, text: str, up: "Place | None", number: int) -> None:
        """Stand in `up`; children are added by `place`."""
        self.name = name
        self.text = text
        self.up = up
        self.number = number
        self.kids = _NO_KIDS

    @property
    def path(self) -> str:
        """Where it stands: "CC015C/Consignment/TransportEquipment[1]"."""
        step = f"{self.name}[{self.number}]" if self.number else self.name
        return step if self.up is None else f"{self.up.path}/{step}"

    def same(self, other: "Place", but: str) -> bool:
        """Whether it says what another says, children named `but` left aside."""
        if self.text != other.text or self.kids.keys() - {but} != other.kids.keys() - {but}:
            return False
        return all(
            len(mine) == len(other.kids[name])
            and all(a.same(b, but) for a, b in zip(mine, other.kids[name], strict=True))
            for name, mine in self.kids.items()
            if name != but
        )


def place(node: Node, name: str, many: Collection[str]) -> Place:
    """Return a document as places.

    Args:
        node: The root.
        name: How it is called.
        many: Names of the elements of which there may be several: these are numbered.
    """
    root = Place(name, node.text, None, 0)
    _fill(root, node, many)
    return root


def _fill(at: Place, node: Node, many: Collection[str]) -> None:
    if not node.children:
        return
    kids: dict[str, list[Place]] = {}
    for child in node.children:
        name = child.name
        found = kids.get(name)
        number = 1 if found is None else len(found) + 1
        one = Place(name, child.text, at, number if name in many else 0)
        if found is None:
            kids[name] = [one]  # a list with room for more takes a third more, and few have more
        else:
            found.append(one)
        if child.children:
            _fill(one, child, many)
    at.kids = kids


def below(at: Place, steps: tuple[str, ...]) -> list[Place]:
    """Return the places that a way of names leads to."""
    found = [at]
    for step in steps:
        if len(found) == 1:
            found = found[0].kids.get(step, [])
        else:
            found = [one for each in found for one in each.kids.get(step, ())]
    return found
