"""How far records come, and what officers decide: every engine of the store."""

import pytest

from builders_store import GE, NOW_MS, TR, incoming, received, sealed, submission, verdict_on
from corridor.errors import Reason
from corridor.exchange.values import Lane, Position, Verdict
from corridor.store.port import Store
from corridor.store.values import Act, ActKind, HandedOver, LedgerLine, Published
from corridor.wire.handover import TELLS, HandoverRange


def send(store: Store, *numbers: int) -> None:
    """Submit records 1, 2, ... to GE and seal each in an envelope of its own."""
    for number in numbers:
        with store.transaction() as change:
            change.accept(submission(number), NOW_MS)
            row = change.waiting(GE, Lane.ROUTINE, 1)[0].row
            change.keep_sealed(sealed(number, (row,)))


def line(store: Store, number: int = 1) -> LedgerLine:
    (found,) = store.ledger(submission(number).record_id)
    return found


def judge(store: Store, number: int, verdict: Verdict = Verdict.ACCEPTED) -> None:
    with store.transaction() as change:
        change.close_sealed(GE, verdict_on(sealed(number), verdict), NOW_MS + 50)


# -- ours


def test_the_first_confirm_and_the_last_stand_side_by_side(store: Store) -> None:
    send(store, 1)
    assert (line(store).confirmed_ms, line(store).published_ms) == (None, None)
    envelope_id = sealed(1).envelope_id
    for at_ms in (NOW_MS + 5, NOW_MS + 9):
        with store.transaction(durable=False) as change:
            change.note_published([Published(envelope_id, at_ms), Published(b"?" * 32, at_ms)])
    assert (line(store).confirmed_ms, line(store).published_ms) == (NOW_MS + 5, NOW_MS + 9)


def test_what_the_peer_tells_shows_only_of_what_it_accepted(store: Store) -> None:
    send(store, 1, 2)
    told = HandoverRange(1, 1, 2, NOW_MS + 60, NOW_MS + 70)
    with store.transaction() as change:
        change.note_handovers(GE, [told], NOW_MS + 99)
    assert (line(store).handed_ms, line(store).acknowledged_ms) == (None, None)
    judge(store, 1)
    judge(store, 2, Verdict.REFUSED)
    assert (line(store).handed_ms, line(store).acknowledged_ms) == (NOW_MS + 60, NOW_MS + 70)
    assert (line(store, 2).handed_ms, line(store, 2).acknowledged_ms) == (None, None)


def test_what_is_told_in_any_order_and_often_is_the_same(store: Store) -> None:
    send(store, 1)
    judge(store, 1)
    told = [
        HandoverRange(1, 1, 1, NOW_MS + 9),
        HandoverRange(1, 1, 1, NOW_MS + 8, NOW_MS + 20),
        HandoverRange(1, 1, 1, NOW_MS + 10, NOW_MS + 19),
        HandoverRange(1, 1, 1, NOW_MS + 11),
    ]
    for order in (told, told[::-1], told[2:] + told[:2]):
        for one in order:
            with store.transaction() as change:
                change.note_handovers(GE, [one], NOW_MS + 99)
        assert (line(store).handed_ms, line(store).acknowledged_ms) == (NOW_MS + 8, NOW_MS + 19)


def test_a_time_to_come_counts_as_now_and_foreign_positions_are_passed_over(store: Store) -> None:
    send(store, 1)
    judge(store, 1)
    with store.transaction() as change:
        change.note_handovers(
            GE,
            [HandoverRange(1, 1, 4000, NOW_MS + 500, NOW_MS + 600), HandoverRange(7, 1, 1, 1, 1)],
            NOW_MS + 99,
        )
        change.note_handovers(TR, [HandoverRange(1, 1, 1, 1, 1)], NOW_MS + 99)
    assert (line(store).handed_ms, line(store).acknowledged_ms) == (NOW_MS + 99, NOW_MS + 99)


def test_whether_a_peer_tells_is_remembered(store: Store) -> None:
    send(store, 1)
    with store.reading() as view:
        assert view.telling(GE) == 0
    for telling in (2, TELLS):
        with store.transaction() as change:
            change.keep_telling(GE, telling)
        assert line(store).telling == telling


def test_a_record_that_waits_is_withdrawn_and_its_outcome_told(store: Store) -> None:
    with store.transaction() as change:
        change.accept(submission(1), NOW_MS)
        change.accept(submission(2), NOW_MS)
        size = change.log_head()[0]
        assert change.withdraw(GE, submission(1).record_id, NOW_MS + 5)
        assert change.log_head()[0] == size + 1
        assert not change.withdraw(GE, submission(1).record_id, NOW_MS + 6)
        assert not change.withdraw(GE, submission(9).record_id, NOW_MS + 6)
        assert not change.withdraw(TR, submission(2).record_id, NOW_MS + 6)
        (left,) = change.waiting(GE, Lane.ROUTINE, 9)
    assert left.record_id == submission(2).record_id
    found = line(store)
    assert (found.verdict, found.reason) == (Verdict.REFUSED, Reason.WITHDRAWN)
    assert (found.sealed_ms, found.receipted_ms) == (None, NOW_MS + 5)
    with store.reading() as view:
        (outcome,) = view.outcomes(0, 9)
    assert (outcome.record_id, outcome.reason) == (found.record_id, Reason.WITHDRAWN)
    assert store.counts()["waiting"] == 1
    with store.transaction() as change:
        assert change.withdraw(GE, submission(2).record_id, NOW_MS + 7)
    assert store.lanes_waiting() == []
    assert store.depths() == []


def test_a_record_in_an_envelope_is_not_withdrawn(store: Store) -> None:
    send(store, 1)
    before = line(store)
    with store.transaction() as change:
        assert not change.withdraw(GE, submission(1).record_id, NOW_MS)
    assert line(store) == before


def test_a_withdrawn_record_is_known_for_ever(store: Store) -> None:
    with store.transaction() as change:
        change.accept(submission(1), NOW_MS)
        change.withdraw(GE, submission(1).record_id, NOW_MS)
        assert change.accept(submission(1), NOW_MS).value == "duplicate"


def test_decisions_are_kept_in_order_with_their_reasons(store: Store) -> None:
    send(store, 1)
    record_id, new_id = submission(1).record_id, submission(5).record_id
    acts = [
        Act(ActKind.REPEATED, NOW_MS, "nobody answers, says Ömer"),
        Act(ActKind.RESENT, NOW_MS + 1, "the agreement is signed", new_id),
    ]
    for act in acts:
        with store.transaction() as change:
            change.keep_act(GE, record_id, act)
    with store.reading() as view:
        assert list(view.acts(GE, record_id)) == acts
        assert list(view.acts(GE, new_id)) == []
        kept = view.outgoing(GE, record_id)
        assert kept is not None
        assert (kept.entry, kept.lane) == (submission(1).entry, Lane.ROUTINE)
        assert view.outgoing(GE, new_id) is None
        assert view.position_of(GE, record_id) == Position(1, 1)
        assert view.position_of(GE, new_id) is None
    assert line(store).again == new_id


# -- theirs


def arrive(store: Store, number: int, *records: int) -> None:
    envelope = received(number, *(incoming(place, one) for place, one in enumerate(records)))
    with store.transaction() as change:
        change.keep_received(envelope)


def due(store: Store) -> list[HandedOver]:
    with store.reading() as view:
        found = list(view.handovers(GE, 99))
    assert (store.peers_to_tell() == [GE]) is bool(found)
    return found


def note(store: Store, *, handed: int = 0, acknowledged: int = 0, at_ms: int = NOW_MS) -> None:
    with store.transaction() as change:
        if handed:
            change.mark_handed(handed, at_ms)
        if acknowledged:
            change.acknowledge(acknowledged, at_ms)


def tell(store: Store, *told: HandedOver) -> None:
    with store.transaction() as change:
        change.tell_handovers(GE, told, NOW_MS)


def test_an_envelope_is_handed_over_when_all_its_records_are(store: Store) -> None:
    arrive(store, 1, 1, 2)
    arrive(store, 2, 3)
    assert due(store) == []
    note(store, handed=1)
    assert due(store) == []
    note(store, handed=2, at_ms=NOW_MS + 2000)
    first = HandedOver(Position(1, 1), NOW_MS + 2000, 0)
    assert due(store) == [first]
    tell(store, first)
    assert due(store) == []
    note(store, acknowledged=3, at_ms=NOW_MS + 4000)
    both = [
        HandedOver(Position(1, 1), NOW_MS + 2000, NOW_MS + 4000),
        HandedOver(Position(1, 2), NOW_MS + 4000, NOW_MS + 4000),
    ]
    assert due(store) == both
    tell(store, *both)
    assert due(store) == []


def test_what_was_told_is_told_again_where_it_was_lost_and_forgotten_after_30_days(
    store: Store,
) -> None:
    arrive(store, 1, 1)
    note(store, acknowledged=1)
    told = due(store)
    tell(store, *told)
    with store.transaction() as change:
        change.tell_handovers_again(GE)
    assert due(store) == told
    tell(store, *told)
    store.prune(NOW_MS + 30 * 24 * 3600 * 1000)
    with store.transaction() as change:
        change.tell_handovers_again(GE)
    assert due(store) == []


def test_an_envelope_without_accepted_records_is_never_told(store: Store) -> None:
    refused = incoming(0, 1)._replace(verdict=Verdict.REFUSED, reason=Reason.RECORD_INVALID)
    canary = incoming(1, 2)._replace(record_type=70)
    with store.transaction() as change:
        change.keep_received(received(1, refused, canary))
        change.keep_received(received(2, incoming(0, 3), incoming(1, 4)._replace(
            verdict=Verdict.REFUSED, reason=Reason.RECORD_INVALID)))  # fmt: skip
    note(store, acknowledged=9)
    assert [one.position for one in due(store)] == [Position(1, 2)]


def test_a_record_that_came_again_counts_from_where_it_stands(store: Store) -> None:
    arrive(store, 1, 1)
    note(store, acknowledged=1)
    tell(store, *due(store))
    arrive(store, 2, 2)
    with store.transaction() as change:
        change.keep_received(received(3, incoming(0, 1)._replace(known=True)))
        change.keep_received(received(4, incoming(0, 1)._replace(known=True), incoming(1, 3)))
    assert [one.position for one in due(store)] == [Position(1, 3)]
    note(store, acknowledged=3)
    assert [one.position for one in due(store)] == [Position(1, n) for n in (2, 3, 4)]


def test_marks_of_one_second_become_one_and_never_claim_too_early_a_time(store: Store) -> None:
    arrive(store, 1, 1)
    arrive(store, 2, 2)
    start = NOW_MS - NOW_MS % 1000
    note(store, handed=1, at_ms=start + 100)
    note(store, handed=2, at_ms=start + 900)
    assert [one.handed_ms for one in due(store)] == [start + 900, start + 900]
    with store.transaction() as change:
        assert not change.mark_handed(2, start + 5000)
        assert not change.mark_handed(1, start + 5000)
        assert change.handed() == 2


def test_how_far_a_record_of_a_peer_has_come_here(store: Store) -> None:
    arrive(store, 1, 1)
    record_id = incoming(0, 1).record_id
    (one,) = store.arrivals(record_id)
    assert (one.peer, one.cursor, one.signed, one.handed, one.acknowledged) == (
        GE, 1, False, False, False,
    )  # fmt: skip
    with store.transaction() as change:
        change.keep_sealed(sealed(1, answers=(Position(1, 1),)))
    note(store, handed=1, at_ms=NOW_MS + 5)
    note(store, acknowledged=1, at_ms=NOW_MS + 5000)
    (one,) = store.arrivals(record_id)
    assert (one.signed, one.handed_ms, one.acknowledged_ms) == (True, NOW_MS + 5, NOW_MS + 5000)
    assert store.arrivals(incoming(0, 7).record_id) == []


def test_no_more_is_told_than_is_asked_for(store: Store) -> None:
    for number in range(1, 6):
        arrive(store, number, number)
    note(store, acknowledged=5)
    with store.reading() as view:
        assert [one.position.seq for one in view.handovers(GE, 3)] == [1, 2, 3]


@pytest.mark.parametrize("up_to", [0, 9])
def test_what_nobody_has_is_not_handed_over(store: Store, up_to: int) -> None:
    note(store, acknowledged=up_to)
    assert store.peers_to_tell() == []
