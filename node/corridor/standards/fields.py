"""From which element each field of a record came: asked for seldom, so it is kept small.

Rules:

* what is kept is what each group was read from and which of its leaves; a path is put together for
  whoever asks: a declaration of 4.7 MB has 83,000 of them, which would take five times its size;
* of two elements for one field the later one counts, as it does in the record.

Example:
    places["declaration.dataset.consignment.gross_mass.lexical"]
    # "CC015C/Consignment/grossMass"
"""

from collections.abc import Iterator, Mapping
from typing import Final

OWN_TEXT: Final = "."
"""How a table calls the text of a group itself."""

Read = tuple[str, str]
"""A leaf below its group: field and element."""


class FieldPlaces(Mapping[str, str]):
    """The element of each field that was read; filled by `mapping.Reader`."""

    __slots__ = ("_groups", "_known")

    def __init__(self) -> None:
        """Begin with none."""
        self._groups: dict[str, list[str | Read]] = {}
        """By group: its path; then each path where it was read, and the leaves read there."""
        self._known: dict[Read, Read] = {}  # the rows of a table, each kept once

    def begin(self, at: str, path: str, *, spread: bool = False) -> "list[str | Read]":
        """Return the list to which `leaf` adds what is read at a path into a group.

        Args:
            at: The group: "" for the record, else with a dot at its end.
            path: The element.
            spread: The element only holds some fields of the group.
        """
        found = self._groups.get(at)
        if found is None:
            found = self._groups[at] = [path]
        if not spread:
            found[0] = path
        if spread or len(found) > 1:
            found.append(path)
        return found

    def leaf(self, read: "list[str | Read]", field: str, element: str) -> None:
        """Note a leaf; `element` is its name below the path, OWN_TEXT for the path itself."""
        one = (field, element)
        read.append(self._known.setdefault(one, one))

    def __getitem__(self, field: str) -> str:
        """Return the path of the element that a field came from."""
        end = len(field)
        while (end := field.rfind(".", 0, end)) >= 0:
            found = self._leaf(field[: end + 1], field[end + 1 :])
            if found is not None:
                return found
        found = self._leaf("", field)
        return str(self._groups[f"{field}."][0]) if found is None else found

    def __iter__(self) -> Iterator[str]:
        """Name every field."""
        for at, read in self._groups.items():
            if at:
                yield at[:-1]
            fields = dict.fromkeys(one[0] for one in read if not isinstance(one, str))
            yield from (f"{at}{field}" for field in fields if f"{at}{field}." not in self._groups)

    def __len__(self) -> int:
        """Count the fields."""
        return sum(1 for _ in self)

    def _leaf(self, at: str, field: str) -> str | None:
        found, path = None, ""
        for one in self._groups.get(at, ()):
            if isinstance(one, str):
                path = one
            elif one[0] == field:
                found = path if one[1] == OWN_TEXT else f"{path}/{one[1]}"
        return found
