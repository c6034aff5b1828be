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

from corridor.errors import Reason, Refused
from corridor.standards.fields import OWN_TEXT, FieldPlaces, Read
from corridor.standards.tree import NO_ATTRIBUTES, NO_CHILDREN, Node
from corridor.wire.messages import Message


class Form(NamedTuple):
    """How a field holds the text of a leaf.

    `read` puts a text into the field, or does nothing where the field cannot hold it, and says
    where below the field the text now stands ("" for the field itself); `write` gives the text
    back, or None where the field is absent. For people, `below` says where below the field it is
    held, and `which` of several holds it.
    """

    name: str
    read: Callable[[Any, str, str], str]
    write: Callable[[Any, str], str | None]
    below: str = ""
    which: str = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element with text, or an attribute (`@name`), held by one field (dots descend).

    The element "." is the text of the group itself, beside its attributes. `empty` is how a form
    that always has this box writes it without a value: "" as `<box/>`, a name as
    `<box><name/></box>`; such an empty box is no value to the reader.
    """

    element: str
    field: str
    form: Form
    mandatory: bool = False
    empty: str | None = None
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
    kind). `sets` are constants of a single message that the element's name implies. Of a form that
    always has its boxes, `boxes` says that the group is written although the record has none of it,
    and that a group of empty boxes is no group to the reader.
    """

    element: str
    field: str
    parts: "tuple[Group | Leaf, ...]"
    mandatory: bool = False
    many: bool = False
    marks: Mapping[str, int | str] = field_of(default_factory=dict)
    sets: Mapping[str, int] = field_of(default_factory=dict)
    boxes: bool = False
    having: str = ""
    spare: bool = False
    way: tuple[str, ...] = field_of(init=False, repr=False, compare=False)
    idle: frozenset[str] = field_of(init=False, repr=False, compare=False)
    """Demanded groups in it that stand there also where nothing is known of them."""

    def __post_init__(self) -> None:
        """Take the field's path apart."""
        object.__setattr__(self, "way", tuple(self.field.split(".")))
        groups = (row for row in self.parts if isinstance(row, Group))
        idle = frozenset(row.element for row in groups if row.mandatory and not row.field)
        object.__setattr__(self, "idle", idle)

    @property
    def repeated(self) -> bool:
        """Whether the field is a repeated one."""
        return self.many or bool(self.marks)


MAX_BOXES: Final = 200_000  # as many as elements are read; 999 items, the most of a SAD, have fewer
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

    places: FieldPlaces = field_of(default_factory=FieldPlaces)

    def read(  # noqa: PLR0913 - where from, and where to
        self, node: Node, path: str, message: Message, at: str, parts: Parts, *,
        spread: bool = False,
    ) -> None:  # fmt: skip
        """Read the children of `node` into `message`.

        Args:
            node: The element.
            path: Its path in the document.
            message: The message of the enclosing group.
            at: The path of `message` in the record ("" for the record, else with a dot).
            parts: The rows of the group.
            spread: The element only holds some fields of `message`.
        """
        found: dict[str, list[Node]] = {}
        for child in node.children:
            found.setdefault(child.name, []).append(child)
        for name, text in node.attributes.items():
            found[f"@{name}"] = [Node(name, text)]
        if not node.children:
            found[OWN_TEXT] = [Node(OWN_TEXT, node.text)]
        read = self.places.begin(at, path, spread=spread)
        for part in parts:
            nodes = found.get(part.element)
            if nodes is None:
                continue
            if isinstance(part, Leaf):
                self._leaf(nodes[0], message, part, read)
            elif not part.boxes or any(_filled(one) for one in nodes):
                self._group(nodes, f"{path}/{part.element}", message, at, part)

    def _leaf(self, node: Node, message: Message, part: Leaf, read: list[str | Read]) -> None:
        if node.children or (part.empty is not None and not node.text):
            return
        *steps, last = part.way
        below = part.form.read(_holder(message, steps, create=True), last, node.text)
        self.places.leaf(read, f"{part.field}{below}", part.element)

    def _group(self, nodes: list[Node], path: str, message: Message, at: str, part: Group) -> None:
        if not part.field:
            self.read(nodes[0], path, message, at, part.parts, spread=True)
            return
        *steps, last = part.way
        holder = _holder(message, steps, create=True)
        if not part.repeated:
            target = getattr(holder, last)
            target.SetInParent()
            for constant, value in part.sets.items():
                setattr(target, constant, value)
            self.read(nodes[0], path, target, f"{at}{part.field}.", part.parts)
            return
        items = getattr(holder, last)
        for number, node in enumerate(nodes if part.many else nodes[:1], 1):
            place, step = f"{at}{part.field}[{len(items)}]", f"[{number}]" if part.many else ""
            item = items.add(**part.marks)
            self.read(node, path + step, item, place + ".", part.parts)


@dataclass(slots=True)
class Writer:
    """Writes a record as a document and remembers what the standard demands and it lacks.

    An item of a form that holds nothing is written with all its boxes: what costs its sender ten
    bytes would cost hundreds of elements here, so there is an end to them.
    """

    missing: list[str] = field_of(default_factory=list)
    boxes: int = 0
    foreign: bool = False
    """Whether the record is of another standard."""

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
                own = part.element == OWN_TEXT
                self.missing.append(path if own else f"{path}/{part.element}")
            self._empty(node, part)
        elif part.element == OWN_TEXT:
            node.text = text
        elif part.element.startswith("@"):
            node.attributes[part.element[1:]] = text
        else:
            node.children.append(Node(part.element, text, NO_ATTRIBUTES, NO_CHILDREN))

    def _spread(self, message: Message, node: Node, path: str, part: Group) -> None:
        """Write a group whose values stand in the enclosing message."""
        child, inner = Node(part.element), Writer(boxes=self.boxes, foreign=self.foreign)
        inner.write(message, child, f"{path}/{part.element}", part.parts)
        self.boxes = inner.boxes
        if part.mandatory or child.text or child.attributes or _says(child, part.idle):
            node.children.append(child)
            self.missing.extend(inner.missing)

    def _group(self, message: Message, node: Node, path: str, part: Group) -> None:
        *steps, last = part.way
        holder = _holder(message, steps, create=False)
        targets = () if holder is None else _targets(holder, last, part)
        if not targets:
            if part.mandatory:
                self.missing.extend(_demanded(part, f"{path}/{part.element}"))
            if part.boxes:
                self._empty(node, part)
        for target in targets:
            child, missed = Node(part.element), len(self.missing)
            self.write(target, child, f"{path}/{part.element}", part.parts)
            if self.foreign and part.spare and len(self.missing) > missed:
                del self.missing[missed:]
                continue
            node.children.append(child)

    def _empty(self, node: Node, part: Group | Leaf) -> None:
        """Append the empty boxes of a row."""
        for box in _boxes(part):
            self.boxes += 1 + len(box.children)
            node.children.append(box)
        if self.boxes > MAX_BOXES:
            raise Refused(
                Reason.RECORD_INVALID, f"written as a form it has more than {MAX_BOXES} empty boxes"
            )


def _says(node: Node, idle: frozenset[str]) -> bool:
    """Say whether a group holds more than demanded groups of which nothing is known."""
    return any(one.text or one.children or one.name not in idle for one in node.children)


def _filled(node: Node) -> bool:
    """Say whether any leaf of an element has a value."""
    return bool(
        node.text or any(node.attributes.values()) or any(_filled(child) for child in node.children)
    )


def _demanded(part: Group, place: str) -> Iterable[str]:
    """Name what an absent group lacks: of a form its boxes, otherwise the group itself."""
    if not part.boxes:
        return (place,)
    return [f"{place}/{row.element}" for row in part.parts if row.mandatory]


def _boxes(part: Group | Leaf) -> Iterable[Node]:
    """Give the empty boxes of a row of which the record has nothing."""
    if isinstance(part, Leaf):
        if part.empty is None:
            return ()
        return (Node(part.element, children=[Node(part.empty)] if part.empty else []),)
    inner = [box for row in part.parts for box in _boxes(row)]
    return (Node(part.element, children=inner),) if inner and not part.many else ()


def _targets(holder: Any, name: str, part: Group) -> Iterable[Any]:  # noqa: ANN401 (any message)
    """Give the messages of the field that belong to the group."""
    if not part.repeated:
        return (getattr(holder, name),) if holder.HasField(name) else ()
    items: Iterable[Any] = getattr(holder, name)
    for mark, value in part.marks.items():
        items = [item for item in items if getattr(item, mark) == value]
    if part.having:
        items = [item for item in items if item.HasField(part.having)]
    return items
