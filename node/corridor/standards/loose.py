"""Forms for standards that promise less than NCTS: what does not fit its field is left alone.

Rules:

* reading never refuses for the form of a value: the accounting keeps what was left alone, word
  for word, as residual;
* facts that transit does not need stand under one word in every standard, so that one standard
  can be told in another.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from corridor.standards.dates import in_asycuda, is_in
from corridor.standards.forms import date_format
from corridor.standards.mapping import Form
from corridor.transit.identifiers import Grn
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import types_pb2 as types

_MAX_FACT: Final = 512  # characters; Fact.value of the schema
_MAX_CODE: Final = 35  # characters; Code.value
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?", re.ASCII)
_MAX_DECIMAL: Final = 40
_WHOLE: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_MAX_DATE: Final = 35
_MAX_GUARANTEE: Final = 70  # characters; Identifier.value

_Write = Callable[[Any, str], str | None]


def _kept(name: str, fits: Callable[[str], bool], field: str, write: _Write | None = None) -> Form:
    """Hold a text in a field, or below it in `field`, where it fits."""

    def read(message: Any, last: str, text: str) -> str:  # noqa: ANN401 (any message)
        if not fits(text):
            return ""
        if not field:
            setattr(message, last, text)
            return ""
        setattr(getattr(message, last), field, text)
        return f".{field}"

    def written(message: Any, last: str) -> str | None:  # noqa: ANN401 (any message)
        if not message.HasField(last):
            return None
        value = getattr(message, last)
        return str(getattr(value, field) if field else value)

    return Form(name, read, write or written)


def text(longest: int) -> Form:
    """Hold a text of at most so many characters; an empty one is none."""
    return _kept("text", lambda told: 0 < len(told) <= longest, "")


CODE: Final = _kept("code", lambda told: 0 < len(told) <= _MAX_CODE, "value")
"""A value from a code list."""

COUNTRY: Final = _kept("country", lambda told: bool(_COUNTRY.fullmatch(told)), "")
"""A country of two capitals."""

AMOUNT: Final = _kept(
    "decimal",
    lambda told: len(told) <= _MAX_DECIMAL and bool(_DECIMAL.fullmatch(told)),
    "lexical",
)
"""A decimal number, as written."""


def _read_count(message: Any, name: str, told: str) -> str:  # noqa: ANN401 (any message)
    if _WHOLE.fullmatch(told):
        setattr(message, name, int(told))
    return ""


def _write_count(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
    return str(getattr(message, name)) if message.HasField(name) else None


COUNT: Final = Form("number", _read_count, _write_count)
"""A whole number of at most 64 bits."""


def _read_truth(message: Any, name: str, told: str) -> str:  # noqa: ANN401 (any message)
    if told in {"true", "false"}:
        setattr(message, name, told == "true")
    return ""


def _write_truth(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
    return str(getattr(message, name)).lower() if message.HasField(name) else None


TRUTH: Final = Form("true or false", _read_truth, _write_truth)
"""The words true and false."""


def _read_asycuda_date(message: Any, name: str, told: str) -> str:  # noqa: ANN401 (any message)
    if not 0 < len(told) <= _MAX_DATE:
        return ""
    value = getattr(message, name)
    value.lexical = told
    own = is_in(types.DATE_FORMAT_ASYCUDA, told)
    value.format = types.DATE_FORMAT_ASYCUDA if own else date_format(told)
    return ".lexical"


def _write_asycuda_date(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
    return in_asycuda(getattr(message, name)) if message.HasField(name) else None


ASYCUDA_DATE: Final = Form("date", _read_asycuda_date, _write_asycuda_date)
"""A date as ASYCUDA writes it: month, day, year."""


def fact(word: str) -> Form:
    """Hold a text as the fact `word` of the message that has the list."""

    def read(message: Any, name: str, told: str) -> str:  # noqa: ANN401 (any message)
        facts = getattr(message, name)
        if len(told) > _MAX_FACT:
            return ""
        facts.add(name=word, value=told)
        return f"[{len(facts) - 1}].value"

    def write(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
        return next((item.value for item in getattr(message, name) if item.name == word), None)

    return Form(f"fact {word}", read, write)


def particular(about: str, word: str) -> Form:
    """Hold a text as the fact `word` of the particular `about` among several."""
    inner = fact(word)

    def read(message: Any, name: str, told: str) -> str:  # noqa: ANN401 (any message)
        if len(told) > _MAX_FACT:
            return ""
        items = getattr(message, name)
        number = next((n for n, item in enumerate(items) if item.name == about), len(items))
        item = items[number] if number < len(items) else items.add(name=about)
        return f"[{number}].facts{inner.read(item, 'facts', told)}"

    def write(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
        found = (item for item in getattr(message, name) if item.name == about)
        texts = (inner.write(item, "facts") for item in found)
        return next((told for told in texts if told is not None), None)

    return Form(f"fact {about}: {word}", read, write)


def one_of(read_as: "types.IdScheme.ValueType", *others: "types.IdScheme.ValueType") -> Form:
    """Hold a text as an identifier of one scheme; write that, or else one of the others."""
    longest = 22 if read_as == types.ID_SCHEME_LRN else 70

    def read(message: Any, name: str, told: str) -> str:  # noqa: ANN401 (any message)
        if not 0 < len(told) <= longest:
            return ""
        ids = getattr(message, name)
        ids.add(scheme=read_as, value=told)
        return f"[{len(ids) - 1}].value"

    def write(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
        known = {item.scheme: item.value for item in reversed(getattr(message, name)[:])}
        return next((known[scheme] for scheme in (read_as, *others) if scheme in known), None)

    return Form(types.IdScheme.Name(read_as).removeprefix("ID_SCHEME_"), read, write)


def document(kind: "goods.DocumentKind.ValueType") -> Form:
    """Hold a text as the reference of a document of a kind."""

    def read(message: Any, name: str, told: str) -> str:  # noqa: ANN401 (any message)
        items = getattr(message, name)
        if not 0 < len(told) <= 140:  # noqa: PLR2004 (Document.reference of the schema)
            return ""
        items.add(kind=kind, reference=told)
        return f"[{len(items) - 1}].reference"

    def write(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
        found = (item for item in getattr(message, name) if item.kind == kind)
        return next((item.reference for item in found if item.HasField("reference")), None)

    word = goods.DocumentKind.Name(kind).removeprefix("DOCUMENT_KIND_").lower()
    return Form(f"{word.replace('_', ' ')} document", read, write, "[].reference", f"kind {kind}")


def one_item(word: str, mark: str, value: int) -> Callable[[str, Form], Form]:
    """Return a way to hold a text in a field of the one item that has a mark among several.

    Args:
        word: What the item is called in the manual: "declarant".
        mark: The field that marks it: "role".
        value: The mark.
    """

    def at(field: str, form: Form) -> Form:
        *steps, last = field.split(".")

        def read(message: Any, name: str, told: str) -> str:  # noqa: ANN401 (any message)
            items = getattr(message, name)
            found = (n for n, item in enumerate(items) if getattr(item, mark) == value)
            number = next(found, len(items))
            item = items[number] if number < len(items) else items.add(**{mark: value})
            for step in steps:
                item = getattr(item, step)
            return f"[{number}].{field}{form.read(item, last, told)}"

        def write(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
            found = (one for one in getattr(message, name) if getattr(one, mark) == value)
            item = next(found, None)
            for step in steps:
                item = getattr(item, step) if item is not None and item.HasField(step) else None
            return None if item is None else form.write(item, last)

        return Form(f"{form.name} of the {word}", read, write, f"[].{field}", f"{mark} {value}")

    return at


def _read_guarantee(message: Any, name: str, text: str) -> str:  # noqa: ANN401
    if not 0 < len(text) <= _MAX_GUARANTEE:
        return ""
    known = Grn.form.fullmatch(text)
    scheme = types.ID_SCHEME_GRN if known else types.ID_SCHEME_NATIONAL
    getattr(message, name).scheme = scheme
    getattr(message, name).value = text
    return ".value"


def _write_guarantee(message: Any, name: str) -> str | None:  # noqa: ANN401
    return getattr(message, name).value if message.HasField(name) else None


GUARANTEE: Final = Form("GRN, or a name of the country's own", _read_guarantee, _write_guarantee)
"""What names the guarantee: a GRN where it has the form of one."""
