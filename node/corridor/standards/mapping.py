"""One table, two directions: how the elements of a standard and the fields of a record correspond.

Rules:

* a table is data: groups and leaves in the order of the standard's schema, each with the field
  that holds it; the same row reads the element into the field and writes it back;
* reading never fails: what a row cannot hold stays behind, and the accounting finds it there;
* writing invents nothing: an element that the standard demands and the record does not hold is
  named as missing.

Example:
    Leaf("grossMass", "gross_mass", DECIMAL, mandatory=True)
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as field_of
from typing import Any, Final, NamedTuple

from corridor.standards.tree import Node
from corridor.wire.messages import Message


class Form(NamedTuple):
    """How a field holds the text of a leaf.

    `read` puts a text into the field, or does nothing where the field cannot hold it, and says
    where below the field the text now stands ("" for the field itself); `write` gives the text
    back, or None where the field is absent.
    """

    name: str
    read: Callable[[Any, str, str], str]
    write: Callable[[Any, str], str | None]


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element with text, or an attribute (`@name`), held by one field (dots descend)."""

    element: str
    field: str
    form: Form
    mandatory: bool = False
    way: tuple[str, ...] = field_of(init=False, repr=False, compare=False)
    """The steps to the message that holds the field, and the field: taken apart once."""

    def __post_init__(self) -> None:
        """Take the field's path apart."""
        object.__setattr__(self, "way", tuple(self.field.split(".")))


@dataclass(frozen=True, slots=True)
class Group:
    """An element with child elements.

    `field` is the message that holds them: "" for the message of the enclosing group, one
    message, or a repeated one of which this group owns the items that carry `marks` (a role, a
    kind). `sets` are constants of a single message that the element's name implies.
    """

    element: str
    field: str
    parts: "tuple[Group | Leaf, ...]"
    mandatory: bool = False
    many: bool = False
    marks: Mapping[str, int] = field_of(default_factory=dict)
    sets: Mapping[str, int] = field_of(default_factory=dict)
    way: tuple[str, ...] = field_of(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Take the field's path apart."""
        object.__setattr__(self, "way", tuple(self.field.split(".")))

    @property
    def repeated(self) -> bool:
        """Whether the field is a repeated one."""
        return self.many or bool(self.marks)


_FIRST: Final = "[0]"

Parts = tuple[Group | Leaf, ...]


def _holder(message: Any, steps: Sequence[str], *, create: bool) -> Any:  # noqa: ANN401 (any message)
    """Descend to the message that holds the last step; None where it is absent.

    A step `name[0]` is the first message of a repeated field, made where there is none.
    """
    for step in steps:
        if step.endswith(_FIRST):
            items = getattr(message, step.removesuffix(_FIRST))
            if not items and not create:
                return None
            message = items[0] if items else items.add()
            continue
        if not create and not message.HasField(step):
            return None
        message = getattr(message, step)
    return message


@dataclass(slots=True)
class Reader:
    """Reads a document into a record and remembers which field each element went to."""

    places: dict[str, str] = field_of(default_factory=dict)

    def read(self, node: Node, path: str, message: Message, at: str, parts: Parts) -> None:
        """Read the children of `node` into `message`.

        Args:
            node: The element.
            path: Its path in the document.
            message: The message of the enclosing group.
            at: The path of `message` in the record ("" for the record, else with a dot).
            parts: The rows of the group.
        """
        found: dict[str, list[Node]] = {}
        for child in node.children:
            found.setdefault(child.name, []).append(child)
        for name, text in node.attributes.items():
            found[f"@{name}"] = [Node(name, text)]
        for part in parts:
            nodes = found.get(part.element)
            if nodes is None:
                continue
            if isinstance(part, Leaf):
                self._leaf(nodes[0], f"{path}/{part.element}", message, at, part)
            else:
                self._group(nodes, f"{path}/{part.element}", message, at, part)

    def _leaf(self, node: Node, path: str, message: Message, at: str, part: Leaf) -> None:
        if node.children:
            return
        *steps, last = part.way
        below = part.form.read(_holder(message, steps, create=True), last, node.text)
        self.places[f"{at}{part.field}{below}"] = path

    def _group(self, nodes: list[Node], path: str, message: Message, at: str, part: Group) -> None:
        if not part.field:
            self.read(nodes[0], path, message, at, part.parts)
            return
        *steps, last = part.way
        holder = _holder(message, steps, create=True)
        if not part.repeated:
            target = getattr(holder, last)
            target.SetInParent()
            for constant, value in part.sets.items():
                setattr(target, constant, value)
            self.places[f"{at}{part.field}"] = path
            self.read(nodes[0], path, target, f"{at}{part.field}.", part.parts)
            return
        items = getattr(holder, last)
        for number, node in enumerate(nodes if part.many else nodes[:1], 1):
            place, step = f"{at}{part.field}[{len(items)}]", f"[{number}]" if part.many else ""
            item = items.add(**part.marks)
            self.places[place] = path + step
            self.read(node, path + step, item, place + ".", part.parts)


@dataclass(slots=True)
class Writer:
    """Writes a record as a document and remembers what the standard demands and it lacks."""

    missing: list[str] = field_of(default_factory=list)

    def write(self, message: Message, node: Node, path: str, parts: Parts) -> None:
        """Append what `message` holds to `node`, in the order of the table."""
        for part in parts:
            if isinstance(part, Leaf):
                self._leaf(message, node, path, part)
            elif not part.field:
                self._spread(message, node, path, part)
            else:
                self._group(message, node, path, part)

    def _leaf(self, message: Message, node: Node, path: str, part: Leaf) -> None:
        *steps, last = part.way
        holder = _holder(message, steps, create=False)
        text = None if holder is None else part.form.write(holder, last)
        if text is None:
            if part.mandatory:
                self.missing.append(f"{path}/{part.element}")
        elif part.element.startswith("@"):
            node.attributes[part.element[1:]] = text
        else:
            node.children.append(Node(part.element, text))

    def _spread(self, message: Message, node: Node, path: str, part: Group) -> None:
        """Write a group whose values stand in the enclosing message."""
        child, inner = Node(part.element), Writer()
        inner.write(message, child, f"{path}/{part.element}", part.parts)
        if child.children or part.mandatory:
            node.children.append(child)
            self.missing.extend(inner.missing)

    def _group(self, message: Message, node: Node, path: str, part: Group) -> None:
        *steps, last = part.way
        holder = _holder(message, steps, create=False)
        targets = () if holder is None else _targets(holder, last, part)
        if not targets and part.mandatory:
            self.missing.append(f"{path}/{part.element}")
        for target in targets:
            child = Node(part.element)
            self.write(target, child, f"{path}/{part.element}", part.parts)
            node.children.append(child)


def _targets(holder: Any, name: str, part: Group) -> Iterable[Any]:  # noqa: ANN401 (any message)
    """Give the messages of the field that belong to the group."""
    if not part.repeated:
        return (getattr(holder, name),) if holder.HasField(name) else ()
    items: Iterable[Any] = getattr(holder, name)
    for mark, value in part.marks.items():
        items = [item for item in items if getattr(item, mark) == value]
    return items
