"""Control records come back as they went, and an impossible one is never met by a machine."""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import Reason, Refused, SelfTestFailed
from corridor.exchange.dues import TALLIES
from corridor.wire import control, limits
from corridor.wire.accepts import Accepts
from corridor.wire.canonical import require_fast_runtime
from corridor.wire.control import (
    Canary,
    Control,
    EnvelopeVerdict,
    HeadRef,
    Receipt,
    RecordVerdict,
    Resend,
    SequenceRange,
    StreamOpen,
    StreamStatus,
    Tombstone,
    Undecryptable,
    decode_control,
    encode_control,
    record_type_of,
)
from corridor.wire.handover import Handover, HandoverRange
from corridor.wire.tally import DayCell, DayCount, DayHead, Tally, numbers_of
from corridor.wire.v1 import control_pb2 as pb

ID = b"e" * 32
HEAD = HeadRef(1_700_000_000, 7, ID)
VERDICT = EnvelopeVerdict(
    1, 2, ID, b"p" * 32, 1, 0, (RecordVerdict(3, b"r" * 16, 2, 303, ("string.max_len a.b",)),)
)
RECEIPT = Receipt((HEAD,), (SequenceRange(1, 3, 4),), (VERDICT,), 9, b"l" * 32)
CELL = DayCell(1, 1, 0, 3)
SENT = DayCount((CELL, DayCell(1, 2, 303, 1)), 2, ID, DayHead(1, 2, ID))
RECEIVED = DayCount((), 0, ID)
EVERY: tuple[Control, ...] = (
    RECEIPT,
    Resend((SequenceRange(1, 2, 3),)),
    StreamOpen(HEAD, None),
    StreamStatus(None, HEAD),
    Tombstone(HEAD),
    Undecryptable(ID, 123),
    Canary(1_700_000_000_000),
    Handover(1, (HandoverRange(1, 2, 3, 4, 5), HandoverRange(1, 4, 4, 6))),
    Tally(20_000, SENT, RECEIVED, ID),
    Accepts(b"a statement"),
)


def again(value: Control) -> Control:
    return decode_control(record_type_of(value), encode_control(value))


@pytest.mark.parametrize("value", EVERY, ids=lambda v: type(v).__name__)
def test_a_control_record_comes_back_as_it_was(value: Control) -> None:
    assert again(value) == value


@pytest.mark.parametrize(
    "value", [Receipt(), StreamOpen(), StreamStatus(), Canary(0), Tally(0), Accepts()]
)
def test_a_control_record_may_say_nothing(value: Control) -> None:
    assert encode_control(value) == b""
    assert again(value) == value


def test_the_head_of_a_stream_without_envelopes_has_no_id() -> None:
    value = StreamStatus(HeadRef(5, 0, b""))

    assert again(value) == value


@pytest.mark.parametrize("value", EVERY, ids=lambda v: type(v).__name__)
def test_another_encoding_of_a_control_record_is_refused(value: Control) -> None:
    raw, kind = encode_control(value), record_type_of(value)

    for wrong in (
        raw + b"\xf8\x07\x01",
        b"\xff",
        raw + raw[:1],
        bytes(limits.MAX_CONTROL_BYTES + 1),
    ):
        with pytest.raises(Refused) as told:
            decode_control(kind, wrong)
        assert told.value.reason is Reason.CONTROL_MALFORMED


@pytest.mark.parametrize(
    "value",
    [
        Receipt((HEAD,) * (limits.MAX_RECEIPT_HEADS + 1)),
        Receipt(gaps=(SequenceRange(1, 1, 1),) * (limits.MAX_RECEIPT_GAPS + 1)),
        Receipt(verdicts=(replace(VERDICT, exceptions=()),) * (limits.MAX_RECEIPT_VERDICTS + 1)),
        Receipt(log_size=1),
        Receipt(log_root=ID),
        Receipt(log_size=1, log_root=b"short"),
        Receipt((HeadRef(1, 0, ID),)),
        Receipt((HeadRef(1, 1, b""),)),
        Receipt((HeadRef(1, 2**63, ID),)),
        Receipt(gaps=(SequenceRange(1, 0, 1),)),
        Receipt(gaps=(SequenceRange(1, 2, 1),)),
        Receipt(gaps=(SequenceRange(1, 2, 2**63),)),
        Receipt(verdicts=(replace(VERDICT, sequence=0),)),
        Receipt(verdicts=(replace(VERDICT, envelope_id=b"short"),)),
        Receipt(verdicts=(replace(VERDICT, payload_root=b""),)),
        Receipt(verdicts=(replace(VERDICT, verdict=0),)),
        Receipt(verdicts=(replace(VERDICT, verdict=5),)),
        Receipt(verdicts=(replace(VERDICT, reason=10_000),)),
        Receipt(verdicts=(replace(VERDICT, exceptions=VERDICT.exceptions * 513),)),
        Receipt(verdicts=(replace(VERDICT, exceptions=(RecordVerdict(512, b"", 2),)),)),
        Receipt(verdicts=(replace(VERDICT, exceptions=(RecordVerdict(0, b"x", 2),)),)),
        Receipt(verdicts=(replace(VERDICT, exceptions=(RecordVerdict(0, b"", 0),)),)),
        Receipt(verdicts=(replace(VERDICT, exceptions=(RecordVerdict(0, b"", 2, 10_000),)),)),
        Receipt(
            verdicts=(replace(VERDICT, exceptions=(RecordVerdict(0, b"", 2, 1, ("f",) * 17),)),)
        ),
        Receipt(
            verdicts=(replace(VERDICT, exceptions=(RecordVerdict(0, b"", 2, 1, ("f" * 201,)),)),)
        ),
        Resend(()),
        Resend((SequenceRange(1, 1, 1),) * (limits.MAX_RESEND_RANGES + 1)),
        Resend((SequenceRange(1, 1, limits.MAX_RESEND_ENVELOPES + 1),)),
        Tombstone(HeadRef(1, 0, b"")),
        Undecryptable(b"short", 123),
        Undecryptable(ID, 0),
        Undecryptable(ID, 10_000),
        Accepts(bytes(limits.MAX_ACCEPTS_BYTES + 1)),
        Tally(0, SENT, RECEIVED),
        Tally(0, answers=ID),
        Tally(1, SENT),
        Tally(1, None, RECEIVED),
        Tally(1, SENT, RECEIVED, b"short"),
        Tally(limits.MAX_TIME_MS // limits.DAY_MS + 1, SENT, RECEIVED),
        Tally(1, SENT, replace(RECEIVED, open=1)),
        Tally(1, replace(SENT, open=2**63), RECEIVED),
        Tally(1, replace(SENT, records=b""), RECEIVED),
        Tally(1, replace(SENT, head=DayHead(1, 1, b"")), RECEIVED),
        Tally(1, replace(SENT, head=DayHead(1, 0, ID)), RECEIVED),
        Tally(1, replace(SENT, head=DayHead(1, 2**63, ID)), RECEIVED),
        Tally(1, replace(SENT, cells=(CELL, CELL)), RECEIVED),
        Tally(1, replace(SENT, cells=SENT.cells[::-1]), RECEIVED),
        Tally(1, replace(SENT, cells=(replace(CELL, record_type=0),)), RECEIVED),
        Tally(1, replace(SENT, cells=(replace(CELL, record_type=64),)), RECEIVED),
        Tally(1, replace(SENT, cells=(replace(CELL, verdict=0),)), RECEIVED),
        Tally(1, replace(SENT, cells=(replace(CELL, verdict=5),)), RECEIVED),
        Tally(1, replace(SENT, cells=(replace(CELL, reason=10_000),)), RECEIVED),
        Tally(1, replace(SENT, cells=(replace(CELL, count=0),)), RECEIVED),
        Tally(1, replace(SENT, cells=tuple(replace(CELL, reason=n) for n in range(513))), RECEIVED),
    ],
    ids=repr,
)
def test_a_value_out_of_its_limits_is_refused(value: Control) -> None:
    with pytest.raises(Refused) as told:
        again(value)
    assert told.value.reason is Reason.CONTROL_MALFORMED


def test_the_largest_receipt_of_a_full_window_fits() -> None:
    faulty = tuple(RecordVerdict(n, bytes(16), 2, 303, ("string.max_len x",)) for n in range(512))
    verdicts = (replace(VERDICT, exceptions=faulty), *(replace(VERDICT, exceptions=()),) * 63)
    value = Receipt((HEAD,) * 2, (), verdicts, 1, ID)

    assert again(value) == value


@pytest.mark.parametrize("record_type", [0, 1, 20, 63, 74])
def test_a_type_of_the_other_family_is_no_control_record(record_type: int) -> None:
    with pytest.raises(Refused) as told:
        decode_control(record_type, b"")
    assert told.value.reason is Reason.RECORD_TYPE


@given(st.integers(64, 71), st.binary(max_size=200))
def test_what_is_taken_has_no_second_encoding(record_type: int, raw: bytes) -> None:
    with contextlib.suppress(Refused):
        assert encode_control(decode_control(record_type, raw)) == raw


def test_the_types_of_control_records_are_those_of_the_schema() -> None:
    assert [record_type_of(value) for value in EVERY] == list(range(64, 74))
    assert control.CANARY == 70


def test_a_slow_runtime_of_protobuf_is_not_started_with() -> None:
    require_fast_runtime()
    with pytest.raises(SelfTestFailed, match="upb"):
        require_fast_runtime("python")


def test_a_tally_without_its_head_is_refused() -> None:
    message = pb.Tally.FromString(encode_control(Tally(1, SENT, RECEIVED)))
    message.sent.ClearField("head")

    with pytest.raises(Refused, match="head"):
        decode_control(control.TALLY, message.SerializeToString())


def test_the_numbers_of_a_tally_do_not_depend_on_what_it_answers() -> None:
    assert numbers_of(Tally(1, SENT, RECEIVED)) == numbers_of(Tally(1, SENT, RECEIVED, ID))
    assert numbers_of(Tally(1, SENT, RECEIVED)) != numbers_of(Tally(2, SENT, RECEIVED))


def test_the_largest_tallies_of_an_envelope_fit_it() -> None:
    cells = tuple(
        DayCell(63, 2, 9_000 + n, limits.MAX_SEQUENCE) for n in range(limits.MAX_TALLY_CELLS)
    )
    head = DayHead(limits.MAX_EPOCH, limits.MAX_SEQUENCE, ID)
    count = DayCount(cells, 0, ID, head)
    value = Tally(20_000, count, count, ID)

    assert again(value) == value
    assert TALLIES * len(encode_control(value)) < limits.MAX_BATCH_BYTES - limits.MAX_CONTROL_BYTES
