"""Where in a record the messages of some types stand, without looking where none can be.

Rules:

* which fields lead to one of the types is worked out once for each type of message; a record is
  then walked along these fields only.

Example:
    for path, identifier in walk(record, frozenset({types.Identifier.DESCRIPTOR.full_name})):
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

_Way = tuple[str, bool]


def walk(message: Message, names: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Yield each message of one of the types, with its path ("" for `message` itself).

    Args:
        message: Where to look; it is looked at too.
        names: Full names of the types.
    """
    yield from _walk(message, "", names)


def _walk(message: Any, path: str, names: frozenset[str]) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 (any message)
    wanted, ways = _plan(message.DESCRIPTOR, names)
    if wanted:
        yield path, message
    dot = "." if path else ""
    for name, repeated in ways:
        if repeated:
            for number, item in enumerate(getattr(message, name)):
                yield from _walk(item, f"{path}{dot}{name}[{number}]", names)
        elif message.HasField(name):
            yield from _walk(getattr(message, name), f"{path}{dot}{name}", names)


@cache
def _plan(kind: Descriptor, names: frozenset[str]) -> tuple[bool, tuple[_Way, ...]]:
    """Say whether a type is wanted, and which of its fields lead to one that is."""
    ways = tuple((field.name, field.is_repeated) for field in kind.fields if _leads(field, names))
    return kind.full_name in names, ways


def _leads(field: FieldDescriptor, names: frozenset[str]) -> bool:
    """Say whether a wanted type stands at a field, or somewhere below it."""
    seen: set[str] = set()
    ahead = [field.message_type]
    while ahead:
        kind = ahead.pop()
        if kind is None or kind.full_name in seen:
            continue
        if kind.full_name in names:
            return True
        seen.add(kind.full_name)
        ahead += [inner.message_type for inner in kind.fields]
    return False
