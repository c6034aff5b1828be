"""Records made anew for a replay: fresh ids and numbers, shifted dates, other countries.

Rules:

* the same old value always becomes the same new one (a keyed hash, no table): what belonged
  together still does, however long the file;
* MRN, GRN and container numbers keep valid check digits, other numbers keep their form;
* every date moves by the same whole number of days and is written the way it was; a date that
  cannot be read stays and is counted;
* the source document of a record is left out: it would still say the old numbers and dates.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from corridor.standards.generate.numbers import ALPHANUMERIC
from corridor.standards.generate.words import DAY_MS
from corridor.transit.identifiers import ContainerNumber, Grn, Mrn, uuid7
from corridor.wire.long_records import decode_whole
from corridor.wire.messages import Message
from corridor.wire.records import encode_record
from corridor.wire.v1 import types_pb2 as types

_FRESH: Final = frozenset(
    {types.ID_SCHEME_MRN, types.ID_SCHEME_LRN, types.ID_SCHEME_GRN, types.ID_SCHEME_TIR_CARNET,
     types.ID_SCHEME_ETIR_GUARANTEE, types.ID_SCHEME_TIR_OPERATION, types.ID_SCHEME_UCR,
     types.ID_SCHEME_ASYCUDA_SAD, types.ID_SCHEME_EAEU_TD, types.ID_SCHEME_DUCA_T}
)  # fmt: skip
_COUNTRIES: Final = frozenset(
    {"country", "country_of_dispatch", "country_of_destination", "country_of_origin", "issuer",
     "nationality"}
)  # fmt: skip
_OFFICES: Final = frozenset({"reference", "border_office"})
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_PACKED: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)
_ASYCUDA: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{2}|[0-9]{4})", re.ASCII)
_OPERATION: Final = re.compile(r"(.+)(/[0-9]+)")
_PACKED_FORMATS: Final = frozenset(
    {types.DATE_FORMAT_102, types.DATE_FORMAT_203, types.DATE_FORMAT_204, types.DATE_FORMAT_304}
)


@dataclass(slots=True)
class Rewriting:
    """How records are made anew.

    Attributes:
        key: Decides the new numbers; another key, other numbers.
        days: By how many days dates move.
        countries: Old country → new one; others stay.
        unread_dates: Dates that could not be read and stayed, so far.
    """

    key: bytes
    days: int
    countries: Mapping[str, str] = field(default_factory=dict)
    unread_dates: int = 0

    def record(self, body: bytes) -> bytes:
        """Return a record made anew.

        Raises:
            Refused: It is no record.
        """
        record = decode_whole(body)
        header = record.header
        header.ClearField("original")
        if header.HasField("caused_by"):
            header.caused_by = self.record_id(header.caused_by)
        if header.HasField("recorded_ms"):
            header.recorded_ms += self.days * DAY_MS
        self._walk(record)
        return encode_record(record)

    def record_id(self, old: bytes) -> bytes:
        """Return the id a record goes by from now on: of the shifted time, freshly drawn."""
        at_ms = int.from_bytes(old[:6], "big") + self.days * DAY_MS
        drawn = self._draw(b"id" + old)
        return uuid7(min(max(at_ms, 0), (1 << 48) - 1), drawn)

    def country(self, code: str) -> str:
        """Return what takes a country's place."""
        return self.countries.get(code, code)

    def number(self, old: str) -> str:
        """Return what takes the place of an identifier, in the same form."""
        if Mrn.form.fullmatch(old):
            return self._mrn(Mrn(old))
        if Grn.form.fullmatch(old):
            free = self._alike(old, old[4:16])
            return Grn.make(int(old[:2]), self.country(old[2:4]), free, old[17:])
        if ContainerNumber.form.fullmatch(old):
            return ContainerNumber.make(old[:3], int(self._alike(old, old[4:10])))
        if operation := _OPERATION.fullmatch(old):
            return self.number(operation[1]) + operation[2]
        return self._prefix(old) + self._alike(old, old[2:])

    def _mrn(self, old: Mrn) -> str:
        free = self._alike(old, old[4:16])
        body = f"{old[:2]}{self.country(old.country)}"
        if old.names_transit:
            return Mrn.make(int(body[:2]), body[2:], free, old[16])
        return Mrn.make(int(body[:2]), body[2:], free, self._alike(old + "+", old[16]))

    def _prefix(self, old: str) -> str:
        """The first two characters: those of a country, or of a kind of number."""
        return self.country(old[:2])

    def _alike(self, whole: str, part: str) -> str:
        """Return characters of the same kinds as `part`: a digit for a digit, a letter for one."""
        drawn = self._draw(whole.encode())
        return "".join(
            _replaced(one, drawn[place % len(drawn)] + place) for place, one in enumerate(part)
        )

    def _draw(self, what: bytes) -> bytes:
        return hashlib.blake2b(what, key=self.key, digest_size=32).digest()

    # --- the walk -----------------------------------------------------------------------------

    def _walk(self, message: Message) -> None:
        if isinstance(message, types.DateTimeValue):
            self._shift(message)
            return
        if isinstance(message, types.Identifier) and message.scheme in _FRESH:
            message.value = self.number(message.value) if message.value else message.value
        for descriptor, value in message.ListFields():
            if descriptor.message_type is not None:
                for one in value if descriptor.is_repeated else (value,):
                    self._walk(one)
            elif isinstance(value, str):
                setattr(message, descriptor.name, self._text(message, descriptor.name, value))

    def _text(self, message: Message, name: str, value: str) -> str:
        if name in _COUNTRIES:
            return self.country(value)
        if name in _OFFICES and (isinstance(message, types.CustomsOffice) or name != "reference"):
            return self._prefix(value) + value[2:]
        return self._reference(value) if name in {"reference", "ucr"} else value

    def _reference(self, value: str) -> str:
        """Documents name movements too: an MRN among them stays the movement's."""
        return self.number(value) if Mrn.form.fullmatch(value) else value

    def _shift(self, value: types.DateTimeValue) -> None:
        if value.HasField("unix_ms"):
            value.unix_ms += self.days * DAY_MS
        moved = shift_date(value.lexical, value.format, self.days)
        if moved is None:
            self.unread_dates += bool(value.lexical)
        else:
            value.lexical = moved


def _replaced(one: str, drawn: int) -> str:
    if one.isdigit() and one.isascii():
        return "0123456789"[drawn % 10]
    if "a" <= one <= "z":
        return ALPHANUMERIC[10 + drawn % (len(ALPHANUMERIC) - 10)].lower()
    if "A" <= one <= "Z":
        return ALPHANUMERIC[10 + drawn % (len(ALPHANUMERIC) - 10)]
    return one


def shift_date(lexical: str, form: int, days: int) -> str | None:
    """Return a date or date-time moved by whole days, written as before; None if it is none.

    Years of two digits (ASYCUDA) are of this century.
    """
    if form == types.DATE_FORMAT_ASYCUDA:
        return _shift_asycuda(lexical, days)
    pattern = _PACKED if form in _PACKED_FORMATS else _ISO
    match = pattern.match(lexical)
    if match is None:
        return None
    moved = _moved(int(match[1]), int(match[2]), int(match[3]), days)
    if moved is None:
        return None
    written = moved.isoformat() if pattern is _ISO else moved.strftime("%Y%m%d")
    return written + lexical[match.end() :]


def _shift_asycuda(lexical: str, days: int) -> str | None:
    match = _ASYCUDA.match(lexical)
    if match is None:
        return None
    short = len(match[3]) == 2  # noqa: PLR2004 - digits of a year
    moved = _moved(int(match[3]) + 2000 * short, int(match[1]), int(match[2]), days)
    if moved is None:
        return None
    year = f"{moved.year % 100:02}" if short else f"{moved.year:04}"
    month = f"{moved.month:0{len(match[1])}}"
    day = f"{moved.day:0{len(match[2])}}"
    return f"{month}/{day}/{year}" + lexical[match.end() :]


def _moved(year: int, month: int, day: int, days: int) -> date | None:
    try:
        return date(year, month, day) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
