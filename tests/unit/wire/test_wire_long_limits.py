"""A small file that would take gigabytes of memory is refused before anything is built of it."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_wire import declaration, long_declaration, record_of_every_type
from corridor.errors import Reason, Refused
from corridor.wire.limits import MAX_LONG_RECORD_PARTS, MAX_RECORD_BYTES
from corridor.wire.long_limits import require_few_parts
from corridor.wire.long_records import decode_whole, read_whole
from corridor.wire.records import encode_record
from corridor.wire.v1.records_pb2 import TransitRecord


def parts(message: object) -> int:
    """Count as the parser built it."""
    count = 1
    for field, value in message.ListFields():  # type: ignore[attr-defined]
        if field.message_type is not None:
            count += sum(map(parts, value if field.is_repeated else (value,)))
    return count


def refusal(data: bytes, most: int = MAX_LONG_RECORD_PARTS) -> Reason | None:
    try:
        require_few_parts(data, most)
    except Refused as refused:
        return refused.reason
    return None


def empty_items(count: int) -> bytes:
    """A record of items in which nothing stands: two bytes of the file for each."""
    record = declaration()
    house = record.declaration.dataset.consignment.houses.add()
    item = house.DESCRIPTOR.fields_by_name["items"].number
    house.MergeFromString(bytes([item << 3 | 2, 0]) * count)
    return encode_record(record)


@pytest.mark.parametrize(
    "record",
    [*record_of_every_type(), long_declaration(items=40)],
    ids=lambda one: one.WhichOneof("body"),
)
def test_what_is_counted_is_what_the_parser_builds(record: TransitRecord) -> None:
    data, count = encode_record(record), parts(record)
    assert refusal(data, count) is None
    assert refusal(data, count - 1) is Reason.RECORD_TOO_LARGE


@pytest.mark.unmeasured
def test_two_bytes_that_become_two_hundred_are_refused_before_they_do() -> None:
    data = empty_items(MAX_LONG_RECORD_PARTS)
    tracemalloc.start()
    for read in (decode_whole, lambda data: read_whole(data, declaration())):
        with pytest.raises(Refused) as caught:
            read(data)
        assert caught.value.reason is Reason.RECORD_TOO_LARGE
    assert tracemalloc.get_traced_memory()[1] < 8 * len(data)
    tracemalloc.stop()
    assert len(empty_items(MAX_RECORD_BYTES // 4)) > MAX_RECORD_BYTES // 2
    assert decode_whole(empty_items(200_000))


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a",  # no length
        b"\x0a\x05\x08",  # less than it says
        b"\x0a\x02\x0a\x05",  # longer than what it stands in
        b"\x7b\x7c",  # a group
        b"\x7a\xff",  # a length without end
        b"\xff" * 12,  # a field without end
        b"\xf8\xff\xff\xff\x0f\x80",  # a number without end
        b"\x79abc",  # eight bytes, of which three are here
        b"\x7dab",
        b"\x7a\x80\x01",
    ],
    ids=bytes.hex,
)
def test_what_is_no_record_is_refused_by_name(data: bytes) -> None:
    assert refusal(data) is Reason.RECORD_MALFORMED


def test_fields_of_a_later_version_are_passed_over() -> None:
    later = b"\xf9\x7f" + bytes(8) + b"\xfd\x7f" + bytes(4) + b"\xf8\x7f\x80\x01"
    later += b"\xfa\x7f\x82\x01" + bytes(130)
    assert refusal(encode_record(declaration()) + later) is None


@given(st.binary(max_size=200))
def test_whatever_comes_has_an_answer(data: bytes) -> None:
    assert refusal(data, 50) in {None, Reason.RECORD_MALFORMED, Reason.RECORD_TOO_LARGE}
