"""The format of a data element in the notation of customs, `an..35`, and whether a text has it.

Rules:

* `a` is a letter, `n` a digit, `an` any character; `..` is "at most"; `n..16,6` has at most 16
  digits, 6 of them decimals; `A` and `AN` are capitals, and capitals or digits; `n+` is above zero;
* `C|D|U` is one of these;
* what is no count of characters has a name: `date`, `dateTime`, `flag`, `email`,
  `item`, `office`, `carnet`, `eori`;
* zeros before a number are no fault: a system that counts in columns writes them;
* white space around a text is no fault, and a blank text is one.

Sources: UCC-DA Annex B, DDNTA 5.15.2 Appendix Q2.

Example:
    >>> format_named("an..35").words
    'at most 35 characters'
    >>> format_named("n..16,6").holds("1000.000000")
    True
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Final, NamedTuple


class Format(NamedTuple):
    """A format: its notation, whether a text has it, and what it is in words."""

    notation: str
    holds: Callable[[str], bool]
    words: str

    def fault(self, text: str) -> str:
        """Say what is wrong with a text that has not the format; the text is not repeated."""
        told = f"{self.notation.replace('+', '')}: " if ".." in self.notation else ""
        if not text.strip():
            return f"{told}it is empty, and should be {self.words}"
        return f"{told}{self.words}, and it has {len(text)} characters"


_NOTATION: Final = re.compile(r"(ascii|an|AN|a|A|n\+|n)(\.\.)?(\d+)(?:,(\d+))?")
_SETS: Final = {
    "a": ("[A-Za-z]", "letter"),
    "A": ("[A-Z]", "capital letter"),
    "AN": ("[A-Z0-9]", "capital letter or digit"),
    "n": ("[0-9]", "digit"),
    "an": ("", "character"),
    "ascii": ("[ -~]", "character without accents"),
}
_PLURALS: Final = {"capital letter or digit": "capital letters or digits"}
_CHARACTERS_WITHOUT: Final = "characters without accents"


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


def _is_date(text: str) -> bool:
    return _is_time(text, _DATE, date.fromisoformat)


def _is_date_time(text: str) -> bool:
    # the end of a day may be written as its hour 24
    return _is_time(text.replace("T24:00:00", "T00:00:00"), _DATE_TIME, datetime.fromisoformat)


def _is_time(text: str, shape: re.Pattern[str], read: Callable[[str], object]) -> bool:
    if not shape.fullmatch(text):
        return False
    try:
        read(text)
    except ValueError:
        return False
    return True


_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_NAMED: Final[dict[str, tuple[Callable[[str], bool], str]]] = {
    "date": (_is_date, "a date like 2026-11-26"),
    "dateTime": (_is_date_time, "a date and time like 2026-11-26T08:30:00, without a zone"),
    "flag": (_matches("[01]"), "0 or 1"),
    "email": (_matches(r"(?=.{1,256}\Z)[^@]+@[^.]+\..+"), "an e-mail address"),
    "item": (
        _matches("0{0,3}[1-9]|0{0,2}[1-9][0-9]|0?[1-9][0-9]{2}|1[0-9]{3}"),
        "a number from 1 to 1999",
    ),
    "office": (
        _matches("[A-Z]{2}[A-Z0-9]{6}"),
        "an office: its country in two capital letters, then 6 capital letters or digits",
    ),
    "carnet": (
        _matches("[1-9][0-9]{0,7}|(X[A-Z]|[A-Z]X)[0-9]{8,9}"),
        "a TIR carnet: at most 8 digits, or two letters, one of them X, and 8 or 9 digits",
    ),
    "eori": (
        _matches("[A-Z]{2}[!-~]{1,15}"),
        "a country in two capital letters, then at most 15 characters",
    ),
}


@cache
def format_named(notation: str) -> Format:
    """Return the format of a notation.

    Raises:
        ValueError: It is none.
    """
    if notation in _NAMED:
        holds, words = _NAMED[notation]
        return Format(notation, holds, words)
    if "|" in notation:
        known = notation.split("|")
        return Format(notation, known.__contains__, f"one of {', '.join(known)}")
    parsed = _NOTATION.fullmatch(notation)
    if parsed is None:
        raise ValueError(f"no format: {notation}")
    kind, spread, size, decimals = parsed[1], bool(parsed[2]), int(parsed[3]), parsed[4]
    if kind == "n+" or (kind == "n" and spread):
        return _number(notation, size, int(decimals or 0), above_zero=kind == "n+")
    return _counted(notation, kind, size, spread=spread)


def has_format(one: Format, text: str) -> bool:
    """Whether a text has a format, white space around it left aside."""
    bare = text.strip()
    return bool(bare) and (one.holds(bare) or one.holds(text))


def _counted(notation: str, kind: str, size: int, *, spread: bool) -> Format:
    characters, word = _SETS[kind]
    many = word if size == 1 else _PLURALS.get(word) or f"{word}s"
    if kind == "ascii":
        many = _CHARACTERS_WITHOUT
    words = f"at most {size} {many}" if spread else f"{size} {many}"
    least = 1 if spread else size
    if not characters:
        return Format(notation, lambda text: least <= len(text) <= size, words)
    return Format(notation, _matches(f"{characters}{{{least},{size}}}"), words)


def _number(notation: str, digits: int, decimals: int, *, above_zero: bool) -> Format:
    written = _matches(r"\d+(\.\d+)?" if decimals else r"\d+")

    def holds(text: str) -> bool:
        before, _, after = text.partition(".")
        counted = after.rstrip("0")  # as XML Schema counts: zeros at the end are no digits
        return (
            written(text)
            and len(before) + len(counted) <= digits + (before == "0")
            and len(counted) <= decimals
            and not (above_zero and not text.strip("0."))
        )

    what = "a number above zero" if above_zero else "a number"
    words = f"{what} of at most {digits} digit{'s' if digits > 1 else ''}"
    if decimals:
        return Format(notation, holds, f"{words}, {decimals} of them decimals")
    return Format(notation, holds, f"{words}, without decimals")
