"""How much a long record makes of itself when it is read, found out before it is read.

Rules (PROTOCOL §13.5):

* an empty item takes two bytes of a file and two hundred of memory: what is parsed is bounded by
  how many parts it has, beside its length;
* nothing is built for it, and the count ends where it is too many.
"""

from functools import cache
from typing import Final

from google.protobuf.descriptor import Descriptor

from corridor.errors import Reason, Refused
from corridor.wire.limits import MAX_LONG_RECORD_PARTS
from corridor.wire.v1.records_pb2 import TransitRecord

_VARINT: Final = 0
_BYTES: Final = 2
_FIXED: Final = {1: 8, 5: 4}
"""Bytes of a number, by wire type."""
_MOST_VARINT_BYTES: Final = 10


def require_few_parts(data: bytes, most: int = MAX_LONG_RECORD_PARTS) -> None:
    """Require that a serialised TransitRecord has no more than `most` messages in it.

    Raises:
        Refused: RECORD_TOO_LARGE, or RECORD_MALFORMED: it is none.
    """
    try:
        count = _count(data, most)
    except (IndexError, ValueError):
        raise Refused(Reason.RECORD_MALFORMED, "not a TransitRecord") from None
    if count > most:
        raise Refused(Reason.RECORD_TOO_LARGE, f"more than {most} goods, parties, papers and so on")


def _count(data: bytes, most: int) -> int:
    """Count messages; ends with `most` + 1 where there are more."""
    inside = _messages_in(TransitRecord.DESCRIPTOR)
    at, end, count = 0, len(data), 1
    outside: list[tuple[int, dict[int, Descriptor]]] = []
    while count <= most and (at < end or outside):
        if at == end:
            end, inside = outside.pop()
            continue
        tag, at = _varint(data, at)
        found = inside.get(tag >> 3) if tag & 7 == _BYTES else None
        after, at = _after(data, at, tag & 7)
        if after > end:
            raise ValueError("longer than what it stands in")
        if found is None:
            at = after
        else:
            count += 1
            outside.append((end, inside))
            end, inside = after, _messages_in(found)
    return count


def _after(data: bytes, at: int, kind: int) -> tuple[int, int]:
    """Return where a value ends, and where what stands in it begins; nothing is a group."""
    if kind == _BYTES:
        size, at = _varint(data, at)
        return at + size, at
    if kind == _VARINT:
        return _varint(data, at)[1], at
    if kind in _FIXED:
        return at + _FIXED[kind], at
    raise ValueError("a group")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a varint and where it ends."""
    value = data[at]
    if value < 128:  # noqa: PLR2004 - nearly every one has one byte
        return value, at + 1
    value = 0
    for index in range(_MOST_VARINT_BYTES):
        byte = data[at + index]
        value |= (byte & 127) << (7 * index)
        if byte < 128:  # noqa: PLR2004 - its last byte
            return value, at + index + 1
    raise ValueError("a varint without end")


@cache
def _messages_in(message: Descriptor) -> dict[int, Descriptor]:
    """Return what the fields of a message hold that are messages, by number."""
    return {one.number: one.message_type for one in message.fields if one.message_type is not None}
