"""Every fault of a record written in the JSON mapping of protobuf, named by path, never by value.

protobuf's own parser stops at the first fault and quotes what it found; a national developer wants
all of them, and a log none of the values.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from corridor.wire import limits
from corridor.wire.v1.records_pb2 import TransitRecord

_F: Final = FieldDescriptor
_RANGES: Final = {
    _F.CPPTYPE_INT32: range(-(2**31), 2**31),
    _F.CPPTYPE_INT64: range(-(2**63), 2**63),
    _F.CPPTYPE_UINT32: range(2**32),
    _F.CPPTYPE_UINT64: range(2**64),
}
_DIGITS: Final = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]*={0,2}", re.ASCII)
_WORDS: Final = {
    "json.object": "an object is needed here",
    "json.array": "an array is needed here",
    "json.string": "a string is needed here",
    "json.number": "a whole number is needed here",
    "json.range": "the number does not fit its field",
    "json.base64": "base64 is needed here",
    "json.character": "the text holds half of a character",
    "json.boolean": "true or false is needed here",
    "json.enum": "no value of this enumeration",
    "json.unknown_field": "the schema has no such field",
}
"""What each rule says."""


def json_faults(told: object) -> tuple[tuple[str, str, str], ...]:
    """Return the faults of a parsed JSON value as a TransitRecord: (path, rule, words).

    At most `limits.MAX_FAULTS`. None does not mean that protobuf takes it: two bodies, for
    example, are left to its parser.
    """
    found: list[tuple[str, str, str]] = []
    for path, rule in _of_message(told, TransitRecord.DESCRIPTOR, ""):
        found.append((path[: limits.MAX_FAULT_CHARS], rule, _WORDS[rule]))
        if len(found) == limits.MAX_FAULTS:
            break
    return tuple(found)


def _of_message(told: object, kind: Descriptor, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(told, dict):
        yield path, "json.object"
        return
    known = {name: one for one in kind.fields for name in (one.name, one.json_name)}
    for number, (name, value) in enumerate(told.items()):
        field = known.get(name)
        if field is None:
            # A name that we do not know may be anything that was typed: its place must do.
            yield f"{path}.[{number}]".lstrip("."), "json.unknown_field"
        elif value is not None:
            yield from _of_field(value, field, f"{path}.{field.name}".lstrip("."))


def _of_field(value: object, field: FieldDescriptor, path: str) -> Iterator[tuple[str, str]]:
    if not field.is_repeated:
        yield from _of_value(value, field, path)
    elif not isinstance(value, list):
        yield path, "json.array"
    else:
        for index, one in enumerate(value):
            yield from _of_value(one, field, f"{path}[{index}]")


def _of_value(value: object, field: FieldDescriptor, path: str) -> Iterator[tuple[str, str]]:
    if field.message_type is not None:
        yield from _of_message(value, field.message_type, path)
    elif (rule := _broken(value, field)) is not None:
        yield path, rule


def _broken(value: Any, field: FieldDescriptor) -> str | None:  # noqa: ANN401 - any JSON value
    if field.enum_type is not None:
        known = field.enum_type.values_by_name
        good = value in known if isinstance(value, str) else _is_whole(value)
        return None if good else "json.enum"
    if field.cpp_type == _F.CPPTYPE_BOOL:
        return None if isinstance(value, bool) else "json.boolean"
    if field.cpp_type in _RANGES:
        return _of_number(value, _RANGES[field.cpp_type])
    if not isinstance(value, str):
        return "json.string"
    if field.type == _F.TYPE_BYTES:
        return None if _BASE64.fullmatch(value) else "json.base64"
    return None if value.isascii() or not _HALF.search(value) else "json.character"


def _of_number(value: object, fitting: range) -> str | None:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return None if int(value) in fitting else "json.range"
    if not _is_whole(value):
        return "json.number"
    return None if value in fitting else "json.range"


_HALF: Final = re.compile("[\ud800-\udfff]")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
