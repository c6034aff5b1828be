"""A batch and an entry have one encoding, and everything else is refused by name."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_wire import RECORD_ID
from corridor.errors import Reason, Refused
from corridor.wire import batches, limits
from corridor.wire.batches import (
    Entry,
    decode_batch,
    decode_entry,
    encode_batch,
    encode_entry,
)
from corridor.wire.v1.envelope_pb2 import RecordBatch, RecordEntry, RecordType

SEED = bytes(range(32))
ENTRY = Entry(RECORD_ID, 14, "corridor.wire.v1", None, b"body")

entries = st.builds(
    Entry,
    st.binary(min_size=16, max_size=16),
    st.sampled_from([*range(1, 21), *range(64, 74)]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64),
    st.none() | st.binary(min_size=16, max_size=16),
    st.binary(min_size=1, max_size=300) | st.just(bytes(20_000)),
)


def refusal(raw: bytes) -> Reason:
    with pytest.raises(Refused) as told:
        decode_entry(raw)
    return told.value.reason


@given(entries)
def test_an_entry_comes_back_as_it_was_and_is_what_protobuf_would_write(entry: Entry) -> None:
    raw = encode_entry(entry)
    written = RecordEntry(
        record_id=entry.record_id,
        type=RecordType.ValueType(entry.record_type),
        schema_id=entry.schema_id,
        supersedes=entry.supersedes,
        body=entry.body,
    )

    assert decode_entry(raw) == entry
    assert raw == written.SerializeToString(deterministic=True)


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=20))
def test_a_batch_keeps_its_records_as_the_bytes_that_went_in(records: list[bytes]) -> None:
    assert decode_batch(encode_batch(SEED, records)) == (SEED, tuple(records))


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_decoders(raw: bytes) -> None:
    for decode in (decode_batch, decode_entry):
        with contextlib.suppress(Refused):
            decode(raw)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"",
        RecordBatch(disclosure_seed=SEED).SerializeToString(),
        RecordBatch(disclosure_seed=SEED[1:], records=[b"r"]).SerializeToString(),
        RecordBatch(disclosure_seed=SEED, records=[b""] * 513).SerializeToString(),
        encode_batch(SEED, [b"r"]) + b"\x18\x01",
        encode_batch(SEED, [b"r"]) + b"\x0a\x20" + SEED,
        b"\x12\x01r" + b"\x0a\x20" + SEED,
        b"\x0a\xa0\x00" + SEED + b"\x12\x01r",
        bytes(limits.MAX_BATCH_BYTES + 1),
    ],
    ids=[
        "no message",
        "nothing",
        "no records",
        "short seed",
        "too many records",
        "unknown field",
        "repeated seed",
        "unordered",
        "long varint",
        "too large",
    ],
)
def test_another_batch_than_the_one_encoding_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as told:
        decode_batch(body)
    assert told.value.reason is Reason.BATCH


@pytest.mark.parametrize(
    ("seed", "records"),
    [(SEED[:31], [b"r"]), (SEED, []), (SEED, [bytes(limits.MAX_BATCH_BYTES)])],
)
def test_a_batch_that_everybody_would_refuse_is_not_made(seed: bytes, records: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode_batch(seed, records)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"record_id": bytes(15)}, Reason.RECORD_MALFORMED),
        ({"schema_id": ""}, Reason.RECORD_MALFORMED),
        ({"schema_id": "x" * 65}, Reason.RECORD_MALFORMED),
        ({"schema_id": "é"}, Reason.RECORD_MALFORMED),
        ({"supersedes": b""}, Reason.RECORD_MALFORMED),
        ({"body": b""}, Reason.RECORD_MALFORMED),
        ({"type": 0}, Reason.RECORD_TYPE),
        ({"type": 74}, Reason.RECORD_TYPE),
        ({"type": -1}, Reason.RECORD_TYPE),
    ],
)
def test_an_entry_with_a_fault_is_refused_by_its_name(
    changed: dict[str, object], reason: Reason
) -> None:
    message = RecordEntry.FromString(encode_entry(ENTRY))
    for name, value in changed.items():
        setattr(message, name, value)

    assert refusal(message.SerializeToString()) is reason


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff",
        encode_entry(ENTRY) + b"\x30\x01",
        encode_entry(ENTRY) + b"\x10\x0e",
        b"\x10\x0e" + encode_entry(ENTRY).replace(b"\x10\x0e", b"", 1),
        encode_entry(ENTRY).replace(b"\x2a\x04", b"\x2a\x84\x00"),
        encode_entry(ENTRY).replace(b"\x2a\x04", b"\x2a\x84\x80\x80\x00"),
        encode_entry(ENTRY).replace(b"\x2a\x04", b"\x2a\x05"),
    ],
    ids=[
        "no message",
        "unknown field",
        "repeated field",
        "unordered",
        "length in more bytes",
        "in many more",
        "cut off",
    ],
)
def test_another_encoding_of_an_entry_is_refused(raw: bytes) -> None:
    assert refusal(raw) is Reason.RECORD_MALFORMED


def test_a_record_beyond_the_limit_is_neither_made_nor_taken() -> None:
    with pytest.raises(ValueError, match="at most 262144"):
        encode_entry(ENTRY._replace(body=bytes(limits.MAX_RECORD_BYTES)))
    assert refusal(bytes(limits.MAX_RECORD_BYTES + 1)) is Reason.RECORD_TOO_LARGE


def test_an_entry_that_everybody_would_refuse_is_not_made() -> None:
    with pytest.raises(ValueError, match="empty body"):
        encode_entry(ENTRY._replace(body=b""))


def test_the_largest_record_fits_into_a_batch() -> None:
    assert len(encode_batch(SEED, [bytes(limits.MAX_RECORD_BYTES)])) <= limits.MAX_BATCH_BYTES


def test_every_type_belongs_to_one_family_and_has_a_name() -> None:
    types = [number for number in RecordType.values() if number]

    assert [t for t in types if batches.is_business(t)] == list(range(1, 21))
    assert [t for t in types if batches.is_control(t)] == list(range(64, 74))
    assert [t for t in types if batches.is_business_family(t)] == [*range(1, 22), 70]
    assert batches.type_label(9) == "movement_released"
    assert batches.type_label(64) == "receipt"
    assert batches.type_label(99) == "unknown"


def test_a_control_record_may_have_an_empty_body_and_a_business_record_may_not() -> None:
    empty = ENTRY._replace(record_type=66, body=b"")
    raw = encode_entry(empty)

    assert decode_entry(raw) == empty
    assert raw == RecordEntry.FromString(raw).SerializeToString(deterministic=True)
    assert refusal(raw + b"\x2a\x00") is Reason.RECORD_MALFORMED
    assert refusal(raw.replace(b"\x10\x42", b"\x10\x0e")) is Reason.RECORD_MALFORMED
