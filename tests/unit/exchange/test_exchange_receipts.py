"""What we say of a peer's envelopes, and what a peer may say of ours (PROTOCOL §6.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_exchange import EPOCH, ident, in_flight, stream, verdict
from corridor.errors import Reason
from corridor.exchange.receipts import (
    FAULT_BUDGET_CHARS,
    compose,
    fault_of,
    head_of,
    ref,
    select,
    trimmed,
    verdict_in,
)
from corridor.exchange.values import (
    ZERO_ID,
    EnvelopeVerdict,
    Head,
    Position,
    RecordVerdict,
    Verdict,
)
from corridor.wire import control, limits

ROOT = b"l" * 32


def refusals(count: int, *faults: str) -> tuple[RecordVerdict, ...]:
    return tuple(
        RecordVerdict(index, index.to_bytes(16), Verdict.REFUSED, Reason.RECORD_INVALID, faults)
        for index in range(count)
    )


def over_the_wire(receipt: control.Receipt) -> control.Receipt:
    found = control.decode_control(control.RECEIPT, control.encode_control(receipt))
    assert isinstance(found, control.Receipt)
    return found


# -- what is said


def test_a_receipt_tells_how_far_each_open_epoch_is_complete_and_what_is_missing() -> None:
    ahead = ((4, ident(4), ident(3)), (7, ident(7), ident(6)))
    streams = [stream(9, 0, highest=2), stream(5, 2, highest=7, ahead=ahead)]
    receipt = compose([], streams, 0, bytes(32))
    assert receipt.complete_to == (
        control.HeadRef(5, 2, ident(2)),
        control.HeadRef(9, 0, b""),
    )
    assert receipt.gaps == (
        control.SequenceRange(5, 3, 3),
        control.SequenceRange(5, 5, 6),
        control.SequenceRange(9, 1, 2),
    )
    assert over_the_wire(receipt) == receipt


def test_a_receipt_names_size_and_root_of_the_evidence_log_once_there_is_one() -> None:
    assert (compose([], [], 3, ROOT).log_size, compose([], [], 3, ROOT).log_root) == (3, ROOT)
    assert (compose([], [], 0, bytes(32)).log_size, compose([], [], 0, bytes(32)).log_root) == (
        0,
        b"",
    )


def test_a_receipt_names_the_newest_epochs_and_the_oldest_gaps_within_its_bounds() -> None:
    streams = [stream(epoch, 0, highest=1) for epoch in range(100, 0, -1)]
    receipt = compose([], streams, 0, bytes(32))
    assert [head.epoch for head in receipt.complete_to] == list(range(37, 101))
    assert [gap.epoch for gap in receipt.gaps] == list(range(37, 101))
    holes = tuple((seq, ident(seq), ident(seq - 1)) for seq in range(2, 201, 2))
    many = [stream(1, 0, highest=200, ahead=holes), stream(2, 0, highest=9)]
    receipt = compose([], many, 0, bytes(32))
    assert len(receipt.gaps) == limits.MAX_RECEIPT_GAPS
    assert receipt.gaps[-1] == control.SequenceRange(1, 127, 127)


@pytest.mark.parametrize("head", [Head(EPOCH, 3, ident(3)), Head(EPOCH, 0, ZERO_ID)])
def test_a_head_is_the_same_after_the_wire(head: Head) -> None:
    assert ref(head).envelope_id == (head.envelope_id if head.seq else b"")
    assert head_of(ref(head)) == head


REASONS = st.sampled_from([None, *Reason])
TEXT = st.text(st.characters(codec="utf-8"), max_size=limits.MAX_FAULT_CHARS)
RECORD_VERDICTS = st.builds(
    RecordVerdict,
    st.integers(0, 511),
    st.sampled_from([b"", bytes(16)]),
    st.sampled_from(Verdict),
    REASONS,
    st.lists(TEXT, max_size=3).map(tuple),
)
VERDICTS = st.builds(
    EnvelopeVerdict,
    st.builds(Position, st.integers(0, 2**32 - 1), st.integers(1, limits.MAX_SEQUENCE)),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.sampled_from(Verdict),
    REASONS,
    st.lists(RECORD_VERDICTS, max_size=3).map(tuple),
)


@given(st.lists(VERDICTS, max_size=4))
def test_verdicts_are_the_same_after_the_wire(verdicts: list[EnvelopeVerdict]) -> None:
    receipt = over_the_wire(compose(verdicts, [], 0, bytes(32)))
    assert [verdict_in(found) for found in receipt.verdicts] == verdicts


def test_a_verdict_without_a_reason_is_written_with_reason_0() -> None:
    receipt = compose([verdict(1, exceptions=(RecordVerdict(0, b"", Verdict.PARKED),))], [], 0, b"")
    (written,) = receipt.verdicts
    assert (written.reason, written.exceptions[0].reason) == (0, 0)


def test_a_reason_that_we_do_not_know_is_none_and_the_verdict_stands() -> None:
    record = control.RecordVerdict(0, bytes(16), Verdict.REFUSED, 9_998)
    found = verdict_in(
        control.EnvelopeVerdict(EPOCH, 1, ident(1), ROOT, Verdict.REFUSED, 9_999, (record,))
    )
    assert (found.verdict, found.reason) == (Verdict.REFUSED, None)
    assert (found.exceptions[0].verdict, found.exceptions[0].reason) == (Verdict.REFUSED, None)


# -- how much fits


def test_verdicts_are_told_from_the_first_on_up_to_512() -> None:
    owed = [verdict(seq) for seq in range(1, 600)]
    assert select(owed) == tuple(owed[:512])
    assert select([]) == ()


def test_verdicts_that_would_not_fit_the_record_wait_for_the_next_receipt() -> None:
    owed = [verdict(seq, exceptions=refusals(512, "rule path")) for seq in range(1, 9)]
    chosen = select(owed)
    assert 1 < len(chosen) < len(owed)
    assert chosen == tuple(owed[: len(chosen)])
    over_the_wire(compose(chosen, [], 0, bytes(32)))


def test_the_largest_verdict_fits_a_receipt_beside_the_most_heads_and_gaps() -> None:
    faults = trimmed(["ä" * limits.MAX_FAULT_CHARS] * limits.MAX_FAULTS, FAULT_BUDGET_CHARS)
    exceptions, left = list(refusals(limits.MAX_RECORDS)), FAULT_BUDGET_CHARS
    for index, plain in enumerate(refusals(limits.MAX_RECORDS, *faults)):
        kept = trimmed(plain.faults, left)
        left -= sum(len(fault.encode()) for fault in kept)
        exceptions[index] = RecordVerdict(
            index, plain.record_id, Verdict.REFUSED, plain.reason, kept
        )
    largest = verdict(limits.MAX_SEQUENCE, exceptions=tuple(exceptions))
    streams = [
        stream(2**32 - 1 - n, 2**62, highest=limits.MAX_SEQUENCE)
        for n in range(limits.MAX_RECEIPT_HEADS)
    ]
    chosen = select([largest, verdict(1)])
    assert chosen[0] == largest
    over_the_wire(compose(chosen, streams, 2**63, ROOT))


@given(st.lists(st.integers(0, 512), max_size=40), st.integers(0, 12))
def test_whatever_is_owed_some_of_it_leaves_and_fits(sizes: list[int], faults: int) -> None:
    owed = [
        verdict(seq + 1, exceptions=refusals(count, *["ß" * 5] * faults))
        for seq, count in enumerate(sizes)
    ]
    chosen = select(owed)
    assert bool(chosen) is bool(owed)
    assert chosen == tuple(owed[: len(chosen)])
    over_the_wire(compose(chosen, [stream(1, 0, highest=9)], 0, bytes(32)))


def test_faults_are_cut_to_16_of_200_characters_within_the_budget_in_bytes() -> None:
    assert trimmed(["x" * 300] * 20, 100_000) == ("x" * 200,) * 16
    assert trimmed(["ä" * 10, "b"], 20) == ("ä" * 10,)
    assert trimmed(["ä" * 10, "b"], 21) == ("ä" * 10, "b")
    # the order tells what to mend first: nothing is told past what does not fit
    assert trimmed(["ä" * 10, "b"], 19) == ()


# -- what is believed


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"position": Position(EPOCH, 2)}, "position"),
        ({"position": Position(EPOCH + 1, 1)}, "position"),
        ({"payload_root": bytes(32)}, "payload_root"),
    ],
)
def test_a_verdict_is_believed_only_of_the_envelope_that_was_sent(
    changes: dict[str, object], fault: str | None
) -> None:
    assert fault_of(verdict(1, **changes), in_flight(1)) == fault


def test_a_verdict_on_an_envelope_that_was_not_sent_is_not_believed() -> None:
    assert fault_of(verdict(1), None) == "unknown_envelope"
