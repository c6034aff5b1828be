"""Rows of the form: each box with the field that holds it, and how it looks without a value.

Rules:

* boxes for words are empty as `<X><null/></X>`, boxes for numbers and dates as `<X/>`: so both
  published forms write them; a dialect may differ.
"""

from collections.abc import Mapping
from typing import Final

from corridor.standards.asycuda.forms import NAME_AND_ADDRESS as NAMED
from corridor.standards.loose import AMOUNT, one_of, particular
from corridor.standards.mapping import Form, Group, Leaf
from corridor.wire.v1 import types_pb2 as types

NULL: Final = "null"
CODE_OF_TRADER: Final = one_of(
    types.ID_SCHEME_TIN, types.ID_SCHEME_EORI, types.ID_SCHEME_TIR_HOLDER
)


def words(element: str, field: str, form: Form, *, mandatory: bool = False) -> Leaf:
    """Return a box for words."""
    return Leaf(element, field, form, mandatory=mandatory, empty=NULL)


def figure(element: str, field: str, form: Form = AMOUNT, *, mandatory: bool = False) -> Leaf:
    """Return a box for a number or a date."""
    return Leaf(element, field, form, mandatory=mandatory, empty="")


def box(
    element: str,
    *parts: Group | Leaf,
    field: str = "",
    marks: Mapping[str, int | str] | None = None,
    mandatory: bool = False,
) -> Group:
    """Return a group of boxes that the form always has."""
    return Group(element, field, parts, mandatory=mandatory, marks=marks or {}, boxes=True)


class Facts:
    """Rows of facts about one thing in the list `field`."""

    def __init__(self, field: str, about: str) -> None:
        """Make rows of facts `about` something."""
        self._field, self._about = field, about

    def words(self, element: str, word: str = "") -> Leaf:
        """Return a box for words; `word` is what the fact is called, else as the element."""
        return words(element, self._field, particular(self._about, word or element.lower()))

    def figure(self, element: str, word: str = "") -> Leaf:
        """Return a box for a number or a date."""
        return figure(element, self._field, particular(self._about, word or element.lower()))

    def amounts(self, element: str, word: str) -> Group:
        """Return the five boxes of an amount of money in two currencies."""
        rows = (
            self.figure("Amount_national_currency", f"{word}.national_amount"),
            self.figure("Amount_foreign_currency", f"{word}.amount"),
            self.words("Currency_code", f"{word}.currency"),
            self.words("Currency_name", f"{word}.currency_name"),
            self.figure("Currency_rate", f"{word}.currency_rate"),
        )
        return box(element, *rows)


def code_and_name(element: str, code: Leaf, name: Leaf) -> Group:
    """Return a group of a code and the name beside it."""
    return box(element, code, name)


def trader(element: str, prefix: str, field: str, role: "types.PartyRole.ValueType") -> Group:
    """Return the boxes of a trader: the code, and the name with the address below it."""
    return Group(
        element,
        field,
        (words(f"{prefix}_code", "ids", CODE_OF_TRADER), words(f"{prefix}_name", "name", NAMED)),
        marks={"role": role},
        boxes=True,
    )
