"""Putting a residual back: the leaves that a record carries only word for word.

Rules:

* a residual is applied in its order, which is the order of the document it came from;
* `name[n]` names an element that the record gives back; `*[p][self::name]` is put in as the
  p-th child element, and the leaves below it go into that new element;
* what the form of a standard has and the document did not is taken away first, and only where it
  holds no value: a residual cannot hide what the record says;
* a residual comes from another country: a path that is none is refused by name.
"""

import re
from collections.abc import Iterable
from typing import Final

from corridor.errors import Reason, Refused
from corridor.standards.tree import Leaf, Node, leaves

_NAME: Final = r"(?:\{[^{}]*\})?[^\s/@*{}\[\]<>&\"']+"
_STEP: Final = re.compile(
    rf"/(?:@(?P<attribute>{_NAME})"
    rf"|(?P<name>{_NAME})\[(?P<number>[1-9][0-9]{{0,5}})\]"
    rf"|\*\[(?P<position>[1-9][0-9]{{0,5}})\]\[self::(?P<new>{_NAME})\])"
)
_PLAIN_STEP: Final = re.compile(rf"/(?P<name>{_NAME})(?:\[(?P<number>[1-9][0-9]{{0,5}})\])?")


def take_away(root: Node, paths: Iterable[str]) -> None:
    """Take empty elements out of a document written from its record.

    Args:
        root: The document.
        paths: `name[n]` names one of its name, `name` all of them.

    Raises:
        Refused: RECORD_INVALID for a path that names no place in the document, or an element
            that holds a value.
    """
    for path in reversed(list(paths)):  # from the end, so that the numbers before it stay true
        _take_away(root, path)


def _take_away(root: Node, path: str) -> None:
    start = len(root.local)
    steps = []
    while path[: len(root.local)] == root.local and start < len(path):
        step = _PLAIN_STEP.match(path, start)
        if step is None:
            break
        steps.append((step["name"], int(step["number"] or 0)))
        start = step.end()
    if not steps or start < len(path):
        raise Refused(Reason.RECORD_INVALID, "residual: a path that names no element")
    parents = [root]
    for name, number in steps[:-1]:
        parents = [child for parent in parents for child in _named(parent, name, number)]
    name, number = steps[-1]
    for parent in parents:
        gone = {id(child) for child in _named(parent, name, number)}
        if any(leaf.value for one in parent.children if id(one) in gone for leaf in leaves(one)):
            raise Refused(Reason.RECORD_INVALID, "residual: takes away an element with a value")
        parent.children = [child for child in parent.children if id(child) not in gone]


def _named(parent: Node, name: str, number: int) -> list[Node]:
    if number:
        return [_known(parent, name, number)]
    return [child for child in parent.children if child.name == name]


def restore(root: Node, residual: Iterable[Leaf]) -> None:
    """Put the leaves of a residual into a document written from its record.

    Raises:
        Refused: RECORD_INVALID for a path that names no place in the document.
    """
    made: set[int] = set()
    for leaf in residual:
        _restore(root, leaf, made)


def _restore(root: Node, leaf: Leaf, made: set[int]) -> None:
    start = len(root.local)
    if leaf.path[:start] != root.local:
        raise Refused(Reason.RECORD_INVALID, "residual: a path of another document")
    node, attribute = root, None
    while start < len(leaf.path):
        step = _STEP.match(leaf.path, start)
        if step is None or attribute is not None:
            raise Refused(Reason.RECORD_INVALID, "residual: a path that names no element")
        start = step.end()
        if step["attribute"] is not None:
            attribute = step["attribute"]
        elif step["name"] is not None:
            node = _known(node, step["name"], int(step["number"]))
        else:
            node = _new(node, step["new"], int(step["position"]), made)
    if attribute is not None:
        node.attributes = {**node.attributes, attribute: leaf.value}
    elif not node.children:
        node.text = leaf.value


def _known(parent: Node, name: str, number: int) -> Node:
    same = [child for child in parent.children if child.name == name]
    if number > len(same):
        raise Refused(Reason.RECORD_INVALID, "residual: a place the record does not have")
    return same[number - 1]


def _new(parent: Node, name: str, position: int, made: set[int]) -> Node:
    if position <= len(parent.children):
        present = parent.children[position - 1]
        if id(present) in made and present.name == name:
            return present
    node = Node(name)
    parent.children = parent.children or []  # one without may share its nothing
    parent.children.insert(position - 1, node)
    made.add(id(node))
    return node
