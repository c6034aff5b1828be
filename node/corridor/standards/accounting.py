"""What became of every leaf of a document: nobody has to believe the table.

Rules:

* a leaf's fate is found by writing the record back and comparing, leaf by leaf: MAPPED is there
  again with the same characters, NARROWED is there with others, RESIDUAL is not there;
* NARROWED and RESIDUAL leaves are kept word for word in the record's residual, with their place,
  so that record and residual give the document back;
* DROPPED is what not even the residual can hold; an attached original never counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from corridor.standards.tree import Leaf, Node, numbered

MAX_RESIDUAL_VALUE: Final = 8192  # characters; Extension.value of the schema
MAX_RESIDUAL_PATH: Final = 512  # characters; Extension.path of the schema


class Fate(StrEnum):
    """What became of a leaf."""

    MAPPED = "mapped"
    NARROWED = "narrowed"
    RESIDUAL = "residual"
    DROPPED = "dropped"


class Fated(NamedTuple):
    """A leaf's place in the document and its fate; never its value."""

    path: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Account:
    """The fate of every leaf, the residual that must travel along, and what writing added."""

    leaves: tuple[Fated, ...]
    residual: tuple[Leaf, ...]
    invented: tuple[str, ...]


@dataclass(slots=True)
class _Ledger:
    leaves: list[Fated] = field(default_factory=list)
    residual: list[Leaf] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)

    def kept(self, path: str) -> None:
        self.leaves.append(Fated(path, Fate.MAPPED))

    def left(self, path: str, value: str, fate: Fate) -> None:
        if len(value) > MAX_RESIDUAL_VALUE or len(path) > MAX_RESIDUAL_PATH:
            self.leaves.append(Fated(path, Fate.DROPPED))
            return
        self.leaves.append(Fated(path, fate))
        self.residual.append(Leaf(path, value))


def account(source: Node, written: Node) -> Account:
    """Compare a document with what its record gives back.

    Args:
        source: The document as it came.
        written: The document written from the record alone, without residual and original.
    """
    ledger = _Ledger()
    _compare(source, written, source.local, ledger)
    return Account(tuple(ledger.leaves), tuple(ledger.residual), tuple(ledger.invented))


def _compare(source: Node, written: Node, path: str, ledger: _Ledger) -> None:
    if source.attributes:
        _compare_attributes(source, written, path, ledger)
    if not source.children:
        if source.text == written.text:
            ledger.kept(path)
        else:
            ledger.left(path, source.text, Fate.NARROWED)
        if not written.children:
            return
    back = {(child.name, number): child for child, number in numbered(written.children)}
    for position, (child, number) in enumerate(numbered(source.children), 1):
        twin = back.pop((child.name, number), None)
        if twin is not None:
            _compare(child, twin, f"{path}/{child.name}[{number}]", ledger)
            continue
        for leaf in _placed(child, f"{path}/*[{position}][self::{child.name}]"):
            ledger.left(leaf.path, leaf.value, Fate.RESIDUAL)
    ledger.invented.extend(f"{path}/{name}[{number}]" for name, number in back)


def _compare_attributes(source: Node, written: Node, path: str, ledger: _Ledger) -> None:
    for name, value in source.attributes.items():
        place, held = f"{path}/@{name}", written.attributes.get(name)
        if held == value:
            ledger.kept(place)
        else:
            ledger.left(place, value, Fate.RESIDUAL if held is None else Fate.NARROWED)


def _placed(node: Node, path: str) -> Iterator[Leaf]:
    """Name the leaves of a group that the record does not know, by position."""
    for name, value in node.attributes.items():
        yield Leaf(f"{path}/@{name}", value)
    if not node.children:
        yield Leaf(path, node.text)
    for position, child in enumerate(node.children, 1):
        yield from _placed(child, f"{path}/*[{position}][self::{child.name}]")
