"""What a peer is told of hand-overs, days and acceptances (PROTOCOL §6.8 to §6.10)."""

from builders_dues import announced, compose, send
from builders_exchange import (
    EPOCH,
    NOW_MS,
    POLICY,
    known,
)
from corridor.exchange.dues import TALLIES, Dues
from corridor.exchange.handover import ranges_of
from corridor.exchange.values import Position
from corridor.store.values import HandedOver
from corridor.wire import limits
from corridor.wire.accepts import Accepts
from corridor.wire.handover import SILENT, TELLS, Handover, HandoverRange
from corridor.wire.tally import DayCount, Tally

# -- Handover: PROTOCOL §6.8


def handed(number: int, handed_ms: int = NOW_MS, acknowledged_ms: int = 0) -> HandedOver:
    return HandedOver(Position(EPOCH, number), handed_ms, acknowledged_ms)


def test_handovers_are_told_once_and_at_most_once_in_a_second() -> None:
    dues = announced()
    dues.handover = True
    assert dues.due_ms(receipt_waits=True) == 0
    composed = send(dues, known(handed=(handed(1), handed(2), handed(4))))
    ranges = (HandoverRange(EPOCH, 1, 2, NOW_MS), HandoverRange(EPOCH, 4, 4, NOW_MS))
    assert composed.records == (Handover(TELLS, ranges),)
    assert composed.handed == (handed(1), handed(2), handed(4))
    assert dues.due_ms(receipt_waits=False) is None
    dues.handover = True
    assert dues.due_ms(receipt_waits=False) == NOW_MS + POLICY.handover_gap_ms
    early = compose(dues, known(handed=(handed(5),)), now_ms=NOW_MS + 999)
    assert (early.records, early.handed, early.handover) == ((), (), False)


def test_a_handover_that_finds_nothing_says_nothing_and_is_owed_no_more() -> None:
    dues = announced()
    dues.handover = True
    composed = send(dues)
    assert composed.records == ()
    assert composed.handover
    assert not dues.handover


def test_what_one_handover_cannot_carry_stays_owed() -> None:
    dues = announced()
    dues.handover = True
    apart = tuple(handed(2 * n + 1) for n in range(limits.MAX_HANDOVER_RANGES + 3))
    composed = send(dues, known(handed=apart))
    assert composed.handed == apart[: limits.MAX_HANDOVER_RANGES]
    assert dues.handover
    together = tuple(handed(n + 1) for n in range(limits.MAX_HANDOVER_ENVELOPES + 1))
    ranges, count = ranges_of(together)
    assert ranges == (HandoverRange(EPOCH, 1, limits.MAX_HANDOVER_ENVELOPES, NOW_MS),)
    assert count == limits.MAX_HANDOVER_ENVELOPES


def test_neighbours_are_told_as_one_only_if_they_came_equally_far() -> None:
    ranges, count = ranges_of(
        (
            handed(1, 5),
            handed(2, 6),
            handed(3, 6, 7),
            handed(4, 6, 7),
            HandedOver(Position(EPOCH + 1, 5), 6, 7),
        )
    )
    assert count == 5
    assert ranges == (
        HandoverRange(EPOCH, 1, 1, 5),
        HandoverRange(EPOCH, 2, 2, 6),
        HandoverRange(EPOCH, 3, 4, 6, 7),
        HandoverRange(EPOCH + 1, 5, 5, 6, 7),
    )


def test_a_node_that_does_not_tell_says_so_when_it_opens_a_stream() -> None:
    composed = compose(Dues(), known(telling=SILENT))
    assert composed.records[1:] == (Handover(SILENT), Tally(0), Accepts())


# -- Tally: PROTOCOL §6.9


def day(number: int) -> Tally:
    nothing = DayCount((), 0, bytes(32))
    return Tally(number, nothing, nothing)


def test_days_are_told_at_once_and_what_does_not_fit_follows() -> None:
    dues = Dues(announced=True, tally=True)
    assert dues.due_ms(receipt_waits=True) == 0
    full = tuple(day(number) for number in range(1, TALLIES + 1))
    assert send(dues, known(tallies=full)).tallies == full
    assert dues.tally  # the store may have more
    assert send(dues, known(tallies=(day(99),))).records == (day(99),)
    assert not dues.tally


def test_where_no_day_is_to_be_told_nothing_leaves() -> None:
    dues = Dues(announced=True, tally=True)
    composed = send(dues)
    assert (composed.records, composed.tally) == ((), True)
    assert dues.due_ms(receipt_waits=True) is None


# -- Accepts: PROTOCOL §6.10

SAID = b"a statement"


def test_an_epoch_begins_with_what_is_accepted_where_the_peer_would_read_it() -> None:
    dues = Dues(accepts=True)
    composed = send(dues, known(accepts=SAID))
    assert composed.records[-1] == Accepts(SAID)
    assert len([one for one in composed.records if isinstance(one, Accepts)]) == 1
    assert not dues.accepts


def test_what_is_accepted_is_told_once_when_it_has_changed() -> None:
    dues = announced()
    assert dues.due_ms(receipt_waits=False) is None
    dues.accepts = True
    assert dues.due_ms(receipt_waits=False) == 0
    assert send(dues, known(accepts=SAID)).records == (Accepts(SAID),)
    assert dues.due_ms(receipt_waits=False) is None


def test_a_node_that_has_nothing_to_say_looks_once() -> None:
    dues = Dues(announced=True, accepts=True)
    composed = send(dues)
    assert (composed.records, composed.accepts) == ((), True)
    assert not dues.accepts


def test_what_the_store_alone_knows_is_asked_for() -> None:
    dues = announced()
    dues.ask_the_store()
    assert (dues.handover, dues.tally, dues.accepts, dues.status) == (True, True, True, False)
    dues.ask_the_store(status=True)
    assert dues.status
