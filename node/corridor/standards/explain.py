"""A document beside its record, leaf by leaf, in the words of customs.

Rules:

* every leaf of the document is a line, in the order of the document, with its fate;
* what the record has of it is read from the record, not from the document;
* the words come from the field's place in the record, so they are the same for every standard.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.standards.accounting import Fate
from corridor.standards.mapper import Mapped
from corridor.standards.tree import Leaf, Node, leaves
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import types_pb2 as types

_FIRST: Final = "[1]"
_BETWEEN: Final = " > "
_BY_NAME: Final = "said by the name of the message"
_WRITTEN_AS: Final = ".format"
_NAMES: Final = {
    types.Party: ("role", types.PartyRole, "PARTY_ROLE_"),
    types.CustomsOffice: ("role", types.OfficeRole, "OFFICE_ROLE_"),
    types.Identifier: ("scheme", types.IdScheme, "ID_SCHEME_"),
    goods.TransportMeans: ("role", goods.MeansRole, "MEANS_ROLE_"),
    goods.Document: ("kind", goods.DocumentKind, "DOCUMENT_KIND_"),
}
"""What distinguishes a message among others of its kind."""
_NAMED: Final = frozenset({"Particular", "Fact", "NamedValue"})
_SILENT: Final = frozenset(
    ("header", "dataset", "value", "lexical", "facts", "particulars", "ids", "declaration")
)
_ACRONYMS: Final = re.compile(
    r"\b(mrn|lrn|grn|ucr|tin|eori|hs6|cn2|id|tir|sad|asycuda|edifact|cif)\b"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One leaf of the document, and what became of it.

    Attributes:
        element: Its place in the document.
        value: Its text.
        fate: What became of it.
        field: The field of the record that holds it, "" for none.
        words: What it is, in words.
        held: What the record has.
    """

    element: str
    value: str
    fate: Fate
    field: str = ""
    words: str = ""
    held: str = ""


def explain(mapped: Mapped, tree: Node) -> tuple[Line, ...]:
    """Tell every leaf of a document beside its record.

    Args:
        mapped: What reading the document gave.
        tree: The document under the names of the tables (`Standard.local`).
    """
    fields = {_plain(element): field for field, element in mapped.places.items()}
    return tuple(
        _line(leaf, fated.fate, mapped, fields)
        for leaf, fated in zip(leaves(tree), mapped.account.leaves, strict=True)
    )


def _plain(path: str) -> str:
    return path.replace(_FIRST, "")


def _line(leaf: Leaf, fate: Fate, mapped: Mapped, fields: Mapping[str, str]) -> Line:
    place = _plain(leaf.path)
    field = fields.get(place, "")
    words, held = _told(mapped.record, field) if field else ("", "")
    if fate in {Fate.RESIDUAL, Fate.DROPPED} or (not words and not leaf.value):
        return Line(place, leaf.value, fate)
    if not words:
        return Line(place, leaf.value, fate, "", _BY_NAME, leaf.value)
    return Line(place, leaf.value, fate, field, words, held)


def in_words(record: Any, field: str) -> str:  # noqa: ANN401 (a TransitRecord)
    """Say in words of customs what a field of a record is: "holder > address city"."""
    return _told(record, field)[0] or field


def _told(record: Any, field: str) -> tuple[str, str]:  # noqa: ANN401 (a TransitRecord)
    """Say in words what a field is, and what it holds."""
    said: list[str] = []
    at: Any = record
    for step in field.split("."):
        name, _, number = step.removesuffix("]").partition("[")
        at = getattr(at, name)
        if number:
            if int(number) >= len(at):  # the row took nothing
                return _BETWEEN.join(said), ""
            at = at[int(number)]
        word = _word(name, number, at)
        if word:
            said.append(word)
    if field.endswith(_WRITTEN_AS):
        return _BETWEEN.join(said), types.DateFormat.Name(at).removeprefix("DATE_FORMAT_")
    return _BETWEEN.join(said), "" if hasattr(at, "DESCRIPTOR") else str(at)


def _word(name: str, number: str, at: Any) -> str:  # noqa: ANN401 (message or value)
    """Say one step in words: what it is called, and which of several it is."""
    label = _label(at)
    if label:
        return label
    if name in _SILENT:
        return ""
    word = _ACRONYMS.sub(lambda found: found[1].upper(), name.replace("_", " "))
    return f"{word.removesuffix('s')} {int(number) + 1}" if number else word


def _label(at: Any) -> str:  # noqa: ANN401 (message or value)
    told = _NAMES.get(type(at))
    if told is not None:
        field, enum, prefix = told
        words = enum.Name(getattr(at, field)).removeprefix(prefix).lower().replace("_", " ")
        kind = {types.CustomsOffice: "office of ", goods.TransportMeans: "means at "}
        tail = " document" if isinstance(at, goods.Document) else ""
        shown = _ACRONYMS.sub(lambda found: found[1].upper(), words)
        return f"{kind.get(type(at), '')}{shown}{tail}" if words != "unspecified" else ""
    if hasattr(at, "DESCRIPTOR") and at.DESCRIPTOR.name in _NAMED:
        return str(at.name).replace("_", " ").replace(".", " ")
    return ""
