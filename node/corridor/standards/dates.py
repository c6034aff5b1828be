"""Dates of one standard as another one writes them.

Rules:

* a date that is already in the form of the standard, or whose form is not known, keeps its
  characters;
* a date is never completed: where the other form demands a time and there is none, there is no
  date to write.
"""

import re
from typing import Any, Final, NamedTuple

from corridor.wire.v1 import types_pb2 as types

_CENTURY: Final = "20"  # ASYCUDA writes two digits of the year, and began in 2002
_ISO: Final = r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"
_PLAIN: Final = r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)"
_SHORT_YEAR: Final = 2
_READ: Final = {
    types.DATE_FORMAT_DATE: re.compile(_ISO, re.ASCII),
    types.DATE_FORMAT_LOCAL_DATE_TIME: re.compile(
        rf"{_ISO}T(?P<t>\d\d:\d\d:\d\d)(\.\d+)?", re.ASCII
    ),
    types.DATE_FORMAT_ZONED_DATE_TIME: re.compile(
        rf"{_ISO}T(?P<t>\d\d:\d\d:\d\d)(\.\d+)?(?P<z>Z|[+-]\d\d:\d\d)", re.ASCII
    ),
    types.DATE_FORMAT_102: re.compile(_PLAIN, re.ASCII),
    types.DATE_FORMAT_203: re.compile(rf"{_PLAIN}(?P<t>\d{{4}})", re.ASCII),
    types.DATE_FORMAT_204: re.compile(rf"{_PLAIN}(?P<t>\d{{6}})", re.ASCII),
    types.DATE_FORMAT_304: re.compile(
        rf"{_PLAIN}(?P<t>\d{{6}})(?P<z>Z|[+-]\d\d(:?\d\d)?)", re.ASCII
    ),
    types.DATE_FORMAT_ASYCUDA: re.compile(
        r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4}|\d\d)", re.ASCII
    ),
}
CODES: Final = {
    "102": types.DATE_FORMAT_102,
    "203": types.DATE_FORMAT_203,
    "204": types.DATE_FORMAT_204,
    "304": types.DATE_FORMAT_304,
}
"""Format codes of the WCO Data Model and EDIFACT (UN/EDIFACT 2379)."""


class _Parts(NamedTuple):
    year: str
    month: str
    day: str
    time: str
    """Six digits, or none."""
    zone: str


def is_in(form: "types.DateFormat.ValueType", text: str) -> bool:
    """Say whether a text is a date in a form."""
    return bool(_READ[form].fullmatch(text))


def in_iso(value: Any) -> str | None:  # noqa: ANN401 (a DateTimeValue)
    """Write a date as NCTS does; None where it cannot be said so."""
    parts = _parts(value)
    if parts is None or value.format in _ISO_FORMS:
        return str(value.lexical)
    date = f"{parts.year}-{parts.month}-{parts.day}"
    if not parts.time:
        return date
    time, zone = parts.time, parts.zone
    if len(zone) == _HOURS_ALONE:
        zone += ":00"
    return f"{date}T{time[:2]}:{time[2:4]}:{time[4:]}{zone}"


_ISO_FORMS: Final = frozenset(
    (
        types.DATE_FORMAT_DATE,
        types.DATE_FORMAT_LOCAL_DATE_TIME,
        types.DATE_FORMAT_ZONED_DATE_TIME,
    )
)
_HOURS_ALONE: Final = 3  # characters of a zone like +01


def in_plain(value: Any, form: "types.DateFormat.ValueType") -> str | None:  # noqa: ANN401
    """Write a date in digits alone: form 102, 203, 204 or 304; None where it cannot be said so."""
    parts = _parts(value)
    if parts is None or value.format == form:
        return str(value.lexical)
    date = parts.year + parts.month + parts.day
    if form == types.DATE_FORMAT_102:
        return date
    if not parts.time:
        return None
    if form == types.DATE_FORMAT_203:
        return date + parts.time[:4]
    if form == types.DATE_FORMAT_204:
        return date + parts.time
    return f"{date}{parts.time}{parts.zone.replace(':00', '')}" if parts.zone else None


def in_asycuda(value: Any) -> str | None:  # noqa: ANN401 (a DateTimeValue)
    """Write a date as ASYCUDA does, month, day, year; a time of day is lost."""
    parts = _parts(value)
    if parts is None or value.format == types.DATE_FORMAT_ASYCUDA:
        return str(value.lexical)
    return f"{int(parts.month)}/{int(parts.day)}/{parts.year[2:]}"


def _parts(value: Any) -> _Parts | None:  # noqa: ANN401 (a DateTimeValue)
    pattern = _READ.get(value.format)
    found = pattern.fullmatch(value.lexical) if pattern else None
    if found is None:
        return None
    told = found.groupdict()
    year = told["y"] if len(told["y"]) > _SHORT_YEAR else _CENTURY + told["y"]
    time = (told.get("t") or "").replace(":", "")
    return _Parts(
        year, told["m"].zfill(2), told["d"].zfill(2), time.ljust(6, "0") if time else "",
        told.get("z") or "",
    )  # fmt: skip
