"""How a field of a record holds the text of a leaf, in both directions.

Rules:

* decimals, dates and codes keep their characters; only flags and small numbers are converted;
* a text that a converted field cannot hold is not read: the accounting keeps it as residual.
"""

import re
from typing import Any, Final

from corridor.standards.dates import in_iso
from corridor.standards.mapping import Form
from corridor.wire.v1 import types_pb2 as types

_MAX_UINT32: Final = 2**32 - 1
_MAX_DIGITS: Final = 12  # leading zeros are read and come back narrowed
_DATE_FORMATS: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d", re.ASCII), types.DATE_FORMAT_DATE),
    (
        re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", re.ASCII),
        types.DATE_FORMAT_LOCAL_DATE_TIME,
    ),
    (
        re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII),
        types.DATE_FORMAT_ZONED_DATE_TIME,
    ),
)


def date_format(text: str) -> "types.DateFormat.ValueType":
    """Say how a date or time is written."""
    for pattern, written in _DATE_FORMATS:
        if pattern.fullmatch(text):
            return written
    return types.DATE_FORMAT_UNSPECIFIED


def _read_text(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (any message)
    setattr(message, name, text)
    return ""


def _write_text(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
    return getattr(message, name) if message.HasField(name) else None


def _read_number(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (any message)
    if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS and int(text) <= _MAX_UINT32:
        setattr(message, name, int(text))
    return ""


def _write_number(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
    return str(getattr(message, name)) if message.HasField(name) else None


def _read_flag(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (any message)
    if text in {"0", "1"}:
        setattr(message, name, text == "1")
    return ""


def _write_flag(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
    return str(int(getattr(message, name))) if message.HasField(name) else None


def _read_code(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (any message)
    getattr(message, name).value = text
    return ".value"


def _write_code(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
    return getattr(message, name).value if message.HasField(name) else None


def _read_lexical(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (any message)
    getattr(message, name).lexical = text
    return ".lexical"


def _read_date(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (any message)
    value = getattr(message, name)
    value.lexical = text
    value.format = date_format(text)
    return ".lexical"


def _write_date(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
    return in_iso(getattr(message, name)) if message.HasField(name) else None


def _write_lexical(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
    return getattr(message, name).lexical if message.HasField(name) else None


TEXT: Final = Form("text", _read_text, _write_text)
"""A string whose presence is kept."""

NUMBER: Final = Form("number", _read_number, _write_number)
"""A whole number of at most 32 bits: sequence numbers and counts."""

FLAG: Final = Form("flag", _read_flag, _write_flag)
"""0 or 1 (NCTS CL027)."""

CODE: Final = Form("code", _read_code, _write_code)
"""A value from a code list, as written."""

DECIMAL: Final = Form("decimal", _read_lexical, _write_lexical)
"""A decimal number, as written."""

DATE: Final = Form("date", _read_date, _write_date)
"""A date or a time, as written; one of another standard in the digits and hyphens of ISO 8601."""


_ODD_POINT: Final = re.compile(r"[+-]?\d{1,3}[^\d.]\d+", re.ASCII)


def _read_degrees(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (any message)
    if not _ODD_POINT.fullmatch(text):
        setattr(message, name, text)
    return ""


DEGREES: Final = Form("degrees", _read_degrees, _write_text)
"""A latitude or longitude. The schema of NCTS lets its decimal point be any character: what has
another one is no position, and is left to the residual."""


def identifier(scheme: "types.IdScheme.ValueType") -> Form:
    """Hold a text as the first identifier of `scheme` among several."""

    def read(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (any message)
        ids = getattr(message, name)
        ids.add(scheme=scheme, value=text)
        return f"[{len(ids) - 1}].value"

    def write(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
        return next((item.value for item in getattr(message, name) if item.scheme == scheme), None)

    return Form(_scheme_name(scheme), read, write)


def one_identifier(scheme: "types.IdScheme.ValueType") -> Form:
    """Hold a text as the only identifier of a field, which is of `scheme`."""

    def read(message: Any, name: str, text: str) -> str:  # noqa: ANN401 (any message)
        item = getattr(message, name)
        item.scheme, item.value = scheme, text
        return ".value"

    def write(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
        return getattr(message, name).value if message.HasField(name) else None

    return Form(_scheme_name(scheme), read, write)


def _scheme_name(scheme: "types.IdScheme.ValueType") -> str:
    return types.IdScheme.Name(scheme).removeprefix("ID_SCHEME_")
