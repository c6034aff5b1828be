"""What became of every leaf of a document: nobody has to believe the table.

Rules:

* a leaf's fate is found by writing the record back and comparing, leaf by leaf: MAPPED is there
  again with the same characters, NARROWED is there with others, RESIDUAL is not there;
* NARROWED and RESIDUAL leaves are kept word for word in the record's residual, with their place,
  so that record and residual give the document back;
* DROPPED is what not even the residual can hold; an attached original never counts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, overload

from corridor.standards.tree import Leaf, Node, leaves, numbered, plain_path

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


class Fates(Sequence[Fated]):
    """The leaves of a document with their fates, in its order.

    Neighbours share the path of the element around them: a declaration of 4.7 MB has 69,000 leaves,
    whose paths written out would take three times its size.
    """

    __slots__ = ("_above", "_fates", "_known", "_steps")

    def __init__(self, leaves: Iterable[Fated] = ()) -> None:
        """Begin with some."""
        self._above: list[str] = []
        self._steps: list[str] = []
        self._fates: list[Fate] = []
        self._known: dict[str, str] = {}
        for leaf in leaves:
            self.add(leaf.path, "", leaf.fate)

    def add(self, above: str, step: str, fate: Fate) -> None:
        """Note a leaf by the path of the element around it and the rest of its own."""
        self._above.append(above)
        self._steps.append(self._known.setdefault(step, step))
        self._fates.append(fate)

    def __len__(self) -> int:
        """Count the leaves."""
        return len(self._fates)

    def __iter__(self) -> Iterator[Fated]:
        """Give each leaf."""
        for above, step, fate in zip(self._above, self._steps, self._fates, strict=True):
            yield Fated(above + step, fate)

    @overload
    def __getitem__(self, index: int) -> Fated: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Fated, ...]: ...

    def __getitem__(self, index: int | slice) -> Fated | tuple[Fated, ...]:
        """Give one leaf, or some."""
        if isinstance(index, slice):
            return tuple(self)[index]
        return Fated(self._above[index] + self._steps[index], self._fates[index])

    def __eq__(self, other: object) -> bool:
        """Compare with any sequence of the same."""
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        """Hash as a tuple of them."""
        return hash(tuple(self))


@dataclass(frozen=True, slots=True)
class Account:
    """The fate of every leaf, the residual that must travel along, and what writing added.

    `absent` are those of what was added that hold no value: boxes that the form of the standard
    has and the source does not; there a path without a number means every element of that name.
    """

    leaves: Sequence[Fated]
    residual: tuple[Leaf, ...]
    invented: tuple[str, ...]
    absent: tuple[str, ...] = ()


@dataclass(slots=True)
class _Ledger:
    leaves: Fates = field(default_factory=Fates)
    residual: list[Leaf] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    def kept(self, above: str, step: str) -> None:
        self.leaves.add(above, step, Fate.MAPPED)

    def not_back(self, node: Node, path: str) -> None:
        for leaf in _placed(node, path):
            self.left(leaf.path, leaf.value, Fate.RESIDUAL)

    def added(self, node: Node, path: str) -> None:
        self.invented.append(path)
        if not any(leaf.value for leaf in leaves(node)):
            self.absent.append(path)

    def left(self, path: str, value: str, fate: Fate) -> None:
        if len(value) > MAX_RESIDUAL_VALUE or len(path) > MAX_RESIDUAL_PATH:
            self.leaves.add(path, "", Fate.DROPPED)
            return
        self.leaves.add(path, "", fate)
        self.residual.append(Leaf(path, value))


def account(source: Node, written: Node) -> Account:
    """Compare a document with what its record gives back.

    Args:
        source: The document as it came.
        written: The document written from the record alone, without residual and original.
    """
    ledger = _Ledger()
    _compare(source, written, "", source.local, ledger)
    return Account(
        ledger.leaves,
        tuple(ledger.residual),
        tuple(ledger.invented),
        _shortened(ledger.absent, written),
    )


def _shortened(absent: list[str], written: Node) -> tuple[str, ...]:
    """Say of elements that the source nowhere has only once that they are not there."""
    if not absent:
        return ()
    added = Counter(plain_path(path) for path in absent)
    there = Counter(_elements(written, written.local))
    nowhere = {path for path, count in added.items() if count == there[path]}
    found = dict.fromkeys(
        plain if (plain := plain_path(path)) in nowhere else path for path in absent
    )
    return tuple(found)


def _elements(node: Node, path: str) -> Iterator[str]:
    for child in node.children:
        yield f"{path}/{child.name}"
        yield from _elements(child, f"{path}/{child.name}")


def _compare(source: Node, written: Node, above: str, step: str, ledger: _Ledger) -> None:
    if source.attributes:
        _compare_attributes(source, written, above + step, ledger)
    if not source.children:
        if source.text == written.text:
            ledger.kept(above, step)
        else:
            ledger.left(above + step, source.text, Fate.NARROWED)
        if not written.children:
            return
    path = above + step
    back = {(child.name, number): child for child, number in numbered(written.children)}
    for position, (child, number) in enumerate(numbered(source.children), 1):
        twin = back.pop((child.name, number), None)
        if twin is not None:
            _compare(child, twin, path, f"/{child.name}[{number}]", ledger)
        else:
            ledger.not_back(child, f"{path}/*[{position}][self::{child.name}]")
    for (name, number), child in back.items():
        ledger.added(child, f"{path}/{name}[{number}]")


def _compare_attributes(source: Node, written: Node, path: str, ledger: _Ledger) -> None:
    for name, value in source.attributes.items():
        place, held = f"{path}/@{name}", written.attributes.get(name)
        if held == value:
            ledger.kept(path, f"/@{name}")
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
