"""How fields of a record hold the values of the WCO Data Model."""

from typing import Any, Final

from corridor.standards.dates import CODES, in_plain, is_in
from corridor.standards.forms import date_format
from corridor.standards.loose import one_of
from corridor.standards.mapping import Form
from corridor.transit.identifiers import Mrn
from corridor.wire.v1 import types_pb2 as types

_MAX_DATE: Final = 35
_LONGEST_ID: Final = 70
_CODE_OF: Final = {form: code for code, form in CODES.items()}


def constant(text: str) -> Form:
    """Hold nothing: the name of the message says this text."""

    def read(message: Any, name: str, told: str) -> str:  # noqa: ANN401 (any message)
        del message, name, told
        return ""

    def write(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
        del message, name
        return text

    return Form(f"always {text}", read, write)


def else_constant(form: Form, text: str) -> Form:
    """Hold a text as another form does; where it holds none, the name of the message says it."""

    def write(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
        return form.write(message, name) or text

    return Form(f"{form.name}, else {text}", form.read, write)


def _form_of(value: Any) -> int:  # noqa: ANN401 (a DateTimeValue)
    """Choose the format code that says as much as the value does."""
    if value.format in _CODE_OF:
        return int(value.format)
    if value.format == types.DATE_FORMAT_LOCAL_DATE_TIME:
        return types.DATE_FORMAT_204
    if value.format == types.DATE_FORMAT_ZONED_DATE_TIME:
        return types.DATE_FORMAT_304
    return types.DATE_FORMAT_102


def _read_code(value: Any, name: str, text: str) -> str:  # noqa: ANN401 (a DateTimeValue)
    if text in CODES:
        setattr(value, name, CODES[text])
    return ""


def _write_code(value: Any, name: str) -> str | None:  # noqa: ANN401 (a DateTimeValue)
    if not value.lexical or getattr(value, name) == types.DATE_FORMAT_UNSPECIFIED:
        return None
    return _CODE_OF.get(_form_of(value))  # type: ignore[call-overload, no-any-return]


def _read_date(value: Any, name: str, text: str) -> str:  # noqa: ANN401 (a DateTimeValue)
    if not 0 < len(text) <= _MAX_DATE:
        return ""
    setattr(value, name, text)
    if value.format == types.DATE_FORMAT_UNSPECIFIED:
        value.format = date_format(text)
    elif not is_in(value.format, text):
        value.format = types.DATE_FORMAT_UNSPECIFIED
    return ""


def _write_date(value: Any, name: str) -> str | None:  # noqa: ANN401 (a DateTimeValue)
    if not value.HasField(name):
        return None
    form = _form_of(value)
    return in_plain(value, form)  # type: ignore[arg-type]


FORMAT_CODE: Final = Form("format code", _read_code, _write_code)
"""How the date beside it is written: 102, 203, 204 or 304."""

DATE_TEXT: Final = Form("date", _read_date, _write_date)
"""A date in digits alone, as its format code says."""


def _read_number(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (any message)
    if not 0 < len(text) <= _LONGEST_ID:
        return ""
    known = Mrn.form.fullmatch(text)
    ids = getattr(message, name)
    ids.add(scheme=types.ID_SCHEME_MRN if known else types.ID_SCHEME_NATIONAL, value=text)
    return f"[{len(ids) - 1}].value"


REFERENCE: Final = one_of(types.ID_SCHEME_LRN)
"""The reference that the declarant gave."""

NUMBER_OF_DECLARATION: Final = Form(
    "MRN, or a number of the country's own",
    _read_number,
    one_of(types.ID_SCHEME_MRN, types.ID_SCHEME_NATIONAL).write,
)
"""The number that customs gave: an MRN where it has the form of one."""

PARTY: Final = one_of(types.ID_SCHEME_EORI, types.ID_SCHEME_TIN, types.ID_SCHEME_TIR_HOLDER)
"""The number of a party."""
