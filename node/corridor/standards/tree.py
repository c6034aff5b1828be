"""An XML document as the mappers see it: elements, attributes and text, and nothing else.

Rules:

* a document is a tree of `Node`; whatever is no data (comments, processing instructions, white
  space between elements, the choice of prefixes) is already gone;
* a *leaf* is an attribute, or an element without child elements, with its exact text; leaves are
  what a mapper accounts for;
* a path names one place in one document: `CC015C/Consignment[1]/HouseConsignment[2]/grossMass[1]`
  counts among elements of the same name, `CC015C/*[3][self::newer]` among all of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, SupportsIndex

Attributes = dict[str, str]


class _NoAttributes(Attributes):
    """Nothing, shared by all elements that have none: four in five, at 80 bytes each."""

    def __setitem__(self, name: str, value: str) -> None:
        raise TypeError("give the element attributes of its own")


class _NoChildren(list["Node"]):
    """Nothing, shared by all elements that have none."""

    def append(self, _node: "Node") -> None:
        raise TypeError("give the element children of its own")

    def extend(self, _nodes: "Iterable[Node]") -> None:
        raise TypeError("give the element children of its own")

    def insert(self, _position: SupportsIndex, _node: "Node") -> None:
        raise TypeError("give the element children of its own")


@dataclass(slots=True, eq=True)
class Node:
    """One element. `name` is the local name, or `{namespace}local` where it has a namespace."""

    name: str
    text: str = ""
    attributes: Attributes = field(default_factory=dict)
    children: "list[Node]" = field(default_factory=list)

    @property
    def local(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition("}")[2]


NO_ATTRIBUTES: Final[Attributes] = _NoAttributes()
NO_CHILDREN: Final[list[Node]] = _NoChildren()


class Leaf(NamedTuple):
    """One value of a document and the place where it stands."""

    path: str
    value: str


def numbered(children: list[Node]) -> Iterator[tuple[Node, int]]:
    """Give each child its number, from 1, among the children of the same name."""
    seen: dict[str, int] = {}
    for child in children:
        number = seen.get(child.name, 0) + 1
        seen[child.name] = number
        yield child, number


def leaves(root: Node) -> Iterator[Leaf]:
    """Name every leaf of a document with its path, in document order."""
    yield from _leaves(root, root.local)


def _leaves(node: Node, path: str) -> Iterator[Leaf]:
    for name, value in node.attributes.items():
        yield Leaf(f"{path}/@{name}", value)
    if not node.children:
        yield Leaf(path, node.text)
    for child, number in numbered(node.children):
        yield from _leaves(child, f"{path}/{child.name}[{number}]")


def plain_path(path: str) -> str:
    """Drop the numbers of a path: the path of the leaf in every document of its kind."""
    return "/".join(step.partition("[")[0] for step in path.split("/"))


def first_difference(one: Node, other: Node) -> str | None:
    """Name the first place where two documents differ; None where they are equal."""
    return _difference(one, other, one.local)


def _difference(one: Node, other: Node, path: str) -> str | None:
    if one == other:
        return None
    if (one.name, one.text) != (other.name, other.text):
        return path
    for name in {**one.attributes, **other.attributes}:
        if one.attributes.get(name) != other.attributes.get(name):
            return f"{path}/@{name}"
    for (mine, number), theirs in zip(numbered(one.children), other.children, strict=False):
        found = _difference(mine, theirs, f"{path}/{mine.name}[{number}]")
        if found is not None:
            return found
    longer = max(one.children, other.children, key=len)
    child, number = list(numbered(longer))[min(len(one.children), len(other.children))]
    return f"{path}/{child.name}[{number}]"
