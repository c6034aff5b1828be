"""Contract of the port: intake, sending and receipts; every engine passes it."""

import threading

import pytest

from builders_store import (
    AZ,
    GE,
    NOW_MS,
    TR,
    envelope_id,
    record_id,
    sealed,
    submission,
    verdict_on,
)
from corridor.errors import Reason, StoreMisused
from corridor.exchange.values import (
    ZERO_ID,
    Family,
    Head,
    InFlight,
    Lane,
    Position,
    RecordVerdict,
    SubmitStatus,
    Verdict,
    Waiting,
)
from corridor.store.memory import MemoryStore
from corridor.store.port import Store, Transaction
from corridor.store.rules import PRUNED_AT_ONCE, SEALED_KEPT_MS, digest
from corridor.store.values import Depth, Outcome

NO_HEAD = Head(0, 0, ZERO_ID)


def accept(store: Store, *numbers: int, lane: Lane = Lane.ROUTINE) -> tuple[int, ...]:
    """Keep records in the outbox and return their rows."""
    with store.transaction() as change:
        change.accept_all([submission(one, lane=lane) for one in numbers], NOW_MS)
        waiting = {one.record_id: one.row for one in change.waiting(GE, lane, 1_000)}
    return tuple(waiting[record_id(one)] for one in numbers)


def waiting_ids(store: Store, lane: Lane = Lane.ROUTINE) -> list[bytes]:
    with store.reading() as view:
        return [one.record_id for one in view.waiting(GE, lane, 1_000)]


# -- intake


def test_what_is_accepted_waits_in_its_lane_in_order(store: Store) -> None:
    rows = accept(store, 3, 1, 2)
    with store.reading() as view:
        found = view.waiting(GE, Lane.ROUTINE, 2)
    assert found == [
        Waiting(rows[0], record_id(3), Lane.ROUTINE, b"entry 3", NOW_MS),
        Waiting(rows[1], record_id(1), Lane.ROUTINE, b"entry 1", NOW_MS),
    ]
    assert rows[0] < rows[1] < rows[2]
    assert waiting_ids(store, Lane.URGENT) == []


def test_the_same_record_again_changes_nothing(store: Store) -> None:
    accept(store, 1)
    with store.transaction() as change:
        again = change.accept(submission(1), NOW_MS + 5)
        other = change.accept(submission(1, entry=b"other bytes"), NOW_MS + 5)
    assert (again, other) == (SubmitStatus.DUPLICATE, SubmitStatus.CONFLICT)
    assert waiting_ids(store) == [record_id(1)]
    assert store.counts()["outbox"] == 1


def test_a_batch_reports_each_record_even_those_that_repeat_within_it(store: Store) -> None:
    accept(store, 1)
    with store.transaction() as change:
        batch = [
            submission(2),
            submission(1),
            submission(2),
            submission(2, entry=b"other bytes"),
            submission(3, terms=(("mrn", "M3"),)),
        ]
        statuses = change.accept_all(batch, NOW_MS)
    assert statuses == [
        SubmitStatus.ACCEPTED,
        SubmitStatus.DUPLICATE,
        SubmitStatus.DUPLICATE,
        SubmitStatus.CONFLICT,
        SubmitStatus.ACCEPTED,
    ]
    assert waiting_ids(store) == [record_id(1), record_id(2), record_id(3)]
    with store.reading() as view:
        assert [one.entry for one in view.waiting(GE, Lane.ROUTINE, 9)][1:] == [
            b"entry 2",
            b"entry 3",
        ]
    assert store.find("mrn", "M3", 9) == [record_id(3)]


def test_the_same_record_id_may_go_to_another_peer_with_other_bytes(store: Store) -> None:
    with store.transaction() as change:
        assert change.accept(submission(1, GE), NOW_MS) is SubmitStatus.ACCEPTED
        assert change.accept(submission(1, TR, entry=b"theirs"), NOW_MS) is SubmitStatus.ACCEPTED
    assert [line.peer for line in store.ledger(record_id(1))] == [GE, TR]


def test_nothing_accepted_is_nothing_kept(store: Store) -> None:
    with store.transaction() as change:
        assert list(change.accept_all([], NOW_MS)) == []
    assert store.counts()["outbox"] == 0


# -- transactions


def test_an_error_in_the_block_leaves_no_trace(store: Store) -> None:
    rows = accept(store, 1)
    before = store.counts(), store.lanes_waiting(), store.peers()

    def spoil(change: Transaction) -> None:
        change.accept(submission(2, AZ), NOW_MS)
        change.keep_sealed(sealed(1, rows))
        change.put_setting("name", b"value")
        change.take_held(1)
        raise RuntimeError("spoilt")

    with pytest.raises(RuntimeError, match="spoilt"), store.transaction() as change:
        spoil(change)
    assert (store.counts(), store.lanes_waiting(), store.peers()) == before
    with store.transaction() as change:
        assert change.log_head()[0] == 0
        assert change.setting("name") is None
        change.keep_sealed(sealed(1, rows))
        assert change.log_head()[0] == 1


def test_writing_while_reading_is_an_error(store: Store) -> None:
    with pytest.raises(StoreMisused), store.reading() as view:
        view.accept(submission(1), NOW_MS)
    assert store.counts()["outbox"] == 0
    accept(store, 1)
    assert waiting_ids(store) == [record_id(1)]


def test_inside_a_transaction_the_store_is_used_through_it(store: Store) -> None:
    with store.transaction() as change:
        for use in (store.lanes_waiting, store.peers_owed, store.counts, store.close):
            with pytest.raises(StoreMisused, match="through it"):
                use()
        with pytest.raises(StoreMisused), store.transaction():
            pass
        change.accept(submission(1), NOW_MS)
    assert waiting_ids(store) == [record_id(1)]


def test_transactions_of_threads_take_turns(store: Store) -> None:
    def count_up() -> None:
        for _ in range(20):
            with store.transaction() as change:
                count = int.from_bytes(change.setting("count") or b"") + 1
                change.put_setting("count", count.to_bytes(4))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as view:
        assert view.setting("count") == (80).to_bytes(4)


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    with pytest.raises(StoreMisused, match="closed"), store.transaction():
        pass
    with pytest.raises(StoreMisused, match="closed"):
        store.counts()


# -- sending


def test_a_stream_that_never_sent_stands_at_nothing(store: Store) -> None:
    with store.reading() as view:
        state = view.out_stream(GE)
    assert (state.last, state.created_ms, state.receipted) == (NO_HEAD, 0, NO_HEAD)


def test_sealing_takes_records_out_of_the_lane_and_advances_the_stream(store: Store) -> None:
    rows = accept(store, 1, 2, 3)
    envelope = sealed(1, (rows[2], rows[0]))
    with store.transaction() as change:
        change.keep_sealed(envelope)
        assert [one.record_id for one in change.records_of(GE, Position(1, 1))] == [
            record_id(3),
            record_id(1),
        ]
    assert waiting_ids(store) == [record_id(2)]
    flight = InFlight(
        Position(1, 1),
        envelope.envelope_id,
        envelope.payload_root,
        len(envelope.frame),
        Lane.ROUTINE,
        Family.DATA,
        envelope.created_ms,
    )
    assert store.unreceipted(GE) == [flight]
    assert store.unreceipted(GE)[0].oldest_ms == store.ledger(record_id(1))[0].accepted_ms
    with store.reading() as view:
        state = view.out_stream(GE)
        assert view.find_sealed(GE, envelope.envelope_id) == flight
        assert view.find_sealed(TR, envelope.envelope_id) is None
        assert view.find_sealed_many(GE, [envelope.envelope_id, ZERO_ID]) == {
            envelope.envelope_id: flight
        }
        assert view.log_head()[0] == 1
    assert state.last == Head(1, 1, envelope.envelope_id)
    assert state.created_ms == envelope.created_ms
    assert store.ledger(record_id(1))[0].sealed_ms == envelope.created_ms
    assert store.ledger(record_id(2))[0].sealed_ms is None


def test_sealed_bytes_are_given_back_as_they_were(store: Store) -> None:
    with store.transaction() as change:
        for number in (1, 2):
            change.keep_sealed(sealed(number, frame=b"bytes %d" % number * 100))
    asked = [Position(1, 2), Position(1, 9), Position(1, 1)]
    with store.reading() as view:
        found = view.frames(GE, asked)
        assert list(view.frames(TR, asked)) == []
        assert list(view.records_of(GE, Position(1, 9))) == []
    assert found == [
        (Position(1, 2), b"bytes 2" * 100),
        (Position(1, 1), b"bytes 1" * 100),
    ]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(sealed(1, envelope_id=envelope_id(7)), id="position"),
        pytest.param(sealed(2, envelope_id=envelope_id(1)), id="id"),
        pytest.param(sealed(2, (1,)), id="record"),
        pytest.param(sealed(2, (2, 2)), id="record twice"),
        pytest.param(sealed(2, (99,)), id="unknown record"),
        pytest.param(sealed(2, (2,), peer=TR), id="another peer's record"),
    ],
)
def test_nothing_of_ours_is_used_twice(store: Store, second: object) -> None:
    rows = accept(store, 1, 2)
    assert rows == (1, 2)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, (1,)))
    before = store.counts()
    with pytest.raises(StoreMisused), store.transaction() as change:
        change.keep_sealed(second)  # type: ignore[arg-type]
    assert store.counts() == before
    assert waiting_ids(store) == [record_id(2)]


def test_attempts_are_counted(store: Store) -> None:
    with store.transaction() as change:
        change.keep_sealed(sealed(1))
        change.count_attempt(GE, [Position(1, 1), Position(1, 9)])
        change.count_attempt(GE, [Position(1, 1)])
    assert [one.attempts for one in store.unreceipted(GE)] == [2]


def test_unreceipted_envelopes_come_in_order_of_position(store: Store) -> None:
    with store.transaction() as change:
        change.keep_sealed(sealed(2))
        change.keep_sealed(sealed(5, position=Position(0, 9)))
        change.keep_sealed(sealed(1))
    positions = [one.position for one in store.unreceipted(GE)]
    assert positions == [Position(0, 9), Position(1, 1), Position(1, 2)]
    assert store.unreceipted(TR) == []


def test_a_replacing_envelope_takes_the_records_over(store: Store) -> None:
    rows = accept(store, 1, 2, 3)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows[:2]))
        change.keep_sealed(sealed(2, rows, replaces=Position(1, 1)))
    assert [one.position for one in store.unreceipted(GE)] == [Position(1, 2)]
    with store.transaction() as change:
        assert change.find_sealed(GE, envelope_id(1)).closed  # type: ignore[union-attr]
        assert list(change.records_of(GE, Position(1, 1))) == []
        assert len(change.records_of(GE, Position(1, 2))) == 3
        late = verdict_on(sealed(1), Verdict.REFUSED, reason=Reason.WRAP)
        assert list(change.close_sealed(GE, late, NOW_MS)) == []
    assert {store.ledger(record_id(one))[0].verdict for one in (1, 2, 3)} == {None}


def test_what_a_peer_accepted_and_forgot_can_be_sealed_again_and_stays_accepted(
    store: Store,
) -> None:
    rows = accept(store, 1, 2)
    position = Position(1, 1)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows))
        refused = RecordVerdict(1, record_id(2), Verdict.REFUSED, Reason.RECORD_INVALID)
        verdict = verdict_on(sealed(1), Verdict.ACCEPTED, exceptions=(refused,))
        change.close_sealed(GE, verdict, NOW_MS)
        assert list(change.records_of(GE, position)) == []
        again = change.records_of(GE, position, accepted=True)
        assert [one.record_id for one in again] == [record_id(1)]
        change.keep_sealed(sealed(2, [one.row for one in again], replaces=position))
    assert [one.position for one in store.unreceipted(GE)] == [Position(1, 2)]
    with store.transaction() as change:
        assert list(change.records_of(GE, position, accepted=True)) == []
        assert (
            list(change.close_sealed(GE, verdict_on(sealed(2), Verdict.ACCEPTED), NOW_MS + 1)) == []
        )
        assert len(change.outcomes(0, 9)) == 2
    assert list(store.unreceipted(GE)) == []
    assert store.ledger(record_id(1))[0].receipted_ms == NOW_MS


def test_replacing_something_unknown_still_needs_records_that_wait(store: Store) -> None:
    rows = accept(store, 1)
    with store.transaction() as change:
        change.keep_sealed(sealed(2, rows, replaces=Position(1, 1)))
    assert waiting_ids(store) == []


def test_retired_envelopes_need_no_receipt_and_keep_their_bytes(store: Store) -> None:
    with store.transaction() as change:
        change.keep_sealed(sealed(1))
        change.retire_sealed(GE, [Position(1, 1), Position(1, 9)])
        change.retire_sealed(GE, [Position(1, 1)])
    assert store.unreceipted(GE) == []
    with store.reading() as view:
        assert len(view.frames(GE, [Position(1, 1)])) == 1


# -- receipts


def test_a_receipt_makes_records_final_and_tells_in_which_order(store: Store) -> None:
    rows = accept(store, 1, 2, 3)
    first, second = sealed(1, rows[1:]), sealed(2, rows[:1])
    with store.transaction() as change:
        change.keep_sealed(first)
        change.keep_sealed(second)
        later = change.close_sealed(GE, verdict_on(second, Verdict.ACCEPTED), NOW_MS + 10)
        refused = verdict_on(first, Verdict.REFUSED, reason=Reason.BATCH)
        others = change.close_sealed_many(GE, [refused], NOW_MS + 20)
        assert list(later) == [record_id(1)]
        assert sorted(others) == [record_id(2), record_id(3)]
        found = change.outcomes(0, 9)
        assert [one.cursor for one in change.outcomes(1, 1)] == [2]
    assert store.unreceipted(GE) == []
    assert found[0] == Outcome(
        1, GE, record_id(1), Verdict.ACCEPTED, None, NOW_MS, NOW_MS + 10, digest(b"entry 1")
    )
    assert [(one.record_id, one.verdict, one.reason) for one in found[1:]] == [
        (record_id(2), Verdict.REFUSED, Reason.BATCH),
        (record_id(3), Verdict.REFUSED, Reason.BATCH),
    ]


def test_a_final_verdict_is_never_changed(store: Store) -> None:
    rows = accept(store, 1)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows))
        change.close_sealed(GE, verdict_on(sealed(1), Verdict.ACCEPTED), NOW_MS + 1)
        refused = verdict_on(sealed(1), Verdict.REFUSED, reason=Reason.BATCH)
        assert list(change.close_sealed(GE, refused, NOW_MS + 2)) == []
        assert len(change.outcomes(0, 9)) == 1
        assert list(change.records_of(GE, Position(1, 1))) == []
    line = store.ledger(record_id(1))[0]
    assert (line.verdict, line.reason, line.receipted_ms) == (Verdict.ACCEPTED, None, NOW_MS + 1)


def test_exceptions_hold_for_the_records_they_name(store: Store) -> None:
    rows = accept(store, 1, 2, 3)
    faults = ("declaration.mrn", "goods[1].gross_mass")
    verdict = verdict_on(
        sealed(1),
        Verdict.ACCEPTED,
        exceptions=(
            RecordVerdict(1, record_id(2), Verdict.REFUSED, Reason.RECORD_INVALID, faults),
            RecordVerdict(2, record_id(3), Verdict.PARKED),
        ),
    )
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows))
        final = change.close_sealed(GE, verdict, NOW_MS + 1)
        assert list(final) == [record_id(1), record_id(2)]
    lines = [store.ledger(record_id(one))[0] for one in (1, 2, 3)]
    assert [one.verdict for one in lines] == [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.PARKED]
    assert (lines[1].reason, lines[1].faults) == (Reason.RECORD_INVALID, faults)
    assert lines[2].receipted_ms is None
    assert store.unreceipted(GE) == []
    with store.transaction() as change:
        final = change.close_sealed(GE, verdict_on(sealed(1), Verdict.ACCEPTED), NOW_MS + 9)
        assert list(final) == [record_id(3)]


def test_a_deferred_envelope_stays_in_flight_until_it_is_judged(store: Store) -> None:
    rows = accept(store, 1)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows))
        deferred = verdict_on(sealed(1), Verdict.DEFERRED, reason=Reason.CREATED_IN_FUTURE)
        assert list(change.close_sealed(GE, deferred, NOW_MS + 1)) == []
        assert change.out_stream(GE).receipted == NO_HEAD
    assert len(store.unreceipted(GE)) == 1
    assert store.ledger(record_id(1))[0].verdict is Verdict.DEFERRED
    with store.transaction() as change:
        change.close_sealed(GE, verdict_on(sealed(1), Verdict.ACCEPTED), NOW_MS + 2)
        assert change.out_stream(GE).receipted == Head(1, 1, envelope_id(1))
    assert store.unreceipted(GE) == []


def test_a_verdict_on_something_else_changes_nothing(store: Store) -> None:
    rows = accept(store, 1)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows))
        other_id = verdict_on(sealed(1, envelope_id=envelope_id(9)), Verdict.ACCEPTED)
        unknown = verdict_on(sealed(9), Verdict.ACCEPTED)
        assert list(change.close_sealed_many(GE, [other_id, unknown], NOW_MS)) == []
    assert len(store.unreceipted(GE)) == 1


def test_canaries_have_no_outcome_for_the_national_system(store: Store) -> None:
    with store.transaction() as change:
        change.accept(submission(1, record_type=70), NOW_MS)
        row = change.waiting(GE, Lane.ROUTINE, 1)[0].row
        change.keep_sealed(sealed(1, (row,)))
        final = change.close_sealed(GE, verdict_on(sealed(1), Verdict.ACCEPTED), NOW_MS)
        assert list(final) == [record_id(1)]
        assert list(change.outcomes(0, 9)) == []


def test_a_cumulative_receipt_closes_control_of_its_epoch_and_moves_forward_only(
    store: Store,
) -> None:
    control = Family.CONTROL
    with store.transaction() as change:
        change.keep_sealed(sealed(1, family=control))
        change.keep_sealed(sealed(2))
        change.keep_sealed(sealed(3, family=control))
        change.keep_sealed(sealed(4, family=control, position=Position(0, 1)))
        change.complete_to(GE, Head(1, 2, envelope_id(2)), NOW_MS)
        change.complete_to(GE, Head(1, 1, envelope_id(1)), NOW_MS)
        change.complete_to(GE, Head(0, 0, ZERO_ID), NOW_MS)
        assert change.out_stream(GE).receipted == Head(1, 2, envelope_id(2))
        assert change.out_stream(GE).last == Head(0, 1, envelope_id(4))
    left = [one.position for one in store.unreceipted(GE)]
    assert left == [Position(0, 1), Position(1, 2), Position(1, 3)]


def test_a_receipt_for_a_stream_nobody_remembers_is_noted(store: Store) -> None:
    with store.transaction() as change:
        change.complete_to(GE, Head(7, 3, envelope_id(3)), NOW_MS)
        state = change.out_stream(GE)
    assert (state.last, state.receipted) == (NO_HEAD, Head(7, 3, envelope_id(3)))
    assert list(store.peers()) == [GE]


# -- the store as a whole


def test_what_waits_is_known_by_lane_and_depth(store: Store) -> None:
    assert (list(store.lanes_waiting()), list(store.depths())) == ([], [])
    urgent = accept(store, 1, lane=Lane.URGENT)
    accept(store, 2, 3)
    with store.transaction() as change:
        change.accept(submission(4, TR, lane=Lane.BULK), NOW_MS + 9)
    assert list(store.lanes_waiting()) == [
        (GE, Lane.URGENT),
        (GE, Lane.ROUTINE),
        (TR, Lane.BULK),
    ]
    with store.transaction() as change:
        change.keep_sealed(sealed(1, urgent))
        change.keep_sealed(sealed(2, family=Family.CONTROL))
    assert list(store.lanes_waiting()) == [(GE, Lane.ROUTINE), (TR, Lane.BULK)]
    assert list(store.depths()) == [Depth(GE, 2, 1, NOW_MS), Depth(TR, 1, 0, NOW_MS + 9)]
    assert list(store.peers()) == [GE, TR]


def test_a_peer_with_nothing_left_has_no_depth(store: Store) -> None:
    rows = accept(store, 1)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows))
        change.close_sealed(GE, verdict_on(sealed(1), Verdict.ACCEPTED), NOW_MS)
    assert (list(store.depths()), list(store.lanes_waiting())) == ([], [])


def test_records_are_found_by_exact_terms_newest_first(store: Store) -> None:
    terms = (("mrn", "26TR00000000000001"), ("container", "MSKU1234565"))
    with store.transaction() as change:
        change.accept_all([submission(one, terms=terms) for one in (1, 2, 3)], NOW_MS)
        change.accept(submission(2, TR, terms=terms), NOW_MS)
    assert store.find("mrn", "26TR00000000000001", 2) == [record_id(3), record_id(2)]
    assert store.find("container", "MSKU1234565", 9) == [
        record_id(3),
        record_id(2),
        record_id(1),
    ]
    assert store.find("lrn", "26TR00000000000001", 9) == []
    assert store.find("mrn", "26TR0000000000000", 9) == []


def test_bytes_are_erased_30_days_after_the_receipt_and_ids_stay(store: Store) -> None:
    with store.transaction() as change:
        for number in (1, 2, 3):
            change.keep_sealed(sealed(number))
        change.close_sealed(GE, verdict_on(sealed(1), Verdict.ACCEPTED), NOW_MS)
        change.close_sealed(GE, verdict_on(sealed(2), Verdict.ACCEPTED), NOW_MS + 1)
    assert store.prune(NOW_MS + SEALED_KEPT_MS - 1) == 0
    assert store.prune(NOW_MS + SEALED_KEPT_MS) == 1
    assert store.prune(NOW_MS + SEALED_KEPT_MS) == 0
    with store.reading() as view:
        kept = view.frames(GE, [Position(1, one) for one in (1, 2, 3)])
        assert view.find_sealed(GE, envelope_id(1)) is not None
    assert [position.seq for position, _ in kept] == [2, 3]
    assert store.counts()["frames"] == 2


def test_pruning_is_done_in_bounded_steps(store: Store) -> None:
    with store.transaction() as change:
        for number in range(1, PRUNED_AT_ONCE + 2):
            change.keep_sealed(sealed(number, frame=b""))
        change.retire_sealed(GE, [Position(1, one) for one in range(1, PRUNED_AT_ONCE + 2)])
    much_later = NOW_MS + 2 * SEALED_KEPT_MS
    assert [store.prune(much_later) for _ in range(3)] == [PRUNED_AT_ONCE, 1, 0]


def test_a_snapshot_of_the_twin_is_an_older_backup_and_stays_as_it_is() -> None:
    store = MemoryStore()
    accept(store, 1)
    snapshot = store.snapshot()
    for number in (2, 3):
        accept(store, number)
        assert store.counts()["outbox"] == 2
        store.restore(snapshot)
        assert waiting_ids(store) == [record_id(1)]
