"""Holds, erasure and what is given up: the contract that every engine keeps."""

from hashlib import sha256
from typing import Final

import pytest

from builders_store import (
    AZ,
    GE,
    NOW_MS,
    incoming,
    received,
    record_id,
    sealed,
    submission,
    verdict_on,
)
from corridor.errors import Reason
from corridor.exchange.values import Lane, Position, SubmitStatus, Verdict
from corridor.store.keeping import BY_ID, Obstacle, Side
from corridor.store.port import Store

DAY_MS: Final = 86_400_000
KEEP: Final = {1: 40 * DAY_MS, 2: 400 * DAY_MS}
LATER: Final = NOW_MS + 41 * DAY_MS
MRN: Final = ("mrn", "26GE1")


def send(
    store: Store, number: int, verdict: Verdict | None = Verdict.ACCEPTED, **changes: object
) -> None:
    with store.transaction() as change:
        change.accept(submission(number, **changes), NOW_MS)
        one = change.waiting(GE, Lane.ROUTINE, 1)[0]
        envelope = sealed(number, (one.row,))
        change.keep_sealed(envelope)
        if verdict:
            change.close_sealed(GE, verdict_on(envelope, verdict), NOW_MS + 10)


def take(store: Store, number: int, *, acknowledge: bool = True, **changes: object) -> None:
    with store.transaction() as change:
        change.keep_received(received(number, incoming(0, number, **changes)))
        change.keep_sealed(sealed(number + 500, answers=(Position(1, number),)))
        if acknowledge:
            change.acknowledge(1 << 40, NOW_MS)


def obstacle(store: Store, number: int, now_ms: int = LATER) -> list[Obstacle | None]:
    with store.reading() as view:
        return [one.obstacle for one in view.copies(record_id(number), now_ms)]


def run_out(store: Store, now_ms: int = LATER) -> int:
    erased = 0
    for _ in range(50):
        step = store.erase_due(now_ms, KEEP)
        erased += step.erased
        if not step.more:
            return erased
    raise AssertionError("the pass does not end")


def test_what_is_old_enough_is_erased_on_both_sides_and_its_identity_stays(store: Store) -> None:
    send(store, 1, terms=(MRN,))
    take(store, 2, terms=(MRN,))
    root = head(store)
    assert run_out(store, NOW_MS + 39 * DAY_MS) == 0
    assert run_out(store) == 2
    assert run_out(store) == 0
    assert head(store) == root
    assert store.find(*MRN, 10) == []
    assert store.deliveries(record_id(2)) == []
    with store.reading() as view:
        (left,) = view.erasures(record_id(1))
        assert (left.side, left.peer, left.by_order) == (Side.SENT, GE, False)
        assert left.sha256 == sha256(b"entry 1").digest()
        assert left.at_ms == LATER
        assert [one.side for one in view.erasures(record_id(2))] == [Side.RECEIVED]
        assert view.inbox(0, 10) == []
        assert view.known_record(GE, record_id(2)) == sha256(b"their entry 2").digest()
        assert view.records_of(GE, Position(1, 1), accepted=True) == []
    with store.transaction() as change:
        assert change.accept(submission(1, terms=(MRN,)), LATER) is SubmitStatus.DUPLICATE
        assert change.accept(submission(1, entry=b"other"), LATER) is SubmitStatus.CONFLICT


def head(store: Store) -> tuple[int, bytes]:
    with store.reading() as view:
        return view.log_head()


@pytest.mark.parametrize("verdict", [None, Verdict.DEFERRED, Verdict.PARKED])
def test_what_is_not_final_is_never_erased(store: Store, verdict: Verdict | None) -> None:
    send(store, 1, verdict)
    assert obstacle(store, 1) == [Obstacle.NOT_FINAL]
    assert run_out(store, NOW_MS + 10_000 * DAY_MS) == 0


def test_what_waits_is_never_erased(store: Store) -> None:
    with store.transaction() as change:
        change.accept(submission(1), NOW_MS)
    assert run_out(store, NOW_MS + 10_000 * DAY_MS) == 0
    with store.reading() as view:
        assert [one.entry for one in view.waiting(GE, Lane.ROUTINE, 9)] == [b"entry 1"]


def test_what_the_national_system_has_not_acknowledged_is_never_erased(store: Store) -> None:
    take(store, 1, acknowledge=False)
    assert obstacle(store, 1) == [Obstacle.NOT_ACKNOWLEDGED]
    assert run_out(store) == 0
    with store.transaction() as change:
        assert [one.entry for one in change.inbox(0, 9)] == [b"their entry 1"]
        change.acknowledge(1, NOW_MS)
    assert run_out(store) == 1


def test_what_we_owe_a_receipt_for_is_never_erased(store: Store) -> None:
    with store.transaction() as change:
        change.keep_received(received(1, incoming(0, 1)))
        change.acknowledge(1, NOW_MS)
    assert obstacle(store, 1) == [Obstacle.NOT_RECEIPTED]
    assert run_out(store) == 0


def test_each_type_is_kept_as_long_as_it_says(store: Store) -> None:
    send(store, 1, record_type=2)
    send(store, 2, record_type=1)
    assert run_out(store) == 1
    assert obstacle(store, 1) == [None]
    assert obstacle(store, 2) == [Obstacle.ERASED]
    assert run_out(store, NOW_MS + 401 * DAY_MS) == 1


@pytest.mark.parametrize(("kind", "value"), [MRN, (BY_ID, record_id(1).hex())])
def test_a_hold_keeps_what_it_names_and_nothing_else(store: Store, kind: str, value: str) -> None:
    with store.transaction() as change:
        number = change.place_hold(kind, value, "case 7", "officer", NOW_MS, None)
    send(store, 1, terms=(MRN,))  # arrives after the hold
    send(store, 2)
    with store.transaction() as change:
        assert change.erase(record_id(1), "officer", "an order", LATER) == 0
    assert obstacle(store, 1) == [Obstacle.ON_HOLD]
    assert run_out(store) == 1
    with store.reading() as view:
        (kept,) = view.copies(record_id(1), LATER)
        assert kept.hold is not None
        assert (kept.hold.number, kept.hold.reason) == (number, "case 7")
    with store.transaction() as change:
        assert change.release_hold(number, "judge", "closed", LATER)
        assert not change.release_hold(number, "judge", "closed", LATER)
        assert not change.release_hold(99, "judge", "closed", LATER)
    assert run_out(store) == 1
    with store.reading() as view:
        (hold,) = view.holds()
    assert (hold.placed_by, hold.released_by, hold.release_reason) == ("officer", "judge", "closed")
    assert hold.released_ms == LATER


def test_a_hold_ends_at_its_date(store: Store) -> None:
    send(store, 1, terms=(MRN,))
    with store.transaction() as change:
        change.place_hold(*MRN, "case 7", "officer", NOW_MS, LATER + 1)
    assert run_out(store, LATER) == 0
    assert run_out(store, LATER + 1) == 1


def test_an_order_erases_at_once_what_nothing_stands_against(store: Store) -> None:
    send(store, 1, terms=(MRN,))
    take(store, 1, acknowledge=False)
    with store.transaction() as change:
        assert change.erase(record_id(1), "officer", "court order 5", NOW_MS + 20) == 1
        assert change.erase(record_id(9), "officer", "court order 5", NOW_MS + 20) == 0
        assert change.frames(GE, [Position(1, 1)]) == []
    assert obstacle(store, 1) == [Obstacle.ERASED, Obstacle.NOT_ACKNOWLEDGED]
    with store.reading() as view:
        (left,) = view.erasures(record_id(1))
    assert (left.by, left.reason, left.by_order) == ("officer", "court order 5", True)


def test_what_was_sent_and_erased_is_told_without_its_content(store: Store) -> None:
    """It was alone with what it was kept with: a sweep of files asks for it, and a partner may."""
    send(store, 1)
    with store.transaction() as change:
        assert change.erase(record_id(1), "o", "r", LATER) == 1
    (left,) = store.submitted(record_id(1))
    assert (left.peer, left.record_type, left.entry) == (GE, 1, b"")


def test_neighbours_of_an_erased_record_stay_as_they_were(store: Store) -> None:
    with store.transaction() as change:
        change.accept_all([submission(n) for n in range(1, 6)], NOW_MS)
        rows = tuple(one.row for one in change.waiting(GE, Lane.ROUTINE, 9))
        envelope = sealed(1, rows)
        change.keep_sealed(envelope)
        change.close_sealed(GE, verdict_on(envelope, Verdict.ACCEPTED), NOW_MS)
    for gone in (3, 1, 5):
        with store.transaction() as change:
            assert change.erase(record_id(gone), "o", "r", NOW_MS) == 1
        with store.reading() as view:
            again = view.records_of(GE, Position(1, 1), accepted=True)
        left = [n for n in range(1, 6) if obstacle(store, n) != [Obstacle.ERASED]]
        assert [one.entry for one in again] == [b"entry %d" % n for n in left]
        assert gone not in left


def test_what_waits_can_be_given_up_by_type_and_is_told_as_an_outcome(store: Store) -> None:
    with store.transaction() as change:
        change.accept_all(
            [submission(1), submission(2, record_type=2), submission(3), submission(4, AZ)], NOW_MS
        )
        assert set(change.waiting_types(GE)) == {1, 2}
        assert change.give_up_waiting(GE, {1}, Reason.AGREEMENT_ENDED, NOW_MS + 5, 1) == 1
        assert change.give_up_waiting(GE, {1}, Reason.AGREEMENT_ENDED, NOW_MS + 5, 9) == 1
        assert change.give_up_waiting(GE, {1}, Reason.AGREEMENT_ENDED, NOW_MS + 5, 9) == 0
        told = change.outcomes(0, 9)
        assert [(one.record_id, one.reason) for one in told] == [
            (record_id(1), Reason.AGREEMENT_ENDED),
            (record_id(3), Reason.AGREEMENT_ENDED),
        ]
        assert [one.record_id for one in change.waiting(GE, Lane.ROUTINE, 9)] == [record_id(2)]
    assert store.lanes_waiting() == [(AZ, Lane.ROUTINE), (GE, Lane.ROUTINE)]
    (line,) = store.ledger(record_id(1))
    assert (line.verdict, line.sealed_ms, line.receipted_ms) == (Verdict.REFUSED, None, NOW_MS + 5)
    with store.transaction() as change:
        assert change.give_up_waiting(GE, {2}, Reason.AGREEMENT_ENDED, NOW_MS, 9) == 1
    assert store.lanes_waiting() == [(AZ, Lane.ROUTINE)]


def test_what_no_receipt_came_for_can_be_given_up(store: Store) -> None:
    send(store, 1, None)
    send(store, 2)
    with store.transaction() as change:
        before = change.out_stream(GE).receipted
        assert change.give_up_unreceipted(GE, Reason.UNANSWERED, NOW_MS + 5, 9) == 1
        assert change.give_up_unreceipted(GE, Reason.UNANSWERED, NOW_MS + 5, 9) == 0
        assert change.out_stream(GE).receipted == before  # nothing was receipted by it
        assert [one.reason for one in change.outcomes(1, 9)] == [Reason.UNANSWERED]
    assert store.unreceipted(GE) == []
    assert store.ledger(record_id(2))[0].verdict is Verdict.ACCEPTED


def test_holds_and_erasures_leave_no_trace_where_the_transaction_fails(store: Store) -> None:
    send(store, 1)
    with pytest.raises(RuntimeError), store.transaction() as change:  # noqa: PT012 - one step
        change.place_hold(BY_ID, record_id(1).hex(), "r", "o", NOW_MS, None)
        change.release_hold(1, "o", "r", NOW_MS)
        change.erase(record_id(1), "o", "r", NOW_MS)
        raise RuntimeError
    assert obstacle(store, 1) == [None]
    with store.reading() as view:
        assert view.holds() == []
        again = view.records_of(GE, Position(1, 1), accepted=True)
    assert [one.entry for one in again] == [b"entry 1"]
