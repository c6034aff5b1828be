"""What is owed to a peer in control records, and when it leaves (PROTOCOL §6)."""

import pytest

from builders_dues import announced, compose, send
from builders_exchange import (
    EPOCH,
    NOW_MS,
    POLICY,
    ident,
    known,
    stream,
    verdict,
)
from corridor.errors import Reason
from corridor.exchange.dues import Composed, Dues
from corridor.exchange.policy import MAX_PENDING
from corridor.exchange.values import EnvelopeVerdict, Head, Position, Verdict
from corridor.wire import control, limits
from corridor.wire.accepts import Accepts
from corridor.wire.handover import TELLS, Handover
from corridor.wire.tally import Tally

NONE = control.HeadRef(0, 0, b"")


def watch(dues: Dues, *gaps: tuple[int, int], epoch: int = EPOCH, urgent: bool = False) -> None:
    dues.watch(epoch, gaps, urgent=urgent, now_ms=NOW_MS, policy=POLICY)


def deferred(number: int) -> EnvelopeVerdict:
    return verdict(number, verdict=Verdict.DEFERRED, reason=Reason.CREATED_IN_FUTURE)


# -- StreamOpen: PROTOCOL §6.3


def test_an_epoch_begins_with_a_stream_open_that_names_both_streams() -> None:
    dues = Dues()
    assert dues.due_ms(receipt_waits=True) == 0
    last_sent = Head(EPOCH - 9, 4, ident(4))
    about = known(streams=(stream(5, 7), stream(3, 9)))
    composed = compose(dues, about, last_sent=last_sent)
    assert composed.records == (
        control.StreamOpen(
            control.HeadRef(EPOCH - 9, 4, ident(4)), control.HeadRef(5, 7, ident(7))
        ),
        Handover(TELLS),
        Tally(0),
        Accepts(),
    )
    assert composed.opening


def test_a_first_stream_open_names_heads_of_sequence_zero() -> None:
    assert compose(Dues()).records == (
        control.StreamOpen(NONE, NONE),
        Handover(TELLS),
        Tally(0),
        Accepts(),
    )


def test_a_stream_is_opened_once_it_is_recorded_and_not_before() -> None:
    dues = Dues()
    composed = compose(dues)
    assert compose(dues).opening
    dues.recorded(composed, NOW_MS, POLICY)
    assert compose(dues) == Composed(())
    assert dues.due_ms(receipt_waits=False) is None


# -- receipts: PROTOCOL §6.1


def test_a_receipt_carries_what_is_owed_and_settles_its_positions() -> None:
    dues = announced()
    dues.receipt = True
    assert dues.due_ms(receipt_waits=False) == 0
    composed = send(dues, known(verdict(1), verdict(2), streams=(stream(EPOCH, 2),)))
    (receipt,) = composed.records
    assert isinstance(receipt, control.Receipt)
    assert [v.sequence for v in receipt.verdicts] == [1, 2]
    assert receipt.complete_to == (control.HeadRef(EPOCH, 2, ident(2)),)
    assert composed.answers == (Position(EPOCH, 1), Position(EPOCH, 2))
    assert composed.receipt
    assert not dues.receipt


def test_while_a_receipt_awaits_its_confirm_the_next_waits() -> None:
    dues = announced()
    dues.receipt = True
    assert dues.due_ms(receipt_waits=True) is None
    composed = compose(dues, known(verdict(1)), receipt_waits=True)
    assert composed.records == composed.answers == ()
    dues.recorded(composed, NOW_MS, POLICY)
    assert dues.receipt


def test_what_a_receipt_cannot_carry_stays_owed() -> None:
    dues = announced()
    dues.receipt = True
    owed = [verdict(seq) for seq in range(1, MAX_PENDING + 1)]
    # a store asked for at most MAX_PENDING may hold more than it told
    assert send(dues, known(*owed)).more_owed
    assert dues.receipt
    assert not send(dues, known(*owed[1:])).more_owed
    assert not dues.receipt


def test_a_receipt_without_room_for_all_answers_only_what_it_names() -> None:
    dues = announced()
    dues.receipt = True
    owed = [verdict(seq) for seq in range(1, limits.MAX_RECEIPT_VERDICTS + 2)]
    composed = send(dues, known(*owed))
    assert composed.answers == tuple(v.position for v in owed[:-1])
    assert composed.more_owed


def test_a_deferral_is_told_once_and_settles_no_position() -> None:
    dues = announced()
    dues.defer(deferred(3))
    composed = send(dues, known(verdict(1)))
    (receipt,) = composed.records
    assert isinstance(receipt, control.Receipt)
    assert [(v.sequence, v.verdict) for v in receipt.verdicts] == [
        (3, Verdict.DEFERRED),
        (1, Verdict.ACCEPTED),
    ]
    assert composed.deferrals == (ident(3),)
    assert composed.answers == (Position(EPOCH, 1),)
    assert dues.deferrals == {}
    assert not dues.receipt


def test_a_deferral_that_came_meanwhile_calls_for_another_receipt() -> None:
    dues = announced()
    dues.defer(deferred(3))
    composed = compose(dues)
    dues.defer(deferred(4))
    dues.recorded(composed, NOW_MS, POLICY)
    assert list(dues.deferrals) == [ident(4)]
    assert dues.receipt


# -- StreamStatus: PROTOCOL §6.4


def test_a_status_tells_what_is_received_and_what_is_receipted() -> None:
    dues = announced()
    dues.status = True
    about = known(streams=(stream(EPOCH, 7),), receipted=Head(EPOCH, 2, ident(2)))
    composed = send(dues, about)
    assert composed.records == (
        control.StreamStatus(
            control.HeadRef(EPOCH, 7, ident(7)), control.HeadRef(EPOCH, 2, ident(2))
        ),
    )
    assert not dues.status


def test_after_a_fork_a_status_tells_what_is_held_at_that_position_once() -> None:
    dues = announced()
    dues.status, dues.contradicted = True, Head(EPOCH, 3, ident(33))
    about = known(streams=(stream(EPOCH, 7),))
    assert send(dues, about).records == (
        control.StreamStatus(control.HeadRef(EPOCH, 3, ident(33)), NONE),
    )
    dues.status = True
    later_ms = NOW_MS + POLICY.answer_gap_ms
    assert send(dues, about, later_ms).records == (
        control.StreamStatus(control.HeadRef(EPOCH, 7, ident(7)), NONE),
    )


def test_a_status_is_told_at_most_once_a_second() -> None:
    dues = announced()
    dues.status = True
    send(dues)
    dues.status = True
    assert dues.due_ms(receipt_waits=False) == NOW_MS + 1_000
    assert compose(dues, now_ms=NOW_MS + 999).records == ()
    assert compose(dues, now_ms=NOW_MS + 1_000).status


# -- Tombstone: PROTOCOL §6.5


def test_a_position_is_buried_under_the_id_that_was_told_first() -> None:
    dues = announced()
    dues.bury(Position(EPOCH, 4), ident(4))
    dues.bury(Position(EPOCH, 4), bytes(32))
    assert dues.due_ms(receipt_waits=True) == 0
    assert send(dues).records == (control.Tombstone(control.HeadRef(EPOCH, 4, ident(4))),)
    assert dues.tombstones == {}


def test_tombstones_and_undecryptables_fit_one_envelope_with_everything_else() -> None:
    dues = Dues(receipt=True, status=True)
    watch(dues, (1, 1), urgent=True)
    for number in range(MAX_PENDING):
        dues.bury(Position(EPOCH, number + 1), ident(number))
        dues.refuse_opening(ident(number), Reason.WRAP)
    composed = send(dues)
    assert len(composed.records) == 7 + 128 + 128 <= limits.MAX_RECORDS
    assert len(dues.tombstones) == len(dues.cannot_open) == MAX_PENDING - 128


# -- Undecryptable: PROTOCOL §6.6


def test_what_cannot_be_opened_is_told_at_once_and_then_ever_more_rarely() -> None:
    dues = announced()
    now_ms, waits = NOW_MS, []
    for _ in range(12):
        dues.refuse_opening(ident(1), Reason.KEY_UNKNOWN)
        told = send(dues, now_ms=now_ms)
        assert told.records == (control.Undecryptable(ident(1), Reason.KEY_UNKNOWN),)
        assert dues.cannot_open == {}
        waits.append(dues.cannot_open_next_ms - now_ms)
        now_ms = dues.cannot_open_next_ms
    assert [wait // 1_000 for wait in waits] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_before_its_time_nothing_is_told_of_what_cannot_be_opened() -> None:
    dues = announced()
    dues.refuse_opening(ident(1), Reason.WRAP)
    send(dues)
    dues.refuse_opening(ident(2), Reason.WRAP)
    due_ms = dues.due_ms(receipt_waits=False)
    assert due_ms == NOW_MS + 1_000
    assert compose(dues, now_ms=due_ms - 1).records == ()
    assert compose(dues, now_ms=due_ms).cannot_open == (ident(2),)


def test_once_something_is_opened_patience_begins_anew() -> None:
    dues = announced()
    for _ in range(3):
        dues.refuse_opening(ident(1), Reason.WRAP)
        send(dues, now_ms=dues.cannot_open_next_ms or NOW_MS)
    dues.opened()
    dues.refuse_opening(ident(1), Reason.WRAP)
    assert dues.due_ms(receipt_waits=False) == 0
    send(dues)
    assert dues.cannot_open_next_ms == NOW_MS + 1_000


# -- Resend: PROTOCOL §6.2


def test_a_gap_is_asked_for_when_its_time_has_come_and_again_later() -> None:
    dues = announced()
    watch(dues, (3, 5))
    due_ms = dues.due_ms(receipt_waits=False)
    assert due_ms == NOW_MS + POLICY.gap_ms
    assert compose(dues, now_ms=due_ms - 1).records == ()
    composed = send(dues, now_ms=due_ms)
    assert composed.records == (control.Resend((control.SequenceRange(EPOCH, 3, 5),)),)
    assert composed.watches == (EPOCH,)
    assert dues.due_ms(receipt_waits=False) == due_ms + POLICY.gap_ms


def test_a_gap_that_has_closed_is_not_asked_for() -> None:
    dues = announced()
    watch(dues, (3, 5), urgent=True)
    watch(dues)
    assert dues.due_ms(receipt_waits=False) is None
    watch(dues)
    assert compose(dues).records == ()


def test_one_resend_asks_for_the_oldest_epochs_first_within_its_bounds() -> None:
    dues = announced()
    watch(dues, (1, 4_000), epoch=9, urgent=True)
    watch(dues, (5, 5), (7, 8), epoch=2, urgent=True)
    (resend,) = compose(dues).records
    assert resend == control.Resend(
        (
            control.SequenceRange(2, 5, 5),
            control.SequenceRange(2, 7, 8),
            control.SequenceRange(9, 1, 4_000),
        )
    )
    watch(dues, (1, 4_096), epoch=1, urgent=True)
    assert compose(dues).records == (control.Resend((control.SequenceRange(1, 1, 4_096),)),)
    watch(dues, (1, 4_000), (5_000, 5_200), epoch=1, urgent=True)
    (resend,) = compose(dues).records
    assert isinstance(resend, control.Resend)
    assert resend.ranges[1] == control.SequenceRange(1, 5_000, 5_095)
    assert control.decode_control(control.RESEND, control.encode_control(resend)) == resend


def test_one_resend_asks_for_at_most_64_ranges() -> None:
    dues = announced()
    watch(dues, *((seq, seq) for seq in range(1, 129, 2)), epoch=1, urgent=True)
    watch(dues, (1, 1), epoch=2, urgent=True)
    (resend,) = compose(dues).records
    assert isinstance(resend, control.Resend)
    assert len(resend.ranges) == limits.MAX_RESEND_RANGES
    assert {span.epoch for span in resend.ranges} == {1}


# -- bounds


@pytest.mark.parametrize("kind", ["deferrals", "tombstones", "cannot_open"])
def test_what_waits_is_bounded_and_what_is_beyond_comes_up_again(kind: str) -> None:
    dues = announced()
    for number in range(MAX_PENDING + 1):
        dues.defer(deferred(number))
        dues.bury(Position(EPOCH, number), ident(number))
        dues.refuse_opening(ident(number), Reason.WRAP)
    assert len(getattr(dues, kind)) == MAX_PENDING


def test_the_earliest_of_all_that_waits_says_when_something_is_due() -> None:
    dues = announced()
    watch(dues, (1, 1))
    assert dues.due_ms(receipt_waits=True) == NOW_MS + POLICY.gap_ms
    dues.status, dues.status_next_ms = True, NOW_MS + 7
    assert dues.due_ms(receipt_waits=True) == NOW_MS + 7
    dues.cannot_open[ident(1)], dues.cannot_open_next_ms = Reason.WRAP, NOW_MS + 3
    assert dues.due_ms(receipt_waits=True) == NOW_MS + 3
