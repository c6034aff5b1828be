"""The tables as a list for people: each element, the field that holds it, and how."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from corridor.standards.mapping import Leaf, Parts
from corridor.standards.message import Message


class Row(NamedTuple):
    """One leaf of a message. `field` is its path in TransitRecord; `[]` marks a list.

    `which` says which of several holds it: a role, a kind, a scheme; `held` is the same path with
    every list marked, for comparison with that of another standard.
    """

    element: str
    field: str
    form: str
    mandatory: bool
    which: str = ""
    held: str = ""


class Pair(NamedTuple):
    """What two messages say in the same place of a record; None where one does not."""

    held: str
    first: Row | None
    second: Row | None


def rows(message: Message) -> Iterator[Row]:
    """List the leaves of a message in the order of its schema."""
    yield from _rows(message.parts, message.name, "", ())


def pairs(first: Message, second: Message) -> Iterator[Pair]:
    """List what two messages of one body say, in the order of the first, then of the second."""
    others: dict[tuple[str, str], list[Row]] = {}
    for row in rows(second):
        others.setdefault(_key(row), []).append(row)
    for row in rows(first):
        known = others.get(_key(row))
        yield Pair(row.held, row, known.pop(0) if known else None)
    for left in others.values():
        yield from (Pair(row.held, None, row) for row in left)


def _key(row: Row) -> tuple[str, str]:
    identified = row.held.rpartition(".")[2] in _BY_SCHEME
    return row.held, f"{row.which} {row.form}" if identified else row.which


_BY_SCHEME: Final = frozenset({"ids", "particulars", "facts"})
"""Lists of which the form says which member it is."""
_POSITION: Final = re.compile(r"\[\d+\]")


def _rows(parts: Parts, path: str, at: str, marks: tuple[str, ...]) -> Iterator[Row]:
    for part in parts:
        place = f"{path}/{part.element}"
        if isinstance(part, Leaf):
            field, form = at + part.field, part.form
            held = _POSITION.sub("[]", field + form.below)
            which = " ".join((*marks, form.which)).strip()
            yield Row(place, field, form.name, part.mandatory, which, held)
            continue
        field = f"{part.field}{'[]' if part.repeated else ''}." if part.field else ""
        inner = (*marks, *(f"{name} {value}" for name, value in part.marks.items()))
        yield from _rows(part.parts, place, at + field, inner)
