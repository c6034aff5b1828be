"""The tables as a list for people: each element, the field that holds it, and how."""

from collections.abc import Iterator
from typing import NamedTuple

from corridor.standards.mapping import Leaf, Parts
from corridor.standards.ncts.messages import Message


class Row(NamedTuple):
    """One leaf of a message. `field` is its path in TransitRecord; `[]` marks a list."""

    element: str
    field: str
    form: str
    mandatory: bool


def rows(message: Message) -> Iterator[Row]:
    """List the leaves of a message in the order of its schema."""
    yield from _rows(message.parts, message.name, "")


def _rows(parts: Parts, path: str, at: str) -> Iterator[Row]:
    for part in parts:
        place = f"{path}/{part.element}"
        if isinstance(part, Leaf):
            yield Row(place, at + part.field, part.form.name, part.mandatory)
            continue
        field = f"{part.field}{'[]' if part.repeated else ''}." if part.field else ""
        yield from _rows(part.parts, place, at + field)
