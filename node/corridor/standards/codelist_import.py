"""Published lists of codes as they are given out, read into lists of ours.

Two forms of the EC's reference data (CS/RD2) are read, whole extracts and single lists alike:

* XML: `RDEntityList/RDEntity[@name]/RDEntry` with `RDEntryStatus` (state, activeFrom), `dataItem`s
  and descriptions by language;
* JSON: `{"lists": {NAME: {"listEntries": [...]}}}`, or the entries alone as an array, with `state`,
  `activeFrom`, the code under one of several names, `description`.

Rules:

* names of lists become the numbers under which a standard knows them; a list without a number is
  called by its name;
* customs offices become one list for each of the roles that declarations ask for;
* a code that is `invalid` from a day on was valid before it; one that is listed twice has both
  times; what cannot be read is refused by name, never left out.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from corridor.errors import InputTrouble, Refused
from corridor.standards.codelist import (
    DAY,
    MAX_CODE_CHARS,
    MAX_ENTRIES,
    MAX_WORDS_CHARS,
    NAME,
    CodeList,
    Entry,
    Period,
    Unknown,
)
from corridor.standards.ncts.lists import NAMES
from corridor.standards.tree import Node
from corridor.standards.xml import XmlLimits, parse

MAX_BYTES: Final = 64 * 1024 * 1024
"""Of a published file: four times the largest extract that is known, 14 MB."""
_LIMITS: Final = XmlLimits(max_bytes=MAX_BYTES, max_elements=1_000_000)
_MAX_GROUPS: Final = 2_000_000
_MAX_QUOTES: Final = 10_000_000
"""Of JSON, counted before it is parsed: three times as many as the largest extract has. What passes
takes some hundred MB, where 64 MiB of empty groups would take more than a gigabyte."""
_NUMBERS: Final = {name: number for number, name in NAMES.items()}
_CODE_NAMES: Final = (
    "code", "documentType", "role", "currency", "qualifier", "method", "type",
    "unLocodeExtendedCode", "id", "referenceNumber", "countryCode",
)  # fmt: skip
_OFFICES: Final = {
    "CL141": "", "CL171": "DEP", "CL172": "DES", "CL173": "TRA", "CL174": "GUA", "CL175": "TXT",
    "CL176": "ENQ", "CL177": "REC",
}  # fmt: skip
"""Which role an office has to be on a list; "" for any."""


_NEVER: Final = "0001-01-01"
"""The last day of a code that was never valid."""


class Told(NamedTuple):
    """One entry of a published list."""

    code: str
    words: str
    day: str
    """Since when it stands so; "" where that is not said."""
    valid: bool
    roles: frozenset[str] = frozenset()


def lists_in(
    content: bytes, *, name: str = "", version: str = "", unknown: Unknown = Unknown.WARN,
    source: str = "",
) -> tuple[CodeList, ...]:  # fmt: skip
    """Return the lists in a published file.

    Args:
        content: The file, XML or JSON.
        name: What a single list is called where the file does not say.
        version: The day of publication where the file does not say.
        unknown: What an unknown code shall mean.
        source: Who published them.

    Raises:
        InputTrouble: It cannot be read, or is none of the forms.
    """
    if len(content) > MAX_BYTES:
        raise InputTrouble(f"more than {MAX_BYTES} bytes", cure="give the lists one by one")
    is_xml = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or content[:2] == b"\xff\xfe"
    day, told = _of_xml(content) if is_xml else _of_json(content, name)
    made = [
        one
        for each, entries in told
        for one in _made(each, day or version, entries, unknown, source)
    ]
    if not made:
        raise InputTrouble("no list in it", cure="give an extract of reference data, XML or JSON")
    return tuple(made)


_Lists = Iterable[tuple[str, list[Told]]]


# --- JSON -------------------------------------------------------------------------------------


def _of_json(content: bytes, name: str) -> tuple[str, _Lists]:
    groups, quotes = content.count(b"{") + content.count(b"["), content.count(b'"')
    if groups > _MAX_GROUPS or quotes > _MAX_QUOTES:
        raise InputTrouble(
            f"{groups} groups and {quotes} quotation marks", cure="give the lists one by one"
        )
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise InputTrouble(
            "neither XML nor JSON in UTF-8", cure="give the file as it was published"
        ) from None
    if isinstance(found, list):
        return "", [(name, _entries(name, found))]
    if not isinstance(found, dict):
        raise InputTrouble("a value and no list", cure="give the file as it was published")
    told = found.get("messageInformation")
    day = str(told.get("snapshotDate", "")) if isinstance(told, dict) else ""
    lists = found.get("lists", {name: found} if "listEntries" in found else None)
    if not isinstance(lists, dict):
        raise InputTrouble('no "lists" in it', cure="give the file as it was published")
    return day, [(_name(key, one), _entries(key, _listed(key, one))) for key, one in lists.items()]


def _name(key: str, one: object) -> str:
    said = one.get("listName") if isinstance(one, dict) else None
    return said if isinstance(said, str) else key


def _listed(key: str, one: object) -> list[object]:
    entries = one.get("listEntries") if isinstance(one, dict) else None
    if not isinstance(entries, list):
        raise InputTrouble(f"{key}: no entries", cure="give the file as it was published")
    return entries


def _entries(name: str, entries: list[object]) -> list[Told]:
    return [_entry(name, number, one) for number, one in enumerate(entries, 1)]


def _entry(name: str, number: int, one: object) -> Told:
    values: Mapping[str, Any] = one if isinstance(one, dict) else {}
    code = next((values[key] for key in _CODE_NAMES if isinstance(values.get(key), str)), None)
    if code is None:
        raise InputTrouble(f"{name}: entry {number} has no code", cure="mend the file there")
    roles = values.get("roles", ())
    named = (one.get("role") for one in roles if isinstance(one, dict)) if roles else ()
    return Told(
        code,
        str(values.get("description") or values.get("name") or ""),
        str(values.get("activeFrom", "")),
        values.get("state", "valid") == "valid",
        frozenset(role for role in named if isinstance(role, str)),
    )


# --- XML --------------------------------------------------------------------------------------


def _of_xml(content: bytes) -> tuple[str, _Lists]:
    try:
        root = parse(content, _LIMITS)
    except Refused as refused:
        raise InputTrouble(
            refused.detail or refused.reason.label, cure="give the file as it was published"
        ) from None
    entities = list(_all(root, "RDEntity"))
    return "", [(_attribute(one, "name"), _of_entity(one)) for one in entities]


def _all(node: Node, name: str) -> Iterator[Node]:
    """Yield the elements of a name, however deep in whatever envelope."""
    for child in node.children:
        if child.local == name:
            yield child
        else:
            yield from _all(child, name)


def _of_entity(entity: Node) -> list[Told]:
    name = _attribute(entity, "name")
    return [_of_entry(name, n, one) for n, one in enumerate(_all(entity, "RDEntry"), 1)]


def _of_entry(name: str, number: int, entry: Node) -> Told:
    status = {one.local: one.text for one in _all(entry, "state")}
    status |= {one.local: one.text for one in _all(entry, "activeFrom")}
    items = {_attribute(one, "name"): one.text for one in _all(entry, "dataItem")}
    code = next((items[key] for key in _CODE_NAMES if key in items), None)
    code = next(iter(items.values()), None) if code is None else code
    if not code:
        raise InputTrouble(f"{name}: entry {number} has no code", cure="mend the file there")
    words = {_attribute(one, "lang"): one.text for one in _all(entry, "description")}
    said = words.get("en") or next(iter(words.values()), "")
    valid = status.get("state", "valid") == "valid"
    return Told(code, said, status.get("activeFrom", "")[:10], valid)


def _attribute(node: Node, name: str) -> str:
    return next(
        (text for key, text in node.attributes.items() if key.rpartition("}")[2] == name), ""
    )


# --- lists ------------------------------------------------------------------------------------


def _made(
    name: str, day: str, entries: list[Told], unknown: Unknown, source: str
) -> Iterator[CodeList]:
    if not NAME.fullmatch(name):
        raise InputTrouble("a list without a name", cure="name it with --name, as it was published")
    if not _is_day(day):
        raise InputTrouble(
            f"{name}: the day of publication is not known", cure="give it: --version 2026-11-26"
        )
    if not entries:
        raise InputTrouble(f"{name}: no entries", cure="give the file as it was published")
    if name.lower() == "customsoffices" and any(one.roles for one in entries):
        for number, role in _OFFICES.items():
            those = [one for one in entries if not role or role in one.roles]
            if those:
                yield CodeList(number, NAMES[number], day, source, unknown, _codes(name, those))
        return
    number = _NUMBERS.get(name) or name.upper().replace("_", "-")[:32]
    yield CodeList(number, name, day, source, unknown, _codes(name, entries))


def _codes(name: str, entries: list[Told]) -> dict[str, Entry]:
    if len(entries) > MAX_ENTRIES:
        raise InputTrouble(
            f"{name}: more than {MAX_ENTRIES} entries", cure="no such list is published"
        )
    states: dict[str, list[Told]] = {}
    for one in entries:
        if not 1 <= len(one.code) <= MAX_CODE_CHARS:
            raise InputTrouble(
                f"{name}: a code of {len(one.code)} characters", cure="mend the file there"
            )
        if one.day and not _is_day(one.day):
            raise InputTrouble(f"{name}: {one.code}: no such day", cure="write days as 2026-11-26")
        states.setdefault(one.code, []).append(one)
    return {
        code: Entry(_periods(told), told[-1].words[:MAX_WORDS_CHARS])
        for code, told in states.items()
    }


def _periods(told: list[Told]) -> tuple[Period, ...]:
    """Return when a code is valid, from the days on which it became so and ceased to be."""
    found: list[Period] = []
    for one in sorted(told, key=lambda each: each.day):
        if one.valid:
            if not found or found[-1].last:
                found.append(Period(one.day))
            continue
        last = _day_before(one.day)
        if not found:
            found.append(Period("", last))
        elif not found[-1].last:
            found[-1] = Period(found[-1].first, last)
    kept = tuple(one for one in found if not one.last or one.first <= one.last)
    return kept or (Period("", _NEVER),)


def _is_day(text: str) -> bool:
    try:
        return bool(DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _day_before(day: str) -> str:
    try:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return _NEVER  # invalid since nobody knows when
